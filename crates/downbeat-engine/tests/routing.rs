//! Routing: sidechains, numbers that follow levels, groups, solo in place, and the circles that cannot be.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::*;
use downbeat_dsp::{
    Audio, Automation, Block, Control, Effect, Follow, Format, Heard, Movement, Processor, Settings, Value,
};
use downbeat_engine::session::*;
use downbeat_engine::{Recordings, RenderOptions, Report, Taps, World, plan, render};

fn at_key(strip: &str) -> (&'static str, Value) {
    ("sidechain", Value::Strip(Some(strip.into())))
}

fn following(strip: &str, quiet: f64, loud: f64) -> Arc<Automation> {
    let strip = strip.into();
    let follow = Follow { strip, attack: 48.0, release: 300.0, floor_db: -40.0, top_db: 0.0, quiet, loud };
    Arc::new(Automation::new(Movement::Follow(follow), "follow(...)"))
}

/// A bass drum of a kind: a click every 3000 frames that falls off.
fn beats() -> Audio {
    let beat = |i: usize| libm::exp(-((i % 3000) as f64) / 500.0) as f32 * if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    Audio::mono(RATE, (0..12_000).map(beat).collect())
}

fn steady() -> Audio {
    Audio::mono(RATE, vec![0.5; 12_000])
}

/// A steady pad, and beats, with what is inserted in the pad.
fn pumping(inserts: Vec<Settings>) -> (Session, Arc<dyn World>) {
    let (pad, kick) = (steady(), beats());
    let mut session = session(vec![track("Pad", clip(0, &pad)), track("Kick", clip(1, &kick))]);
    session.tracks[0].strip.inserts = inserts;
    (session, world(&[&pad, &kick]))
}

/// What a stem of a track sounds like, and the report of the render.
fn stem(session: &Session, world: &Arc<dyn World>, track: usize) -> (Audio, Report) {
    let collect = Collect::default();
    let mut taps = Taps::default();
    taps.tracks.resize_with(track + 1, || None);
    taps.tracks[track] = Some(Box::new(collect.clone()));
    let options = RenderOptions { page: 777, ..RenderOptions::default() };
    let report = render(&plan(session).unwrap(), world.clone(), Recordings::new(), &options, taps).unwrap();
    (collect.sound(), report)
}

/// The same effect run over the whole sound, hearing another one.
fn alone(settings: &Settings, sound: &Audio, strip: &str, heard: &Audio) -> Audio {
    let Processor::Stream(stream) = settings.made() else { panic!("{settings} does not stream") };
    let mut sound = sound.clone();
    let strips = [(strip, heard)];
    stream.clone().start(sound.format(), 0).process_hearing(&mut sound.block(), Heard::new(&strips));
    sound
}

#[test]
fn a_sidechain_hears_another_track() {
    let compressor = settings("compressor", &[at_key("Kick"), ("ratio", Value::Number(8.0))]);
    let (mut session, world) = pumping(vec![compressor.clone(), settings("gain", &[("db", Value::Number(-6.0))])]);
    let mut expected = alone(&compressor, &steady(), "Kick", &beats());
    let gain = downbeat_dsp::Gain { db: -6.0 };
    gain.process(&mut gain.start(expected.format()), &mut Block::mono(expected.planes_mut().next().unwrap()));
    let (sound, report) = stem(&session, &world, 0);
    assert_eq!(sound.left()[..12_000], *expected.left());
    assert_eq!(report.tracks.iter().map(|track| track.name.as_str()).collect::<Vec<_>>(), ["Pad", "Kick"]);
    assert!((report.tracks[0].levels.peak_db + 12.04).abs() < 0.1, "measured behind its inserts");
    let planned = plan(&session).unwrap();
    assert_eq!(planned.heard_tracks()[0].format, Format::mono(RATE), "it stays mono");
    // The key is heard before its fader, and even when it is muted: a ghost that is only listened to.
    session.tracks[1].strip.fader_db = Control::Still(-40.0);
    assert_eq!(stem(&session, &world, 0).0, sound);
    session.tracks[1].strip.mute = true;
    let (ghostly, report) = stem(&session, &world, 0);
    assert_eq!(ghostly, sound);
    assert_eq!(report.tracks.len(), 1);
    assert_eq!(mix(&session, &world), sound, "only the pad is in the mix");
}

#[test]
fn a_sidechain_is_in_time_whatever_lags_behind() {
    // The key goes through a bus that looks ahead, and the pad through effects that do: a gate with no attack opens in the
    // very frame in which the key has its click.
    let (mut click, pad) = (vec![0.0; 12_000], steady());
    click[5000] = 0.5;
    let click = Audio::mono(RATE, click);
    let late = || settings("compressor", &[("lookahead_ms", Value::Number(3.0)), ("threshold_db", Value::Number(0.0))]);
    let gate = |strip: &str| {
        let exact =
            [("attack_ms", Value::Number(0.0)), ("hold_ms", Value::Number(0.0)), ("release_ms", Value::Number(0.0))];
        settings(
            "gate",
            &[&exact[..], &[at_key(strip), ("range_db", Value::Number(120.0)), ("threshold_db", Value::Number(-10.0))]]
                .concat(),
        )
    };
    let world = world(&[&pad, &click]);
    let opened = |session: &Session| {
        let (sound, _) = stem(session, &world, 0);
        (0..sound.frames()).filter(|&i| sound.left()[i].abs() > 0.1).collect::<Vec<_>>()
    };
    let mut all = session(vec![track("Pad", clip(0, &pad)), track("Click", clip(1, &click))]);
    all.tracks[1].strip.output = Some(0);
    all.buses.push(bus("Late", Strip { inserts: vec![late()], ..Strip::default() }));
    for (inserts, strip) in [
        (vec![gate("Click")], "Click"),
        (vec![gate("Late")], "Late"),
        (vec![late(), late(), gate("Late")], "Late"),
        (vec![gate("Click"), late()], "Click"),
    ] {
        let first = opened(&{
            all.tracks[0].strip.inserts = inserts;
            all.clone()
        });
        // The detector lets a click go in a few milliseconds, so the gate stays open for that long.
        assert_eq!(first.first(), Some(&5000), "{strip}");
        assert!(first.len() < 2000, "{strip}");
    }
    // The mix of all that is in time, too.
    all.tracks[0].strip.inserts.clear();
    all.tracks[0].strip.mute = true;
    let sound = mix(&all, &world);
    assert_eq!((0..sound.frames()).find(|&i| sound.left()[i].abs() > 0.1), Some(5000));
}

#[test]
fn numbers_follow_levels_wherever_they_are() {
    let ducked = |change: &dyn Fn(&mut Session)| {
        let (mut session, world) = pumping(Vec::new());
        session.tracks[1].strip.mute = true;
        change(&mut session);
        mix(&session, &world)
    };
    let moving = || Control::Moving(following("Kick", 0.0, -30.0));
    let gain = settings("gain", &[("db", Value::Moving(following("Kick", 0.0, -30.0)))]);
    let inserted = ducked(&|session| session.tracks[0].strip.inserts = vec![gain.clone()]);
    let faded = ducked(&|session| session.tracks[0].strip.fader_db = moving());
    let master = ducked(&|session| session.master.fader_db = moving());
    let grouped = ducked(&|session| {
        session.groups.push(Group { strips: vec![StripIndex::Track(0)], fader_db: moving(), mute: false, solo: false });
    });
    let sent = ducked(&|session| {
        session.buses.push(bus("Bus", Strip::default()));
        session.buses.push(bus("Nowhere", Strip { mute: true, ..Strip::default() }));
        session.tracks[0].strip.output = Some(1);
        session.tracks[0].strip.sends.push(Send { bus: 0, db: moving(), pre_fader: false });
    });
    for (name, sound) in
        [("insert", &inserted), ("fader", &faded), ("master", &master), ("group", &grouped), ("send", &sent)]
    {
        for beat in [0, 3000, 6000, 9000] {
            let softest = sound.left()[beat..beat + 400].iter().fold(1.0f32, |least, x| least.min(*x));
            assert!(softest < 0.03, "{name}: {softest} after the beat at {beat}");
            let end = sound.left()[beat + 2990];
            assert!(end > 4.0 * softest, "{name}: {end} before the beat after {beat}");
        }
    }
    // A fader goes in lines where an insert goes in steps of as many frames.
    let apart = faded.left().iter().zip(inserted.left()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart > 0.0 && apart < 0.3, "{apart}");
    assert!(faded == master && faded == grouped && faded == sent);
}

#[test]
fn solo_is_in_place() {
    let sounds = [steady(), beats(), Audio::mono(RATE, noise(7, 12_000))];
    let world = world(&[&sounds[0], &sounds[1], &sounds[2]]);
    let base = || {
        let mut all = session(vec![
            track("Pad", clip(0, &sounds[0])),
            track("Kick", clip(1, &sounds[1])),
            track("Noise", clip(2, &sounds[2])),
        ]);
        // Pad and kick go through "Kit"; the pad and the noise are sent to "Verb", too.
        all.buses.push(bus("Kit", Strip { fader_db: Control::Still(-6.0), ..Strip::default() }));
        all.buses.push(bus("Verb", Strip { inserts: vec![settings("schroeder_reverb", &[])], ..Strip::default() }));
        all.tracks[0].strip.output = Some(0);
        all.tracks[1].strip.output = Some(0);
        for track in [0, 2] {
            all.tracks[track].strip.sends.push(Send { bus: 1, db: 0.0.into(), pre_fader: false });
        }
        all
    };
    let with = |change: &dyn Fn(&mut Session)| {
        let mut session = base();
        change(&mut session);
        let names =
            |heard: Vec<downbeat_engine::HeardStrip<'_>>| heard.iter().map(|h| h.name.to_string()).collect::<Vec<_>>();
        let plan = plan(&session).unwrap();
        (mix(&session, &world), names(plan.heard_tracks()), names(plan.heard_buses()))
    };
    // A solo track goes its own way, with its sends, through what is on it.
    let (sound, tracks, buses) = with(&|session| session.tracks[0].strip.solo = true);
    let (expected, ..) = with(&|session| {
        session.tracks[1].strip.mute = true;
        session.tracks[2].strip.mute = true;
    });
    assert!(sound == expected);
    assert_eq!((tracks.len(), buses.len()), (1, 2));
    // A solo bus is what comes there, and only on the way through it.
    let (sound, tracks, buses) = with(&|session| session.buses[1].strip.solo = true);
    let (expected, ..) = with(&|session| {
        session.buses[0].strip.mute = true;
        session.tracks[2].strip.output = Some(0);
    });
    assert!(sound == expected);
    assert_eq!((tracks, buses), (vec!["Pad".to_string(), "Noise".into()], vec!["Verb".to_string()]));
    // A solo group is all of its strips; a solo that is muted is silent.
    let group = |solo, mute| Group {
        strips: vec![StripIndex::Track(1), StripIndex::Track(2)],
        fader_db: 0.0.into(),
        mute,
        solo,
    };
    let (sound, ..) = with(&|session| session.groups.push(group(true, false)));
    let (expected, ..) = with(&|session| session.tracks[0].strip.mute = true);
    assert!(sound == expected);
    let (sound, ..) = with(&|session| session.groups.push(group(false, true)));
    let (expected, ..) = with(&|session| session.tracks[0].strip.solo = true);
    assert!(sound == expected);
    let (sound, tracks, _) = with(&|session| session.groups.push(group(true, true)));
    assert!(sound.is_silent() && tracks.is_empty());
}

#[test]
fn circles_are_refused_with_their_way() {
    let refused = |change: &dyn Fn(&mut Session)| {
        let (mut session, _) = pumping(Vec::new());
        session.buses.push(bus("Kit", Strip::default()));
        change(&mut session);
        plan(&session).err().unwrap().to_string()
    };
    let keyed = |strip: &str| settings("compressor", &[at_key(strip)]);
    let itself = refused(&|session| session.tracks[0].strip.inserts = vec![keyed("Pad")]);
    assert_eq!(itself, "sound goes in a circle: Pad -> Pad");
    let each_other = refused(&|session| {
        session.tracks[0].strip.inserts = vec![keyed("Kick")];
        session.tracks[1].strip.inserts = vec![keyed("Pad")];
    });
    assert_eq!(each_other, "sound goes in a circle: Kick -> Pad -> Kick");
    let through_a_bus = refused(&|session| {
        session.tracks[0].strip.output = Some(0);
        session.tracks[0].strip.inserts = vec![keyed("Kit")];
    });
    assert_eq!(through_a_bus, "sound goes in a circle: Kit -> Pad -> Kit");
    let by_a_send = refused(&|session| {
        let db = Control::Moving(following("Kit", -6.0, 0.0));
        session.tracks[0].strip.sends.push(Send { bus: 0, db, pre_fader: false });
    });
    assert_eq!(by_a_send, "sound goes in a circle: Kit -> Kit");
    let nobody = refused(&|session| session.tracks[0].strip.inserts = vec![keyed("Snare")]);
    assert_eq!(nobody, "there is no track or bus \"Snare\" to listen to");
    let late = refused(&|session| session.tracks[0].strip.inserts = vec![keyed("Kick"), settings("normalize", &[])]);
    assert_eq!(
        late,
        "normalize() measures the whole sound first: it has to stand before effects that listen to other strips"
    );
}

/// A session with all kinds of listening in it.
fn everything() -> (Session, Arc<dyn World>) {
    let (pad, kick) = (Audio::stereo(RATE, noise(1, 9000), noise(2, 11_000)[..9000].to_vec()), beats());
    let mut all = session(vec![track("Pad", clip(0, &pad)), track("Kick", clip(1, &kick))]);
    let ahead = ("lookahead_ms", Value::Number(2.0));
    all.tracks[0].strip.inserts = vec![
        settings("fir_lowpass", &[]),
        settings("compressor", &[at_key("Kick"), ahead.clone()]),
        settings("lowpass", &[("freq_hz", Value::Moving(following("Room", 400.0, 9000.0)))]),
    ];
    all.tracks[0].strip.position = Position::Pan(Control::Moving(following("Kick", -0.5, 0.5)));
    all.tracks[1].strip.sends.push(Send { bus: 0, db: (-6.0).into(), pre_fader: true });
    all.buses.push(bus("Room", Strip { inserts: vec![settings("frame_compressor", &[])], ..Strip::default() }));
    all.buses.push(bus("Pads", Strip { inserts: vec![settings("gate", &[at_key("Room")])], ..Strip::default() }));
    all.tracks[0].strip.output = Some(1);
    all.buses[1].strip.fader_db = Control::Moving(following("Pads", 0.0, -6.0));
    all.master.inserts.push(settings("compressor", &[at_key("Kick"), ahead]));
    all.master.fader_db = Control::Moving(following("Room", -1.0, 1.0));
    let strips = vec![StripIndex::Track(1), StripIndex::Bus(0)];
    all.groups.push(Group { strips, fader_db: (-3.0).into(), mute: false, solo: false });
    let world = world(&[&pad, &kick]);
    (all, world)
}

#[test]
fn threads_and_pages_do_not_matter() {
    let (session, world) = everything();
    let options = |threads, page| RenderOptions { threads: Some(threads), page, ..RenderOptions::default() };
    let expected = mix_with(&session, &world, &options(1, 4096));
    assert!(expected.left().iter().any(|&x| x.abs() > 0.1));
    for (threads, page) in [(1, 50), (2, 64), (8, 333), (2, 4096), (3, 1_000_000)] {
        let result = mix_with(&session, &world, &options(threads, page));
        assert!(result == expected, "{threads} threads, pages of {page}");
    }
    let part = RenderOptions { from: 4321, to: Some(8765), ..options(2, 1000) };
    assert_eq!(mix_with(&session, &world, &part).left(), &expected.left()[4321..8765]);
}

#[test]
fn what_is_listened_to_is_part_of_the_key() {
    let (session, _) = everything();
    let keys = |session: &Session| -> Vec<String> {
        plan(session).unwrap().jobs().map(|job| format!("{} {:?}", job.what, job.key)).collect()
    };
    let before = keys(&session);
    assert_eq!(before, keys(&session.clone()));
    let mut louder = session.clone();
    louder.tracks[1].strip.inserts.push(settings("gain", &[("db", Value::Number(3.0))]));
    let after = keys(&louder);
    for what in ["Pad: insert compressor", "Pads: insert gate", "Master: insert compressor", "Room: sum"] {
        assert!(before.iter().any(|job| job.starts_with(what)), "{what}: {before:#?}");
        let changed = before.iter().filter(|job| job.starts_with(what)).all(|job| !after.contains(job));
        assert!(changed, "{what} hears the kick");
    }
    let same = before.iter().filter(|job| job.starts_with("Pad: insert fir")).all(|job| after.contains(job));
    assert!(same, "what comes before the sidechain does not");
}
