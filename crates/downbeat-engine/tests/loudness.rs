//! Mixes that have a loudness to come to.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::*;
use downbeat_dsp::{Audio, Effect, Limiter, Meter, Value};
use downbeat_engine::session::*;
use downbeat_engine::{Recordings, RenderOptions, Report, Taps, World, plan, render};

/// Four seconds of noise that comes and goes, with a click in it.
fn sound() -> Audio {
    let plane = |seed| -> Vec<f32> {
        let swell = |i: usize| 0.05 + 0.2 * ((i % 30_000) as f32 / 30_000.0);
        noise(seed, 192_000).into_iter().enumerate().map(|(i, x)| x * swell(i)).collect()
    };
    let mut left = plane(1);
    left[100_000] = 0.95;
    Audio::stereo(RATE, left, plane(2))
}

fn song(target: Option<Target>) -> (Session, Arc<dyn World>) {
    let sound = sound();
    let mut all = session(vec![track("Noise", clip(0, &sound))]);
    all.master.inserts.push(settings("compressor", &[("lookahead_ms", Value::Number(2.0))]));
    all.master.fader_db = (-2.0).into();
    all.loudness = target;
    let world = world(&[&sound]);
    (all, world)
}

fn run(session: &Session, world: &Arc<dyn World>, options: &RenderOptions) -> (Audio, Report) {
    let collect = Collect::default();
    let stem = Collect::default();
    let taps =
        Taps { tracks: vec![Some(Box::new(stem.clone()))], master: Some(Box::new(collect.clone())), ..Taps::default() };
    let report = render(&plan(session).unwrap(), world.clone(), Recordings::new(), options, taps).unwrap();
    assert_eq!(stem.sound().frames() as u64, report.frames, "who listens to a track hears it once");
    (collect.sound(), report)
}

#[test]
fn a_mix_comes_to_its_loudness() {
    let (plain, world) = song(None);
    let (before, untouched) = run(&plain, &world, &RenderOptions::default());
    assert_eq!(untouched.adjustment, None);
    for (lufs, ceiling_db, is_limited) in [(-30.0, -1.0, false), (-14.0, -1.0, true), (-23.0, -20.0, true)] {
        let (session, world) = song(Some(Target { lufs, ceiling_db }));
        let (after, report) = run(&session, &world, &RenderOptions::default());
        let adjustment = report.adjustment.unwrap();
        assert_eq!(adjustment.measured_lufs, untouched.master.lufs);
        assert_eq!(adjustment.is_limited, is_limited, "{lufs} LUFS");
        assert!((adjustment.gain_db - (lufs - untouched.master.lufs.unwrap())).abs() < 1e-12);
        assert_eq!(after.frames(), before.frames());
        let found = report.master.lufs.unwrap();
        if is_limited {
            assert!(report.master.true_peak_db < ceiling_db, "{}", report.master.true_peak_db);
            assert!(found < lufs, "{found}");
        } else {
            assert!((found - lufs).abs() < 1e-4, "{found}");
        }
        // The gain, then the limiter a hundredth of a decibel below the ceiling, and nothing else.
        let mut expected = before.clone();
        downbeat_dsp::scale(&mut expected.block(), downbeat_dsp::ratio(adjustment.gain_db) as f32);
        if is_limited {
            let limiter = Limiter { ceiling_db: ceiling_db - 0.01, ..Limiter::default() };
            let lag = limiter.latency(expected.format());
            expected.resize(expected.frames() + lag);
            limiter.process(&mut limiter.start(expected.format()), &mut expected.block());
            expected.drop_front(lag);
        }
        assert!(after == expected, "{lufs} LUFS");
        let mut meter = Meter::new(after.format());
        meter.measure(&after);
        assert_eq!(meter.levels(), report.master, "the report is of what is handed on");
    }
}

#[test]
fn threads_pages_and_ranges_do_not_matter() {
    let (session, world) = song(Some(Target { lufs: -12.0, ceiling_db: -3.0 }));
    let (whole, report) = run(&session, &world, &RenderOptions::default());
    assert!(report.adjustment.unwrap().is_limited);
    for (threads, page) in [(1, 5_000), (3, 777), (2, 1_000_000)] {
        let options = RenderOptions { threads: Some(threads), page, ..RenderOptions::default() };
        assert!(run(&session, &world, &options).0 == whole, "{threads} threads, pages of {page}");
    }
    let options = RenderOptions { from: 50_000, to: Some(120_000), page: 4_321, ..RenderOptions::default() };
    let (part, of_part) = run(&session, &world, &options);
    assert_eq!(part.left(), &whole.left()[50_000..120_000]);
    assert_eq!(of_part.adjustment, report.adjustment, "the whole mix counts");
}

#[test]
fn what_is_too_long_to_be_kept_is_made_twice() {
    // As long as that, but for its first seconds silent: eleven minutes.
    let (mut session, world) = song(Some(Target { lufs: -20.0, ceiling_db: -1.0 }));
    let (short, _) = run(&session, &world, &RenderOptions::default());
    let beep = Placed { clip: session.tracks[0].clip.clone().unwrap(), at: 31_000_000, gain_db: -200.0 };
    session.tracks[0].placed.push(beep);
    let (long, report) = run(&session, &world, &RenderOptions::default());
    assert!(report.frames > 31_000_000);
    assert!((report.master.lufs.unwrap() + 20.0).abs() < 1e-3 || report.adjustment.unwrap().is_limited);
    // Silence counts nowhere in the loudness, so the gain is the same, to the bit.
    assert_eq!(short.left()[..190_000], long.left()[..190_000]);
}

#[test]
fn silence_stays_as_it_is() {
    let (mut session, world) = song(Some(Target { lufs: -14.0, ceiling_db: -1.0 }));
    session.tracks[0].strip.mute = true;
    session.length = Some(downbeat_engine::time::Frames(48_000));
    let options = RenderOptions::default();
    let taps = Taps::default();
    let report = render(&plan(&session).unwrap(), world, Recordings::new(), &options, taps).unwrap();
    let adjustment = report.adjustment.unwrap();
    assert_eq!((adjustment.measured_lufs, adjustment.gain_db, adjustment.is_limited), (None, 0.0, false));
    assert_eq!(report.master.peak_db, f64::NEG_INFINITY);
}
