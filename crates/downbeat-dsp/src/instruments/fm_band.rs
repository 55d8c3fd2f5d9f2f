//! How much modulation a note of a frequency-modulation synthesiser has room for below half the rate.
//!
//! Where a signal can be continued into the complex plane, up to an imaginary time of s, and stays below B there, its
//! components above a frequency F are below `B e^(-s F)`. The sine of `u + iv` is at most `e^|v|`, its imaginary part at most
//! `sinh |v|`. So an operator at f whose modulators have imaginary parts of at most m has one of at most `sinh(f s + m)`; that
//! goes on from modulator to modulator, and the best s gives the bound.

use super::Fm;
use super::fm::OPERATORS;

/// What the bound, which is some 40 dB above the truth, may be at half the rate, as a factor of full scale: what aliases is
/// below -80 dB.
const FAINT: f64 = 1.5e-3;
/// How many values of s are tried, and the ratio of each to the one before.
const TRIED: usize = 14;
const RATIO: f64 = 1.2;

/// The largest part of all indices and of the feedback, from 0 to 1, with which a note of `top_hz` has nothing above
/// `limit_hz` that is not [`FAINT`]. `touch` is the part of them that its velocity leaves.
pub(super) fn share(fm: &Fm, touch: f64, top_hz: f64, limit_hz: f64) -> f64 {
    if fits(fm, touch, top_hz, limit_hz) {
        return 1.0;
    }
    // The bandwidth grows with the share, so halving the distance finds it: to a part in four thousand.
    let (mut enough, mut too_much) = (0.0, 1.0);
    for _ in 0..12 {
        let share = 0.5 * (enough + too_much);
        if fits(fm, touch * share, top_hz, limit_hz) { enough = share } else { too_much = share }
    }
    enough
}

/// Whether all that is heard fits, when the indices and the feedback are turned down to a part of them.
fn fits(fm: &Fm, part: f64, top_hz: f64, limit_hz: f64) -> bool {
    let ratios = fm.ratios();
    // An operator that is too high by itself is not heard at all.
    let is_heard = |&operator: &usize| fm.algorithm.is_heard(operator) && ratios[operator] * top_hz < limit_hz;
    (0..OPERATORS).filter(is_heard).all(|operator| {
        let room = limit_hz - ratios[operator] * top_hz;
        let least = -libm::log(FAINT) / room;
        let mut tried = std::iter::successors(Some(least), |s| Some(s * RATIO)).take(TRIED);
        tried.any(|s| s * room - modulation(fm, part, top_hz, s)[operator] >= -libm::log(FAINT))
    })
}

/// How large the imaginary part of each operator's modulation can be at the imaginary time `s`, in radians.
fn modulation(fm: &Fm, part: f64, top_hz: f64, s: f64) -> [f64; OPERATORS] {
    let (ratios, indices, modulators) = (fm.ratios(), fm.indices(), fm.algorithm.modulators());
    let mut modulation = [0.0; OPERATORS];
    let mut sizes = [0.0; OPERATORS];
    for operator in (0..OPERATORS).rev() {
        let others = (0..OPERATORS).filter(|other| modulators[operator] & 1 << other != 0);
        modulation[operator] = others.map(|other| indices[other] * part * sizes[other]).sum();
        let turned = ratios[operator] * top_hz * s;
        if operator == OPERATORS - 1 {
            modulation[operator] = fm.feedback * part * own_size(turned, fm.feedback * part);
        }
        sizes[operator] = libm::sinh(turned + modulation[operator]);
    }
    modulation
}

/// The solution of `x = sinh(turned + feedback x)`: an operator that modulates itself. Infinite where there is none.
fn own_size(turned: f64, feedback: f64) -> f64 {
    let mut size = 0.0;
    for _ in 0..40 {
        let next = libm::sinh(turned + feedback * size);
        if next - size <= 1e-3 * next {
            return next;
        }
        size = next;
    }
    if feedback > 0.0 { f64::INFINITY } else { size }
}
