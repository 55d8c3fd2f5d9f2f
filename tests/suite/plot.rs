//! `downbeat plot` and `downbeat render --pictures`.

use std::path::Path;

use crate::support::{Folder, names, run, song};

const RATE: u32 = 48_000;

const SCRIPT: &str = r#"
song = midi("song.mid")
drums = track("Drums", audio("take.wav")).fader(db = -6)
room = bus("Room", gain(-3)).fader(db = -2)
for beat in drums.cut(song.beats):
    if beat.index % 2 == 1:
        beat.insert(soft_clip(drive = 2), gain(-1))
    elif beat.index == 4:
        beat.parallel([reverse(), gain(-3)], gain(-12))
drums.send(room, db = -3)
track("Low / tone", tone(sine(), freq_hz = 110, ms = 2500, level = 0.25)).insert(soft_clip(drive = 3))
track("Left out", tone(sine(), freq_hz = 110, ms = 1000)).mute()
"#;

/// A folder with a recording of three seconds in it, the same at half its level and at another rate, a song of two bars
/// (4/4 at 120 bpm makes 2 s each), and a mix of both.
fn folder() -> Folder {
    let folder = Folder::new();
    write_wav(&folder.path("take.wav"), RATE, 2, 0.5);
    write_wav(&folder.path("half.wav"), RATE, 2, 0.25);
    write_wav(&folder.path("other-rate.wav"), 44_100, 2, 0.5);
    std::fs::write(folder.path("song.mid"), song()).unwrap();
    std::fs::write(folder.path("mix.star"), SCRIPT).unwrap();
    folder
}

impl Folder {
    /// The picture that a command draws.
    fn plot(&self, args: &[&str]) -> Vec<u8> {
        let (_, stderr) = self.run(&[&["plot", "-o", "out.png"], args].concat(), 0);
        assert_eq!(stderr, "");
        std::fs::read(self.path("out.png")).unwrap()
    }

    /// The same as SVG.
    fn svg(&self, args: &[&str]) -> String {
        let (_, stderr) = self.run(&[&["plot", "-o", "out.svg"], args].concat(), 0);
        assert_eq!(stderr, "");
        std::fs::read_to_string(self.path("out.svg")).unwrap()
    }
}

/// Three seconds with a note every half second, high on the left and low on the right, that fades away.
fn write_wav(path: &Path, rate: u32, channels: u16, level: f64) {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for frame in 0..3 * rate {
        let seconds = f64::from(frame) / f64::from(rate);
        for channel in 0..channels {
            let hertz = if channel == 0 { 2000.0 } else { 250.0 };
            let fade = 1.0 - 2.0 * (seconds % 0.5);
            let triangle = 1.0 - 4.0 * ((hertz * seconds + 0.25).fract() - 0.5).abs();
            let sample = level * fade * triangle;
            writer.write_sample((sample * 32_767.0).round() as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// Width and height in pixels, and the resolution in dots per inch, as the header of a PNG has them (W3C PNG, 11.2.2 and
/// 11.3.4.3).
fn header(png: &[u8]) -> (u32, u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(&png[12..16], b"IHDR");
    let dims = png.windows(4).position(|name| name == b"pHYs").unwrap();
    assert_eq!((number(dims + 4), png[dims + 12]), (number(dims + 8), 1), "square pixels, in metres");
    let dpi = (f64::from(number(dims + 4)) * 0.0254).round() as u32;
    assert_eq!(&png[png.len() - 8..png.len() - 4], b"IEND");
    (number(16), number(20), dpi)
}

/// The text in an SVG: its letters are shapes, and what they say stands beside them. Elements have to be closed in the order
/// in which they were opened.
fn texts(svg: &str) -> Vec<String> {
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    let mut rest = svg;
    while let Some((between, after)) = rest.split_once('<') {
        assert_eq!(between.trim(), "");
        let (tag, after) = after.split_once('>').unwrap();
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(name), _) => assert_eq!(open.pop(), Some(name)),
            (None, false) => open.push(tag.split_whitespace().next().unwrap()),
            _ => {}
        }
        if let Some((_, label)) = tag.split_once("aria-label=\"") {
            let label = label.split('"').next().unwrap();
            texts.push(label.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
        }
        rest = after;
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    texts
}

fn has(texts: &[String], wanted: &str) -> bool {
    texts.iter().any(|text| text.contains(wanted))
}

#[test]
fn every_style_draws_a_recording_and_a_mix() {
    let folder = folder();
    for (style, height) in [
        ("audacity", 310),
        ("serato", 235),
        ("spectrogram", 350),
        ("loudness", 350),
        ("overview", 290),
        ("compare", 450),
    ] {
        for input in ["take.wav", "mix.star"] {
            let args = [input, "--style", style, "--width", "800"];
            if input == "take.wav" && matches!(style, "overview" | "compare") {
                continue;
            }
            let png = folder.plot(&args);
            assert_eq!(header(&png), (800, height, 72), "{args:?}");
            // The same pixels on any number of threads.
            assert!(png == folder.plot(&[&args[..], &["--threads", "3"]].concat()), "{args:?}");
            let svg = folder.svg(&args);
            assert!(svg.contains("<svg ") && has(&texts(&svg), "1.0 s"), "{args:?}");
        }
    }
    assert_eq!(header(&folder.plot(&["take.wav", "half.wav"])), (1600, 1020, 144));
}

#[test]
fn sizes_and_themes_are_as_asked_for() {
    let folder = folder();
    let png = |args: &[&str]| folder.plot(&[&["take.wav"], args].concat());
    assert_eq!(header(&png(&["--width", "800"])), (800, 310, 72));
    assert_eq!(header(&png(&["--width", "3200"])), (3200, 1240, 288));
    assert_eq!(header(&png(&["--width", "640", "--height", "333"])), (640, 333, 72));
    assert_eq!(header(&png(&["--width", "1000", "--dpi", "100"])), (1000, 431, 100));
    let light = png(&[]);
    assert!(light == png(&["--theme", "light"]));
    for other in [&["--theme", "dark"][..], &["--channels", "mix"], &["--title", "x"], &["--bars", "song.mid"]] {
        assert!(light != png(other), "{other:?}");
    }
    let spectrogram = |args: &[&str]| png(&[&["--style", "spectrogram"], args].concat());
    let mel = spectrogram(&[]);
    assert!(mel == spectrogram(&["--frequency", "mel", "--map", "viridis", "--channels", "mix"]));
    for other in [&["--frequency", "log"][..], &["--frequency", "linear"], &["--map", "magma"], &["--map", "grey"]] {
        assert!(mel != spectrogram(other), "{other:?}");
    }
    assert_eq!(header(&spectrogram(&["--channels", "each"])).1, 1160);
}

#[test]
fn pictures_say_what_they_show() {
    let folder = folder();
    let shown = |args: &[&str]| texts(&folder.svg(args));
    // Half of full scale, less what it has faded by its first crest: a 4000th.
    let take = shown(&["take.wav"]);
    for text in ["take", "WAV, 48 kHz, 16 bits, stereo", "Peak", "−6.0 dBFS", "RMS", "L", "R"] {
        assert!(has(&take, text), "{text}: {take:?}");
    }
    assert!(!has(&take, "bar"));
    let barred = shown(&["take.wav", "--bars", "song.mid", "--title", "A <take> & more"]);
    assert!(has(&barred, "bar") && has(&barred, "2"), "{barred:?}");
    let loudness = shown(&["take.wav", "--style", "loudness"]);
    for text in ["Integrated", "LUFS", "Short-term", "Momentary", "True peak", "dBTP"] {
        assert!(has(&loudness, text), "{text}: {loudness:?}");
    }
    let overview = shown(&["mix.star", "--style", "overview", "--width", "1600", "--dpi", "72"]);
    let lanes = ["Drums", "Low / tone", "Left out", "Room", "Master", "M"];
    let chains = ["soft_clip > gain", "dry + (reverse > gain) + gain", "soft_clip", "gain"];
    for text in lanes.iter().chain(&chains) {
        assert!(overview.iter().any(|shown| shown == text), "{text}: {overview:?}");
    }
    // Half of something is half less than the whole; nothing is between a sound and itself.
    let halves = shown(&["take.wav", "half.wav"]);
    assert_eq!(halves.iter().filter(|text| *text == "−12.0 dBFS").count(), 2, "{halves:?}");
    let same = shown(&["take.wav", "take.wav"]);
    assert!(has(&same, "−∞ dBFS"), "{same:?}");
}

#[test]
fn a_part_is_given_in_seconds_or_in_bars() {
    let folder = folder();
    for style in ["audacity", "serato", "spectrogram", "loudness", "overview", "compare"] {
        let part = |from: &str, to: &str| folder.plot(&["mix.star", "--style", style, "--from", from, "--to", to]);
        let second = part("bar 2", "bar 2");
        // The song ends with its second bar at 4 s, and the mix before.
        assert!(second == part("2", "4") && second == part("0:02.0", "bar2"), "{style}");
        assert!(second != part("1", "4") && second != part("2", "2.5"), "{style}");
    }
    let part = folder.plot(&["take.wav", "--from", "0.5", "--to", "0.51"]);
    assert!(part != folder.plot(&["take.wav", "--from", "1.25", "--to", "1.26"]));
}

/// Recordings of which stretches are looked at apart, and such as are read in one go, are drawn alike.
#[test]
fn formats_make_no_difference() {
    let folder = folder();
    // Longer than two stretches of 2^20 frames.
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(folder.path("long.wav"), spec).unwrap();
    let mut state = 1u32;
    for frame in 0..2_200_003u32 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let level = if frame % 50_000 < 9_000 { 0.6 } else { 0.01 };
        writer.write_sample((f64::from((state >> 16) as i16) * level) as i16).unwrap();
    }
    writer.finalize().unwrap();
    folder.run(&["process", "long.wav", "-o", "long.flac", "--bits", "16", "--no-dither", "[]"], 0);
    std::fs::write(folder.path("long.star"), "track(\"Long\", audio(\"long.wav\"))").unwrap();
    for style in ["audacity", "serato", "spectrogram", "loudness"] {
        let drawn = |input: &str, channels: &str| {
            let args = [input, "--style", style, "--width", "800", "--channels", channels];
            let svg = folder.svg(&args);
            // All but letters, which name the format.
            let marks = svg.lines().filter(|line| line.starts_with("<path fill") || line.starts_with("<image"));
            let marks: Vec<String> = marks.map(str::to_string).collect();
            assert!(marks.len() > 2 && marks.iter().map(String::len).sum::<usize>() > 5000, "{style}");
            marks
        };
        let wav = drawn("long.wav", "mix");
        assert!(wav == drawn("long.flac", "mix"), "{style}");
        // The mean of the mix's channels is the recording to the last bit.
        assert!(style == "loudness" || wav == drawn("long.star", "mix"), "{style}");
    }
}

#[test]
fn a_picture_stands_beside_what_it_shows() {
    let folder = folder();
    let (stdout, _) = folder.run(&["plot", "take.wav"], 0);
    assert!(stdout.starts_with("take.png in ") && stdout.ends_with("x real time)\n"), "{stdout}");
    let (stdout, _) = folder.run(&["plot", "mix.star", "-o", "new/folder/mix.SVG"], 0);
    assert!(stdout.starts_with("new/folder/mix.SVG in "), "{stdout}");
    assert_eq!(header(&std::fs::read(folder.path("take.png")).unwrap()).0, 1600);
}

#[test]
fn mistakes_are_told_and_leave_nothing_behind() {
    let folder = folder();
    let before = folder.names();
    std::fs::write(folder.path("wrong.star"), "track(\"Drums\", audio(\"none.wav\"))").unwrap();
    std::fs::write(folder.path("text.wav"), "no sound").unwrap();
    write_wav(&folder.path("three.wav"), RATE, 3, 0.5);
    let before = [&before[..], &["text.wav", "three.wav", "wrong.star"].map(String::from)].concat();
    let mut before = before;
    before.sort();
    for (args, code, message) in [
        (&["take.wav", "-o", "out.jpg"][..], 2, "cannot tell the format of out.jpg"),
        (&["none.wav"], 2, "there is no file `none.wav`"),
        (&["none.star"], 2, "none.star is not there"),
        (&["text.wav"], 1, "`text.wav` is not an audio file"),
        (&["wrong.star"], 1, "wrong.star has 1 error"),
        (&["take.wav", "--style", "overview"], 2, "it is not a mix"),
        (&["take.wav", "--style", "compare"], 2, "there is nothing to compare take.wav with"),
        (&["take.wav", "half.wav", "--style", "serato"], 2, "two sounds are drawn in the style compare"),
        (&["take.wav", "other-rate.wav"], 2, "take.wav has 48000 Hz, and other-rate.wav has 44100 Hz"),
        (&["take.wav", "three.wav"], 2, "take.wav has 2 channels, and three.wav has 3"),
        (&["three.wav", "--style", "loudness"], 1, "three.wav has 3 channels"),
        (&["take.wav", "--height", "60"], 2, "pixels are too few at 144 dpi"),
        (&["take.wav", "--width", "20000"], 2, "are too many"),
        (&["take.wav", "--dpi", "5"], 2, "5 dpi is out of range"),
        (&["take.wav", "--style", "wav"], 2, "possible values"),
        (&["take.wav", "--from", "-1"], 2, "a time (1:32.5) or a bar from 1"),
        (&["take.wav", "--from", "2", "--to", "1"], 2, "--to 1 s does not come after --from 2 s"),
        (&["take.wav", "--to", "0"], 2, "--to 0 s is where the sound begins"),
        (&["take.wav", "--from", "9"], 1, "take.wav ends before --from"),
        (&["mix.star", "--from", "9", "--style", "overview"], 1, "mix.star ends before --from"),
        (&["take.wav", "--from", "bar 2"], 2, "no song says where bars are"),
        (&["mix.star", "--from", "bar 9"], 2, "the song has "),
        (&["mix.star", "--from", "bar 2", "--to", "bar 1"], 2, "--to bar 1 does not come after --from bar 2"),
        (&["take.wav", "--bars", "none.mid"], 2, "there is no file `none.mid`"),
        (&["take.wav", "--bars", "take.wav"], 1, "`take.wav`"),
        (&["take.wav", "song.mid"], 1, "  = hint: --bars song.mid draws the bars of this song\n"),
        (&["song.mid"], 1, "`song.mid` is MIDI"),
        (&["mix.star", "--set", "x"], 2, "NAME=VALUE"),
    ] {
        let (stdout, stderr) = folder.run(&[&["plot"], args].concat(), code);
        assert!(stderr.contains(message), "{args:?}: {stderr}");
        assert_eq!(stdout, "", "{args:?}");
        assert_eq!(folder.names(), before, "{args:?}");
    }
    // What the picture is made of is not written over, whatever its name.
    std::fs::rename(folder.path("take.wav"), folder.path("take.png")).unwrap();
    let (_, stderr) = folder.run(&["plot", "take.png"], 2);
    assert!(stderr.contains("the picture is made of this file"), "{stderr}");
}

#[test]
fn render_draws_every_track_and_the_mix() {
    let folder = folder();
    let (_, stderr) = folder.run(&["render", "mix.star", "--pictures", "pictures", "--stems", "stems"], 0);
    assert_eq!(stderr, "");
    let all = ["Drums.png", "Low - tone.png", "mix-audacity.png", "mix-serato.png", "overview.png"];
    assert_eq!(names(&folder.path("pictures")), all);
    assert_eq!(names(&folder.path("stems")), ["Drums.wav", "Low - tone.wav"]);
    let picture = |name: &str| std::fs::read(folder.path("pictures").join(name)).unwrap();
    assert!(all.iter().all(|name| header(&picture(name)) == (1600, 900, 144)));
    // What is drawn on the way is what is rendered without pictures, and what others draw.
    let with = std::fs::read(folder.path("mix.wav")).unwrap();
    folder.run(&["render", "mix.star"], 0);
    assert!(with == std::fs::read(folder.path("mix.wav")).unwrap());
    let overview = folder.plot(&["mix.star", "--style", "overview", "--height", "900"]);
    assert!(overview == picture("overview.png"));
    // A part of it has other pictures, and the overview of that part.
    folder.run(&["render", "mix.star", "--pictures", "pictures", "--from", "2"], 0);
    let overview = folder.plot(&["mix.star", "--style", "overview", "--height", "900", "--from", "bar 2"]);
    assert!(overview == picture("overview.png"));
}

#[test]
fn pictures_that_cannot_be_begun_leave_nothing_behind() {
    let folder = folder();
    std::fs::create_dir_all(folder.path("pictures/overview.png")).unwrap();
    let before = folder.names();
    let (_, stderr) = folder.run(&["render", "mix.star", "--pictures", "pictures"], 1);
    assert!(stderr.contains("it is a folder"), "{stderr}");
    assert_eq!(folder.names(), before);
    assert_eq!(std::fs::read_dir(folder.path("pictures")).unwrap().count(), 1);
    let (_, stderr) = folder.run(&["render", "mix.star", "--pictures", "p", "--picture", "p/mix-serato.png"], 2);
    assert!(stderr.contains("two pictures would both be"), "{stderr}");
}

#[test]
fn help_shows_examples() {
    let (help, _) = run(&["plot", "--help"], 0);
    assert!(help.contains("--style serato") && help.contains("Exit codes"), "{help}");
}
