//! Numbers as they are written in pictures, with a true minus, and steps that are easy to read.

/// A number with as few decimals as it needs, six at most.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{:.6}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if value < 0.0 && text != "0" { format!("−{text}") } else { text.to_owned() }
}

/// A level to a tenth, with its sign: `−3.0 dBFS`.
pub(crate) fn level(value: f64, unit: &str) -> String {
    let tenths = (value * 10.0).round();
    let sign = if tenths < 0.0 {
        "−"
    } else if tenths > 0.0 {
        "+"
    } else {
        ""
    };
    if tenths.is_finite() { format!("{sign}{:.1} {unit}", tenths.abs() / 10.0) } else { format!("{sign}∞ {unit}") }
}

/// A frequency: `440 Hz`, `2.5 kHz`.
pub(crate) fn hertz(value: f64) -> String {
    // Three digits tell frequencies apart well enough.
    if value < 999.5 {
        format!("{} Hz", number(value.round()))
    } else {
        let kilo = value / 1000.0;
        let kilo = if kilo < 9.995 { (kilo * 100.0).round() / 100.0 } else { (kilo * 10.0).round() / 10.0 };
        format!("{} kHz", number(kilo))
    }
}

/// The multiples of the smallest step of 1, 2 or 5 times a power of ten that is at least `least`, from `low` to `high`.
/// None when the step would be without end or there would be more than a thousand.
pub(crate) fn round_values(low: f64, high: f64, least: f64) -> Vec<f64> {
    let Some(step) = round_up(least) else { return Vec::new() };
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    if !(last - first).is_finite() || last - first > 1000.0 {
        return Vec::new();
    }
    (0..=(last - first).max(-1.0) as i64).take_while(|_| last >= first).map(|i| (first + i as f64) * step).collect()
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least `value`, within what is heard or seen of anything.
pub(crate) fn round_up(value: f64) -> Option<f64> {
    let powers = (-9..=9).map(|power: i32| {
        let ten = (0..power.abs()).fold(1.0, |product, _| product * 10.0);
        move |n: f64| if power < 0 { n / ten } else { n * ten }
    });
    powers.flat_map(|times| [1.0, 2.0, 5.0].map(times)).find(|&step| step >= value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_decimals_they_need() {
        assert_eq!([0.0, -0.0, 0.5, -1.0, 100.0, 0.002].map(number), ["0", "0", "0.5", "−1", "100", "0.002"]);
    }

    #[test]
    fn levels_have_a_sign_and_a_tenth() {
        assert_eq!(level(-3.0103, "dBFS"), "−3.0 dBFS");
        assert_eq!(level(5.25, "dBFS"), "+5.3 dBFS");
        assert_eq!(level(-0.04, "dBFS"), "0.0 dBFS");
        assert_eq!(level(f64::NEG_INFINITY, "LUFS"), "−∞ LUFS");
    }

    #[test]
    fn frequencies_have_three_digits() {
        let frequencies = [20.0, 440.4, 999.6, 1000.0, 2500.0, 12_345.0].map(hertz);
        assert_eq!(frequencies, ["20 Hz", "440 Hz", "1 kHz", "1 kHz", "2.5 kHz", "12.3 kHz"]);
    }

    #[test]
    fn round_values_lie_within_their_range() {
        assert_eq!(round_values(-62.0, 0.0, 13.0), [-60.0, -40.0, -20.0, 0.0]);
        assert_eq!(round_values(0.0, 1.0, 0.5), [0.0, 0.5, 1.0]);
        assert_eq!(round_values(3.0, 4.0, 10.0), [0.0; 0]);
        assert_eq!(round_values(0.0, f64::INFINITY, 1.0), [0.0; 0]);
        assert_eq!(round_values(0.0, 1.0, f64::NAN), [0.0; 0]);
    }

    #[test]
    fn steps_are_one_two_or_five() {
        assert_eq!([0.003, 0.1, 1.1, 7.0, 5000.0].map(round_up), [0.005, 0.1, 2.0, 10.0, 5000.0].map(Some));
        assert_eq!(round_up(f64::NAN), None);
    }
}
