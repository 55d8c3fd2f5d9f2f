//! A curve in pixels, with as few points as it can have without looking different.

use crate::drawing::{Point, Rect};

/// How far the drawn line may be from the curve, in points: a small part of its thickness.
pub(super) const TOLERANCE: f32 = 0.15;

/// The parts of a line that lie within a rectangle. Points that are not numbers are gaps.
pub(super) fn clip(points: &[Point], rect: &Rect) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut is_open = false;
    for pair in points.windows(2) {
        let Some((a, b)) = inside(pair[0], pair[1], rect) else {
            is_open = false;
            continue;
        };
        match parts.last_mut() {
            Some(part) if is_open => part.push(b),
            _ => parts.push(vec![a, b]),
        }
        // It goes on where it did not leave.
        is_open = b == pair[1];
    }
    parts
}

/// The line without points that change it by less than `tolerance` pixels. The first and the last stay.
pub(super) fn thin(points: &[Point], tolerance: f32) -> Vec<Point> {
    let points = columns(points, 2.0 * tolerance);
    let mut keep = vec![false; points.len()];
    let mut open = vec![(0, points.len().saturating_sub(1))];
    // D. Douglas and T. Peucker, 1973: keep the point that is farthest from the straight line, and go on at both sides.
    while let Some((from, to)) = open.pop() {
        keep.get_mut(from).into_iter().for_each(|keep| *keep = true);
        keep.get_mut(to).into_iter().for_each(|keep| *keep = true);
        let far = (from + 1..to).map(|i| (i, distance(points[i], points[from], points[to])));
        if let Some((i, _)) = far.filter(|far| far.1 > tolerance).max_by(|a, b| a.1.total_cmp(&b.1)) {
            open.extend([(from, i), (i, to)]);
        }
    }
    points.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| point).collect()
}

/// Of all points in a column so many pixels wide: the first, the lowest, the highest and the last.
fn columns(points: &[Point], width: f32) -> Vec<Point> {
    let column = |point: &Point| (point.0 / width).floor();
    let few = |group: &[Point]| -> Vec<Point> {
        let last = group.len() - 1;
        let by_y = |a: &usize, b: &usize| group[*a].1.total_cmp(&group[*b].1);
        let low = (0..=last).min_by(by_y).unwrap_or(0);
        let high = (0..=last).max_by(by_y).unwrap_or(0);
        let mut kept = vec![0, low.min(high), low.max(high), last];
        kept.dedup();
        kept.into_iter().map(|i| group[i]).collect()
    };
    points.chunk_by(|a, b| column(a) == column(b)).flat_map(few).collect()
}

/// How far a point is from the stretch between two others.
fn distance(point: Point, a: Point, b: Point) -> f32 {
    let ((dx, dy), (px, py)) = ((b.0 - a.0, b.1 - a.1), (point.0 - a.0, point.1 - a.1));
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (px - along * dx, py - along * dy);
    (x * x + y * y).sqrt()
}

/// The part of a stretch that lies within a rectangle (Y.-D. Liang and B. Barsky, 1984).
fn inside(a: Point, b: Point, rect: &Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0f32, 1.0f32);
    let edges = [(-dx, a.0 - rect.left), (dx, rect.right - a.0), (-dy, a.1 - rect.top), (dy, rect.bottom - a.1)];
    for (outwards, room) in edges {
        if outwards < 0.0 {
            from = from.max(room / outwards);
        } else if outwards > 0.0 {
            to = to.min(room / outwards);
        } else if room < 0.0 {
            return None;
        }
    }
    let at = |part: f32| (a.0 + part * dx, a.1 + part * dy);
    // A comparison with what is not a number is false, too.
    let is_seen = from <= to && (dx + dy).is_finite();
    is_seen.then(|| (if from > 0.0 { at(from) } else { a }, if to < 1.0 { at(to) } else { b }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn a_line_is_cut_at_the_edges() {
        let points = [(-5.0, 5.0), (5.0, 5.0), (5.0, 15.0), (8.0, 15.0), (8.0, 5.0)];
        let parts = clip(&points, &RECT);
        assert_eq!(parts, [vec![(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)], vec![(8.0, 10.0), (8.0, 5.0)]]);
        assert!(clip(&[(-1.0, -1.0), (11.0, -1.0)], &RECT).is_empty());
    }

    #[test]
    fn what_is_not_a_number_is_a_gap() {
        let points = [(0.0, 1.0), (1.0, 1.0), (2.0, f32::NAN), (3.0, 1.0), (4.0, 1.0)];
        assert_eq!(clip(&points, &RECT), [vec![(0.0, 1.0), (1.0, 1.0)], vec![(3.0, 1.0), (4.0, 1.0)]]);
    }

    #[test]
    fn a_straight_line_has_two_points() {
        let line: Vec<Point> = (0..1000).map(|i| (i as f32 * 0.3, i as f32 * 0.1)).collect();
        assert_eq!(thin(&line, 0.1), [line[0], line[999]]);
        assert_eq!(thin(&[], 0.1), []);
        assert_eq!(thin(&[(1.0, 2.0)], 0.1), [(1.0, 2.0)]);
    }

    #[test]
    fn no_point_is_farther_from_the_thinned_line_than_the_tolerance() {
        let wave: Vec<Point> = (0..4000).map(|i| (i as f32 * 0.1, 50.0 * libm::sinf(i as f32 * 0.02))).collect();
        let thinned = thin(&wave, 0.1);
        assert!(thinned.len() < 400, "{}", thinned.len());
        for point in &wave {
            let nearest = thinned.windows(2).map(|pair| distance(*point, pair[0], pair[1])).fold(f32::MAX, f32::min);
            // A column's extremes stand for what is between them, two tolerances wide.
            assert!(nearest < 0.3, "{point:?}: {nearest}");
        }
    }

    #[test]
    fn a_click_between_two_pixels_stays() {
        let mut line: Vec<Point> = (0..1000).map(|i| (i as f32 * 0.01, 5.0)).collect();
        line[555].1 = 1.0;
        assert!(thin(&line, 0.1).contains(&line[555]));
    }
}
