//! Did you mean: the name that was probably meant.

/// The candidate that `name` is probably a misspelling of.
///
/// Besides typing errors (Damerau-Levenshtein distance, at most a third of the letters), it finds a name with another
/// case, with or without its unit (`attack` for `attack_ms`, `threshold_db` for `threshold`), and with its words in
/// another order.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().filter(|candidate| *candidate != name).collect();
    let plain = simplified(name);
    let find = |matches: &dyn Fn(&str) -> bool| candidates.iter().copied().find(|candidate| matches(candidate));
    find(&|candidate| simplified(candidate) == plain)
        .or_else(|| find(&|candidate| without_unit(&simplified(candidate)) == without_unit(&plain)))
        .or_else(|| find(&|candidate| words(candidate) == words(name)))
        .or_else(|| {
            // A word of a longer name, when only one name has it.
            let mut longer = candidates
                .iter()
                .filter(|candidate| plain.len() >= 3 && simplified(candidate).split('_').any(|word| word == plain));
            longer.next().copied().filter(|_| longer.next().is_none())
        })
        .or_else(|| {
            // The same beginning and another unit: `from_freq` for `from_hz`.
            let first = |name: &str| name.split_once('_').map(|(first, _)| first.to_string());
            let own = first(&plain)?;
            let mut alike = candidates.iter().filter(|candidate| first(&simplified(candidate)) == Some(own.clone()));
            alike.next().copied().filter(|_| alike.next().is_none())
        })
        .or_else(|| {
            let allowed = (name.chars().count().max(3)) / 3;
            candidates
                .iter()
                .map(|candidate| (strsim::damerau_levenshtein(&plain, &simplified(candidate)), *candidate))
                .filter(|(distance, _)| *distance <= allowed)
                .min_by_key(|(distance, _)| *distance)
                .map(|(_, candidate)| candidate)
        })
}

/// `a`, `b` and `c`, each in backquotes.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

const UNITS: [&str; 8] = ["_ms", "_db", "_hz", "_s", "_st", "_lufs", "_percent", "_frames"];

fn simplified(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}

fn without_unit(name: &str) -> &str {
    UNITS.iter().find_map(|unit| name.strip_suffix(unit)).unwrap_or(name)
}

fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = simplified(name).split('_').map(str::to_string).collect();
    words.sort();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let names = ["threshold", "attack_ms", "freq_hz", "db", "soft_clip", "schroeder_reverb", "reverse"];
        for (wrong, right) in [
            ("threshold_db", "threshold"),
            ("treshold", "threshold"),
            ("attack", "attack_ms"),
            ("freq", "freq_hz"),
            ("dB", "db"),
            ("softclip", "soft_clip"),
            ("clip_soft", "soft_clip"),
            ("reverb", "schroeder_reverb"),
            ("revrese", "reverse"),
            ("attack_seconds", "attack_ms"),
        ] {
            assert_eq!(nearest(wrong, names), Some(right), "{wrong}");
        }
        for strange in ["x", "compressor", "q", "pan"] {
            assert_eq!(nearest(strange, names), None, "{strange}");
        }
    }
}
