//! Scripts and the sessions they make.
#![allow(clippy::unwrap_used)] // A helper that fails is a test that fails.

mod common;

use std::sync::Arc;

use common::{Memory, run, run_in, text};
use downbeat_dsp::{Control, Value};
use downbeat_engine::session::{Join, Position, Session, Source, Step};
use downbeat_engine::time::Frames;
use downbeat_script::{Options, evaluate_effects};

fn session(script: &str) -> Session {
    let evaluation = run(script);
    assert_eq!(text(&evaluation), "", "{script}");
    evaluation.session.unwrap()
}

/// What a script prints.
fn printed(script: &str) -> String {
    let evaluation = run(&format!("{script}\ntrack(\"T\", sweep(65, 261, ms = 10))"));
    assert_eq!(text(&evaluation), "", "{script}");
    evaluation.prints.join("\n")
}

#[test]
fn a_desk_is_set_as_it_is_written() {
    let session = session(
        r#"
session(rate = 44100, length = seconds(2))
plate = bus("Plate", soft_clip(drive = 2)).fader(-3)
group = bus("Group")
drums = track("Drums", audio("drums.wav")).fader(db = -6).pan(-0.2).send(plate, db = -12).output(group)
pair = track("Pair", audio("stereo.wav")).levels(left = 0.5, right = 0.25).mute()
pair.send(plate, pre_fader = True)
pair.insert(soft_clip(), [soft_clip(3), gain(db = -1)])
group.send(plate)
master.insert(gain(-1)).fader(-2)
"#,
    );
    assert_eq!((session.rate, session.length), (44_100, Some(Frames(88_200))));
    let [drums, pair] = session.tracks.as_slice() else { panic!() };
    assert_eq!((&drums.strip.fader_db, &drums.strip.position), (&(-6.0).into(), &Position::Pan((-0.2).into())));
    assert_eq!((drums.strip.sends[0].bus, &drums.strip.sends[0].db, drums.strip.output), (0, &(-12.0).into(), Some(1)));
    assert_eq!(pair.strip.position, Position::Levels { left: 0.5, right: 0.25 });
    assert!(pair.strip.mute && pair.strip.sends[0].pre_fader);
    assert_eq!(format!("{:?}", pair.strip.inserts), "[soft_clip(), soft_clip(drive = 3), gain(db = -1)]");
    assert_eq!(format!("{:?}", session.buses[0].strip.inserts), "[soft_clip(drive = 2)]");
    assert_eq!((&session.master.fader_db, session.master.inserts.len()), (&(-2.0).into(), 1));
}

#[test]
fn a_rate_from_outside_goes_before_the_script() {
    let options = Options { rate: Some(96_000), ..Options::default() };
    let script = "session(rate = 44100)\ntrack(\"T\", sweep(65, 261, ms = 100))";
    let evaluation = run_in(Memory::folder(), script, &options);
    assert_eq!(text(&evaluation), "");
    let session = evaluation.session.unwrap();
    let Source::Sweep { frames, .. } = session.tracks[0].clip.as_ref().unwrap().source else { panic!() };
    assert_eq!((session.rate, frames), (96_000, Frames(9_600)));
}

#[test]
fn a_session_counts_samples_at_the_rate_it_declares() {
    let session = session("session(rate = 44100, length = samples(44100))\ntrack(\"T\", sweep(65, 261, ms = 100))");
    assert_eq!((session.rate, session.length), (44_100, Some(Frames(44_100))));
    let late = run("gap = samples(10)\nsession(rate = 44100)\ntrack(\"T\", sweep(65, 261, ms = 100))");
    assert_eq!(late.diagnostics[0].message, "`session` comes too late");
}

#[test]
fn a_track_is_cut_on_the_grid_of_the_song() {
    let session = session(
        r#"
song = midi("song.mid")
drums = track("Drums", audio("drums.wav"))
for bar in drums.cut(song.beats, fade = ms(5)):
    if bar.index % 2 == 0:
        bar.insert(reverse())
    elif bar.bar == 1:
        bar.parallel(reverse(), [soft_clip(), reverse()], dry = False)
    else:
        bar.mute()
"#,
    );
    let cut = session.tracks[0].cut.as_ref().unwrap();
    assert_eq!(cut.join, Join::Crossfade(Frames(240)));
    // Three seconds at 120 bpm are six beats; the grid goes on after the end of the clip.
    let starts: Vec<u64> = cut.segments.iter().map(|segment| segment.start.0).collect();
    assert_eq!(starts, [0, 24_000, 48_000, 72_000, 96_000, 120_000]);
    assert_eq!(
        cut.segments.iter().map(|segment| segment.mute).collect::<Vec<_>>(),
        [false, false, false, false, false, true]
    );
    assert!(matches!(cut.segments[0].chain.as_slice(), [Step::Insert(_)]));
    let [Step::Parallel { paths, dry: false }] = cut.segments[1].chain.as_slice() else { panic!() };
    assert_eq!(paths.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(session.bars, [0, 96_000, 192_000, 288_000].map(Frames));
    assert_eq!(session.beats, (0..16).map(|beat| Frames(beat * 24_000)).collect::<Vec<_>>());
}

#[test]
fn a_cut_drops_what_lies_outside_and_sorts_the_rest() {
    let script = r#"
drums = track("Drums", audio("drums.wav"))
drums.cut([seconds(2), samples(48000), seconds(1), seconds(0), seconds(99), seconds(-1)], join = "pull", fade = samples(1024))
"#;
    let cut = session(script).tracks[0].cut.clone().unwrap();
    assert_eq!(cut.join, Join::Pull(Frames(1024)));
    assert_eq!(cut.segments.iter().map(|segment| segment.start.0).collect::<Vec<_>>(), [0, 48_000, 96_000]);
}

#[test]
fn facts_are_those_of_the_samples() {
    let script = r#"
song = midi("song.mid")
clip = audio("drums.wav")
print(clip.name, clip.length, clip.channels, clip.peak_db == db(0.5))
bars = track("Drums", clip).cut(song.downbeats)
for bar in bars:
    print(bar.index, bar.bar, bar.start, bar.end, bar.length, bar.highest, bar.lowest, fixed(bar.peak_db, 3), fixed(bar.rms_db, 3))
print(bars[1].centroid_hz > 0, audio("stereo.wav", channels = "right").peak_db == db(0.25))
for bar in bars:
    part = clip.insert(trim(start_ms = seconds(bar.start.seconds), length_ms = bar.length))
    print([part.length, part.highest, part.lowest, part.peak_db, part.rms_db, part.centroid_hz] ==
          [bar.length, bar.highest, bar.lowest, bar.peak_db, bar.rms_db, bar.centroid_hz])
"#;
    // A hundredth of the frames is 0.5 in the first bar; -0.25, and the rest 0.125, in the second.
    let rms = |first: f64, rest: f64| downbeat_dsp::decibels((0.01 * first * first + 0.99 * rest * rest).sqrt());
    let expected = format!(
        "drums.wav 3 s 1 True\n\
         0 1 0:00.000 0:02.000 2 s 0.5 0.0 -6.021 {:.3}\n\
         1 2 0:02.000 0:03.000 1 s 0.125 -0.25 -12.041 {:.3}\n\
         True True\n\
         True\n\
         True",
        rms(0.5, 0.0),
        rms(-0.25, 0.125),
    );
    assert_eq!(printed(script), expected);
}

#[test]
fn recordings_that_were_decoded_for_facts_are_handed_on() {
    let script = "t = track(\"T\", audio(\"drums.wav\"))\nprint(t.cut([seconds(1)])[0].peak_db)";
    let evaluation = run(script);
    let [(recording, audio)] = evaluation.recordings.as_slice() else { panic!("{}", text(&evaluation)) };
    assert_eq!((recording.path.as_str(), recording.frames.0, audio.frames()), ("drums.wav", 144_000, 144_000));
    assert!(run("track(\"T\", audio(\"drums.wav\"))").recordings.is_empty());
}

#[test]
fn moments_and_durations_add_up() {
    for (expression, text) in [
        ("seconds(62.345) + ms(1)", "62.346 s"),
        ("song.bar(3)", "0:04.000"),
        ("song.bar(1) + beats(2.5)", "0:01.250"),
        ("song.bar(2) - beats(1)", "0:01.500"),
        ("song.bar(1) + bars(1) + seconds(60)", "1:02.000"),
        ("song.bar(1) + bars(1.5)", "0:03.000"),
        ("song.bar(6)", "0:10.000"),
        ("song.bar(3) - song.bar(2)", "2 s"),
        ("2 * beats(1.5) + bars(1)", "1 bar + 3 beats"),
        ("seconds(3) / 2", "1.5 s"),
        ("seconds(3) / ms(500)", "6.0"),
        ("beats(1) < beats(2)", "True"),
        ("song.bar(1) + beats(4) == song.downbeats[1]", "True"),
        ("max(song.downbeats)", "0:06.000"),
        ("song.bar(1) - seconds(0.5)", "-0:00.500"),
        ("(song.bar(2) + samples(24000)).seconds", "2.5"),
        ("song.tempo", "120.0"),
        ("len(song.bars(2))", "2"),
        ("[p.name for p in song.parts]", "[\"Lead\", \"Bass\"]"),
        ("song.part(\"Lead\").notes[1].start", "0:02.000"),
        ("song.part(2).notes[0].pitch", "40"),
        ("song.part(1).notes[0].freq_hz == note_hz(\"C4\")", "True"),
    ] {
        assert_eq!(printed(&format!("song = midi(\"song.mid\")\nprint({expression})")), text, "{expression}");
    }
}

#[test]
fn numbers_are_those_of_python() {
    for (expression, text) in [
        ("round(2.5), round(3.5), round(2.675, 2), round(1234, -2)", "(2, 4, 2.67, 1200)"),
        ("fixed(math.pi, 2)", "3.14"),
        ("sum([1, 2, 3.5]), sum([])", "(6.5, 0)"),
        ("math.floor(-1.5), math.ceil(1.2), math.pow(2, 10)", "(-2, 2, 1024.0)"),
        ("db(1), ratio(20), db(0)", "(0.0, 10.0, -inf)"),
        ("fixed(note_hz(69)), fixed(note_hz(\"A3\"))", "(\"440.00\", \"220.00\")"),
    ] {
        assert_eq!(printed(&format!("print(({expression}))")), text, "{expression}");
    }
}

#[test]
fn a_clip_is_placed_in_the_frame_of_its_moment() {
    let session = session(
        r#"
song = midi("song.mid")
boom = sweep(65, 261, ms = 850)
t = track("T")
t.place(boom, at = song.downbeats[1] + beats(2.18), db = -34)
t.place(boom.insert(reverse()), at = song.bar(1) - samples(7))
t.place(boom, at = seconds(2.5))
"#,
    );
    let placed = &session.tracks[0].placed;
    assert_eq!(placed.iter().map(|placed| placed.at).collect::<Vec<_>>(), [148_320, -7, 120_000]);
    assert_eq!((placed[0].gain_db, placed[1].clip.chain.len(), placed[0].clip.chain.len()), (-34.0, 1, 0));
}

#[test]
fn a_part_becomes_notes_in_frames() {
    let session = session("track(\"Lead\", synth(midi(\"song.mid\").part(\"Lead\"), wave = square()))");
    let Source::Part { notes, .. } = &session.tracks[0].clip.as_ref().unwrap().source else { panic!() };
    let told: Vec<_> = notes.iter().map(|note| (note.start, note.frames, note.velocity)).collect();
    assert_eq!(told, [0, 96_000, 192_000, 288_000].map(|start| (start, 24_000, 100)));
}

#[test]
fn a_part_is_played_by_an_instrument() {
    let session = session("track(\"Lead\", play(midi(\"song.mid\").part(\"Lead\"), plucked(decay_s = 2)))");
    let Source::Played { performance, instrument } = &session.tracks[0].clip.as_ref().unwrap().source else { panic!() };
    let told: Vec<_> = performance.notes.iter().map(|note| (note.start, note.frames, note.velocity)).collect();
    assert_eq!(told, [0, 96_000, 192_000, 288_000].map(|start| (start, 24_000, 100)));
    let tuned =
        |note: &downbeat_dsp::PlayedNote| note.freq_hz == 440.0 * libm::exp2((f64::from(note.key) - 69.0) / 12.0);
    assert!(performance.notes.iter().all(|note| (1..=127).contains(&note.key) && tuned(note)));
    assert!(performance.bends.is_empty() && performance.pedal.is_empty());
    assert_eq!(instrument.to_string(), "plucked(decay_s = 2)");
}

#[test]
fn an_instrument_is_no_wave() {
    let told = text(&run("track(\"Lead\", play(midi(\"song.mid\").part(\"Lead\"), square()))"));
    assert!(told.contains("synth(part, wave)"), "{told}");
    let told = text(&run("track(\"Lead\", play(midi(\"song.mid\").part(\"Lead\"), \"plucked\"))"));
    assert!(told.contains("plucked()"), "{told}");
    let told = text(&run("track(\"Lead\", play(midi(\"song.mid\").part(\"Lead\"), fm(ratio = 99)))"));
    assert!(told.contains("0 to 32"), "{told}");
}

#[test]
fn options_come_from_outside_and_keep_their_kind() {
    let script = "print(option(\"tempo\", 120) + 1, option(\"wet\", 0.5), option(\"dub\", False), option(\"who\", \"me\"))\n\
                  track(\"T\", sweep(65, 261, ms = 10))";
    let settings = [("tempo", "90"), ("dub", "yes"), ("who", "you"), ("tempo", "91")];
    let settings = settings.map(|(name, value)| (name.to_string(), value.to_string())).to_vec();
    let evaluation = run_in(Memory::folder(), script, &Options { settings, ..Options::default() });
    assert_eq!((text(&evaluation).as_str(), evaluation.prints), ("", vec!["92 0.5 True you".to_string()]));
}

#[test]
fn other_scripts_are_loaded_from_their_folder() {
    let mut folder = Memory::folder();
    folder.put(
        "parts/kit.star",
        "load(\"../lib.star\", \"half\")\nkit = track(\"Kit\", audio(\"../drums.wav\")).levels(half, half)\n",
    );
    let script = "load(\"parts/kit.star\", \"kit\")\nload(\"lib.star\", \"louder\")\nlouder(kit, 3).pan(0.5)";
    let evaluation = run_in(folder, script, &Options::default());
    assert_eq!(text(&evaluation), "");
    let session = evaluation.session.unwrap();
    let strip = &session.tracks[0].strip;
    assert_eq!((&strip.fader_db, &strip.position), (&3.0.into(), &Position::Pan(0.5.into())));
    let made = evaluation.sources.span(session.tracks[0].origin).unwrap();
    assert_eq!((&*made.file, evaluation.sources.position(made)), ("parts/kit.star", (2, 7)));
}

#[test]
fn an_expression_is_a_chain() {
    let effects = |text: &str| evaluate_effects(text, Arc::new(Memory::folder()), 48_000);
    let chain = effects("[soft_clip(drive = 7), reverse()]").unwrap();
    assert_eq!(format!("{chain:?}"), "[Insert(soft_clip(drive = 7)), Insert(reverse())]");
    assert_eq!(effects("soft_clip(7)").unwrap().len(), 1);
    for (wrong, message) in [
        ("soft_clip(drive = -7)", "`drive` = -7 is out of range"),
        ("sot_clip()", "`sot_clip` is not defined"),
        ("7", "this is the number 7, not an effect or a list of effects"),
        ("soft_clip", "this is a function, not an effect or a list of effects"),
        ("audio(\"x.wav\")", "there is no file `x.wav`"),
        ("", "this is None, not an effect or a list of effects"),
    ] {
        let mistakes = effects(wrong).unwrap_err();
        assert_eq!(mistakes.diagnostics[0].message, message, "{wrong}");
    }
}

/// The mix that Downbeat grew out of.
#[test]
fn the_first_mix_of_all_evaluates() {
    use std::io::Cursor;
    use std::path::PathBuf;
    use std::sync::Arc;

    struct Folder(PathBuf);
    impl downbeat_engine::World for Folder {
        fn open(&self, path: &str) -> Result<Box<dyn downbeat_engine::Bytes>, downbeat_engine::WorldError> {
            match std::fs::read(self.0.join(path)) {
                Ok(bytes) => Ok(Box::new(Cursor::new(bytes))),
                Err(source) => Err(downbeat_engine::WorldError::Io { path: path.to_string(), source }),
            }
        }
    }
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/two-couples"));
    let evaluation = downbeat_script::evaluate("original.star", Arc::new(Folder(folder)), &Options::default());
    assert_eq!(text(&evaluation), "");
    let session = evaluation.session.unwrap();
    assert_eq!((session.tracks.len(), session.length), (6, Some(Frames(3_560_723))));
    // Segments of the 29 downbeats; the second bar begins in frame 104,727.
    let cut = session.tracks[0].cut.as_ref().unwrap();
    assert_eq!((cut.segments.len(), cut.segments[1].start), (29, Frames(104_727)));
    assert!(!session.tracks[1].placed.is_empty());
    assert_eq!(evaluation.recordings.len(), 1);
}

#[test]
fn numbers_move() {
    let session = session(
        r#"
session(rate = 48000, length = seconds(4))
drums = track("Drums", audio("drums.wav"))
drums.insert(lowpass(freq_hz = ramp(200, 800, seconds = 2, at = seconds(1))), gain(steps([0, -6], seconds = 1, glide_ms = 0)))
drums.fader(lfo(-12, 0, hz = 2)).pan(curve([(seconds(0), -1), (seconds(2), 1)]))
"#,
    );
    let strip = &session.tracks[0].strip;
    assert_eq!(
        format!("{:?}", strip.inserts),
        "[lowpass(freq_hz = ramp(200, 800, seconds = 2, at = seconds(1))), \
         gain(db = steps([0, -6], seconds = 1, glide_ms = 0))]"
    );
    let values = |control: &Control, moments: &[f64]| -> Vec<f64> {
        moments.iter().map(|seconds| control.value(seconds * 48_000.0)).collect()
    };
    let inserted = |insert: usize| match &strip.inserts[insert].values()[0] {
        Value::Moving(automation) => Control::Moving(automation.clone()),
        value => panic!("{value} stands still"),
    };
    assert_eq!(values(&inserted(0), &[0.0, 1.0, 2.0, 2.5, 3.5]), [200.0, 200.0, 500.0, 650.0, 800.0]);
    assert_eq!(values(&inserted(1), &[0.0, 0.99, 1.0, 2.5, 3.5, 5.0]), [0.0, 0.0, -6.0, 0.0, -6.0, -6.0]);
    let fader = values(&strip.fader_db, &[0.0, 0.125, 0.375]);
    assert!(fader.iter().zip([-6.0, 0.0, -12.0]).all(|(x, y)| (x - y).abs() < 1e-9), "{fader:?}");
    let Position::Pan(pan) = &strip.position else { panic!() };
    assert_eq!(values(pan, &[0.0, 1.0, 2.0, 3.0]), [-1.0, 0.0, 1.0, 1.0]);
}

#[test]
fn a_length_of_time_is_a_duration_or_a_number() {
    let effects = |script: &str| {
        let session = session(&format!("song = midi(\"song.mid\")\nt = track(\"T\", audio(\"drums.wav\"))\n{script}"));
        format!("{:?}", session.tracks[0].strip.inserts)
    };
    // 120 beats a minute, in bars of four.
    assert_eq!(effects("t.insert(delay(time_ms = beats(0.75)))"), "[delay()]");
    assert_eq!(effects("t.insert(delay(ms(0.07) + bars(0.5)))"), "[delay(time_ms = 1000.07)]");
    assert_eq!(effects("t.insert(delay(time_ms = song.beats[3] - song.beats[2]))"), "[delay(time_ms = 500)]");
    assert_eq!(
        effects("t.insert(reverb(predelay_ms = samples(960), decay_s = beats(3)))"),
        "[reverb(decay_s = 1.5, predelay_ms = 20)]"
    );
    assert_eq!(
        effects("t.insert(compressor(attack_ms = ms(3), release_ms = seconds(0.2)))"),
        effects("t.insert(compressor(attack_ms = 3, release_ms = 200))")
    );
    let session = session(
        r#"
session(rate = 44100)
song = midi("song.mid")
t = track("T", audio("drums.wav").insert(fade(in_ms = beats(0.5), in_samples = ms(10))))
for bar in t.cut(song.downbeats):
    bar.insert(stutter(slice_ms = bar.length / 16), rhythm_gate("x-. 5", step_ms = beats(0.25)))
s = track("S", sweep(65, 261, ms = beats(2)))
"#,
    );
    let segments = format!("{:?}", session.tracks[0].cut);
    assert!(segments.contains("stutter()"), "{segments}");
    assert!(segments.contains("rhythm_gate(pattern = \"x-. 5\")"), "{segments}");
    let clip = format!("{:?}", session.tracks[0].clip);
    assert!(clip.contains("fade(in_ms = 250, in_samples = 441)"), "{clip}");
    let Source::Sweep { frames, .. } = session.tracks[1].clip.as_ref().unwrap().source else { panic!() };
    assert_eq!(frames, Frames(44_100));
}

#[test]
fn a_length_in_beats_moves_with_the_tempo() {
    // 120 beats a minute, then 60 from the second bar on, which begins after 2 s.
    let session = session(
        r#"
song = midi("slower.mid")
t = track("T", audio("drums.wav"))
t.insert(delay(time_ms = beats(0.75) + ms(5)), delay(time_ms = bars(0.25)), delay(time_ms = ms(5)))
"#,
    );
    let [beats, bars, still] = session.tracks[0].strip.inserts.as_slice() else { panic!() };
    for (effect, before, after) in [(beats, 380.0, 755.0), (bars, 500.0, 1000.0)] {
        let Value::Moving(time_ms) = &effect.values()[0] else { panic!() };
        for (frame, expected) in [(-9.0, before), (0.0, before), (95_999.0, before), (96_000.0, after), (9e9, after)] {
            assert_eq!(time_ms.value(frame), expected, "{effect} at {frame}");
        }
    }
    assert_eq!(beats.to_string(), "delay(time_ms = beats(0.75) + ms(5))");
    assert_eq!(still.values()[0], Value::Number(5.0));
}

#[test]
fn what_moves_in_beats_follows_the_tempo() {
    // 120 beats a minute, then 60 from the second bar on.
    let session = session(
        r#"
song = midi("slower.mid")
t = track("T", sweep(65, 261, ms = 9000))
t.fader(ramp(-8, 0, bars = 2)).pan(lfo(-1, 1, beats = 2, shape = "saw"))
"#,
    );
    let strip = &session.tracks[0].strip;
    let at = |control: &Control, seconds: f64| control.value(seconds * 48_000.0);
    // Two bars are 2 s and 4 s long.
    assert!((at(&strip.fader_db, 3.0) + 4.0).abs() < 1e-9 && at(&strip.fader_db, 6.0) == 0.0);
    let Position::Pan(pan) = &strip.position else { panic!() };
    for (seconds, expected) in [(0.0, -1.0), (0.5, 0.0), (1.25, -0.5), (2.0, -1.0), (3.0, 0.0), (5.5, 0.5), (7.0, 0.0)]
    {
        assert!((at(pan, seconds) - expected).abs() < 1e-6, "{seconds}: {}", at(pan, seconds));
    }
}
