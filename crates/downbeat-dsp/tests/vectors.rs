//! Every effect against what the original notebook rendered: worst sample within 1e-6 of full scale.
//!
//! The noise vectors are part of the repository. When the folder `shared` lies beside it, all of its vectors are compared.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::path::{Path, PathBuf};

use downbeat_dsp::{Audio, ParamInfo, Value, effect};
use serde_json::Value as Json;

/// Half a dozen roundings to 32 bits (6e-8 each, below full scale), or the few dozen of a filter's sum, stay below it.
const TOLERANCE: f64 = 1e-6;

#[test]
fn noise_is_what_the_notebook_made_of_it() {
    let compared = compare_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"));
    assert_eq!(compared, 9, "every effect of the notebook");
}

#[test]
fn every_shared_vector_is_what_the_notebook_made_of_it() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../../shared/vectors"].iter().collect();
    if !folder.join("vectors.json").exists() {
        println!("skipped: there is no {}", folder.display());
        return;
    }
    assert_eq!(compare_all(&folder), 27, "nine effects on three inputs");
}

/// Compares every vector of an effect in the folder's list and says how many there were.
fn compare_all(folder: &Path) -> usize {
    let list = std::fs::read_to_string(folder.join("vectors.json")).unwrap();
    let list: Json = serde_json::from_str(&list).unwrap();
    let mut compared = 0;
    for row in list.as_array().unwrap() {
        let Some((name, values)) = translate(row["function"].as_str().unwrap(), &row["params"]) else { continue };
        let input = read(&folder.join(row["input"].as_str().unwrap()));
        let expected = read(&folder.join(row["output"].as_str().unwrap()));
        let info = effect(name).unwrap();
        let given = |param: &ParamInfo| {
            let value = values.iter().find(|(name, _)| *name == param.name);
            value.map_or(param.default.clone(), |(_, value)| value.clone())
        };
        assert!(values.iter().all(|(name, _)| info.params().iter().any(|param| param.name == *name)));
        let settings = info.settings(info.params().iter().map(given).collect()).unwrap();
        let output = settings.made().apply(input, 0);
        assert_eq!(output.frames(), expected.frames(), "{}", row["name"]);
        let differences = output.left().iter().zip(expected.left()).map(|(a, b)| f64::from(a - b).abs());
        let worst = differences.fold(0.0, f64::max);
        println!("{worst:.1e} {} {settings}", row["name"]);
        assert!(worst <= TOLERANCE, "{}: off by {worst}", row["name"]);
        compared += 1;
    }
    compared
}

/// The effect of a function of the notebook, with its parameters; none for what is not an effect.
fn translate(function: &str, params: &Json) -> Option<(&'static str, Vec<(&'static str, Value)>)> {
    let number = |name: &str| Value::Number(params[name].as_f64().unwrap());
    Some(match function {
        "fade" => ("fade", vec![("in_samples", number("fade_length")), ("out_samples", number("fade_length"))]),
        "compressor" => (
            "peak_compressor",
            vec![("threshold", number("threshold")), ("makeup", number("makeup")), ("passes", number("smoothness"))],
        ),
        "framecompressor" => (
            "frame_compressor",
            vec![
                ("frame", number("frame_length")),
                ("threshold", number("threshold")),
                ("ratio", number("ratio")),
                ("makeup", number("makeup")),
            ],
        ),
        "IRDelay" => ("fir_delay", vec![("impulses", number("impulses")), ("wrap", Value::Switch(true))]),
        "IIRReverb" => (
            "schroeder_reverb",
            vec![
                ("q", number("combq")),
                ("delay1", number("delay1")),
                ("gain1", number("gain1")),
                ("delay2", number("delay2")),
                ("gain2", number("gain2")),
                ("double", Value::Switch(true)),
            ],
        ),
        "FIR_fft" => {
            let name = match params["pass_zero"].as_str() {
                Some("lowpass") => "fir_lowpass",
                Some("highpass") => "fir_highpass",
                kind => panic!("there is no {kind:?}"),
            };
            let band = [("pass_hz", number("passband_hz")), ("stop_hz", number("stopband_hz"))];
            (name, [("order", number("order")), ("wrap", Value::Switch(true))].into_iter().chain(band).collect())
        }
        "softClipper" => ("soft_clip", vec![("drive", number("drive")), ("output", number("output"))]),
        "reverse" => ("reverse", Vec::new()),
        _ => return None,
    })
}

fn read(path: &Path) -> Audio {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec().channels, 1);
    Audio::mono(reader.spec().sample_rate, reader.samples::<f32>().map(Result::unwrap).collect())
}
