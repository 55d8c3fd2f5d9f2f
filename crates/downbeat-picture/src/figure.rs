//! A figure: a title and waveforms one above the other, on one time axis.

use downbeat_dsp::Pyramid;

use crate::canvas::{Canvas, Rect};
use crate::layout::Layout;
use crate::{Picture, PictureError, Theme};

/// The most pixels that a side of a picture can have.
pub const MAX_SIDE: u32 = 16_384;

/// Waveforms one above the other.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure<'a> {
    /// What stands above all; may be empty. It is shortened when it is too long.
    pub title: &'a str,
    /// The waveforms from top to bottom.
    pub lanes: Vec<Lane<'a>>,
}

/// One waveform of a figure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lane<'a> {
    /// What stands above it. It is shortened when it is too long.
    pub name: &'a str,
    /// The sound.
    pub peaks: &'a Pyramid,
}

/// How large a picture is, and in which colours.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// How many pixels a point has, 0.25 to 16. Text is 10 to 17 points high whatever the picture's size, so a picture
    /// with twice the width, height and scale is the same picture, only finer.
    pub scale: f32,
    /// The colours.
    pub theme: Theme,
}

impl Default for Options {
    /// 1600x900 pixels at two to a point, light: sharp where it is shown at half its size, as web pages do.
    fn default() -> Self {
        Options { width: 1600, height: 900, scale: 2.0, theme: Theme::default() }
    }
}

/// The PNG of a mix before and after: the sum of its raw tracks above, the mix below.
///
/// # Errors
/// As for [`Figure::draw`].
pub fn before_after(
    title: &str,
    before: &Pyramid,
    after: &Pyramid,
    options: &Options,
) -> Result<Vec<u8>, PictureError> {
    let lanes = vec![
        Lane { name: "Before: sum of the raw tracks", peaks: before },
        Lane { name: "After: the mix", peaks: after },
    ];
    Figure { title, lanes }.draw(options)?.to_png()
}

impl Figure<'_> {
    /// Draws the figure. Time runs from 0 to the end of the longest sound, amplitude from -1 to 1; what lies beyond is cut
    /// off and marked.
    ///
    /// # Errors
    /// When there is no lane, when the scale is out of range, or when the picture is too large or too small for what
    /// is in it.
    pub fn draw(&self, options: &Options) -> Result<Picture, PictureError> {
        let layout = Layout::new(self, options)?;
        let theme = &options.theme;
        let mut canvas = Canvas::new(options.width, options.height, theme.surround);
        layout.write_title(&mut canvas, self.title, theme);
        for (lane, place) in self.lanes.iter().zip(&layout.lanes) {
            layout.write_header(&mut canvas, *lane, place, theme);
            layout.draw_waveform(&mut canvas, lane.peaks, place, theme);
            layout.draw_amplitudes(&mut canvas, place, theme);
            for tick in &layout.ticks {
                let x = layout.x(tick.seconds);
                let length = if tick.label.is_some() { layout.points(5.0) } else { layout.points(3.0) };
                let (top, bottom) = (place.bottom, place.bottom + length.round());
                canvas.fill(Rect { left: x, top, right: x + layout.hairline, bottom }, theme.faint);
            }
        }
        layout.write_times(&mut canvas, theme);
        Ok(canvas.finish())
    }
}
