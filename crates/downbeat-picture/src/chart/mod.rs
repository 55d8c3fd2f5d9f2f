//! Curves on axes of their own, when what is drawn is not a sound over time: responses, transfer curves, spectra.
//!
//! ```text
//! Chart -> Drawing -> Picture (PNG)
//!             `-----> SVG
//! ```
//!
//! `axis.rs` says where an axis has its marks, `polyline.rs` makes a curve as short as it can be without looking different,
//! and `plot.rs` puts both in their place.

mod axis;
mod plot;
mod polyline;

pub use axis::{Axis, Scale};

use self::plot::Place;
use crate::drawing::Drawing;
use crate::{Options, Picture, PictureError};

/// Plots side by side.
///
/// ```
/// use downbeat_picture::{Axis, Chart, Curve, Options, Pen, Plot};
///
/// let x = Axis::linear("amplitude in", -1.0..1.0);
/// let y = Axis::linear("amplitude out", -1.0..1.0);
/// let points = [-1.0, -0.5, 0.0, 0.5, 1.0].map(|x: f64| (x, x.abs())).to_vec();
/// let curves = vec![Curve { name: "rectified", points, pen: Pen::Line }];
/// let chart = Chart { plots: vec![Plot { x, y, curves }] };
/// assert!(chart.svg(&Options::sized(400, 240))?.starts_with("<svg"));
/// # Ok::<(), downbeat_picture::PictureError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Chart<'a> {
    /// The plots from left to right. They are equally wide.
    pub plots: Vec<Plot<'a>>,
}

/// Curves over one another on two axes.
#[derive(Clone, PartialEq, Debug)]
pub struct Plot<'a> {
    /// The axis from left to right.
    pub x: Axis<'a>,
    /// The axis from bottom to top.
    pub y: Axis<'a>,
    /// The curves; a later one lies over those before.
    pub curves: Vec<Curve<'a>>,
}

/// A line through points.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve<'a> {
    /// What it is, in the legend above the plot; empty for none. It is shortened when it is too long.
    pub name: &'a str,
    /// The points in their order, in the units of the axes. What lies beyond the axes is not drawn, and a point that is not
    /// a number is a gap.
    pub points: Vec<(f64, f64)>,
    /// What it is drawn with.
    pub pen: Pen,
}

/// What a curve is drawn with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pen {
    /// A coloured line, in another colour than the other lines of its plot.
    Line,
    /// A thin grey line, for what others are compared with.
    Reference,
}

impl Chart<'_> {
    /// The chart in pixels.
    ///
    /// # Errors
    /// When there is no plot, when an axis does not go upwards, when the resolution is out of range, or when the picture
    /// is too large or too small for what is in it.
    pub fn draw(&self, options: &Options) -> Result<Picture, PictureError> {
        Ok(self.drawing(options)?.picture())
    }

    /// The chart as the text of an SVG file: the same places and colours.
    ///
    /// # Errors
    /// As for [`Chart::draw`].
    pub fn svg(&self, options: &Options) -> Result<String, PictureError> {
        self.drawing(options)?.svg()
    }

    pub(crate) fn drawing(&self, options: &Options) -> Result<Drawing, PictureError> {
        options.check()?;
        if self.plots.is_empty() {
            return Err(PictureError::NoLanes);
        }
        self.plots.iter().flat_map(|plot| [&plot.x, &plot.y]).try_for_each(Axis::check)?;
        let mut drawing = Drawing::new(options)?;
        let places = Place::all(&self.plots, options, &drawing)?;
        for (plot, place) in self.plots.iter().zip(&places) {
            place.draw(plot, &options.theme, &mut drawing);
        }
        Ok(drawing)
    }
}
