//! A figure: a title and lanes one above the other, on one time axis.

use std::ops::Range;

use crate::drawing::Drawing;
use crate::frame;
use crate::layout::Layout;
use crate::pane::Pane;
use crate::{Brightness, Heatmap, LoudnessCurves, Options, Picture, PictureError, Track, Waveform};

/// Lanes one above the other, on one time axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure<'a> {
    /// What stands above all; may be empty. It is shortened when it is too long.
    pub title: &'a str,
    /// The stretch of time that is shown, in seconds.
    pub range: Range<f64>,
    /// Where the bars begin, in seconds, rising: bar 1, 2 and so on. With it there is a second ruler; empty for none.
    pub bars: &'a [f64],
    /// The lanes from top to bottom.
    pub lanes: Vec<Lane<'a>>,
}

/// A part of a figure with a name.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane<'a> {
    /// What stands above it, or beside it when lanes are low. It is shortened when it is too long.
    pub name: &'a str,
    /// What it shows.
    pub content: Content<'a>,
}

/// What a lane shows.
#[derive(Clone, PartialEq, Debug)]
pub enum Content<'a> {
    /// A sound's extremes and RMS.
    Waveform(Waveform<'a>),
    /// A waveform coloured by how bright it sounds.
    Brightness(Brightness<'a>),
    /// Levels over time and frequency.
    Spectrogram(Heatmap<'a>),
    /// Loudness over time.
    Loudness(LoudnessCurves<'a>),
    /// A track of a session with its segments.
    Track(Track<'a>),
}

impl<'a> Figure<'a> {
    /// A figure from the beginning to the end of the longest lane, without bars.
    pub fn new(title: &'a str, lanes: Vec<Lane<'a>>) -> Self {
        let end = lanes.iter().map(|lane| lane.content.pane().end()).fold(0.0, f64::max);
        // An axis cannot be without length.
        let end = if end > 0.0 { end } else { 1.0 };
        Figure { title, range: 0.0..end, bars: &[], lanes }
    }

    /// The figure in pixels.
    ///
    /// # Errors
    /// When there is no lane, when the range is empty or begins before 0, when the resolution is out of range, or when the
    /// picture is too large or too small for what is in it.
    pub fn draw(&self, options: &Options) -> Result<Picture, PictureError> {
        Ok(self.drawing(options)?.picture())
    }

    /// The figure as the text of an SVG file: the same places and colours.
    ///
    /// # Errors
    /// As for [`Figure::draw`].
    pub fn svg(&self, options: &Options) -> Result<String, PictureError> {
        self.drawing(options)?.svg()
    }

    pub(crate) fn drawing(&self, options: &Options) -> Result<Drawing, PictureError> {
        options.check()?;
        let mut drawing = Drawing::new(options)?;
        let layout = Layout::new(self, options, &drawing)?;
        frame::draw_title(&mut drawing, &layout, self.title);
        frame::draw_bars(&mut drawing, &layout);
        for (lane, place) in self.lanes.iter().zip(&layout.lanes) {
            let pane = lane.content.pane();
            pane.paint(&mut drawing, place, &layout);
            frame::draw_name(&mut drawing, &layout, lane.name, pane, place);
            frame::draw_axis(&mut drawing, &layout, place);
            frame::draw_color_bar(&mut drawing, &layout, pane, place);
        }
        frame::draw_times(&mut drawing, &layout);
        Ok(drawing)
    }
}

impl Content<'_> {
    pub(crate) fn pane(&self) -> &dyn Pane {
        match self {
            Content::Waveform(pane) => pane,
            Content::Brightness(pane) => pane,
            Content::Spectrogram(pane) => pane,
            Content::Loudness(pane) => pane,
            Content::Track(pane) => pane,
        }
    }
}
