//! Rendering: joins, buses, latency, and the promise of the same bits whatever the threads and pages.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use downbeat_dsp::{Audio, Automation, Channels, Control, Format, Movement, PanLaw, Point, Value, Way};
use downbeat_engine::session::*;
use downbeat_engine::time::Frames;
use downbeat_engine::{Recordings, RenderOptions, Tap, TapError, Taps, World, plan, render, render_clip};
use proptest::prelude::*;

use common::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_cut_track_without_effects_is_the_original(
        frames in 1usize..20_000,
        mut starts in prop::collection::vec(0u64..20_000, 0..40),
        fade in 0u64..3_000,
        page in 1usize..5_000,
        stereo: bool,
    ) {
        let audio = if stereo {
            Audio::stereo(RATE, noise(1, frames), noise(2, frames))
        } else {
            Audio::mono(RATE, noise(1, frames))
        };
        starts.push(0);
        starts.retain(|&start| start == 0 || start < frames as u64);
        starts.sort_unstable();
        starts.dedup();
        let mut whole = track("x", clip(0, &audio));
        whole.cut = Some(cut(&starts, Join::Crossfade(Frames(fade))));
        let world = world(&[&audio]);
        let options = RenderOptions { threads: Some(1), page, ..RenderOptions::default() };
        let result = mix_with(&session(vec![whole]), &world, &options);
        prop_assert!(result == audio.into_stereo());
    }
}

#[test]
fn tails_ring_on_over_the_next_segments_and_after_the_end() {
    let mut samples = vec![0.0; 30_000];
    samples[9_990] = 1.0;
    samples[29_990] = 1.0;
    let audio = Audio::mono(RATE, samples);
    let echo = settings("schroeder_reverb", &[]);
    let mut with_tail = track("x", clip(0, &audio));
    let mut parts = cut(&[0, 10_000, 20_000], Join::Crossfade(Frames(0)));
    parts.segments[0].chain.push(Step::Insert(echo.clone()));
    parts.segments[2].chain.push(Step::Insert(echo.clone()));
    with_tail.cut = Some(parts);
    let result = mix(&session(vec![with_tail]), &world(&[&audio]));
    assert!(result.frames() > 40_000, "the last tail rings out");
    let energy = |range: std::ops::Range<usize>| result.left()[range].iter().map(|x| x * x).sum::<f32>();
    assert!(energy(10_000..20_000) > 1e-3 && energy(30_000..40_000) > 1e-3);
    // What rings over the second segment is the tail of the first one alone.
    let first = Audio::mono(RATE, audio.left()[..10_000].to_vec());
    let alone = echo.made().apply(first, 0);
    assert_eq!(result.left()[10_000..20_000], alone.left()[10_000..20_000]);
}

#[test]
fn pulled_segments_move_to_the_left_and_overlap() {
    let audio = Audio::mono(RATE, vec![1.0; 40_000]);
    let mut pulled = track("x", clip(0, &audio));
    pulled.cut = Some(cut(&[0, 10_000, 20_000, 30_000], Join::Pull(Frames(1_000))));
    let result = mix(&session(vec![pulled]), &world(&[&audio]));
    assert_eq!(result.frames(), 40_000 - 3 * 1_000);
    assert_eq!(result.left()[5_000], 1.0);
    // Two ramps that include both their ends: in the overlap they add up to one again.
    for x in &result.left()[9_000..10_000] {
        assert!((x - 1.0).abs() < 1e-6);
    }
    assert_eq!(result.left()[0], 0.0);
    assert_eq!(result.left()[36_999], 0.0);
}

#[test]
fn a_muted_segment_is_silent_and_its_neighbours_fade() {
    let audio = Audio::mono(RATE, vec![0.5; 30_000]);
    let mut muted = track("x", clip(0, &audio));
    let mut parts = cut(&[0, 10_000, 20_000], Join::Crossfade(Frames(100)));
    parts.segments[1].mute = true;
    muted.cut = Some(parts);
    let result = mix(&session(vec![muted]), &world(&[&audio]));
    assert!(result.left()[10_050..19_950].iter().all(|&x| x == 0.0));
    assert_eq!(result.left()[9_949], 0.5);
    assert!(result.left()[9_950..10_050].windows(2).all(|pair| pair[1] <= pair[0]));
}

#[test]
fn faders_pans_and_sums() {
    let (one, two) = (Audio::mono(RATE, vec![0.5; 100]), Audio::stereo(RATE, vec![0.25; 100], vec![-0.25; 100]));
    let world = world(&[&one, &two]);
    let mut a = track("a", clip(0, &one));
    a.strip.position = Position::Levels { left: 0.5, right: 0.0 };
    let mut b = track("b", clip(1, &two));
    b.strip.fader_db = downbeat_dsp::decibels(2.0).into();
    let mut both = session(vec![a, b]);
    let result = mix(&both, &world);
    assert_eq!((result.left()[50], result.right()[50]), (0.75, -0.5));
    both.tracks[1].strip.mute = true;
    let result = mix(&both, &world);
    assert_eq!((result.left()[50], result.right()[50]), (0.25, 0.0));
    both.tracks[1].strip.mute = false;
    both.tracks[1].strip.solo = true;
    let result = mix(&both, &world);
    assert_eq!((result.left()[50], result.right()[50]), (0.5, -0.5));
    // Constant power, unity in the centre.
    for pan in [-1.0, -0.5, 0.0, 0.3, 1.0] {
        let [left, right] = Position::Pan(pan.into()).gains(PanLaw::Power, 0.0);
        assert!((left * left + right * right - 2.0).abs() < 1e-12, "{pan}");
    }
    assert_eq!(Position::Pan(0.0.into()).gains(PanLaw::Power, 0.0), [1.0, 1.0]);
}

#[test]
fn buses_wait_for_latency_and_feed_each_other() {
    let mut samples = vec![0.0; 2_000];
    samples[500] = 0.5;
    let audio = Audio::mono(RATE, samples);
    let world = world(&[&audio]);
    // The compressor looks ahead but lets this click through: its threshold is above it.
    let values = [("frame", 256.0), ("threshold", 1.0), ("makeup", 1.0)].map(|(name, x)| (name, Value::Number(x)));
    let late = || settings("frame_compressor", &values);
    let mut dry = track("dry", clip(0, &audio));
    dry.strip.sends.push(Send { bus: 1, db: 0.0.into(), pre_fader: false });
    let mut all = session(vec![dry]);
    // The second bus feeds the first one, and both look ahead.
    all.buses.push(bus("last", Strip { inserts: vec![late()], ..Strip::default() }));
    all.buses.push(bus("first", Strip { inserts: vec![late()], output: Some(0), ..Strip::default() }));
    let result = mix(&all, &world);
    let loud: Vec<usize> = (0..result.frames()).filter(|&i| result.left()[i].abs() > 1e-6).collect();
    assert_eq!(loud, [500], "everything arrives in the same frame");
    assert!((result.left()[500] - 1.0).abs() < 1e-6, "dry and wet add up");
    all.buses[0].strip.sends.push(Send { bus: 1, db: 0.0.into(), pre_fader: false });
    let error = plan(&all).err().unwrap().to_string();
    assert_eq!(error, "sound goes in a circle: first -> last -> first");
}

#[test]
fn inserts_on_a_track_are_in_time() {
    let mut samples = vec![0.0; 2_000];
    samples[500] = 1.0;
    let audio = Audio::mono(RATE, samples);
    let mut filtered = track("x", clip(0, &audio));
    // Eleven taps: a latency of five frames, made up for, so that the middle of the response is where the click was.
    let values = [("order", Value::Whole(12)), ("pass_hz", Value::Number(9e3)), ("stop_hz", Value::Number(12e3))];
    filtered.strip.inserts.push(settings("fir_lowpass", &values));
    for page in [1, 7, 64, 10_000] {
        let options = RenderOptions { threads: Some(1), page, ..RenderOptions::default() };
        let result = mix_with(&session(vec![filtered.clone()]), &world(&[&audio]), &options);
        let loudest = (0..result.frames()).max_by(|&a, &b| result.left()[a].total_cmp(&result.left()[b])).unwrap();
        assert_eq!(loudest, 500, "pages of {page}");
        assert!((result.left()[495] - result.left()[505]).abs() < 1e-7);
    }
}

#[test]
fn normalize_sees_the_whole_track() {
    let mut samples = noise(3, 200_000);
    samples.iter_mut().for_each(|x| *x *= 0.1);
    samples[199_000] = -0.5;
    let audio = Audio::mono(RATE, samples);
    let mut loud = track("x", clip(0, &audio));
    loud.strip.inserts.push(settings("gain", &[("db", Value::Number(-6.0))]));
    loud.strip.inserts.push(settings("normalize", &[("peak_db", Value::Number(0.0))]));
    let result = mix(&session(vec![loud]), &world(&[&audio]));
    assert!((result.left()[199_000] + 1.0).abs() < 1e-6);
    assert!((result.left()[10] / audio.left()[10] - 2.0).abs() < 1e-5);
}

#[test]
fn placed_clips_are_where_they_should_be() {
    let audio = Audio::mono(RATE, vec![1.0; 100]);
    let placed = Arc::new(clip(0, &audio));
    let mut empty = track("x", clip(0, &audio));
    empty.clip = None;
    for (at, gain) in [(150i64, 0.5), (200, 0.25), (-50, 1.0)] {
        empty.placed.push(Placed { clip: placed.clone(), at, gain_db: downbeat_dsp::decibels(gain) });
    }
    let result = mix(&session(vec![empty]), &world(&[&audio]));
    assert_eq!(result.frames(), 300);
    let expected = [(0, 1.0), (49, 1.0), (50, 0.0), (149, 0.0), (150, 0.5), (200, 0.75), (250, 0.25), (299, 0.25)];
    for (i, x) in expected {
        assert_eq!(result.left()[i], x, "frame {i}");
    }
}

/// A session with everything in it.
fn everything() -> (Session, Arc<dyn World>) {
    let sounds = [
        Audio::mono(RATE, noise(1, 30_000)),
        Audio::stereo(RATE, noise(2, 25_000), noise(3, 25_000)),
        Audio::mono(RATE, noise(4, 1_000)),
    ];
    let mut a = track("a", clip(0, &sounds[0]));
    let mut parts = cut(&[0, 4_000, 9_500, 9_600, 20_000], Join::Crossfade(Frames(480)));
    parts.segments[0].chain.push(Step::Insert(settings("soft_clip", &[("drive", Value::Number(7.0))])));
    let wet = vec![Step::Insert(settings("schroeder_reverb", &[]))];
    parts.segments[1].chain.push(Step::Parallel { paths: vec![wet], dry: true });
    parts.segments[3].chain.push(Step::Insert(settings("reverse", &[])));
    a.cut = Some(parts);
    a.strip.inserts.push(settings("fir_lowpass", &[]));
    a.strip.sends.push(Send { bus: 0, db: (-6.0).into(), pre_fader: false });
    let mut b = track("b", clip(1, &sounds[1]));
    b.cut = Some(cut(&[0, 5_000, 11_000], Join::Pull(Frames(512))));
    for k in 0..20 {
        b.placed.push(Placed { clip: Arc::new(clip(2, &sounds[2])), at: k * 777, gain_db: -k as f64 });
    }
    b.strip.inserts.push(settings("normalize", &[]));
    b.strip.inserts.push(settings("frame_compressor", &[]));
    b.strip.position = Position::Pan((-0.4).into());
    let mut all = session(vec![a, b]);
    let reverb = Strip { inserts: vec![settings("schroeder_reverb", &[])], ..Strip::default() };
    all.buses.push(Bus { name: "verb".into(), strip: reverb, origin: Origin::default() });
    all.master.inserts.push(settings("frame_compressor", &[]));
    let world = world(&[&sounds[0], &sounds[1], &sounds[2]]);
    (all, world)
}

#[test]
fn threads_and_pages_do_not_matter() {
    let (session, world) = everything();
    let options = |threads, page| RenderOptions { threads: Some(threads), page, ..RenderOptions::default() };
    let expected = mix_with(&session, &world, &options(1, 4096));
    assert!(expected.left().iter().any(|&x| x != 0.0));
    for (threads, page) in [(1, 64), (2, 64), (8, 333), (2, 4096), (8, 65_536), (3, 1_000_000)] {
        let result = mix_with(&session, &world, &options(threads, page));
        assert!(result == expected, "{threads} threads, pages of {page}");
    }
}

#[test]
fn a_range_is_that_range_of_the_whole() {
    let (session, world) = everything();
    let whole = mix(&session, &world);
    let options = RenderOptions { threads: Some(2), page: 1_000, from: 4_321, to: Some(12_345) };
    let part = mix_with(&session, &world, &options);
    assert_eq!(part.left(), &whole.left()[4_321..12_345]);
    assert_eq!(part.right(), &whole.right()[4_321..12_345]);
}

#[test]
fn keys_change_with_what_they_name_and_with_nothing_else() {
    let (session, _) = everything();
    let before = plan(&session).unwrap();
    assert!(before.jobs().eq(plan(&session.clone()).unwrap().jobs()));
    let mut edited = session.clone();
    if let Some(cut) = &mut edited.tracks[0].cut {
        cut.segments[0].chain[0] = Step::Insert(settings("soft_clip", &[("drive", Value::Number(8.0))]));
    }
    let after = plan(&edited).unwrap();
    let changed: Vec<&str> = before
        .jobs()
        .zip(after.jobs())
        .filter(|(before, after)| before.key != after.key)
        .map(|(_, after)| after.what.as_str())
        .collect();
    assert_eq!(
        changed,
        [
            "a: segment 0: soft_clip(drive = 8)",
            "a: join 5 segments, crossfade of 480 frames",
            "a: insert fir_lowpass()",
            "verb: sum of 1 tracks and 0 buses",
            "verb: insert schroeder_reverb()",
            "Master: sum of 2 tracks and 1 buses",
            "Master: insert frame_compressor()",
        ]
    );
}

#[test]
fn a_clip_with_effects_is_made_as_a_whole() {
    let audio = Audio::mono(RATE, noise(5, 1_000));
    let mut backwards = clip(0, &audio);
    backwards.chain.push(Step::Insert(settings("reverse", &[])));
    let result = render_clip(&backwards, RATE, world(&[&audio]), None).unwrap();
    let expected: Vec<f32> = audio.left().iter().rev().copied().collect();
    assert_eq!(result.left(), expected);
    assert_eq!(result.format(), Format { rate: RATE, channels: Channels::Mono });
}

#[test]
fn what_goes_wrong_ends_the_render() {
    let audio = Audio::mono(RATE, noise(5, 100_000));
    let mut lost = clip(7, &audio);
    if let Source::Recording(recording) = &mut lost.source {
        recording.path = "lost.wav".to_string();
    }
    let both = session(vec![track("a", clip(0, &audio)), track("b", lost)]);
    let plan = plan(&both).unwrap();
    let error = render(&plan, world(&[&audio]), Recordings::new(), &RenderOptions::default(), Taps::default());
    assert!(error.unwrap_err().to_string().contains("lost.wav"));

    struct Full;
    impl Tap for Full {
        fn page(&mut self, _: &Audio) -> Result<(), TapError> {
            Err("the disk is full".into())
        }
    }
    let one = session(vec![track("a", clip(0, &audio))]);
    let plan = downbeat_engine::plan(&one).unwrap();
    let taps = Taps { master: Some(Box::new(Full)), ..Taps::default() };
    let error = render(&plan, world(&[&audio]), Recordings::new(), &RenderOptions::default(), taps);
    assert_eq!(error.unwrap_err().to_string(), "the disk is full");
}

/// A number that goes in a straight line.
fn moving(from: (i64, f64), to: (i64, f64)) -> Value {
    let point = |(frame, value)| Point { frame, value, way: Way::Linear };
    let curve = Movement::Curve(vec![point(from), point(to)]);
    Value::Moving(Arc::new(Automation::new(curve, "ramp(...)")))
}

#[test]
fn what_moves_moves_in_the_time_of_the_song() {
    let sound = Audio::mono(RATE, vec![0.5; 20_000]);
    let world = world(&[&sound]);
    let ramp = || settings("gain", &[("db", moving((4000, -40.0), (16_000, 0.0)))]);
    // Behind an effect that is late, on a bus behind another one, and on the master: always the same moment.
    let late = || settings("fir_lowpass", &[("order", Value::Whole(512)), ("wrap", Value::Switch(false))]);
    let expected = |frame: usize| -40.0 + 40.0 * ((frame as f64 - 8.0 - 4000.0) / 12_000.0).clamp(0.0, 1.0);
    for place in 0..4 {
        let mut one = track("One", clip(0, &sound));
        let mut all = session(Vec::new());
        match place {
            0 => one.strip.inserts = vec![ramp()],
            1 => one.strip.inserts = vec![late(), ramp()],
            2 => {
                one.strip.output = Some(0);
                let strip = Strip { inserts: vec![late(), ramp()], ..Strip::default() };
                all.buses.push(Bus { name: "Bus".into(), strip, origin: Origin::default() });
            }
            _ => all.master.inserts = vec![late(), ramp()],
        }
        all.tracks.push(one);
        let mix = mix(&all, &world);
        for frame in (1000..19_000).step_by(37) {
            let db = downbeat_dsp::decibels(f64::from(mix.left()[frame]) / 0.5);
            assert!((db - expected(frame)).abs() < 0.05, "{place}, {frame}: {db} for {}", expected(frame));
        }
        for (threads, page) in [(1, 65_536), (2, 333)] {
            let options = RenderOptions { threads: Some(threads), page, ..RenderOptions::default() };
            assert_eq!(mix_with(&all, &world, &options), mix, "{place}");
        }
    }
}

#[test]
fn every_segment_has_its_part_of_the_way() {
    let sound = Audio::mono(RATE, noise(3, 30_000));
    let world = world(&[&sound]);
    let ramp = || settings("gain", &[("db", moving((0, -30.0), (30_000, 0.0)))]);
    let mut whole = track("Whole", clip(0, &sound));
    whole.strip.inserts = vec![ramp()];
    let mut parts = track("Parts", clip(0, &sound));
    let mut cut = cut(&[0, 7000, 12_345, 25_000], Join::Crossfade(Frames(480)));
    cut.segments.iter_mut().for_each(|segment| segment.chain = vec![Step::Insert(ramp())]);
    parts.cut = Some(cut);
    let (whole, parts) = (mix(&session(vec![whole]), &world), mix(&session(vec![parts]), &world));
    // A segment's gain begins where it is, a piece earlier than that of the track, which comes there.
    let worst = whole.left().iter().zip(parts.left()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 4e-3, "{worst}");
}

#[test]
fn a_fader_and_a_pan_move_and_a_send_too() {
    let sound = Audio::mono(RATE, vec![0.5; 10_000]);
    let world = world(&[&sound]);
    let control = |value| if let Value::Moving(automation) = value { Control::Moving(automation) } else { panic!() };
    let mut one = track("One", clip(0, &sound));
    one.strip.fader_db = control(moving((0, -20.0), (10_000, 0.0)));
    one.strip.position = Position::Pan(control(moving((0, -1.0), (10_000, 1.0))));
    let mut all = session(vec![one]);
    all.master.fader_db = control(moving((0, 0.0), (10_000, -20.0)));
    let mix = mix(&all, &world);
    for frame in 0..10_000 {
        let part = frame as f64 / 10_000.0;
        let sides = Position::Pan((2.0 * part - 1.0).into()).gains(PanLaw::Power, 0.0);
        for (plane, side) in mix.planes().zip(sides) {
            // The fader goes up by what the master goes down.
            let off = f64::from(plane[frame]) - 0.5 * side * 0.1;
            assert!(off.abs() < 1e-5, "{frame}: {off}");
        }
    }
}

#[test]
fn what_spreads_makes_a_mono_track_stereo_wherever_it_stands() {
    let sound = Audio::mono(RATE, noise(5, 20_000));
    let world = world(&[&sound]);
    let pan = || settings("auto_pan", &[]);
    let mut insert = track("Insert", clip(0, &sound));
    insert.strip.inserts = vec![pan()];
    let chained = Clip { chain: vec![Step::Insert(pan())], ..clip(0, &sound) };
    let whole = track("Clip", chained.clone());
    let mut segment = track("Segment", clip(0, &sound));
    let mut one = cut(&[0], Join::Crossfade(Frames(480)));
    one.segments[0].chain = vec![Step::Parallel { paths: vec![vec![Step::Insert(pan())]], dry: false }];
    segment.cut = Some(one);
    let mut placed = Track { clip: None, ..track("Placed", clip(0, &sound)) };
    placed.placed.push(Placed { clip: Arc::new(chained), at: 0, gain_db: 0.0 });
    let expected = mix(&session(vec![insert]), &world);
    assert!(expected.left() != expected.right());
    for other in [whole, segment, placed] {
        let name = other.name.clone();
        assert!(mix(&session(vec![other]), &world) == expected, "{name}");
    }
}
