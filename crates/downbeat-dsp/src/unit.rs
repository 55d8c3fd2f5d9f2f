//! The units of parameters: a name ends in the unit of its number.

use crate::{Kind, ParamInfo};

/// What a name can end in, and the unit as it is written behind a number.
const UNITS: [(&str, &str); 10] = [
    ("db", "dB"),
    ("hz", "Hz"),
    ("s", "s"),
    ("ms", "ms"),
    ("samples", "samples"),
    ("cents", "cents"),
    ("semitones", "semitones"),
    ("octaves", "octaves"),
    ("degrees", "degrees"),
    ("bits", "bits"),
];

impl ParamInfo {
    /// The unit of its number, as the last word of its name says: `"ms"` for `attack_ms`. `None` for what is no number, and
    /// for numbers without a unit, such as ratios and factors.
    pub fn unit(&self) -> Option<&'static str> {
        let is_number = matches!(self.kind, Kind::Number { .. } | Kind::Whole { .. });
        let last = self.name.rsplit('_').next()?;
        UNITS.iter().find(|(ending, _)| is_number && *ending == last).map(|(_, unit)| *unit)
    }
}

#[cfg(test)]
mod tests {
    use crate::{EFFECTS, INSTRUMENTS};

    #[test]
    fn names_end_in_their_unit() {
        let unit = |effect: &str, param: &str| {
            let row = crate::effect(effect).unwrap();
            row.params().iter().find(|info| info.name == param).unwrap().unit()
        };
        assert_eq!(unit("compressor", "attack_ms"), Some("ms"));
        assert_eq!(unit("gain", "db"), Some("dB"));
        assert_eq!(unit("delay_samples", "samples"), Some("samples"));
        assert_eq!(unit("compressor", "ratio"), None);
        assert_eq!(unit("normalize", "of"), None);
    }

    #[test]
    fn what_speaks_of_its_unit_has_it_in_its_name() {
        let effects = EFFECTS.iter().flat_map(|row| row.params());
        for param in effects.chain(INSTRUMENTS.iter().flat_map(|row| row.params())) {
            for (words, unit) in
                [(", in milliseconds", "ms"), (", in decibels", "dB"), (", in hertz", "Hz"), (", in seconds", "s")]
            {
                let is_unit = param.about.contains(words) && param.unit().is_none();
                assert!(!is_unit, "`{}` is said to be{words}, but its name does not end in {unit}", param.name);
            }
        }
    }
}
