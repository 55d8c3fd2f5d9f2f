//! Modulators: what a note's key and velocity, and controllers, add to generators (8.2, 8.3, 9.5).
//!
//! Key and velocity stand still while a note sounds, and of the controllers four move: the modulation wheel (1), the volume
//! (7), the pan (10) and the expression (11). The wheel for the pitch and the pedal are not among the sources: an
//! instrument follows those by itself. What else a desk has faders for is as if nobody had touched it.

use super::zone::Generator;
use crate::Controls;

/// A modulator (7.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modulator {
    /// What moves, and by which curve.
    pub source: u16,
    /// The number of the generator that it is added to.
    pub target: usize,
    /// By how much at the most, in the unit of the generator.
    pub amount: i16,
    /// What the amount is multiplied by.
    pub amount_source: u16,
    /// 0 as it is, 2 without its sign.
    pub transform: u16,
}

/// The velocity, loud at 0, in a straight line; and by the concave curve.
const SOFTNESS: u16 = 0x0102;
const CONCAVE_SOFTNESS: u16 = 0x0502;

/// Controllers: the modulation wheel and the pan in straight lines, the pan from -1 to 1; and what volume and expression
/// take off, by the concave curve.
const MODULATION: u16 = 0x0081;
const PAN: u16 = 0x028a;
const VOLUME: u16 = 0x0587;
const EXPRESSION: u16 = 0x058b;

/// Modulators that are there when a font does not say otherwise (8.4), of the sources that are heeded.
pub const DEFAULTS: [Modulator; 6] = [
    // Attenuation: 40 decibels for each tenth part of the velocity.
    default(CONCAVE_SOFTNESS, Generator::Attenuation, 960),
    // Soft notes are darker.
    default(SOFTNESS, Generator::Cutoff, -2400),
    // The wheel brings a vibrato of 50 cents.
    default(MODULATION, Generator::VibratoToPitch, 50),
    // Attenuation: 40 decibels for each tenth part of the volume, and of the expression.
    default(VOLUME, Generator::Attenuation, 960),
    default(EXPRESSION, Generator::Attenuation, 960),
    // "1000 tenths of a percent" is the whole way (8.4.6); from the middle it is half of that to either side.
    default(PAN, Generator::Pan, 500),
];

/// A modulator by one source.
const fn default(source: u16, target: Generator, amount: i16) -> Modulator {
    Modulator { source, target: target as usize, amount, amount_source: 0, transform: 0 }
}

/// Where controllers stand when a font is heard as it is: a full volume takes nothing off.
pub const AT_REST: Controls = Controls { volume: 127, ..Controls::START };

impl Modulator {
    /// Whether this one stands in place of another one (9.5).
    pub fn supersedes(&self, other: &Modulator) -> bool {
        let same = (self.source, self.target, self.transform) == (other.source, other.target, other.transform);
        // Version 2.01 multiplied that of the filter by a switch, which is how fonts turn it off to this day.
        let is_of_filter = (other.source, other.target) == (SOFTNESS, Generator::Cutoff as usize);
        same && (self.amount_source == other.amount_source || is_of_filter)
    }

    /// What it adds for a key and a velocity, while controllers stand somewhere.
    pub fn value(&self, key: u8, velocity: u8, controls: Controls) -> f64 {
        let part = |source| part(source, key, velocity, controls);
        let (Some(source), Some(factor)) = (part(self.source), part(self.amount_source)) else { return 0.0 };
        let value = f64::from(self.amount) * source * factor;
        if self.transform == 2 { value.abs() } else { value }
    }

    /// The most that it adds or takes off while controllers move within a range.
    pub fn reach(&self, key: u8, velocity: u8, range: [Controls; 2]) -> f64 {
        // Every curve rises or falls all the way, so that it is at its most at one of its ends.
        let most = |source| range.map(|controls| part(source, key, velocity, controls).map_or(0.0, f64::abs));
        let ([a, b], [c, d]) = (most(self.source), most(self.amount_source));
        f64::from(self.amount).abs() * a.max(b) * c.max(d)
    }

    /// Whether a controller that moves is one of its sources.
    pub fn is_moved(&self) -> bool {
        [self.source, self.amount_source].iter().any(|source| matches!(source & 0xff, 0x81 | 0x87 | 0x8a | 0x8b))
    }
}

/// The value of a source, from 0 to 1 or from -1 to 1. None is that of a link to another modulator, which is not heeded.
fn part(source: u16, key: u8, velocity: u8, controls: Controls) -> Option<f64> {
    let index = source & 0x7f;
    let at: u8 = match (source & 0x80 != 0, index) {
        // Nothing that moves is 1, whatever its curve.
        (false, 0) => return Some(1.0),
        (false, 2) => velocity,
        (false, 3) => key,
        // The wheel in the middle, and its range of two semitones.
        (false, 14) => 64,
        (false, 16) => 2,
        (false, 127) => return None,
        (false, _) => 0,
        (true, 1) => controls.modulation,
        (true, 7) => controls.volume,
        (true, 10) => controls.pan,
        (true, 11) => controls.expression,
        // Balance and the sound controllers.
        (true, 8 | 70..=79) => 64,
        (true, _) => 0,
    };
    let (is_falling, is_bipolar) = (source & 0x100 != 0, source & 0x200 != 0);
    let curve = source >> 10;
    let at = f64::from(at.min(127));
    // Straight lines divide by 128; the logarithmic curves meet 0 and 1 at both ends.
    let (part, exact) =
        if is_falling { (1.0 - (at + 1.0) / 128.0, 1.0 - at / 127.0) } else { (at / 128.0, at / 127.0) };
    let unipolar = |x: f64| match curve {
        1 => concave(x),
        2 => 1.0 - concave(1.0 - x),
        _ => x,
    };
    Some(match (curve, is_bipolar) {
        (3, _) => match (part >= 0.5, is_bipolar) {
            (true, _) => 1.0,
            (false, true) => -1.0,
            (false, false) => 0.0,
        },
        (0, false) => part,
        (0, true) if is_falling => 1.0 - at / 64.0,
        (0, true) => at / 64.0 - 1.0,
        (_, false) => unipolar(exact),
        (_, true) => {
            // 64 is the middle.
            let side = if is_falling { 64.0 - at } else { at - 64.0 } / 63.0;
            unipolar(side.abs().min(1.0)).copysign(side)
        }
    })
}

/// The concave curve (9.5): it rises late, and is 1 where an amplitude would have fallen by 96 decibels, squared.
pub fn concave(x: f64) -> f64 {
    if x >= 1.0 { 1.0 } else { (-40.0 / 96.0 * libm::log10(1.0 - x)).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_those_of_the_specification() {
        let part = |source, key, velocity| part(source, key, velocity, AT_REST);
        let value = |source: u16, velocity| part(source, 60, velocity).unwrap();
        let [linear, falling, bipolar, both] = [0x0002, 0x0102, 0x0202, 0x0302];
        assert_eq!([0, 64, 127].map(|v| value(linear, v)), [0.0, 0.5, 127.0 / 128.0]);
        assert_eq!([0, 63, 127].map(|v| value(falling, v)), [127.0 / 128.0, 0.5, 0.0]);
        assert_eq!([0, 64, 127].map(|v| value(bipolar, v)), [-1.0, 0.0, 63.0 / 64.0]);
        assert_eq!([0, 64, 127].map(|v| value(both, v)), [1.0, 0.0, -63.0 / 64.0]);
        assert_eq!([0, 63, 64, 127].map(|v| value(0x0c02, v)), [0.0, 0.0, 1.0, 1.0]);
        assert_eq!([0, 63, 64, 127].map(|v| value(0x0d02, v)), [1.0, 1.0, 0.0, 0.0]);
        assert_eq!([0, 63, 64, 127].map(|v| value(0x0e02, v)), [-1.0, -1.0, 1.0, 1.0]);
        for curve in [0x0402, 0x0502, 0x0802, 0x0902] {
            let ends = [0, 127].map(|v| value(curve, v));
            assert_eq!(ends, if curve & 0x100 == 0 { [0.0, 1.0] } else { [1.0, 0.0] }, "{curve:#x}");
        }
        for v in 1..127 {
            let falls = -40.0 / 96.0 * libm::log10(f64::from(v) / 127.0);
            assert!((value(0x0502, v) - falls.min(1.0)).abs() < 1e-12);
            assert!((value(0x0802, v) - (1.0 - falls).max(0.0)).abs() < 1e-12);
            assert!((value(0x0402, v) - value(0x0502, 127 - v)).abs() < 1e-12);
        }
        assert_eq!(value(0x0602, 64), 0.0);
        assert_eq!([1, 127].map(|v| value(0x0602, v)), [-1.0, 1.0]);
        assert_eq!(part(0x0000, 60, 5), Some(1.0), "nothing that moves");
        assert_eq!(part(0x0003, 32, 5), Some(0.25), "the key");
        assert_eq!(part(0x0587, 60, 5), Some(0.0), "the volume is at its full");
        assert_eq!(part(0x028a, 60, 5), Some(0.0), "the pan is in the middle");
        assert_eq!(part(127, 60, 5), None);
    }

    #[test]
    fn a_velocity_counts_squared_by_default() {
        for velocity in 1..=127 {
            let squared = 400.0 * libm::log10(127.0 / f64::from(velocity));
            assert!((DEFAULTS[0].value(60, velocity, AT_REST) - squared.min(960.0)).abs() < 1e-9);
        }
        assert_eq!(DEFAULTS[1].value(60, 127, AT_REST), 0.0);
        assert_eq!(DEFAULTS[1].value(60, 63, AT_REST), -1200.0);
    }

    #[test]
    fn controllers_count_by_default_as_the_specification_says() {
        let value = |number: usize, controls| DEFAULTS[number].value(60, 127, controls);
        let [wheel, volume, expression, pan] = [2, 3, 4, 5];
        for at in 0..=127 {
            let here = Controls { modulation: at, volume: at, pan: at, expression: at };
            // -200 / 960 log10(v² / 127²) of 960 centibels (9.5.2): 40 log10(127 / v) dB, and 96 dB at the most.
            let fallen = (400.0 * libm::log10(127.0 / f64::from(at))).min(960.0);
            assert!((value(volume, here) - fallen).abs() < 1e-9 && (value(expression, here) - fallen).abs() < 1e-9);
            assert_eq!(value(wheel, here), 50.0 * f64::from(at) / 128.0);
            assert_eq!(value(pan, here), 500.0 * (f64::from(at) - 64.0) / 64.0);
        }
        assert!((2..6).all(|number| value(number, AT_REST) == 0.0 && DEFAULTS[number].is_moved()));
        assert!(!DEFAULTS[0].is_moved() && !DEFAULTS[1].is_moved());
    }

    #[test]
    fn a_reach_is_never_exceeded() {
        let range = [Controls { pan: 20, ..Controls::START }, Controls { modulation: 90, pan: 100, ..Controls::START }];
        for source in [0x0081, 0x0181, 0x0481, 0x0281, 0x028a, 0x068a, 0x0e8a, 0x0081 | 0x0c00] {
            for amount_source in [0x0000, 0x008a, 0x038a, 0x0502] {
                let modulator = Modulator { source, amount_source, amount: -70, ..DEFAULTS[2] };
                let reach = modulator.reach(60, 80, range);
                let at = |modulation, pan| Controls { modulation, pan, ..Controls::START };
                let all = (0..=90).flat_map(|wheel| (20..=100).map(move |pan| at(wheel, pan)));
                let most = all.map(|controls| modulator.value(60, 80, controls).abs()).fold(0.0, f64::max);
                assert!(most <= reach && reach <= 70.0, "{source:#x} by {amount_source:#x}: {most} beyond {reach}");
            }
        }
        assert_eq!(DEFAULTS[2].reach(60, 80, range), 50.0 * 90.0 / 128.0);
    }

    #[test]
    fn an_amount_of_nothing_turns_a_default_off() {
        let off = |amount_source| Modulator { amount: 0, amount_source, ..DEFAULTS[1] };
        assert!(off(0).supersedes(&DEFAULTS[1]) && off(0x0d02).supersedes(&DEFAULTS[1]));
        assert!(!off(0).supersedes(&DEFAULTS[0]));
        let other = Modulator { amount_source: 0x0d02, ..DEFAULTS[0] };
        assert!(!other.supersedes(&DEFAULTS[0]) && other.supersedes(&other));
    }
}
