//! What several commands take, from text.

use downbeat_engine::media::Pick;

/// Seconds from 0 on.
pub fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    seconds.ok_or_else(|| "it should be a number of seconds from 0, such as 90.5".to_string())
}

/// Channels of a recording, by name or counted from 1.
pub fn channels(text: &str) -> Result<Pick, String> {
    let number = |text: &str| text.trim().parse().ok().filter(|&channel: &usize| channel > 0);
    let pick = match (text, text.split_once(',')) {
        ("all", _) => Some(Pick::AsIs),
        ("left", _) => Some(Pick::Channel(1)),
        ("right", _) => Some(Pick::Channel(2)),
        ("downmix", _) => Some(Pick::Downmix),
        (_, Some((left, right))) => number(left).zip(number(right)).map(|(left, right)| Pick::Pair(left, right)),
        (one, None) => number(one).map(Pick::Channel),
    };
    pick.ok_or_else(|| "it should be left, right, downmix, a number from 1, or a pair such as 3,4".to_string())
}

/// A name and a value, with `=` between them.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_string(), value.trim().to_string())),
        _ => Err("it should read NAME=VALUE".to_string()),
    }
}

/// A number of bytes, in units of 1024: `512M`, `1.5G`.
pub fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim().trim_end_matches(['b', 'B']).trim_end_matches('i');
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[number.len()..].to_ascii_uppercase().as_str() {
        "" => Some(1.0),
        "K" => Some(1024.0),
        "M" => Some(1024.0 * 1024.0),
        "G" => Some(1024.0 * 1024.0 * 1024.0),
        _ => None,
    };
    let bytes = number.trim().parse().ok().zip(unit).map(|(number, unit): (f64, f64)| number * unit);
    let bytes = bytes.filter(|bytes| (0.0..=1e15).contains(bytes)).map(|bytes| bytes as u64);
    bytes.ok_or_else(|| "it should be a number of bytes, such as 512M or 4G".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_named_or_counted() {
        assert_eq!(channels("left"), Ok(Pick::Channel(1)));
        assert_eq!(channels("3"), Ok(Pick::Channel(3)));
        assert_eq!(channels("5, 6"), Ok(Pick::Pair(5, 6)));
        assert_eq!(channels("downmix"), Ok(Pick::Downmix));
        for wrong in ["", "0", "-1", "1,", "1,2,3", "centre"] {
            assert!(channels(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_have_units() {
        for (text, expected) in [("0", 0), ("512M", 512 << 20), ("1.5 GB", 3 << 29), ("64KiB", 64 << 10), ("7b", 7)] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for wrong in ["", "G", "-1", "1T2", "inf", "1e30", "4 X"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
