//! The command line, as a user meets it.

use std::path::Path;

use downbeat_engine::READINGS;
use serde_json::Value;

use crate::support::{Folder, downbeat, read_wav, run, song};

const RATE: u32 = 48_000;

const SCRIPT: &str = r#"
song = midi("song.mid")
low = option("low", 110.0)
drums = track("Drums", audio("stems/drums.wav")).fader(db = -6)
room = bus("Room", gain(-3))
for beat in drums.cut(song.beats):
    if beat.index % 2 == 1:
        beat.insert(soft_clip(drive = 2))
track("Bass / low: end", tone(sine(), freq_hz = low, ms = 3000, level = 0.25)).send(room, db = -12)
"#;

/// A folder with a mix in it: two stems of two seconds, a song of two bars (4/4 at 120 bpm makes 2 s each), a script.
fn studio() -> Folder {
    let studio = Folder::new();
    std::fs::create_dir(studio.path("stems")).unwrap();
    write_wav(&studio.path("stems/drums.wav"), 2, 2 * RATE as usize);
    std::fs::write(studio.path("song.mid"), song()).unwrap();
    studio.script("mix.star", SCRIPT);
    studio
}

impl Folder {
    fn script(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Everything that is in the folder, hidden files and those in folders too.
    fn files(&self) -> Vec<String> {
        let (mut names, mut folders) = (Vec::new(), vec![self.path("")]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    names.push(path.strip_prefix(self.path("")).unwrap().to_str().unwrap().to_string());
                }
            }
        }
        names.sort();
        names
    }
}

/// Full scale stays away: a quarter of it, on tones that differ from channel to channel.
fn write_wav(path: &Path, channels: u16, frames: usize) {
    let spec =
        hound::WavSpec { channels, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for i in 0..frames {
        for channel in 0..channels {
            let phase = i as f32 * 220.0 * f32::from(channel + 1) / RATE as f32;
            writer.write_sample(((phase.fract() - 0.5) * 16_384.0) as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn render_writes_beside_the_script_and_keeps_the_streams_apart() {
    let studio = studio();
    // From another folder, and with a script that prints.
    studio.script("mix.star", &format!("print(\"hello\")\n{SCRIPT}"));
    let (stdout, stderr) = run(&["render", &studio.arg("mix.star")], 0);
    assert_eq!(stderr, "hello\n", "only what the script says, and no progress in a pipe");
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[0].trim().starts_with("peak dBFS"), "{stdout}");
    for (line, name) in lines[1..].iter().zip(["Drums", "Bass / low: end", "Room", "Master", ""]) {
        assert!(line.starts_with(name), "{stdout}");
        assert!(name.is_empty() || line.len() == lines[0].len(), "the columns do not line up: {stdout}");
    }
    assert!(lines[6].starts_with(&studio.arg("mix.wav")), "{stdout}");
    let spec = hound::WavReader::open(studio.path("mix.wav")).unwrap().spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, RATE, 24));
    assert_eq!(read_wav(&studio.path("mix.wav"))[0].len(), 3 * RATE as usize);
    assert_eq!(studio.files(), ["mix.star", "mix.wav", "song.mid", "stems/drums.wav"]);
}

#[test]
fn render_tells_the_levels_as_json() {
    let studio = studio();
    let (stdout, stderr) = studio.run(&["render", "mix.star", "--json", "-o", "out.wav"], 0);
    assert_eq!(stderr, "");
    let report = json(&stdout);
    let expected = [
        "rate",
        "tracks",
        "buses",
        "master",
        "elapsed_s",
        "times_real_time",
        "output",
        "clipped_frames",
        "expectations",
    ];
    assert_eq!(keys(&report), expected);
    let readings = READINGS.iter().map(|reading| reading.name);
    let levels: Vec<&str> = readings.chain(["frames", "seconds"]).collect();
    assert_eq!(keys(&report["master"]), levels);
    assert_eq!(keys(&report["tracks"][0]), [&["name"], levels.as_slice()].concat());
    assert_eq!((report["rate"].as_u64(), report["output"].as_str()), (Some(48_000), Some("out.wav")));
    assert_eq!(report["master"]["frames"], 144_000);
    // The tone peaks at exactly a quarter of full scale: -12.0412 dB, met to within a sample's place on the wave.
    let bass = report["tracks"][1]["peak_db"].as_f64().unwrap();
    assert!((bass + 12.0412).abs() < 1e-3, "{bass}");
}

#[test]
fn options_are_set_from_outside() {
    let studio = studio();
    studio.run(&["render", "mix.star", "-o", "a.wav"], 0);
    studio.run(&["render", "mix.star", "-o", "b.wav", "--set", "low=110"], 0);
    studio.run(&["render", "mix.star", "-o", "c.wav", "--set", "low=55"], 0);
    let read = |name| std::fs::read(studio.path(name)).unwrap();
    assert!(read("a.wav") == read("b.wav"));
    assert!(read("a.wav") != read("c.wav"));
    let (_, stderr) = studio.run(&["render", "mix.star", "--set", "lwo=55"], 1);
    assert!(stderr.contains("has no option `lwo`") && stderr.contains("did you mean `low`?"), "{stderr}");
    let (_, stderr) = studio.run(&["render", "mix.star", "--set", "low"], 2);
    assert!(stderr.contains("NAME=VALUE"), "{stderr}");
}

#[test]
fn bars_are_counted_from_one_and_the_last_is_included() {
    let studio = studio();
    let render = |args: &[&str]| {
        studio.run(&[&["render", "mix.star", "--bits", "32f", "-o", "part.wav"], args].concat(), 0);
        read_wav(&studio.path("part.wav"))
    };
    let (whole, first, second) = (render(&[]), render(&["--to", "1"]), render(&["--from", "2"]));
    assert!(whole[0][..96_000] == first[0][..] && whole[0][96_000..] == second[0][..]);
    for (args, message) in [
        (["--from", "3", "--to", "3"], "there is no bar 3: the song has 2 bars"),
        (["--from", "2", "--to", "1"], "--to 1 comes before --from 2"),
        (["--from", "0", "--to", "1"], "0 is not in 1.."),
    ] {
        let (_, stderr) = studio.run(&[&["render", "mix.star"][..], &args].concat(), 2);
        assert!(stderr.contains(message), "{stderr}");
    }
    studio.script("free.star", "track(\"T\", tone(sine(), freq_hz = 100, ms = 100))");
    let (_, stderr) = studio.run(&["render", "free.star", "--from", "1"], 2);
    assert!(stderr.contains("this mix has none") && stderr.contains("  = hint: "), "{stderr}");
}

#[test]
fn stems_have_the_names_of_their_tracks_as_far_as_files_can() {
    let studio = studio();
    studio.run(&["render", "mix.star", "--stems", "parts", "--bits", "32f"], 0);
    let parts: Vec<String> = studio.files().into_iter().filter(|name| name.starts_with("parts")).collect();
    assert_eq!(parts, ["parts/Bass - low- end.wav", "parts/Drums.wav"]);
    let bass = read_wav(&studio.path("parts/Bass - low- end.wav"));
    assert_eq!((bass.len(), bass[0].len()), (1, 3 * RATE as usize));
    // Into the same folder again; with names that become the same.
    studio.script("twins.star", "t = tone(sine(), freq_hz = 100, ms = 10)\n[track(n, t) for n in [\"a/b\", \"A:B\"]]");
    studio.run(&["render", "twins.star", "--stems", "parts", "--rate", "44100"], 0);
    let parts: Vec<String> = studio.files().into_iter().filter(|name| name.starts_with("parts")).collect();
    assert_eq!(parts, ["parts/A-B_.wav", "parts/Bass - low- end.wav", "parts/Drums.wav", "parts/a-b.wav"]);
    assert_eq!(hound::WavReader::open(studio.path("twins.wav")).unwrap().spec().sample_rate, 44_100);
}

#[test]
fn the_picture_is_a_png() {
    let studio = studio();
    studio.run(&["render", "mix.star", "--picture", "mix.png"], 0);
    assert!(std::fs::read(studio.path("mix.png")).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));
    let (_, stderr) = studio.run(&["render", "mix.star", "--picture", "mix.jpg"], 2);
    assert!(stderr.contains("its name has to end in .png"), "{stderr}");
}

#[test]
fn flac_holds_the_same_samples_as_wav() {
    let studio = studio();
    studio.run(&["render", "mix.star", "-o", "mix.flac"], 0);
    studio.run(&["render", "mix.star", "-o", "mix.wav"], 0);
    studio.run(&["process", "mix.flac", "-o", "back.wav", "[]", "--no-dither"], 0);
    assert!(std::fs::read(studio.path("mix.flac")).unwrap().starts_with(b"fLaC"));
    assert!(read_wav(&studio.path("back.wav")) == read_wav(&studio.path("mix.wav")));
    let (_, stderr) = studio.run(&["render", "mix.star", "-o", "mix.flac", "--bits", "32f"], 2);
    assert!(stderr.contains("FLAC has no float samples") && stderr.contains("  = hint: --bits 16"), "{stderr}");
}

/// What a wrong call says, what it ends with, and that it leaves nothing behind.
#[test]
fn mistakes_are_told_by_name_and_leave_nothing_behind() {
    let studio = studio();
    std::fs::write(studio.path("text.wav"), "this is no sound").unwrap();
    studio.script("broken.star", "track(\"T\", audio(\"text.wav\"))\n");
    studio.script("gone.star", "track(\"T\", audio(\"stems/durms.wav\"))\n");
    studio.script("two.star", "track(\"T\").fadr(db = 3)\nmaster.fader(bd = 3)\n");
    studio.script("empty.star", "track(\"T\")\n");
    let before = studio.files();
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["render", "mix"], 2, &["error: mix is not there", "  = hint: did you mean mix.star?"]),
        (&["render", "stems"], 2, &["error: stems is a folder"]),
        (&["render", "mix.star", "--colour"], 2, &["unexpected argument '--colour'"]),
        (&["render", "mix.star", "--rate", "12"], 2, &["8000..=384000"]),
        (&["render", "mix.star", "-o", "mix.mp3"], 2, &["mix.mp3", "  = hint: a name that ends in .wav or .flac"]),
        (&["render", "mix.star", "-o", "/dev/null"], 2, &["/dev/null"]),
        (&["render", "mix.star", "-o", "stems"], 2, &["cannot tell the format of stems"]),
        (&["render", "mix.star", "-o", "song.mid/mix.wav"], 1, &["error: cannot write song.mid/mix.wav: "]),
        (&["render", "mix.star", "-o", "stems/drums.wav"], 2, &["cannot write stems/drums.wav: the mix is made of"]),
        (&["render", "mix.star", "-o", "Drums.wav", "--stems", "."], 2, &["the stem of \"Drums\" would both be"]),
        (&["render", "mix.star", "--allow-read", "nowhere"], 2, &["cannot read nowhere"]),
        (&["render", "empty.star"], 1, &["there is nothing to render: empty.star is 0 frames long"]),
        (&["check", "broken.star"], 1, &["`text.wav` is not an audio file", " --> broken.star:1:18"]),
        (&["check", "gone.star"], 1, &["did you mean \"stems/drums.wav\"?", "gone.star has 1 error"]),
        (&["check", "two.star"], 1, &["fadr", "bd", "two.star has 2 errors"]),
        (&["midi", "nowhere.mid"], 2, &["error: there is no file `nowhere.mid`"]),
        (&["midi", "text.wav"], 1, &["error: `text.wav`"]),
        (&["effects", "reverbb"], 2, &["error: there is no effect `reverbb`", "  = hint: "]),
        (&["effects", "schroeder"], 2, &["  = hint: did you mean `schroeder_reverb`?"]),
        (&["instruments", "fmm"], 2, &["error: there is no instrument `fmm`", "  = hint: did you mean `fm`?"]),
        (&["effects", "revers"], 2, &["  = hint: did you mean `reverse`?"]),
        (&["process", "nowhere.wav", "-o", "o.wav", "[]"], 2, &["there is no file `nowhere.wav`"]),
        (&["process", "text.wav", "-o", "o.wav", "[]"], 1, &["error: `text.wav` is not an audio file"]),
        (&["process", "stems", "-o", "o.wav", "[]"], 1, &["cannot read `stems`: it is a folder"]),
        (&["process", "stems/drums.wav", "-o", "o.wav", "gian(3)"], 1, &["gian", "gain"]),
        (&["process", "stems/drums.wav", "-o", "o.wav", "[]", "--channels", "3"], 1, &["has no channel 3"]),
        (&["process", "stems/drums.wav", "-o", "o.wav", "[]", "--channels", "x"], 2, &["a pair such as 3,4"]),
    ];
    for (args, code, messages) in cases {
        let (stdout, stderr) = studio.run(args, *code);
        for message in *messages {
            assert!(stderr.contains(message), "downbeat {args:?} says\n{stderr}\ninstead of {message:?}");
        }
        assert_eq!(stdout, "", "{args:?}");
        assert_eq!(studio.files(), before, "{args:?}");
    }
}

/// A FLAC that breaks off is found while it is rendered: long after the output was begun.
#[test]
fn an_old_mix_survives_a_render_that_fails() {
    let studio = studio();
    studio.run(&["process", "stems/drums.wav", "-o", "long.flac", "[]"], 0);
    let bytes = std::fs::read(studio.path("long.flac")).unwrap();
    std::fs::write(studio.path("long.flac"), &bytes[..bytes.len() / 2]).unwrap();
    studio.script("cut.star", "track(\"T\", audio(\"long.flac\"))\n");
    std::fs::write(studio.path("cut.wav"), "the old mix").unwrap();
    let before = studio.files();
    let args = ["render", "cut.star", "--stems", ".", "--picture", "cut.png", "--page", "1024"];
    let (stdout, stderr) = studio.run(&args, 1);
    assert!(stderr.starts_with("error: `long.flac` is damaged at 0:0"), "{stderr}");
    assert_eq!(stdout, "");
    assert_eq!(std::fs::read(studio.path("cut.wav")).unwrap(), b"the old mix");
    assert_eq!(studio.files(), before);
}

#[test]
fn what_an_interrupted_render_left_behind_goes_with_the_next() {
    let studio = studio();
    std::fs::write(studio.path(".downbeat-a1b2c3"), "half a mix").unwrap();
    studio.run(&["render", "mix.star"], 0);
    assert_eq!(studio.files(), ["mix.star", "mix.wav", "song.mid", "stems/drums.wav"]);
}

#[test]
fn clipping_is_told_with_what_helps() {
    let studio = studio();
    studio.script("loud.star", "track(\"T\", audio(\"stems/drums.wav\")).fader(db = 24)\n");
    let (_, stderr) = studio.run(&["render", "loud.star", "-o", "o.wav"], 0);
    assert!(stderr.contains("warning: the mix clips in ") && stderr.contains("  = hint: it peaks at +"), "{stderr}");
    let (stdout, stderr) = studio.run(&["render", "loud.star", "-o", "o.wav", "--bits", "32f", "--json"], 0);
    assert_eq!((json(&stdout)["clipped_frames"].as_u64(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn check_tells_what_would_be_rendered() {
    let studio = studio();
    let (stdout, stderr) = studio.run(&["check", "mix.star"], 0);
    // Four beats of half a second, two seconds long.
    assert_eq!(stdout, "mix.star is fine: 2 tracks, 1 bus, 4 segments; 0:03.000 at 48000 Hz\n");
    assert_eq!(stderr, "");
    let (plan, _) = studio.run(&["check", "mix.star", "--plan"], 0);
    assert!(plan.contains("Drums") && plan.contains("soft_clip"), "{plan}");
    assert_eq!(studio.files(), ["mix.star", "song.mid", "stems/drums.wav"]);
}

/// Places in messages are as seen from where the program was started, so that they lead to the file.
#[test]
fn places_lead_to_the_file_from_anywhere() {
    let studio = studio();
    studio.script("stems/bad.star", "load(\"../lib.star\", \"x\")\ntrack(\"T\", audio(\"durms.wav\"))\n");
    studio.script("lib.star", "x = 1\n");
    let (_, stderr) = studio.run(&["check", "./stems/bad.star"], 1);
    assert!(stderr.contains("--> stems/bad.star:"), "{stderr}");
    assert!(stderr.contains("`lib.star` lies outside"), "{stderr}");
    let (_, stderr) = studio.run(&["check", "stems/bad.star", "--allow-read", "."], 1);
    assert!(stderr.contains("there is no file `stems/durms.wav`"), "{stderr}");
    assert!(stderr.contains("did you mean \"drums.wav\"?"), "{stderr}");
}

#[test]
fn midi_has_the_keys_that_programs_rely_on() {
    let studio = studio();
    let (text, _) = studio.run(&["midi", "song.mid"], 0);
    assert!(text.contains("tempo   120.000 bpm") && text.contains("bars    2 (8 beats)"), "{text}");
    let song = json(&studio.run(&["midi", "song.mid", "--json"], 0).0);
    assert_eq!(keys(&song), ["tempo_changes", "time_signatures", "beats", "downbeats", "parts", "end"]);
    assert_eq!(keys(&song["parts"][0]), ["name", "program", "drum", "notes"]);
    let expected = r#"{
        "tempo_changes": [[0.0, 120.0]], "time_signatures": [[0.0, 4, 4]],
        "beats": [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], "downbeats": [0.0, 2.0],
        "parts": [{"name": "Lead", "program": 5, "drum": false, "notes": [[0.0, 4.0, 60, 100]]}], "end": 4.0
    }"#;
    assert_eq!(song, json(expected));
}

#[test]
fn effects_and_instruments_are_listed_and_explained() {
    for command in ["effects", "instruments"] {
        let (list, _) = run(&[command], 0);
        let all = json(&run(&[command, "--json"], 0).0);
        for row in all.as_array().unwrap() {
            let name = row["name"].as_str().unwrap();
            assert!(list.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}");
            let (text, _) = run(&[command, name], 0);
            assert!(text.starts_with(&format!("{name}(")), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
            for param in row["params"].as_array().unwrap() {
                assert!(text.contains(param["name"].as_str().unwrap()), "{text}");
                for key in ["unit", "default", "min", "max", "doc", "type", "fixed"] {
                    assert!(param.get(key).is_some(), "{name}: {param} has no {key}");
                }
            }
            assert_eq!(&json(&run(&[command, name, "--json"], 0).0), row);
        }
    }
    let kind = |command, name| json(&run(&[command, name, "--json"], 0).0)["kind"].clone();
    let kinds = [("effects", "gain"), ("effects", "fade"), ("effects", "normalize"), ("effects", "fir_lowpass")];
    assert_eq!(kinds.map(|(command, name)| kind(command, name)), ["stream", "clip", "measured", "either"]);
    let kinds = ["fm", "sine", "adsr"].map(|name| kind("instruments", name));
    assert_eq!(kinds, ["instrument", "wave", "envelope"]);
    let attack = &json(&run(&["instruments", "adsr", "--json"], 0).0)["params"][0];
    let expected = r#"{"name": "attack_ms", "unit": "ms", "default": 5.0, "min": 0.0, "max": 60000.0, "type": "number",
        "doc": "The time of the attack in milliseconds.", "fixed": true}"#;
    assert_eq!(*attack, json(expected));
}

#[test]
fn process_may_replace_its_own_input() {
    let studio = studio();
    let before = read_wav(&studio.path("stems/drums.wav"));
    let args = ["process", "stems/drums.wav", "-o", "stems/drums.wav", "--bits", "32f", "reverse()", "--json"];
    let (stdout, stderr) = studio.run(&args, 0);
    assert_eq!(stderr, "");
    let report = json(&stdout);
    assert_eq!((report["frames"].as_u64(), report["clipped_frames"].as_u64()), (Some(96_000), Some(0)));
    let after = read_wav(&studio.path("stems/drums.wav"));
    for (before, after) in before.iter().zip(&after) {
        assert!(before.iter().rev().eq(after));
    }
    assert_eq!(studio.files(), ["mix.star", "song.mid", "stems/drums.wav"]);
}

#[test]
fn process_picks_channels() {
    let studio = studio();
    write_wav(&studio.path("six.wav"), 6, 1000);
    let six = read_wav(&studio.path("six.wav"));
    let (_, stderr) = studio.run(&["process", "six.wav", "-o", "o.wav", "[]"], 1);
    assert!(
        stderr.contains("`six.wav` has 6 channels") && stderr.contains("  = hint: say it with --channels"),
        "{stderr}"
    );
    for (pick, planes) in [("5", &[4][..]), ("right", &[1]), ("3,2", &[2, 1])] {
        studio.run(&["process", "six.wav", "-o", "o.wav", "[]", "--channels", pick, "--bits", "32f"], 0);
        let picked: Vec<Vec<f32>> = planes.iter().map(|&plane| six[plane].clone()).collect();
        assert!(read_wav(&studio.path("o.wav")) == picked, "{pick}");
    }
}

#[cfg(unix)]
#[test]
fn names_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let studio = studio();
    let odd = studio.path("").join(OsStr::from_bytes(b"caf\xe9.wav"));
    std::fs::copy(studio.path("stems/drums.wav"), &odd).unwrap();
    let output = downbeat().arg("process").arg(&odd).arg("-o").arg(&odd).args(["[]", "--bits", "16"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    // A folder may have any name; the script itself is named in messages.
    let folder = studio.path("").join(OsStr::from_bytes(b"\xe9t\xe9"));
    std::fs::create_dir(&folder).unwrap();
    let script = "track(\"T\", tone(sine(), freq_hz = 100, ms = 10))\n";
    std::fs::write(folder.join("mix.star"), script).unwrap();
    let output = downbeat().arg("render").arg(folder.join("mix.star")).output().unwrap();
    assert!(output.status.success() && folder.join("mix.wav").exists(), "{}", String::from_utf8_lossy(&output.stderr));
    let odd = folder.join(OsStr::from_bytes(b"\xe9.star"));
    std::fs::write(&odd, script).unwrap();
    let output = downbeat().arg("check").arg(&odd).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not in UTF-8"));
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_does_no_harm() {
    use std::process::Stdio;

    let studio = studio();
    for args in
        [&["effects"][..], &["midi", "song.mid", "--json"], &["check", "mix.star", "--plan"], &["completions", "zsh"]]
    {
        let mut command = downbeat();
        command.current_dir(studio.path("")).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Nobody ever reads: the pipe is broken before the program writes, or while it does.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap()),
            (Some(0), String::new()),
            "{args:?}"
        );
    }
    #[cfg(target_os = "linux")]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = downbeat().arg("effects").stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: cannot write to the standard output: "));
    }
}

#[test]
fn colours_come_when_they_are_wanted() {
    let studio = studio();
    studio.script("bad.star", "nothing\n");
    for (args, colours) in [(&["check", "bad.star"][..], false), (&["check", "bad.star", "--color", "always"], true)] {
        for (variable, value) in [("NO_COLOR", ""), ("NO_COLOR", "1")] {
            let output = downbeat().current_dir(studio.path("")).args(args).env(variable, value).output().unwrap();
            assert_eq!(output.stderr.contains(&0x1b), colours, "{args:?} {variable}={value}");
        }
    }
}

#[test]
fn help_and_completions_know_every_command() {
    let (help, _) = run(&["--help"], 0);
    for command in ["render", "check", "midi", "effects", "instruments", "process", "completions"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        let (text, _) = run(&[command, "--help"], 0);
        assert!(text.contains(&format!("Usage: downbeat {command}")), "{text}");
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            assert!(run(&["completions", shell], 0).0.contains(command), "{shell}");
        }
    }
    for command in ["render", "process"] {
        assert!(run(&[command, "--help"], 0).0.contains(&format!("Examples:\n  downbeat {command} ")));
    }
    assert_eq!(run(&["--version"], 0).0, format!("downbeat {}\n", env!("CARGO_PKG_VERSION")));
}
