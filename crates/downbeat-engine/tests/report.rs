//! What is measured on the way: tracks, buses and the mix, and what is expected of them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use downbeat_dsp::{Control, Levels, PanLaw, Settings, Value, WAVES, effect};
use downbeat_engine::session::*;
use downbeat_engine::time::Frames;
use downbeat_engine::{
    Bounds, Bytes, Expectation, READINGS, Reading, Recordings, RenderOptions, Report, StripIndex, Taps, World,
    WorldError, plan, render,
};

const RATE: u32 = 48_000;

/// A world without files: tones need none.
struct Nothing;

impl World for Nothing {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Err(WorldError::NotFound { path: path.to_string(), similar: Vec::new() })
    }
}

/// A track with a sine of so many frames.
fn tone(name: &str, freq_hz: f64, frames: u64, level: f64) -> Track {
    let sine = WAVES.iter().find(|wave| wave.name == "sine").unwrap();
    let wave = sine.settings(Vec::new()).unwrap();
    let source = Source::Tone { wave, freq_hz, frames: Frames(frames), level };
    Track {
        name: name.to_string(),
        clip: Some(Arc::new(Clip { source, chain: Vec::new() })),
        cut: None,
        placed: Vec::new(),
        strip: Strip::default(),
        origin: Origin::default(),
    }
}

fn bus(name: &str, strip: Strip) -> Bus {
    Bus { name: name.to_string(), strip, origin: Origin::default() }
}

/// An effect with some of its parameters.
fn settings(name: &str, values: &[(&str, Value)]) -> Settings {
    let info = effect(name).unwrap();
    let value_of = |param: &str| values.iter().find(|(known, _)| *known == param).map(|(_, value)| value.clone());
    let all = info.params().iter().map(|param| value_of(param.name).unwrap_or_else(|| param.default.clone()));
    info.settings(all.collect()).unwrap()
}

fn measure(session: &Session, options: &RenderOptions) -> Report {
    render(&plan(session).unwrap(), Arc::new(Nothing), Recordings::new(), options, Taps::default()).unwrap()
}

/// Two tracks on the bus "kit", one of them sent to "echo", which looks ahead and feeds "kit", too; and a muted bus.
fn desk() -> Session {
    let (mut low, mut high) = (tone("low", 110.0, 200_000, 0.5), tone("high", 1_760.0, 150_000, 0.25));
    low.strip.output = Some(0);
    low.strip.fader_db = Control::Still(-6.0);
    high.strip.output = Some(0);
    high.strip.position = Position::Pan(Control::Still(-0.5));
    high.strip.sends = [1, 2].map(|bus| Send { bus, db: Control::Still(-3.0), pre_fader: false }).to_vec();
    let values = [("frame", 256.0), ("threshold", 0.9), ("makeup", 1.0)].map(|(name, x)| (name, Value::Number(x)));
    let late = Strip { inserts: vec![settings("frame_compressor", &values)], output: Some(0), ..Strip::default() };
    let mut session = Session { tracks: vec![low, high], ..Session::new(RATE) };
    session.buses = vec![bus("kit", Strip { fader_db: Control::Still(-20.0), ..Strip::default() }), bus("echo", late)];
    session.buses.push(bus("muted", Strip { mute: true, ..Strip::default() }));
    session
}

fn levels(report: &Report) -> Vec<Levels> {
    let strips = report.tracks.iter().chain(&report.buses).map(|strip| strip.levels);
    strips.chain([report.master]).collect()
}

#[test]
fn levels_are_the_same_for_any_pages_and_threads() {
    let session = desk();
    for (from, to) in [(0, None), (70_001, Some(180_000))] {
        let with = |threads, page| measure(&session, &RenderOptions { threads: Some(threads), page, from, to });
        let whole = with(1, 1 << 20);
        assert_eq!(whole.buses.iter().map(|bus| bus.name.as_str()).collect::<Vec<_>>(), ["kit", "echo"]);
        for (threads, page) in [(1, 777), (2, 4_096), (3, 65_536)] {
            assert_eq!(levels(&with(threads, page)), levels(&whole), "{threads} threads, pages of {page}");
        }
    }
}

#[test]
fn buses_are_measured_before_their_faders_and_in_time() {
    let session = desk();
    let options = RenderOptions { page: 1_000, ..RenderOptions::default() };
    let report = measure(&session, &options);
    let [kit, echo] = report.buses.as_slice() else { panic!("{report:?}") };
    // The master is the kit behind a fader of -20 dB, which moves every level alike, to within float32's rounding.
    assert!((kit.levels.peak_db - 20.0 - report.master.peak_db).abs() < 1e-5);
    assert!((kit.levels.lufs.unwrap() - 20.0 - report.master.lufs.unwrap()).abs() < 1e-5);
    assert_eq!((kit.frames, kit.levels.frames), (report.frames, report.frames));
    // The track sounds for 150,000 frames, and so does the bus that only it feeds, with what it has of a tail.
    assert!((150_000..200_000).contains(&echo.frames), "{}", echo.frames);
    // What comes late out of the bus is measured where it belongs: nothing of it lies behind the track's end.
    let rest = measure(&session, &RenderOptions { from: echo.frames, ..options });
    assert_eq!(rest.buses[1].levels.peak_db, f64::NEG_INFINITY);
    assert_eq!((rest.buses[1].frames, rest.buses[0].frames), (0, report.frames - echo.frames));
    // -3 dB of a sine of 0.25, panned: the louder side has cos(22.5 degrees) sqrt(2).
    let [left, right] = Position::Pan(Control::Still(-0.5)).gains(PanLaw::Power, 0.0);
    let level = 0.25 * downbeat_dsp::ratio(-3.0);
    assert!((echo.levels.peak_db - downbeat_dsp::decibels(level * left)).abs() < 0.02, "{}", echo.levels.peak_db);
    let power = 0.5 * level * level * (left * left + right * right) / 2.0 * 150_000.0 / report.frames as f64;
    let crest = echo.levels.peak_db - downbeat_dsp::decibels(power.sqrt());
    assert!((echo.levels.crest_db - crest).abs() < 0.01, "{} {crest}", echo.levels.crest_db);
    assert!((echo.levels.correlation.unwrap() - 1.0).abs() < 1e-6);
}

#[test]
fn expectations_are_held_against_the_report() {
    let mut session = desk();
    session.tracks[0].strip.mute = true;
    let report = measure(&session, &RenderOptions::default());
    let reading = |name: &str| -> &'static Reading { READINGS.iter().find(|reading| reading.name == name).unwrap() };
    let expect = |strip, name, above: Option<f64>, below: Option<f64>| {
        let bounds = Bounds { at: None, above, below };
        Expectation { strip, reading: reading(name), bounds, origin: Origin::default() }
    };
    let (high, kit, muted) = (StripIndex::Track(1), StripIndex::Bus(0), StripIndex::Bus(2));
    for (expectation, met) in [
        (expect(high, "peak_db", Some(-12.1), Some(-12.0)), true),
        (expect(high, "peak_db", Some(-12.0), None), false),
        (expect(high, "correlation", Some(-1.0), None), false),
        (expect(kit, "correlation", Some(0.999), None), true),
        (expect(StripIndex::Master, "lra", None, Some(1.0)), true),
        // What is not heard is silent: it has no loudness, and its peak is below everything.
        (expect(StripIndex::Track(0), "lufs", None, Some(0.0)), false),
        (expect(StripIndex::Track(0), "peak_db", None, Some(-100.0)), true),
        (expect(muted, "true_peak_db", Some(-100.0), None), false),
    ] {
        assert_eq!(expectation.is_met(&report), met, "{expectation:?}: {:?}", expectation.measured(&report));
    }
}
