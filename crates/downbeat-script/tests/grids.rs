//! Grids: from a song, in equal steps, and from what sounds.
#![allow(clippy::unwrap_used)] // A helper that fails is a test that fails.

mod common;

use common::{Memory, hit_frames, hits, run, run_in, text, wav};
use downbeat_script::{Evaluation, Options};

/// What a script prints in a mix with the song.
fn printed(script: &str) -> String {
    let evaluation = run(&format!("song = midi(\"song.mid\")\n{script}\ntrack(\"T\", sweep(65, 261, ms = 10))"));
    prints(&evaluation)
}

fn prints(evaluation: &Evaluation) -> String {
    assert_eq!(text(evaluation), "");
    evaluation.prints.join("\n")
}

/// The moments of a grid, as frames at a rate.
fn frames(rate: u32, sound: &str, grid: &str) -> Vec<usize> {
    let script =
        format!("session(rate = {rate})\nhits = {sound}\ntrack(\"T\", hits)\nfor m in {grid}:\n    print(m.seconds)");
    let evaluation = run(&script);
    let seconds = prints(&evaluation);
    seconds.lines().map(|line| (line.parse::<f64>().unwrap() * f64::from(rate)).round() as usize).collect()
}

/// The frames from each hit on a beat to its moment in the grid, at 48 kHz.
fn from_hits(grid: &str) -> Vec<i64> {
    let found = frames(48_000, "audio(\"hits.wav\")", grid);
    assert_eq!(found.len(), hit_frames().count(), "{grid}: {found:?}");
    found.into_iter().zip(hit_frames()).map(|(found, hit)| found as i64 - hit as i64).collect()
}

/// An envelope has a value every 512 frames. A cut is one or two of them before the attack: so the default crossfade, 240
/// frames to each side, is over when the attack comes. Peaks are within two after it.
#[test]
fn onsets_and_beats_fall_before_the_attack_or_on_its_peak() {
    for grid in ["onsets(hits)", "beats_of(hits)", "beats_of(hits, bpm = 120)"] {
        assert!(
            from_hits(grid).iter().all(|distance| (-1024..=-240).contains(distance)),
            "{grid}: {:?}",
            from_hits(grid)
        );
    }
    for grid in ["onsets(hits, backtrack = False)", "beats_of(hits, backtrack = False)"] {
        assert!(from_hits(grid).iter().all(|distance| (0..=1024).contains(distance)), "{grid}: {:?}", from_hits(grid));
    }
}

/// Recordings of two parts of a song, made from its MIDI: each note is an onset, and each onset lies before its note, but
/// for a note at the very beginning.
#[test]
fn the_onsets_of_a_recording_are_its_notes() {
    for (stem, part, notes) in [("bass-synth", "Bass synth", 385), ("pluck-synth", "Pluck synth", 92)] {
        let script = format!(
            "notes = [note.start for note in midi(\"two-couples.mid\").part(\"{part}\").notes]\n\
             sound = audio(\"stems/{stem}.flac\")\ntrack(\"T\", sound)\nprint(len(notes))\n\
             for onset, note in zip(onsets(sound), notes):\n    print((note - onset).ms)\n"
        );
        let mut folder = Memory::folder();
        let song = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/two-couples/");
        for file in ["two-couples.mid".to_string(), format!("stems/{stem}.flac")] {
            folder.put(&file, std::fs::read(format!("{song}{file}")).unwrap());
        }
        let printed = prints(&run_in(folder, &script, &Options::default()));
        let numbers: Vec<f64> = printed.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!((numbers[0], numbers.len() - 1), (f64::from(notes), notes as usize), "{stem}");
        let early = numbers[2..].iter().all(|before| (0.0..50.0).contains(before));
        assert!(early, "{stem}: {:?}", &numbers[1..]);
    }
}

#[test]
fn delta_and_wait_choose_among_onsets() {
    // Every fourth hit has a low one with it. Louder ones alone stand out by so much.
    let loud = frames(48_000, "audio(\"hits.wav\")", "onsets(hits, delta = 0.6)");
    let all = frames(48_000, "audio(\"hits.wav\")", "onsets(hits)");
    assert!(loud.len() < all.len() && loud.iter().all(|onset| all.contains(onset)), "{loud:?}");
    // Hits are half a second apart: after one, the next that is later by more than 0.6 s is the second.
    let few = frames(48_000, "audio(\"hits.wav\")", "onsets(hits, wait = seconds(0.6))");
    assert_eq!(few, all.iter().copied().step_by(2).collect::<Vec<_>>());
}

#[test]
fn a_recording_at_another_rate_is_heard_at_that_of_the_session() {
    // The envelope of a session at 44.1 kHz has other frames; the hits are where they were.
    let found = frames(44_100, "audio(\"hits.wav\")", "onsets(hits)");
    assert_eq!(found.len(), hit_frames().count());
    for (found, hit) in found.into_iter().zip(hit_frames()) {
        let before = hit as f64 / 48_000.0 - found as f64 / 44_100.0;
        assert!(found % 512 == 0 && (0.005..2.0 * 512.0 / 44_100.0).contains(&before), "{before}");
    }
}

#[test]
fn a_track_is_heard_as_the_clip_it_was_given() {
    let script = r#"
hits = audio("hits.wav")
plain = onsets(hits)
t = track("Hits", hits).fader(-20).mute()
t.insert(soft_clip(drive = 30))
for piece in t.cut(plain):
    piece.insert(reverse())
print(onsets(t) == plain, beats_of(t) == beats_of(hits))
print(onsets(hits.insert(gain(-12))) == plain, onsets(hits.insert(reverse())) == plain)
"#;
    assert_eq!(printed(script), "True True\nTrue False");
}

#[test]
fn channels_are_heard_together() {
    let mut folder = Memory::folder();
    let left = hits();
    folder.put("sum.wav", wav(48_000, &[left.clone(), left.clone()]));
    folder.put("difference.wav", wav(48_000, &[left.clone(), left.iter().map(|x| -x).collect()]));
    let script = "print(onsets(audio(\"sum.wav\")) == onsets(audio(\"hits.wav\")), onsets(audio(\"difference.wav\")))\n\
                  track(\"T\", audio(\"hits.wav\"))";
    assert_eq!(prints(&run_in(folder, script, &Options::default())), "True []");
}

/// A hit on each beat of 4/4 at 120 bpm, from the second beat on; the first ones of the bars have a low sound.
#[test]
fn bars_and_tempo_are_heard() {
    let script = r#"
hits = track("Hits", audio("hits.wav"))
bars = downbeats_of(hits)
print(bars.beats_per_bar, bars.confidence > 0.9, len(bars), bars == beats_of(hits)[3::4])
known = downbeats_of(hits, beats = every(beats = 1, until = seconds(16)))
print(known[:3], known.beats_per_bar, len(known))
print(abs(tempo_of(hits) - 120) < 0.1, beats_of(hits, bpm = 60) == beats_of(hits)[::2] or beats_of(hits, bpm = 60) == beats_of(hits)[1::2])
"#;
    assert_eq!(printed(script), "4 True 7 True\n[0:00.000, 0:02.000, 0:04.000] 4 8\nTrue True");
}

#[test]
fn a_track_is_cut_where_it_sounds() {
    let evaluation = run("hits = track(\"Hits\", audio(\"hits.wav\"))\nhits.cut(onsets(hits))");
    assert_eq!(text(&evaluation), "");
    let cut = evaluation.session.unwrap().tracks.remove(0).cut.unwrap();
    let starts: Vec<usize> = cut.segments.iter().map(|segment| segment.start.0 as usize).collect();
    assert_eq!(starts[0], 0);
    assert_eq!(starts[1..], frames(48_000, "audio(\"hits.wav\")", "onsets(hits)"));
}

#[test]
fn nothing_to_hear_is_an_empty_grid() {
    for (expression, text) in [
        ("onsets(quiet), len(onsets(quiet)), bool(onsets(quiet))", "([], 0, False)"),
        ("beats_of(quiet), beats_of(quiet, bpm = 100)", "([], [])"),
        ("downbeats_of(quiet), downbeats_of(quiet).confidence, downbeats_of(quiet).beats_per_bar", "([], 0.0, 0)"),
        ("onsets(tone(sine(), 440, ms = 3000), delta = 0.5)[1:]", "[]"),
    ] {
        assert_eq!(printed(&format!("quiet = audio(\"quiet.wav\")\nprint(({expression}))")), text, "{expression}");
    }
}

#[test]
fn steps_are_equal_up_to_the_end_of_the_mix() {
    for (expression, text) in [
        ("every(bars = 1) == song.downbeats, every(beats = 1) == song.beats", "(True, True)"),
        ("every(bars = 2) == song.bars(2), every(bars = 0.5) == every(beats = 2)", "(True, True)"),
        ("every(beats = 0.5)[:3], len(every(beats = 0.5))", "([0:00.000, 0:00.250, 0:00.500], 32)"),
        ("every(seconds = 1.5)", "[0:00.000, 0:01.500, 0:03.000, 0:04.500, 0:06.000, 0:07.500]"),
        ("every(seconds = 1.5, until = song.bar(2))", "[0:00.000, 0:01.500]"),
        ("every(bars = 2, until = seconds(13))", "[0:00.000, 0:04.000, 0:08.000, 0:12.000]"),
        ("every(seconds = 1, until = seconds(0))", "[]"),
    ] {
        assert_eq!(printed(&format!("print(({expression}))")), text, "{expression}");
    }
    // The mix is as long as its longest track, or as the session says.
    let track = "song = midi(\"song.mid\")\ntrack(\"Hits\", audio(\"hits.wav\"))\nprint(len(every(bars = 1)), every(bars = 1)[-1])";
    assert_eq!(prints(&run(track)), "8 0:14.000");
    assert_eq!(prints(&run(&format!("session(length = seconds(5))\n{track}"))), "3 0:04.000");
    let without_song = "track(\"Drums\", audio(\"drums.wav\"))\nprint(every(seconds = 1))";
    assert_eq!(prints(&run(without_song)), "[0:00.000, 0:01.000, 0:02.000]");
}

#[test]
fn grids_are_sorted_and_have_no_doubles() {
    for (expression, text) in [
        ("song.downbeats + song.bars(2)", "[0:00.000, 0:02.000, 0:04.000, 0:06.000]"),
        (
            "song.downbeats + [seconds(5), song.bar(2), seconds(1)]",
            "[0:00.000, 0:01.000, 0:02.000, 0:04.000, 0:05.000, 0:06.000]",
        ),
        ("[seconds(5)] + song.bars(2)", "[0:00.000, 0:04.000, 0:05.000]"),
        ("song.bars(2) + (ms(500),)", "[0:00.000, 0:00.500, 0:04.000]"),
        // Less than a frame apart, as soon as frames are known.
        ("song.downbeats[:2] + [seconds(2.00001)]", "[0:00.000, 0:02.000, 0:02.000]"),
        ("song.downbeats[:2] + [seconds(2.00001), seconds(0) + samples(1)]", "[0:00.000, 0:00.000, 0:02.000]"),
        ("song.downbeats + beats(0.5)", "[0:00.250, 0:02.250, 0:04.250, 0:06.250]"),
        ("beats(1) + song.downbeats - ms(5)", "[0:00.495, 0:02.495, 0:04.495, 0:06.495]"),
        ("song.beats[:6] - song.downbeats", "[0:00.500, 0:01.000, 0:01.500, 0:02.500]"),
        ("song.downbeats - [seconds(2), seconds(3)]", "[0:00.000, 0:04.000, 0:06.000]"),
        ("song.downbeats - song.beats", "[]"),
        ("(song.downbeats + beats(1)).snap([seconds(0), seconds(3)])", "[0:00.000, 0:03.000]"),
        (
            "song.downbeats.snap([seconds(2.03), seconds(3.9), seconds(6)], within = ms(30))",
            "[0:00.000, 0:02.030, 0:04.000, 0:06.000]",
        ),
        ("song.downbeats.snap([seconds(1)])", "[0:01.000]"),
    ] {
        assert_eq!(printed(&format!("print({expression})")), text, "{expression}");
    }
}

#[test]
fn grids_are_read_as_lists_are() {
    for (expression, text) in [
        ("len(song.beats), song.beats[0], song.beats[-1], type(song.beats)", "(16, 0:00.000, 0:07.500, \"grid\")"),
        ("song.downbeats[::2]", "[0:00.000, 0:04.000]"),
        ("song.downbeats[1:-1], song.downbeats[9:]", "([0:02.000, 0:04.000], [])"),
        ("song.downbeats[::-1]", "[0:06.000, 0:04.000, 0:02.000, 0:00.000]"),
        ("type(song.downbeats[::2]), type(song.downbeats[::-1])", "(\"grid\", \"list\")"),
        (
            "[m.seconds for m in song.downbeats], list(song.downbeats) == [m for m in song.downbeats]",
            "([0.0, 2.0, 4.0, 6.0], True)",
        ),
        ("[i for i, m in enumerate(song.beats) if m in song.downbeats]", "[0, 4, 8, 12]"),
        ("song.bar(2) in song.downbeats, seconds(1) in song.downbeats, max(song.downbeats)", "(True, False, 0:06.000)"),
        (
            "song.beats == song.beats[:], song.beats == song.downbeats, song.beats[:0] == song.downbeats[:0]",
            "(True, False, True)",
        ),
        ("song.beats", "[0:00.000, 0:00.500, 0:01.000, 0:01.500, 0:02.000, 0:02.500, ..., 0:07.500] (16 moments)"),
        (
            "bool(song.beats), bool(song.beats[:0]), list(reversed(song.downbeats))[0], sorted(song.downbeats)[0]",
            "(True, False, 0:06.000, 0:00.000)",
        ),
    ] {
        assert_eq!(printed(&format!("print(({expression}))")), text, "{expression}");
    }
}
