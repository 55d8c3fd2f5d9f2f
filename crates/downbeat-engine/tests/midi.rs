//! Songs against reference readings of real files, and the rules of bars, parts and damage on small ones.
//!
//! `tests/midi` holds a few files with their references; many more are compared where there is a folder `../shared`
//! beside the repository.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too, may stop at what must not happen")]

use std::fs;
use std::path::{Path, PathBuf};

use downbeat_dsp::Controls;
use downbeat_engine::midi::{MidiError, MidiWarning, Note, PartError, Song, TimeSignature};
use downbeat_engine::time::{Beats, Division, Frames, Seconds, Ticks};
use serde_json::Value;

/// References are rounded to nine decimals, and are sums in floating point: both together stay below a nanosecond.
const ROUNDING: f64 = 1e-9;

#[test]
fn committed_files_are_read_like_their_references() {
    let compared = compare_folder(&committed(""), &committed(""));
    assert_eq!(compared, 12, "files in tests/midi that have a reference");
}

#[test]
fn shared_files_are_read_like_their_references() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !shared.join("data/midi_reference").is_dir() {
        println!("skipped: there is no folder ../shared beside the repository");
        return;
    }
    let references = shared.join("data/midi_reference");
    let compared = compare_folder(&shared.join("data/midi"), &references);
    assert!(compared >= 80, "only {compared} files in ../shared/data/midi have a reference");

    let song = |path: &str| read(&shared.join(path));
    compare(&song("two-couples/two-couples.mid"), &json(&references.join("two-couples/py5.midi.json")), "two-couples");
    for (folder, name) in [("freedoom-e1m8-waltz-3-4", "e1m8"), ("freedoom-e2m1-7-4", "e2m1")] {
        let reference = json(&references.join(format!("freedoom1/{name}.mid.json")));
        compare(&song(&format!("data/multitrack/{folder}/{name}.mid")), &reference, name);
    }
}

#[test]
fn two_couples_has_29_downbeats() {
    let song = read(&committed("two-couples.mid"));
    assert_eq!(song.downbeats().len(), 29);
    for (n, &downbeat) in song.downbeats().iter().enumerate() {
        // 545454 microseconds in a quarter note: whole microseconds, so the nearest double is the one written here.
        assert_eq!(downbeat, Seconds((n * 4 * 545_454) as f64 / 1e6));
    }
    assert_eq!(song.downbeats()[1].frame(48_000), Frames(104_727));
    assert_eq!(song.bars(8), [0, 8, 16, 24].map(|n| song.downbeats()[n]));
    assert!(song.bars(0).is_empty());
    let second = song.downbeats()[1].0;
    let bars = [-1.0, 0.0, second - 1e-9, second, 61.6, 70.0].map(|moment| song.bar_at(Seconds(moment)));
    assert_eq!(bars, [1, 1, 1, 2, 29, 29]);
    assert_eq!(song.time_signatures(), [(Seconds(0.0), TimeSignature::COMMON)]);

    let counts: Vec<_> = song.parts().iter().map(|part| (part.name.as_str(), part.notes.len())).collect();
    let expected =
        [("Brass stabs", 96), ("Bass synth", 385), ("Pluck synth", 92), ("Hihats and toms", 203), ("Main drums", 298)];
    assert_eq!(counts, expected);
    assert_eq!(song.part("Pluck synth"), song.part_number(3));
    let message = song.part("Pluck").unwrap_err().to_string();
    assert!(
        message.ends_with(r#""Brass stabs", "Bass synth", "Pluck synth", "Hihats and toms", "Main drums""#),
        "{message}"
    );
    assert_eq!(song.part_number(0), Err(PartError::Number { number: 0, count: 5 }));
    assert_eq!(song.part_number(6), Err(PartError::Number { number: 6, count: 5 }));
    assert!(song.warnings().is_empty());
}

#[test]
fn a_riff_holds_the_same_song() {
    let smf = fs::read(committed("two-couples.mid")).unwrap();
    let mut rmid = b"RIFF\0\0\0\0RMIDINFO\x03\0\0\0abc\0data".to_vec();
    rmid.extend(u32::try_from(smf.len()).unwrap().to_le_bytes());
    rmid.extend(&smf);
    rmid.extend(b"LIST\x04\0\0\0more");
    assert_eq!(Song::read(&rmid, "two-couples.rmi"), Song::read(&smf, "two-couples.mid"));
}

#[test]
fn a_file_that_is_cut_off_gives_what_is_left() {
    let smf = fs::read(committed("two-couples.mid")).unwrap();
    let whole = Song::read(&smf, "whole").unwrap();
    let half = Song::read(&smf[..4575], "half").unwrap();
    assert_eq!(half.parts().len(), 3);
    assert_eq!(half.parts()[..2], whole.parts()[..2]);
    let (cut, full) = (&half.parts()[2].notes, &whole.parts()[2].notes);
    assert!(cut.len() < full.len() && cut[..cut.len() - 1] == full[..cut.len() - 1]);
    let expected = [
        MidiWarning::Truncated { track: 4, offset: 4575 },
        MidiWarning::TrackCount { declared: 6, found: 4 },
        MidiWarning::HangingNotes { track: 4, count: 1 },
    ];
    assert_eq!(half.warnings(), expected);
}

#[test]
fn a_wrong_track_length_loses_nothing() {
    let first = b"\0\x90\x3c\x40\x60\x80\x3c\x40\0\xff\x2f\0";
    let second = b"\0\x91\x3e\x40\x60\x81\x3e\x40\0\xff\x2f\0";
    let right = smf(1, 96, &[first, second]);
    let song = Song::read(&right, "right").unwrap();
    assert_eq!((song.parts().len(), song.warnings().len()), (2, 0));
    for wrong in [3, 11, 13, 19, 20, 4000] {
        let mut bytes = right.clone();
        bytes[18..22].copy_from_slice(&u32::to_be_bytes(wrong));
        let damaged = Song::read(&bytes, "wrong").unwrap();
        assert_eq!(damaged.parts(), song.parts(), "length {wrong}");
        assert_eq!(damaged.warnings(), [MidiWarning::TrackLength { track: 1, offset: 14 }], "length {wrong}");
    }
    let trailing = [right.as_slice(), &[0; 100]].concat();
    assert_eq!(Song::read(&trailing, "trailing"), Ok(song));
}

#[test]
fn messages_of_a_wire_are_left_out() {
    for (file, status, offset) in [("f1-xx", 0xf1, 216), ("f4", 0xf4, 205)] {
        let song = read(&committed(&format!("test-illegal-message-{file}.mid")));
        let pitches: Vec<_> = song.parts()[0].notes.iter().map(|note| note.pitch).collect();
        assert_eq!(pitches, [60, 62, 64, 65, 67, 69, 71, 72]);
        assert_eq!(song.warnings(), [MidiWarning::Status { status, offset }]);
    }
}

#[test]
fn errors_say_where_and_what() {
    let check = |bytes: &[u8], expected: &str| match Song::read(bytes, "x.mid") {
        Ok(song) => panic!("read as {song:?}, expected: {expected}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    };
    let type2 = fs::read(committed("test-2-tracks-type-2.mid")).unwrap();
    check(
        &type2,
        "`x.mid` is a MIDI file of type 2: each of its tracks is a song of its own; save them as files of type 0",
    );
    let not_midi = "`x.mid` is not a MIDI file: it begins neither with `MThd` nor as a `RIFF` of type `RMID`";
    check(b"", not_midi);
    check(b"Not a MIDI file", not_midi);
    check(b"RIFF\x04\0\0\0WAVEfmt ", not_midi);
    check(b"MThd\0\0\0\x06\0\x01\0", "`x.mid` is damaged: at byte 0 there is a header that is cut off");
    let nowhere = "`x.mid` is damaged: at byte 12 there is a length of ticks that there is not";
    check(&smf(0, 0, &[]), nowhere);
    check(&smf(0, 0xe600, &[]), nowhere);
    check(&smf(0, 0x9c28, &[]), nowhere);
    check(&smf(3, 96, &[]), "`x.mid` is damaged: at byte 8 there is a type of MIDI file other than 0, 1 and 2");
    check(&smf(0, 96, &[]), "`x.mid` holds no track");
    let track =
        |events: &[u8], what: &str| check(&smf(0, 96, &[events]), &format!("`x.mid` is damaged: at byte {what}"));
    track(b"\0\x3c\x40\0\xff\x2f\0", "23 there is an event without a status byte");
    track(b"\0\x90\x3c\x90\0\xff\x2f\0", "25 there is a status byte in the middle of an event");
    track(b"\x80\x80\x80\x80\0\x90\x3c\x40\0", "22 there is a number of more than four bytes");
    let beyond = smf(1, 96, &[b"\0\xff\x01\x40abc", b"\0\xff\x2f\0"]);
    check(&beyond, "`x.mid` is damaged: at byte 22 there is an event that goes beyond the end of its track");
}

#[test]
fn an_endless_song_is_refused() {
    // Two notes 2^28 - 1 ticks apart, where a tick is a quarter note.
    let bytes = smf(0, 1, &[b"\0\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\x40"]);
    let expected = MidiError::TooLong { file: "long".to_string(), beats: Song::MAX_BEATS };
    assert_eq!(Song::read(&bytes, "long"), Err(expected));
}

#[test]
fn a_note_off_ends_what_began_before() {
    let notes = |events: &[u8]| {
        let song = Song::read(&smf(0, 500, &[events]), "notes").unwrap();
        let notes = &song.parts()[0].notes;
        notes.iter().map(|note| (note.start.0 * 1000.0, note.end.0 * 1000.0, note.velocity)).collect::<Vec<_>>()
    };
    // A tick is a millisecond. Two notes are open, one off ends both; a second off ends nothing.
    let twice = notes(b"\0\x90\x3c\x01\x0a\x3c\x02\x0a\x3c\x00\x0a\x3c\x00");
    assert_eq!(twice, [(0.0, 20.0, 1), (10.0, 20.0, 2)]);
    // A note that starts at the tick of the off goes on, whichever of the two is written first.
    let repeated = [(0.0, 10.0, 1), (10.0, 20.0, 2)];
    assert_eq!(notes(b"\0\x90\x3c\x01\x0a\x3c\x02\0\x3c\x00\x0a\x3c\x00"), repeated);
    assert_eq!(notes(b"\0\x90\x3c\x01\x0a\x3c\x00\0\x3c\x02\x0a\x3c\x00"), repeated);
    // A note of no length is a note; another channel's off does not concern it.
    assert_eq!(notes(b"\x05\x99\x24\x07\0\x89\x24\x40"), [(5.0, 5.0, 7)]);
    assert_eq!(notes(b"\0\x90\x3c\x01\x0a\x81\x3c\x40\x0a\x80\x3c\x40"), [(0.0, 20.0, 1)]);
    // A note left hanging ends with its track.
    assert_eq!(notes(b"\0\x90\x3c\x01\x0a\xff\x2f\0"), [(0.0, 10.0, 1)]);
}

#[test]
fn a_part_is_a_track_a_channel_and_a_program() {
    let mut events = b"\0\xff\x03\x06Keys \0".to_vec();
    events.extend(
        b"\0\xc0\x05\0\x90\x3c\x40\x0a\xc0\x06\0\x90\x3e\x40\x0a\x80\x3c\x40\0\x3e\x40\0\x99\x24\x40\x0a\x24\0",
    );
    events.extend(b"\0\xe0\x00\x60\x0a\xff\x2f\0");
    let song = Song::read(&smf(0, 500, &[&events]), "parts").unwrap();
    let facts: Vec<_> =
        song.parts().iter().map(|p| (p.name.as_str(), p.channel, p.program, p.drum, p.notes[0].pitch)).collect();
    // The first note keeps the program it started with.
    assert_eq!(facts, [("Keys", 1, 5, false, 60), ("Keys", 1, 6, false, 62), ("Keys", 10, 0, true, 36)]);
    assert_eq!(song.part("Keys"), Err(PartError::Ambiguous { name: "Keys".to_string(), numbers: vec![1, 2, 3] }));
    assert_eq!(song.parts()[0].bends, [(Seconds(0.03), 1.0)]);
    assert_eq!([0.0, 0.03, 9.0].map(|t| song.parts()[1].bend_at(Seconds(t))), [0.0, 1.0, 1.0]);
    assert!(song.parts()[2].bends.is_empty());
    assert_eq!(song.end(), Seconds(0.03));
}

#[test]
fn the_pedal_belongs_to_its_channel() {
    // 500 ticks in a quarter note of half a second. The pedal of channel 1 goes down with a note, and up 30 ticks later.
    let events =
        b"\0\x90\x3c\x40\0\xb0\x40\x7f\x0a\x80\x3c\x40\x14\xb0\x40\x00\0\x91\x3c\x40\x0a\x81\x3c\x40\0\xff\x2f\0";
    let song = Song::read(&smf(0, 500, &[events]), "pedal").unwrap();
    assert_eq!(song.parts()[0].pedal, [(Seconds(0.0), true), (Seconds(0.03), false)]);
    // The note itself ends where its key goes up.
    assert_eq!(song.parts()[0].notes[0].end, Seconds(0.01));
    assert!(song.parts()[1].pedal.is_empty());
}

#[test]
fn controllers_belong_to_their_channel() {
    // A tick is a millisecond. Volume 64 before the first note, expression 1 after it, all reset in the end; a part of
    // another program and one of another channel.
    let events = b"\0\xb0\x07\x40\0\x90\x3c\x40\x0a\xb0\x0b\x01\x0a\x80\x3c\x40\0\xc0\x05\0\x90\x3e\x40\
        \x0a\xb0\x79\x00\0\x80\x3e\x40\0\x91\x3c\x40\x0a\x81\x3c\x40\0\xff\x2f\0";
    let song = Song::read(&smf(0, 500, &[events]), "controls").unwrap();
    let at = |volume, expression| Controls { volume, expression, ..Controls::START };
    let expected = [(Seconds(0.0), at(64, 127)), (Seconds(0.01), at(64, 1)), (Seconds(0.03), at(64, 127))];
    let programs: Vec<_> = song.parts().iter().map(|part| (part.channel, part.program)).collect();
    assert_eq!(programs, [(1, 0), (1, 5), (2, 0)]);
    assert_eq!(*song.parts()[0].controls, expected);
    assert_eq!(*song.parts()[1].controls, expected);
    assert!(song.parts()[2].controls.is_empty());
}

#[test]
fn bars_follow_signatures_of_all_tracks() {
    // 60 bpm from a second track; one beat of pickup in 1/4, two bars of 6/8, then 2/4 in the middle of a bar.
    let signatures =
        b"\0\xff\x58\x02\x01\x02\x0a\xff\x58\x02\x06\x03\x41\xff\x58\x04\x02\x02\x18\x08\x1e\xff\x01\x00\0\xff\x2f\0";
    let tempo = b"\0\xff\x51\x03\x0f\x42\x40\0\xff\x2f\0";
    let song = Song::read(&smf(1, 10, &[signatures, tempo]), "bars").unwrap();
    assert_eq!(song.tempo_changes(), [(Seconds(0.0), 60.0)]);
    assert_eq!(song.downbeats(), [0.0, 1.0, 4.0, 7.0, 7.5, 9.5].map(Seconds));
    assert_eq!(song.beats(), [0.0, 1.0, 2.5, 4.0, 5.5, 7.0, 7.5, 8.5, 9.5].map(Seconds));
    assert_eq!(song.tempo_map().after(Seconds(7.5), Beats(2.0)), Seconds(9.5));
}

#[test]
fn a_clock_has_bars_by_its_tempo() {
    // 25 frames of 40 ticks: a tick is a millisecond. 545454 microseconds a quarter note; 3/4 from the second bar, whose
    // tick is 0.184 ms late.
    let events =
        b"\0\xff\x51\x03\x08\x52\xae\x91\x06\xff\x58\x02\x03\x02\0\x90\x3c\x40\x8d\x00\x80\x3c\x40\0\xff\x2f\0";
    let song = Song::read(&smf(0, 0xe728, &[events]), "clock").unwrap();
    let notes = &song.parts()[0].notes;
    assert_eq!((notes[0].start, notes[0].end), (Seconds(2.182), Seconds(3.846)));
    // The bar by tempo at 2.181816 s is the signature's.
    assert_eq!(song.downbeats()[..2], [0.0, 2.182].map(Seconds));
    assert!((song.downbeats()[2].0 - (2.182 + 3.0 * 0.545454)).abs() < 1e-12);
}

#[test]
fn nonsense_in_meta_events_is_left_out() {
    let events = b"\0\xff\x51\x03\0\0\0\0\xff\x58\x02\0\x02\0\xff\x58\x02\x04\x09\0\xff\x51\x01\x09\x60\xff\x2f\0";
    let song = Song::read(&smf(0, 96, &[events]), "nonsense").unwrap();
    assert_eq!(song.tempo_changes(), [(Seconds(0.0), 120.0)]);
    assert_eq!(song.time_signatures(), [(Seconds(0.0), TimeSignature::COMMON)]);
    let offsets = [("tempo", 23), ("time signature", 30), ("time signature", 36), ("tempo", 42)];
    assert_eq!(song.warnings(), offsets.map(|(what, offset)| MidiWarning::Meta { what, offset }));
}

#[test]
fn pitches_have_the_frequencies_of_equal_temperament() {
    let hz = |pitch| Note { start: Seconds(0.0), end: Seconds(0.0), pitch, velocity: 1 }.freq_hz();
    assert_eq!((hz(69), hz(57), hz(81)), (440.0, 220.0, 880.0));
    for pitch in 0..116 {
        // Twelve semitones are an octave, to the last bit; each is a factor of the twelfth root of two.
        assert_eq!(hz(pitch + 12), hz(pitch) * 2.0);
        assert!((hz(pitch + 1) / hz(pitch) - 1.059_463_094_359_295_3).abs() < 4.0 * f64::EPSILON, "{pitch}");
    }
}

/// A MIDI file of these tracks, each given as the bytes of its events.
fn smf(format: u16, division: u16, tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06".to_vec();
    for field in [format, tracks.len() as u16, division] {
        bytes.extend(field.to_be_bytes());
    }
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend((track.len() as u32).to_be_bytes());
        bytes.extend(*track);
    }
    bytes
}

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/midi").join(name)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn read(path: &Path) -> Song {
    Song::read(&fs::read(path).unwrap(), &path.display().to_string()).unwrap()
}

/// Compares all files below a folder that have a reference, and says how many.
fn compare_folder(folder: &Path, references: &Path) -> usize {
    let mut compared = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            compared += compare_folder(&path, &references.join(name));
            continue;
        }
        let reference = references.join(format!("{name}.json"));
        if name.ends_with(".json") || !reference.is_file() {
            continue;
        }
        let reference = json(&reference);
        // Not MIDI at all, or of type 2.
        if matches!(name, "test-empty-file.mid" | "test-not-a-midi-file.mid" | "test-2-tracks-type-2.mid") {
            assert!(Song::read(&fs::read(&path).unwrap(), name).is_err(), "{name}");
        } else {
            compare(&read(&path), &reference, name);
        }
        compared += 1;
    }
    compared
}

/// Compares all that a reference has.
fn compare(song: &Song, reference: &Value, name: &str) {
    let end = reference["end_time"].as_f64();
    // The reference's end is a sum in floating point, and can be a hair after a bar that starts at the exact end: such a
    // bar is not before the end.
    let before_end = |key: &str| -> Option<Vec<f64>> {
        let before = |&moment: &f64| end.is_none_or(|end| moment < end - ROUNDING);
        Some(numbers(&reference[key])?.into_iter().filter(before).collect())
    };
    // pretty_midi looks for the tempo on the first track alone, and takes 120 bpm when it is elsewhere.
    let misled = reference["smf"]["tempo_events_outside_first_track"].as_u64().unwrap_or(0) > 0;
    let ours_until = if misled { end.unwrap() } else { f64::INFINITY };
    let moments = |ours: &[Seconds]| ours.iter().map(|s| s.0).filter(|&s| s < ours_until).collect::<Vec<_>>();

    if let Some(downbeats) = before_end("downbeats_tick_exact") {
        assert_near(&moments(song.downbeats()), &downbeats, &format!("{name}: downbeats"));
    }
    if let (Some(end), false) = (end, misled) {
        assert_near(&[song.end().0], &[end], &format!("{name}: end"));
        assert_near(&moments(song.beats()), &before_end("beats").unwrap(), &format!("{name}: beats"));
        let tempi = song.tempo_changes().into_iter();
        let tempi: Vec<f64> = tempi.flat_map(|(since, bpm)| [since.0, (bpm * 1e6).round() / 1e6]).collect();
        assert_near(&tempi, &numbers(&reference["tempo_changes"]).unwrap(), &format!("{name}: tempo"));
    }
    if let Some(notes) = reference["smpte_notes"]["first"].as_array() {
        let ours: Vec<&Note> = song.parts().iter().flat_map(|part| &part.notes).collect();
        assert_eq!(ours.len() as u64, reference["smpte_notes"]["count"].as_u64().unwrap(), "{name}");
        for note in notes {
            let note = numbers(note).unwrap();
            assert!(ours.iter().any(|our| as_numbers(our) == note[..4]), "{name}: there is no note {note:?}");
        }
    } else if let Some(instruments) = reference["instruments"].as_array() {
        let theirs: Vec<_> = instruments.iter().map(|i| (i["name"].as_str().unwrap().trim(), facts(i))).collect();
        let ours: Vec<_> = song.parts().iter().map(|part| part.name.as_str()).collect();
        assert_eq!(ours, theirs.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{name}: parts");
        for (part, (_, facts)) in song.parts().iter().zip(theirs) {
            assert_eq!((u64::from(part.program), part.drum, part.notes.len() as u64), facts, "{name}: {}", part.name);
        }
        for (part, instrument) in song.parts().iter().zip(instruments) {
            let mut first = numbers(&instrument["first_notes"]).unwrap();
            if misled {
                retime(song, &mut first);
            }
            let ours: Vec<f64> = part.notes.iter().take(first.len() / 4).flat_map(as_numbers).collect();
            assert_near(&ours, &first, &format!("{name}: notes of {}", part.name));
        }
    }
}

/// Brings notes that were timed at 120 bpm to the song's tempo, by way of their ticks.
fn retime(song: &Song, notes: &mut [f64]) {
    let Division::Quarter(ticks) = song.tempo_map().division() else { return };
    let ticks_in_second = 2.0 * f64::from(ticks.get());
    for note in notes.chunks_exact_mut(4) {
        for moment in &mut note[..2] {
            let tick = (*moment * ticks_in_second).round() as u64;
            *moment = song.tempo_map().seconds_at_tick(Ticks(tick)).0;
        }
    }
}

fn facts(instrument: &Value) -> (u64, bool, u64) {
    let number = |key: &str| instrument[key].as_u64().unwrap();
    (number("program"), instrument["is_drum"].as_bool().unwrap(), number("note_count"))
}

fn as_numbers(note: &Note) -> [f64; 4] {
    [note.start.0, note.end.0, f64::from(note.pitch), f64::from(note.velocity)]
}

/// All numbers in an array, or in the arrays in it, in order.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    let all = |value: &Value| match value {
        Value::Array(_) => numbers(value).unwrap_or_default(),
        value => value.as_f64().into_iter().collect(),
    };
    Some(value.as_array()?.iter().flat_map(all).collect())
}

fn assert_near(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}: how many\n{ours:?}\n{theirs:?}");
    for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= ROUNDING, "{what}: number {at} is {a} and should be {b}");
    }
}
