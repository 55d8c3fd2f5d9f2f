//! What a mix is expected to sound like: readings in the report, expectations that are met or not, and `--strict`.

use serde_json::Value;

use crate::support::{Folder, song};

/// A mono tone whose samples peak at -6.02 dB, and a bus that gets it 12 dB softer.
const SCRIPT: &str = r#"room = bus("Room", gain(-3))
lead = track("Lead", tone(sine(), freq_hz = 997, ms = 4000, level = 0.5)).send(room, db = -9)
"#;

/// A folder with a script in it. Its tones need no recordings.
fn studio(more: &str) -> Folder {
    let studio = Folder::new();
    std::fs::write(studio.path("mix.star"), format!("{SCRIPT}{more}")).unwrap();
    studio
}

const MET: &str = r#"expect(master.lufs, at = -4.1, within = 0.2)
expect(lead.true_peak_db, below = -6)
expect(room.peak_db, above = -18.1, below = -18)
expect(lead.crest_db, at = 3.01, within = 0.01)
expect(master.correlation, above = 1)
expect(master.lra, below = 0.1)
"#;

#[test]
fn what_is_as_expected_is_not_talked_about() {
    let mix = studio(MET);
    let (stdout, stderr) = mix.run(&["render", "mix.star", "--strict"], 0);
    assert_eq!(stderr, "");
    let names: Vec<&str> = stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["peak", "Lead", "Room", "Master", "mix.wav"], "{stdout}");
    assert!(stdout.lines().all(|line| line.chars().count() <= 80), "{stdout}");
    let (stdout, _) = mix.run(&["check", "mix.star"], 0);
    assert!(stdout.starts_with("mix.star is fine"), "{stdout}");
}

#[test]
fn what_is_not_as_expected_is_an_error_at_its_line_and_the_file_is_there() {
    let mix = studio("expect(master.lufs, at = -14, within = 0.5)\nexpect(room.true_peak_db, above = -12)\n");
    let (stdout, stderr) = mix.run(&["render", "mix.star"], 1);
    assert!(stdout.contains("Master") && stdout.contains("mix.wav in "), "{stdout}");
    for text in [
        "error: expected the master's loudness at -14 LUFS within 0.5, measured -4.1 LUFS",
        " --> mix.star:3:1\n",
        "expect(master.lufs, at = -14, within = 0.5)\n",
        "LU too high",
        "hint: the master's fader at -9.9 dB would do it: master.fader(db = -9.9)",
        "error: expected the true peak of the bus \"Room\" above -12 dBTP, measured -18.",
        " --> mix.star:4:1\n",
        "error: the mix does not meet 2 expectations\n  = hint: mix.wav is written all the same: listen to it\n",
    ] {
        assert!(stderr.contains(text), "{text}\n{stderr}");
    }
    let whole = hound::WavReader::open(mix.path("mix.wav")).unwrap().duration();
    assert_eq!(whole, 4 * 48_000);
    // With the fader where the hint says it should be, it is met.
    let mix = studio("expect(master.lufs, at = -14, within = 0.5)\nmaster.fader(db = -9.9)\n");
    mix.run(&["render", "mix.star"], 0);
    // Nothing of this is known before.
    let mix = studio("expect(master.lufs, at = -14, within = 0.5)\n");
    mix.run(&["check", "mix.star"], 0);
}

#[test]
fn the_json_has_all_readings_and_all_expectations() {
    let mix = studio(&format!("{MET}expect(lead.lra, above = 3)\nexpect(lead.correlation, above = 0)\n"));
    let (stdout, stderr) = mix.run(&["render", "mix.star", "--json"], 1);
    assert!(stderr.contains("error: the mix does not meet 2 expectations"), "{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} in {report:#}"));
    let (lead, room, master) = (&report["tracks"][0], &report["buses"][0], &report["master"]);
    assert_eq!((room["name"].as_str(), number(&room["frames"])), (Some("Room"), 192_000.0));
    // A steady sine: as loud at every moment, 3.01 dB below its crests, and 3.01 LU louder on two channels than on one.
    for strip in [lead, room, master] {
        for reading in ["short_term_lufs", "momentary_lufs"] {
            assert!((number(&strip[reading]) - number(&strip["lufs"])).abs() < 0.05, "{reading}: {strip:#}");
        }
        assert!(number(&strip["lra"]) < 0.05 && (number(&strip["crest_db"]) - 3.0103).abs() < 0.001, "{strip:#}");
    }
    assert!((number(&room["lufs"]) - number(&lead["lufs"]) + 12.0 - 3.0103).abs() < 0.001);
    assert_eq!((&lead["correlation"], number(&room["correlation"])), (&Value::Null, 1.0));
    let expectations = report["expectations"].as_array().unwrap();
    let met: Vec<bool> = expectations.iter().map(|expectation| expectation["met"].as_bool().unwrap()).collect();
    assert_eq!(met, [true, true, true, true, true, true, false, false]);
    let first = &expectations[0];
    assert_eq!((first["strip"].as_str(), first["name"].as_str()), (Some("master"), Some("Master")));
    assert_eq!((first["reading"].as_str(), number(&first["line"])), (Some("lufs"), 3.0));
    assert_eq!((number(&first["at"]), number(&first["within"]), &first["below"]), (-4.1, 0.2, &Value::Null));
    assert_eq!(first["measured"], master["lufs"]);
    assert_eq!((&first["message"], first["file"].as_str()), (&Value::Null, Some("mix.star")));
    let message = expectations[6]["message"].as_str().unwrap();
    assert!(
        message.starts_with("expected the loudness range of the track \"Lead\" above 3 LU, measured 0.0"),
        "{message}"
    );
    let missing =
        "expected the correlation of the track \"Lead\" above 0, and there is none: it is mono, or silent on one side";
    assert_eq!((&expectations[7]["measured"], expectations[7]["message"].as_str()), (&Value::Null, Some(missing)));
}

#[test]
fn a_part_of_the_mix_is_not_held_against_what_the_whole_should_be() {
    // The song has two bars of 2 s each, as long as the tone.
    let mix = studio("song = midi(\"song.mid\")\nexpect(master.lufs, below = -20)\n");
    std::fs::write(mix.path("song.mid"), song()).unwrap();
    let (_, stderr) = mix.run(&["render", "mix.star", "--from", "1", "--to", "2"], 1);
    assert!(stderr.contains("expected the master's loudness below -20 LUFS"), "{stderr}");
    let (stdout, stderr) = mix.run(&["render", "mix.star", "--from", "2", "--json", "--strict"], 0);
    assert_eq!(stderr, "note: expectations are about the whole mix: they are not checked for a part of it\n");
    let expectation = &serde_json::from_str::<Value>(&stdout).unwrap()["expectations"][0];
    assert_eq!((&expectation["met"], &expectation["measured"]), (&Value::Null, &Value::Null));
}

#[test]
fn strict_takes_warnings_for_errors() {
    // Known before: nothing is rendered.
    let mix = studio("bus(\"Unused\")\n");
    mix.run(&["render", "mix.star", "-o", "a.wav"], 0);
    let (stdout, stderr) = mix.run(&["render", "mix.star", "--strict", "-o", "b.wav"], 1);
    assert_eq!(stdout, "");
    assert!(stderr.contains("warning: nothing is sent to the bus \"Unused\""), "{stderr}");
    assert!(stderr.contains("error: mix.star has 1 warning, and with --strict that is an error"), "{stderr}");
    assert!(mix.path("a.wav").exists() && !mix.path("b.wav").exists());
    // Known after: the file is there.
    let mix = studio("master.fader(db = 12)\n");
    mix.run(&["render", "mix.star", "-o", "a.wav"], 0);
    let (stdout, stderr) = mix.run(&["render", "mix.star", "--strict", "-o", "b.wav"], 1);
    assert!(stdout.contains("b.wav in ") && stderr.contains("warning: the mix clips in "), "{stdout}{stderr}");
    assert!(
        stderr.contains("with --strict they are errors") && stderr.contains("b.wav is written all the same"),
        "{stderr}"
    );
    assert!(std::fs::read(mix.path("a.wav")).unwrap() == std::fs::read(mix.path("b.wav")).unwrap());
}
