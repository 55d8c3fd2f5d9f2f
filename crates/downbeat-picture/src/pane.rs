//! What every kind of lane has: how much room it needs, what stands around it, and how it is drawn.

use crate::ColorMap;
use crate::drawing::{Drawing, Rect};
use crate::layout::{Layout, Place};
use crate::theme::{Color, Theme};

/// A kind of lane.
pub(crate) trait Pane {
    /// When it ends, in seconds.
    fn end(&self) -> f64;

    /// The least height in points, with a header above.
    fn least_height(&self) -> f32;

    /// The least height in points when the name stands beside; none when it cannot do without its header and axis.
    fn least_dense_height(&self) -> Option<f32> {
        None
    }

    /// Whether the name stands beside it even when there is room for a header.
    fn is_always_dense(&self) -> bool {
        false
    }

    /// The figures in the header, the most important first.
    fn stats(&self, _layout: &Layout<'_>) -> Vec<Stat> {
        Vec::new()
    }

    /// Signs behind the name, such as M for muted.
    fn badges(&self, _theme: &Theme) -> Vec<(&'static str, Color)> {
        Vec::new()
    }

    /// The marks of the value axis of a lane from `top` to `bottom`, where a label is `label` pixels high, from top to bottom.
    fn axis(&self, _drawing: &Drawing, _rect: &Rect, _label: f32) -> Vec<ValueTick> {
        Vec::new()
    }

    /// The colours that need explaining.
    fn color_bar(&self, _layout: &Layout<'_>) -> Option<ColorBar> {
        None
    }

    /// Draws it in its place.
    fn paint(&self, drawing: &mut Drawing, place: &Place, layout: &Layout<'_>);
}

/// A figure beside a lane's name.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Stat {
    /// The colour it has in the lane, when it is drawn there.
    pub swatch: Option<Color>,
    pub what: &'static str,
    pub value: String,
    pub color: Color,
}

/// A mark of a value axis.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ValueTick {
    /// Where it stands, in pixels.
    pub y: f32,
    pub label: String,
}

/// A scale of colours.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ColorBar {
    pub map: ColorMap,
    /// Labels, each with its place from 0, the lowest, to 1; the most important first, as not all may have room.
    pub labels: Vec<(f32, String)>,
}

/// Marks from top to bottom less those whose labels are not a whole label apart from the one that is kept before them.
pub(crate) fn apart(ticks: Vec<ValueTick>, label: f32) -> Vec<ValueTick> {
    let mut kept: Vec<ValueTick> = Vec::new();
    for tick in ticks {
        if kept.last().is_none_or(|last| tick.y - last.y >= 1.6 * label) {
            kept.push(tick);
        }
    }
    kept
}
