//! Modulators: what a note's key and velocity, and controllers at rest, add to generators (8.2, 8.3, 9.5).
//!
//! Nothing that a modulator listens to moves while a note sounds, so each of them is a number when the note begins. The
//! wheel and the pedal are not among them: an instrument follows those by itself. What else a desk has faders for is as if
//! it stood at its full: volume and expression at 127, the pan in the middle.

use super::zone::Generator;

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

/// Modulators that are there when a font does not say otherwise (8.4), as far as they depend on the note.
pub const DEFAULTS: [Modulator; 2] = [
    // Attenuation: 40 decibels for each tenth part of the velocity.
    Modulator {
        source: CONCAVE_SOFTNESS,
        target: Generator::Attenuation as usize,
        amount: 960,
        amount_source: 0,
        transform: 0,
    },
    // Soft notes are darker.
    Modulator { source: SOFTNESS, target: Generator::Cutoff as usize, amount: -2400, amount_source: 0, transform: 0 },
];

impl Modulator {
    /// Whether this one stands in place of another one (9.5).
    pub fn supersedes(&self, other: &Modulator) -> bool {
        let same = (self.source, self.target, self.transform) == (other.source, other.target, other.transform);
        // Version 2.01 multiplied that of the filter by a switch, which is how fonts turn it off to this day.
        let is_of_filter = (other.source, other.target) == (SOFTNESS, Generator::Cutoff as usize);
        same && (self.amount_source == other.amount_source || is_of_filter)
    }

    /// What it adds for a key and a velocity.
    pub fn value(&self, key: u8, velocity: u8) -> f64 {
        let (Some(source), Some(factor)) = (part(self.source, key, velocity), part(self.amount_source, key, velocity))
        else {
            return 0.0;
        };
        let value = f64::from(self.amount) * source * factor;
        if self.transform == 2 { value.abs() } else { value }
    }
}

/// The value of a source, from 0 to 1 or from -1 to 1. None is that of a link to another modulator, which is not heeded.
fn part(source: u16, key: u8, velocity: u8) -> Option<f64> {
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
        (true, 7 | 11) => 127,
        // Balance, pan, and the sound controllers.
        (true, 8 | 10 | 70..=79) => 64,
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
            assert!((DEFAULTS[0].value(60, velocity) - squared.min(960.0)).abs() < 1e-9);
        }
        assert_eq!(DEFAULTS[1].value(60, 127), 0.0);
        assert_eq!(DEFAULTS[1].value(60, 63), -1200.0);
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
