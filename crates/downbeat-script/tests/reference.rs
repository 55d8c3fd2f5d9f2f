//! The reference is complete, and its names are unique.

use std::collections::BTreeSet;

use downbeat_script::{names, reference};

#[test]
fn everything_is_described() {
    let chapters = reference();
    for chapter in &chapters {
        let about =
            chapter.functions.iter().map(|f| (f.name, f.about)).chain(chapter.fields.iter().map(|f| (f.name, f.about)));
        for (name, about) in about {
            // Sentences, most of which begin with a capital; some begin with a variable, as in "x to the power y."
            assert!(about.len() > 8 && about.ends_with(['.', '"']), "{}.{name}: {about:?}", chapter.title);
        }
        for function in &chapter.functions {
            for param in &function.params {
                assert!(!param.about.is_empty() && !param.takes.is_empty(), "{}({})", function.name, param.name);
            }
        }
    }
    let track = chapters.iter().find(|chapter| chapter.title == "track").unwrap();
    let send = track.functions.iter().find(|function| function.name == "send").unwrap();
    assert_eq!(send.signature, "send(bus, db = 0, pre_fader = False)");
    assert_eq!((send.params[1].takes.as_str(), send.params[1].default.as_deref()), ("-150 to 60", Some("0")));
}

#[test]
fn every_effect_wave_envelope_and_instrument_is_a_function_of_its_own() {
    let chapters = reference();
    let free = chapters.iter().take_while(|chapter| chapter.title != "math").flat_map(|chapter| &chapter.functions);
    let mut seen = BTreeSet::new();
    for function in free {
        assert!(seen.insert(function.name), "{} is there twice", function.name);
        assert!(names().contains(function.name));
    }
    let effects = downbeat_dsp::EFFECTS.iter().map(|effect| effect.name);
    let waves = downbeat_dsp::WAVES.iter().map(|wave| wave.name);
    let envelopes = downbeat_dsp::ENVELOPES.iter().map(|envelope| envelope.name);
    let instruments = downbeat_dsp::INSTRUMENTS.iter().map(|instrument| instrument.name);
    for name in effects.chain(waves).chain(envelopes).chain(instruments) {
        assert!(seen.contains(name), "{name}");
    }
}

/// A function must not hide one of the language's own, such as `reversed` or `filter`.
#[test]
fn no_name_hides_one_of_starlark() {
    let own: BTreeSet<&str> = reference().into_iter().flat_map(|chapter| chapter.functions).map(|f| f.name).collect();
    for name in [
        "abs",
        "any",
        "all",
        "dict",
        "dir",
        "enumerate",
        "fail",
        "float",
        "int",
        "len",
        "list",
        "max",
        "min",
        "print",
        "range",
        "repr",
        "reversed",
        "sorted",
        "str",
        "struct",
        "tuple",
        "type",
        "zip",
        "set",
    ] {
        assert!(!own.contains(name) && names().contains(name), "{name}");
    }
}
