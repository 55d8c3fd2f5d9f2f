//! Pan laws: what turning a knob between left and right does to both sides.

use std::f64::consts::{FRAC_PI_4, SQRT_2};

crate::choice! {
    /// How much a sound gains at a side over the middle. In the middle no law changes anything, so a mix that nobody has
    /// panned is the same under each.
    pub enum PanLaw {
        /// Constant power: sqrt(2) cos and sin of an angle from 0 to 90 degrees. A side is 3 dB up.
        Power = "-3 dB",
        /// Half way between constant power and constant voltage, the geometric mean of both. A side is 4.5 dB up.
        Between = "-4.5 dB",
        /// Constant voltage: both sides add up to the same. A side is 6 dB up.
        Voltage = "-6 dB",
        /// A balance: one side is turned down in proportion, the other one stays.
        Linear = "linear",
    }
}

impl PanLaw {
    /// The gains to the left and to the right at a position from -1 (left) to 1 (right).
    pub fn gains(self, position: f64) -> [f64; 2] {
        // What is done towards one side mirrors what is done towards the other, to the bit.
        [-position, position].map(|toward| match self {
            _ if position == 0.0 => 1.0,
            // The cosine of an angle is the sine of what it lacks to a quarter of a turn.
            PanLaw::Power => power(toward),
            PanLaw::Between => (power(toward) * (1.0 + toward)).sqrt(),
            PanLaw::Voltage => 1.0 + toward,
            PanLaw::Linear => (1.0 + toward).min(1.0),
        })
    }
}

fn power(toward: f64) -> f64 {
    SQRT_2 * libm::sin((1.0 + toward) * FRAC_PI_4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decibels;

    const LAWS: [(PanLaw, f64); 4] =
        [(PanLaw::Power, 3.0103), (PanLaw::Between, 4.5154), (PanLaw::Voltage, 6.0206), (PanLaw::Linear, 0.0)];

    #[test]
    fn the_middle_is_the_same_and_the_sides_are_what_they_are_called() {
        for (law, side_db) in LAWS {
            assert_eq!(law.gains(0.0), [1.0, 1.0]);
            let [left, right] = law.gains(1.0);
            assert!(left.abs() < 1e-12 && (decibels(right) - side_db).abs() < 1e-3, "{law:?}: {left}, {right}");
            for i in -100..=100 {
                let position = f64::from(i) / 100.0;
                let [left, right] = law.gains(position);
                assert_eq!(law.gains(-position), [right, left], "{law:?} mirrors");
                assert!(i <= 0 || left <= right, "{law:?} at {position}");
            }
        }
    }

    #[test]
    fn each_keeps_what_it_promises() {
        for i in -100..=100 {
            let position = f64::from(i) / 100.0;
            let [left, right] = PanLaw::Power.gains(position);
            assert!((left * left + right * right - 2.0).abs() < 1e-12);
            let [l, r] = PanLaw::Voltage.gains(position);
            assert!((l + r - 2.0).abs() < 1e-12);
            let between = PanLaw::Between.gains(position);
            for ((between, power), voltage) in between.into_iter().zip([left, right]).zip([l, r]) {
                assert!((between * between - power * voltage).abs() < 1e-9);
            }
            assert!(PanLaw::Linear.gains(position).contains(&1.0));
        }
    }
}
