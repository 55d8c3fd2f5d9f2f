//! A sound at a place of the time axis, and its columns of pixels.

use std::ops::Range;

use downbeat_dsp::{Column, Pyramid};

use crate::drawing::Rect;

/// A sound that begins somewhere on the time axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wave<'a> {
    /// The sound at every zoom.
    pub pyramid: &'a Pyramid,
    /// When it begins, in seconds on the figure's axis.
    pub start: f64,
}

/// Columns side by side, each a pixel wide.
pub(crate) struct Columns {
    /// The left edge of the first one.
    pub left: f32,
    pub columns: Vec<Column>,
}

impl<'a> Wave<'a> {
    /// A sound from the beginning of the axis on.
    pub fn new(pyramid: &'a Pyramid) -> Self {
        Wave { pyramid, start: 0.0 }
    }

    /// When it ends, in seconds on the figure's axis.
    pub(crate) fn end(&self) -> f64 {
        self.start + self.pyramid.seconds()
    }

    /// A range of seconds as frames of this sound, before its beginning and beyond its end, too.
    pub(crate) fn frames(&self, range: &Range<f64>) -> Range<f64> {
        let rate = f64::from(self.pyramid.rate());
        (range.start - self.start) * rate..(range.end - self.start) * rate
    }

    /// Its columns on a lane that shows `range`: those that it reaches into. All channels together, or one of them.
    pub(crate) fn columns(&self, range: &Range<f64>, lane: &Rect, channel: Option<usize>) -> Columns {
        let count = lane.width().max(0.0) as usize;
        let frames = self.frames(range);
        // What lies before the sound has no columns.
        let skipped = (-frames.start / (frames.end - frames.start) * count as f64).clamp(0.0, count as f64) as usize;
        let mut columns = self.fine_columns(range, count, channel);
        columns.drain(..skipped.min(columns.len()));
        Columns { left: lane.left + skipped as f32, columns }
    }

    /// `count` columns over a range, as far as the sound reaches, and silent ones before it.
    pub(crate) fn fine_columns(&self, range: &Range<f64>, count: usize, channel: Option<usize>) -> Vec<Column> {
        let frames = self.frames(range);
        match channel {
            None => self.pyramid.columns(frames, count),
            Some(channel) => self.pyramid.channel_columns(channel, frames, count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use downbeat_dsp::Audio;

    #[test]
    fn a_sound_has_columns_where_it_is() {
        let pyramid = Pyramid::of(&Audio::mono(100, vec![0.5; 100]));
        let wave = Wave { pyramid: &pyramid, start: 2.0 };
        let lane = Rect { left: 30.0, top: 0.0, right: 130.0, bottom: 10.0 };
        let drawn = |range: Range<f64>| {
            let Columns { left, columns } = wave.columns(&range, &lane, None);
            (left, columns.len())
        };
        // From 2 to 3 of 0 to 10 seconds on 100 pixels.
        assert_eq!(drawn(0.0..10.0), (50.0, 10));
        assert_eq!(drawn(2.5..3.5), (30.0, 50));
        assert_eq!(drawn(4.0..5.0).1, 0);
        assert_eq!(drawn(0.0..1.0), (130.0, 0));
        assert_eq!(wave.end(), 3.0);
    }
}
