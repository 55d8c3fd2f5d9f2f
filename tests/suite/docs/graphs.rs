//! Plots that own what is in them, and the picture they become.

use downbeat_picture::{Axis, Chart, Curve, Options, Pen, Plot, Theme};

/// A plot.
pub struct Graph {
    pub x: Axis<'static>,
    pub y: Axis<'static>,
    pub lines: Vec<Line>,
}

/// A curve with its name.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    pub pen: Pen,
}

/// A line among others.
pub fn line(name: &str, points: Vec<(f64, f64)>) -> Line {
    Line { name: name.to_string(), points, pen: Pen::Line }
}

/// What others are compared with.
pub fn reference(name: &str, points: Vec<(f64, f64)>) -> Line {
    Line { name: name.to_string(), points, pen: Pen::Reference }
}

/// An axis of decibels around all lines: multiples of 6, from -60 at the lowest.
pub fn decibel_axis(name: &'static str, lines: &[Line]) -> Axis<'static> {
    let all = lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let (low, high) = all.fold((0.0f64, 0.0f64), |(low, high), db| (low.min(db), high.max(db)));
    // Half a decibel of room, so that a line does not lie on the frame.
    Axis::decibels(name, (((low - 0.5) / 6.0).floor() * 6.0).max(-60.0)..(((high + 0.5) / 6.0).ceil() * 6.0).min(60.0))
}

/// An axis of amplitudes around all lines, from -1 to 1 at the least.
pub fn amplitude_axis(name: &'static str, lines: &[Line]) -> Axis<'static> {
    let highest = lines.iter().flat_map(|line| &line.points).map(|point| point.1.abs()).fold(1.0, f64::max);
    let edge = (highest * 4.0).ceil() / 4.0;
    Axis::linear(name, -edge..edge)
}

/// The plots as SVG, side by side.
pub fn svg(graphs: &[Graph]) -> String {
    let names = |graph: &Graph| graph.lines.iter().filter(|line| !line.name.is_empty()).count() as u32;
    let legend = graphs.iter().map(names).max().unwrap_or(0);
    let width = if graphs.len() > 1 { 720 } else { 560 };
    let options = Options { theme: Theme::PAPER, dpi: 72.0, ..Options::sized(width, 250 + 15 * legend) };
    Chart { plots: graphs.iter().map(plot).collect() }.svg(&options).unwrap()
}

fn plot(graph: &Graph) -> Plot<'_> {
    Plot { x: graph.x.clone(), y: graph.y.clone(), curves: graph.lines.iter().map(curve).collect() }
}

fn curve(line: &Line) -> Curve<'_> {
    Curve { name: &line.name, points: line.points.clone(), pen: line.pen }
}
