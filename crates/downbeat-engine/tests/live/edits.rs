//! Random edits of a session: after each, what is kept is what is rendered from nothing.

use proptest::prelude::*;

use super::*;

/// Something that somebody might change in a script.
#[derive(Clone, Debug)]
enum Edit {
    Segment { track: usize, segment: usize, effect: usize, amount: f64 },
    MuteSegment { track: usize, segment: usize },
    Grid { track: usize, segment: usize, by: i64 },
    Join { track: usize, fade: u64, pull: bool },
    Insert { strip: usize, effect: usize, amount: f64 },
    Remove { strip: usize },
    Fader { strip: usize, db: f64, moving: usize },
    Pan { strip: usize, pan: f64 },
    Mute { strip: usize },
    Solo { strip: usize },
    Send { track: usize, bus: usize, db: f64 },
    Output { track: usize },
    AddTrack { track: usize },
    RemoveTrack { track: usize },
    Swap { track: usize },
    Place { track: usize, at: i64 },
    Replace { track: usize, seed: u32 },
    Loudness { lufs: f64 },
    Length { frames: u64 },
    Back,
}

fn edits() -> impl Strategy<Value = Edit> {
    let (n, amount) = (0..16_usize, 0.0..1.0_f64);
    prop_oneof![
        (n.clone(), n.clone(), n.clone(), amount.clone()).prop_map(|(track, segment, effect, amount)| Edit::Segment {
            track,
            segment,
            effect,
            amount
        }),
        (n.clone(), n.clone()).prop_map(|(track, segment)| Edit::MuteSegment { track, segment }),
        (n.clone(), n.clone(), -900..900_i64).prop_map(|(track, segment, by)| Edit::Grid { track, segment, by }),
        (n.clone(), 0..800_u64, any::<bool>()).prop_map(|(track, fade, pull)| Edit::Join { track, fade, pull }),
        (n.clone(), n.clone(), amount.clone()).prop_map(|(strip, effect, amount)| Edit::Insert {
            strip,
            effect,
            amount
        }),
        n.clone().prop_map(|strip| Edit::Remove { strip }),
        (n.clone(), -30.0..6.0, n.clone()).prop_map(|(strip, db, moving)| Edit::Fader { strip, db, moving }),
        (n.clone(), -1.0..1.0).prop_map(|(strip, pan)| Edit::Pan { strip, pan }),
        n.clone().prop_map(|strip| Edit::Mute { strip }),
        n.clone().prop_map(|strip| Edit::Solo { strip }),
        (n.clone(), n.clone(), -30.0..0.0).prop_map(|(track, bus, db)| Edit::Send { track, bus, db }),
        n.clone().prop_map(|track| Edit::Output { track }),
        n.clone().prop_map(|track| Edit::AddTrack { track }),
        n.clone().prop_map(|track| Edit::RemoveTrack { track }),
        n.clone().prop_map(|track| Edit::Swap { track }),
        (n.clone(), -500..50_000_i64).prop_map(|(track, at)| Edit::Place { track, at }),
        (n, 10..99_u32).prop_map(|(track, seed)| Edit::Replace { track, seed }),
        (-30.0..-10.0).prop_map(|lufs| Edit::Loudness { lufs }),
        (1..80_000_u64).prop_map(|frames| Edit::Length { frames }),
        Just(Edit::Back),
    ]
}

/// An effect that stands on strips.
fn insert(which: usize, amount: f64) -> Settings {
    match which % 12 {
        0 => settings("lowpass", &[number("freq_hz", 200.0 + 8_000.0 * amount)]),
        1 => settings("compressor", &[number("threshold_db", -40.0 * amount)]),
        2 => settings("limiter", &[number("ceiling_db", -12.0 * amount)]),
        3 => settings("soft_clip", &[number("drive", 1.0 + 9.0 * amount)]),
        4 => settings("schroeder_reverb", &[number("q", 5.0 + 10.0 * amount)]),
        5 => settings("delay", &[number("time_ms", 10.0 + 100.0 * amount)]),
        6 => settings("lowpass", &[("freq_hz", Value::Moving(ramp(300.0 + amount, 6_000.0)))]),
        7 => {
            settings("compressor", &[("sidechain", Value::Strip(Some("Clicks".into()))), number("ratio", 1.0 + amount)])
        }
        8 => settings("fir_lowpass", &[]),
        9 => settings("normalize", &[number("peak_db", -6.0 * amount)]),
        10 => settings("gain", &[("db", Value::Moving(following("Drums")))]),
        _ => settings("width", &[number("width", 2.0 * amount)]),
    }
}

fn on_segments(which: usize, amount: f64) -> Step {
    match which % 5 {
        0 => Step::Insert(settings("reverse", &[])),
        1 => Step::Parallel { paths: vec![vec![Step::Insert(insert(4, amount))]], dry: true },
        which => Step::Insert(insert(which, amount)),
    }
}

fn strip_of(session: &mut Session, strip: usize) -> &mut Strip {
    let (tracks, buses) = (session.tracks.len(), session.buses.len());
    match strip % (tracks + buses + 1) {
        index if index < tracks => &mut session.tracks[index].strip,
        index if index < tracks + buses => &mut session.buses[index - tracks].strip,
        _ => &mut session.master,
    }
}

fn apply(edit: &Edit, session: &mut Session, world: &Folder, first: &Session) {
    let tracks = session.tracks.len();
    let track = |track: usize| track % tracks;
    match *edit {
        Edit::Segment { track: at, segment, effect, amount } => {
            let Some(cut) = &mut session.tracks[track(at)].cut else { return };
            let count = cut.segments.len();
            cut.segments[segment % count].chain = vec![on_segments(effect, amount)];
        }
        Edit::MuteSegment { track: at, segment } => {
            let Some(cut) = &mut session.tracks[track(at)].cut else { return };
            let count = cut.segments.len();
            cut.segments[segment % count].mute ^= true;
        }
        Edit::Grid { track: at, segment, by } => {
            let Some(cut) = &mut session.tracks[track(at)].cut else { return };
            let k = 1 + segment % (cut.segments.len() - 1);
            let end = cut.segments.get(k + 1).map_or(u64::MAX, |next| next.start.0);
            let moved = cut.segments[k].start.0.saturating_add_signed(by);
            cut.segments[k].start = Frames(moved.clamp(cut.segments[k - 1].start.0 + 1, end - 1));
        }
        Edit::Join { track: at, fade, pull } => {
            let Some(cut) = &mut session.tracks[track(at)].cut else { return };
            cut.join = if pull { Join::Pull(Frames(fade)) } else { Join::Crossfade(Frames(fade)) };
        }
        Edit::Insert { strip, effect, amount } => strip_of(session, strip).inserts.push(insert(effect, amount)),
        Edit::Remove { strip } => {
            strip_of(session, strip).inserts.pop();
        }
        Edit::Fader { strip, db, moving } => {
            strip_of(session, strip).fader_db = match moving % 4 {
                0 => Control::Moving(ramp(db, 0.0)),
                1 => Control::Moving(following("Clicks")),
                _ => Control::Still(db),
            };
        }
        Edit::Pan { strip, pan } => strip_of(session, strip).position = Position::Pan(Control::Still(pan)),
        Edit::Mute { strip } => strip_of(session, strip).mute ^= true,
        Edit::Solo { strip } => strip_of(session, strip).solo ^= true,
        Edit::Send { track: at, bus, db } => {
            let send = Send { bus: bus % 2, db: db.into(), pre_fader: db < -20.0 };
            session.tracks[track(at)].strip.sends = vec![send];
        }
        Edit::Output { track: at } => {
            let output = &mut session.tracks[track(at)].strip.output;
            *output = if output.is_some() { None } else { Some(1) };
        }
        Edit::AddTrack { track: at } => {
            let mut copy = session.tracks[track(at)].clone();
            copy.name = format!("{} again {}", copy.name, tracks);
            session.tracks.push(copy);
        }
        Edit::RemoveTrack { track: at } if tracks > 1 => {
            session.tracks.remove(track(at));
        }
        Edit::RemoveTrack { .. } => {}
        Edit::Swap { track: at } => session.tracks.swap(0, track(at)),
        Edit::Place { track: at, at: frame } => {
            let clip = session.tracks[track(at)].clip.clone().unwrap();
            session.tracks[track(at)].placed.push(Placed { clip, at: frame, gain_db: -9.0 });
        }
        Edit::Replace { track: at, seed } => {
            let at = track(at);
            let Source::Recording(before) = &session.tracks[at].clip.as_ref().unwrap().source else { return };
            let (path, frames) = (before.path.clone(), before.frames.0 as usize);
            let sound = noise(seed, frames);
            let audio = match before.channels {
                downbeat_dsp::Channels::Mono => Audio::mono(RATE, sound),
                downbeat_dsp::Channels::Stereo => Audio::stereo(RATE, sound, noise(seed + 1, frames)),
            };
            let replaced = world.write(&path, &audio);
            let renew = |clip: &mut Arc<Clip>| {
                if matches!(&clip.source, Source::Recording(recording) if recording.path == path) {
                    let source = Source::Recording(replaced.clone());
                    *clip = Arc::new(Clip { source, chain: clip.chain.clone() });
                }
            };
            for track in &mut session.tracks {
                track.clip.iter_mut().for_each(&renew);
                track.placed.iter_mut().map(|placed| &mut placed.clip).for_each(&renew);
            }
        }
        Edit::Loudness { lufs } => {
            let target = Target { lufs, ceiling_db: -1.0 };
            session.loudness = if session.loudness.is_some() { None } else { Some(target) };
        }
        Edit::Length { frames } => session.length = Some(Frames(frames)),
        Edit::Back => {
            // The files are as they are.
            let now: BTreeMap<String, Recording> = session
                .tracks
                .iter()
                .filter_map(|track| match &track.clip.as_ref()?.source {
                    Source::Recording(recording) => Some((recording.path.clone(), recording.clone())),
                    _ => None,
                })
                .collect();
            *session = first.clone();
            for track in &mut session.tracks {
                let clips = track.clip.iter_mut().chain(track.placed.iter_mut().map(|placed| &mut placed.clip));
                for clip in clips {
                    let Source::Recording(before) = &clip.source else { continue };
                    let files = world.files.lock().unwrap();
                    let contents = Key::of(&files[&before.path]);
                    let recording = now.get(&before.path).cloned().unwrap_or(Recording { contents, ..before.clone() });
                    *clip = Arc::new(Clip { source: Source::Recording(recording), chain: clip.chain.clone() });
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn after_any_edits_it_is_what_is_rendered_from_nothing(
        edits in prop::collection::vec(edits(), 1..10),
        budget in prop_oneof![Just(1_u64 << 30), 100_000..3_000_000_u64],
    ) {
        let world = Arc::new(Folder::default());
        let first = song(&world);
        let mut session = first.clone();
        let live = live(budget);
        edit(&live, &session, &world);
        for (index, change) in edits.iter().enumerate() {
            let before = session.clone();
            apply(change, &mut session, &world, &first);
            if plan(&session).is_err() {
                session = before;
                continue;
            }
            let (take, _) = edit(&live, &session, &world);
            assert_as_from_nothing(&take, &session, &world, &&edits[..=index]);
            prop_assert!(live.store().statistics().bytes <= budget);
        }
    }
}
