//! A sound at a multiple of its rate, as planes of the rate it came with.
//!
//! Of a sound at F times the rate, plane p holds the frames p, p + F, p + 2F, ... So every sum of a filter runs along
//! planes, neighbour by neighbour, and nothing is ever interleaved (the polyphase representation of Vaidyanathan, section
//! 4.3). Before its frames a plane has room for those of the past that the filters reach back to.

use super::half_band::HalfBand;

/// Frames that are worked on at a time.
pub const CHUNK: usize = 128;
/// Room for the past: as far as a filter reaches back, or more.
pub const PAST: usize = 40;
/// The most planes there are.
pub const MOST: usize = 8;
/// Outputs that are summed at a time.
pub const LANES: usize = 32;

/// The planes, each with the past before its frames.
pub type Planes = [[f32; PAST + CHUNK]; MOST];

/// How far the filter reaches back in a plane of F times the rate, in frames; the same for both ways.
pub fn reach(filter: &HalfBand, factor: usize) -> usize {
    (filter.taps.len() + filter.down_delay.max(filter.taps.len() - 1)).div_ceil(factor)
}

/// Lays the past that is remembered before the frames, and remembers the last of them, `reach` a plane.
#[inline(always)]
pub fn remember(planes: &mut [[f32; PAST + CHUNK]], memory: &mut [f32], frames: usize) {
    let reach = memory.len() / planes.len();
    for (plane, memory) in planes.iter_mut().zip(memory.chunks_exact_mut(reach)) {
        plane[PAST - reach..PAST].copy_from_slice(memory);
        memory.copy_from_slice(&plane[PAST + frames - reach..PAST + frames]);
    }
}

/// Doubles the rate of F planes. One of two outputs is an input, the other lies between two of them.
#[inline(always)]
pub fn double<const F: usize>(filter: &HalfBand, low: &Planes, high: &mut Planes, frames: usize) {
    let late = filter.taps.len() as isize;
    for from in (0..frames).step_by(LANES) {
        for p in 0..F {
            let at = p as isize - late;
            let input = |at| lanes(low, place::<F>(at), from);
            let sums = between(&filter.taps, at, input);
            high[2 * p][PAST + from..][..LANES].copy_from_slice(input(at));
            high[2 * p + 1][PAST + from..][..LANES].copy_from_slice(&sums);
        }
    }
}

/// Halves the rate of 2F planes. The sum is halved, as the filter's middle is 1.
#[inline(always)]
pub fn halve<const F: usize>(filter: &HalfBand, high: &Planes, low: &mut Planes, frames: usize) {
    let late = filter.down_delay as isize;
    for from in (0..frames).step_by(LANES) {
        for (p, plane) in low.iter_mut().enumerate().take(F) {
            let at = p as isize - late;
            let (middle, back) = place::<F>(at);
            let middle = lanes(high, (2 * middle, back), from);
            let mut sums = between(&filter.taps, at - 1, |at| {
                let (plane, back) = place::<F>(at);
                lanes(high, (2 * plane + 1, back), from)
            });
            for (sum, x) in sums.iter_mut().zip(middle) {
                *sum = 0.5 * (*sum + x);
            }
            plane[PAST + from..][..LANES].copy_from_slice(&sums);
        }
    }
}

/// The values half way between the frames `at` and `at + 1`, for many places side by side. The small taps come first, so
/// that the large ones are rounded once.
#[inline(always)]
fn between<'a>(taps: &[f32], at: isize, input: impl Fn(isize) -> &'a [f32]) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (k, tap) in taps.iter().enumerate().rev() {
        let k = k as isize;
        for ((sum, x), y) in sums.iter_mut().zip(input(at - k)).zip(input(at + 1 + k)) {
            *sum += tap * (x + y);
        }
    }
    sums
}

/// The plane that holds a frame of F times the rate, and by how many frames of the plane it is away: zero or less.
#[inline(always)]
fn place<const F: usize>(at: isize) -> (usize, isize) {
    (at.rem_euclid(F as isize) as usize, at.div_euclid(F as isize))
}

/// Neighbours in a plane.
#[inline(always)]
fn lanes(planes: &Planes, (plane, away): (usize, isize), from: usize) -> &[f32] {
    let start = (PAST + from).saturating_add_signed(away);
    &planes[plane][start..start + LANES]
}
