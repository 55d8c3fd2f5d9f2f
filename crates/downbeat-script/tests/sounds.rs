//! Parameters that are sounds: what a script gives them, and what is wrong with it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod common;
#[path = "../../downbeat-dsp/tests/fonts/mod.rs"]
mod fonts;

use std::sync::Arc;

use common::{Memory, run, run_in, text, wav};
use downbeat_dsp::{Audio, Controls, Settings, Value};
use downbeat_engine::session::Source;
use downbeat_script::{Evaluation, Options};

/// The effects of the track of a script that has one, with no diagnostics.
#[track_caller]
fn inserts(evaluation: &Evaluation) -> Vec<Settings> {
    assert_eq!(text(evaluation), "");
    evaluation.session.as_ref().unwrap().tracks[0].strip.inserts.clone()
}

/// The sounds of the first parameter of an effect.
fn sounds(settings: &Settings) -> Vec<Arc<Audio>> {
    let Value::Sounds(sounds) = &settings.values()[0] else { panic!("{settings}") };
    sounds.iter().map(|(_, sound)| sound.audio().clone()).collect()
}

#[track_caller]
fn complains(script: &str, expected: &[&str]) {
    let said = text(&run(script));
    assert!(expected.iter().all(|part| said.contains(part)), "{script} says\n{said}");
}

#[test]
fn a_response_is_a_clip() {
    let evaluation = run("track(\"A\", audio(\"drums.wav\")).insert(convolution(audio(\"stereo.wav\"), mix = 0.5))");
    let inserts = inserts(&evaluation);
    assert_eq!(inserts[0].to_string(), "convolution(response = audio(\"stereo.wav\"), mix = 0.5)");
    let sounds = sounds(&inserts[0]);
    assert_eq!((sounds.len(), sounds[0].frames()), (1, 4800));
    assert!(sounds[0].left().iter().all(|x| *x == 0.5) && sounds[0].right().iter().all(|x| *x == -0.25));
}

#[test]
fn a_response_may_be_any_clip_with_effects_or_one_for_each_side() {
    let evaluation = run("quad = lambda pair: audio(\"quad.wav\", channels = pair)\n\
         t = track(\"A\", audio(\"drums.wav\"))\n\
         t.insert(convolution([quad([1, 2]), quad([3, 4])]))\n\
         t.insert(convolution(audio(\"stereo.wav\").insert(gain(db = 20)), normalize = False))");
    let inserts = inserts(&evaluation);
    assert_eq!(sounds(&inserts[0]).len(), 2);
    assert_eq!(sounds(&inserts[1])[0].left()[0], 5.0);
    let written = "convolution(response = audio(\"stereo.wav\").insert(gain(db = 20)), normalize = False)";
    assert_eq!(inserts[1].to_string(), written);
}

#[test]
fn a_response_has_the_rate_of_the_session() {
    let script = "session(rate = 96000)\ntrack(\"A\", audio(\"drums.wav\")).insert(convolution(audio(\"stereo.wav\")))";
    let sounds = sounds(&inserts(&run(script))[0]);
    assert_eq!((sounds[0].rate(), sounds[0].frames()), (96_000, 9600));
}

/// What it is called makes no difference; what is in it does.
#[test]
fn keys_go_by_content() {
    let with = |name: &str, level: f32| {
        let mut folder = Memory::folder();
        folder.put(name, wav(48_000, &[vec![level; 10]]));
        let script = format!("track(\"A\", audio(\"drums.wav\")).insert(convolution(audio({name:?})))");
        let inserts = inserts(&run_in(folder, &script, &Options::default()));
        (inserts[0].key_bytes(), inserts[0].clone())
    };
    let (first, renamed, changed) = (with("a.wav", 0.5), with("b.wav", 0.5), with("a.wav", 0.25));
    assert!(first == renamed);
    assert!(first.0 != changed.0 && first.1 != changed.1);
}

#[test]
fn each_file_is_decoded_once() {
    let evaluation = run("song = midi(\"song.mid\")\n\
         for bar in track(\"A\", audio(\"drums.wav\")).cut(song.downbeats):\n    \
             bar.insert(convolution(audio(\"stereo.wav\")))");
    assert_eq!(text(&evaluation), "");
    let session = evaluation.session.unwrap();
    let segments = &session.tracks[0].cut.as_ref().unwrap().segments;
    let all: Vec<Arc<Audio>> = segments
        .iter()
        .flat_map(|segment| &segment.chain)
        .flat_map(|step| match step {
            downbeat_engine::session::Step::Insert(settings) => sounds(settings),
            step => panic!("{step}"),
        })
        .collect();
    assert!(all.len() > 1 && all.iter().all(|sound| Arc::ptr_eq(sound, &all[0])));
}

#[test]
fn what_is_wrong_with_a_response_is_told_at_its_line() {
    complains("convolution()", &["`convolution` needs `response`", "mix.star:1"]);
    complains("convolution(\"hall.wav\")", &["`response` takes a clip", "not a string", "write audio(\"hall.wav\")"]);
    complains("convolution(audio(\"steroe.wav\"))", &["there is no file `steroe.wav`", "did you mean \"stereo.wav\"?"]);
    complains("convolution(audio(\"quad.wav\"))", &["`quad.wav` has 4 channels"]);
    complains("convolution(audio(\"notes.txt\"))", &["`notes.txt` is not an audio file"]);
    complains("convolution([audio(\"drums.wav\")] * 3)", &["`response` takes a clip", "a list of 3"]);
    complains("convolution(ramp(0, 1, seconds = 1))", &["`response` takes a clip"]);
    complains("convolution(audio(\"none.wav\"), mix = 2)", &["no file `none.wav`", "`mix` = 2 is out of range"]);
    complains("\nconvolution(tone(sine(), 440, ms = 70000))", &["\"tone\" is 70.0 s long", "up to 60 s", "mix.star:2"]);
}

#[test]
fn a_response_that_breaks_off_is_told_with_its_name() {
    let mut folder = Memory::folder();
    let mut samples = vec![0.5_f32; 100];
    samples[50] = f32::NAN;
    folder.put("broken.wav", wav(48_000, &[samples]));
    let said = text(&run_in(folder, "\nconvolution(audio(\"broken.wav\"))", &Options::default()));
    assert!(
        said.contains("`broken.wav` has a sample that is not a finite number") && said.contains("mix.star:2"),
        "{said}"
    );
}

/// The keys of the samples of the instrument that the script's track is played by, and the instrument as it is written.
#[track_caller]
fn sampled(instrument: &str) -> (Vec<Option<u8>>, String) {
    let mut folder = Memory::folder();
    for name in ["kit/kick_36.wav", "kit/snare_38.wav", "kit/readme.txt", "kit/more/C4.wav", "odd/kick.wav"] {
        folder.put(name, wav(48_000, &[vec![0.5; 10]]));
    }
    let script = format!("song = midi(\"song.mid\")\ntrack(\"A\", play(song.part(1), {instrument}))");
    let evaluation = run_in(folder, &script, &Options::default());
    assert_eq!(text(&evaluation), "");
    let session = evaluation.session.unwrap();
    let Source::Played { instrument, .. } = &session.tracks[0].clip.as_ref().unwrap().source else {
        panic!("{script}")
    };
    let Value::Sounds(sounds) = &instrument.values()[0] else { panic!("{instrument}") };
    (sounds.iter().map(|(key, _)| *key).collect(), instrument.to_string())
}

#[test]
fn samples_are_a_clip_a_dictionary_a_list_or_a_folder() {
    let one = sampled("sampler(audio(\"drums.wav\"), root = 57)");
    assert_eq!(one, (vec![None], "sampler(samples = audio(\"drums.wav\"), root = 57)".into()));
    let dict = sampled("sampler({\"C3\": audio(\"drums.wav\"), 38: tone(sine(), 440, ms = 10)})");
    assert_eq!(dict.0, [Some(48), Some(38)]);
    assert!(dict.1.starts_with("sampler(samples = {48: audio(\"drums.wav\"), 38: tone("), "{}", dict.1);
    let list = sampled("sampler([audio(\"kit/snare_38.wav\"), audio(\"kit/more/C4.wav\")])");
    assert_eq!(list.0, [Some(38), Some(60)]);
    assert_eq!(sampled("sampler(folder(\"kit\"), one_shot = True)").0, [Some(36), Some(38)]);
    assert_eq!(sampled("sampler({36: clip for clip in folder(\"odd\")})").0, [Some(36)]);
}

#[test]
fn what_is_wrong_with_samples_is_told() {
    complains("sampler()", &["`sampler` needs `samples`"]);
    complains("sampler(\"piano\")", &["`samples` takes a clip, a list of clips, or a dictionary", "not a string"]);
    complains("sampler([])", &["not a list of nothing"]);
    complains("sampler([audio(\"drums.wav\")])", &["there is no note in the name \"drums.wav\"", "{\"C3\": clip"]);
    complains("sampler({\"H3\": audio(\"drums.wav\")})", &["\"H3\" is not a note"]);
    complains("sampler({128: audio(\"drums.wav\")})", &["128 is not a note"]);
    complains("sampler({60: \"drums.wav\"})", &["write audio(\"drums.wav\")"]);
    complains("folder(\"none\")", &["there is no file `none`"]);
    complains("sampler([tone(sine(), 440, ms = 60000).insert(pan(0.1))] * 30)", &["no note in the name"]);
    let thirty = "sampler({k: tone(sine(), 440, ms = 50000).insert(reverb()) for k in range(30)})";
    complains(thirty, &["MiB"]);
}

/// A SoundFont with a piano and no drums.
fn folder_with_a_font() -> Memory {
    let mut builder = fonts::Builder::default();
    let sample = builder.sample(&fonts::sine(640), 576, 60);
    let instrument = builder.instrument(&[vec![(54, 1), (53, sample)]]);
    builder.preset("Piano", 0, 0, &[vec![(41, instrument)]]);
    let mut folder = Memory::folder();
    folder.put("fonts/gm.sf2", builder.bytes());
    folder.put("fonts/short.sf2", builder.bytes()[..300].to_vec());
    folder
}

fn with_a_font(script: &str) -> Evaluation {
    run_in(folder_with_a_font(), &format!("song = midi(\"song.mid\")\n{script}"), &Options::default())
}

#[test]
fn a_soundfont_is_a_path() {
    let evaluation = with_a_font("track(\"A\", play(song.part(1), soundfont(\"fonts/gm.sf2\", gain_db = -3)))");
    assert_eq!(text(&evaluation), "");
    let session = evaluation.session.unwrap();
    let clip = session.tracks[0].clip.as_ref().unwrap();
    let Source::Played { instrument, performance } = &clip.source else { panic!("{:?}", clip.source) };
    assert_eq!(instrument.to_string(), "soundfont(file = \"fonts/gm.sf2\", gain_db = -3)");
    assert_eq!(clip.format(48_000).channels.count(), 2);
    let sound = instrument.made().player(performance, 48_000).audio();
    assert!(sound.left()[..1000].iter().any(|x| *x != 0.0));
}

/// The volume of a file is 50 from a quarter of a second on: 12 dB less than it begins with.
#[test]
fn a_soundfont_follows_the_volume_of_the_file() {
    // A tick is a millisecond; 250 of them are two bytes.
    let events = b"\0\x90\x3c\x7f\x81\x7a\xb0\x07\x32\x81\x7a\x80\x3c\0\0\xff\x2f\0";
    let header = b"MThd\0\0\0\x06\0\0\0\x01\x01\xf4MTrk\0\0\0";
    let mut folder = folder_with_a_font();
    folder.put("mixed.mid", [header.as_slice(), &[events.len() as u8], events].concat());
    let heard = |settings: &str| {
        let font = format!("soundfont(\"fonts/gm.sf2\"{settings})");
        let script = format!("track(\"A\", play(midi(\"mixed.mid\").part(1), {font}))");
        let evaluation = run_in(folder.clone(), &script, &Options::default());
        assert_eq!(text(&evaluation), "");
        let session = evaluation.session.unwrap();
        let clip = session.tracks[0].clip.as_ref().unwrap();
        let Source::Played { instrument, performance } = &clip.source else { panic!("{:?}", clip.source) };
        assert_eq!(*performance.controls, [(12_000, Controls { volume: 50, ..Controls::START })]);
        let sound = instrument.made().player(performance, 48_000).audio();
        // Whole turns of the sine, before the move and after it.
        let loudest = |from: usize| sound.left()[from..from + 6_400].iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        loudest(14_400) / loudest(4_800)
    };
    assert!((heard("") - 0.25).abs() < 1e-6, "{}", heard(""));
    assert!((heard(", controllers = False") - 1.0).abs() < 1e-6);
}

#[test]
fn what_is_wrong_with_a_soundfont_is_told() {
    let complains = |script: &str, expected: &[&str]| {
        let said = text(&with_a_font(script));
        assert!(expected.iter().all(|part| said.contains(part)), "{script} says\n{said}");
    };
    complains("soundfont()", &["`soundfont` needs `file`"]);
    complains("soundfont(3)", &["`file` takes the path of a SoundFont, such as \"gm.sf2\", not the number 3"]);
    complains("soundfont(\"fonts/gn.sf2\")", &["there is no file `fonts/gn.sf2`", "did you mean \"fonts/gm.sf2\"?"]);
    complains("soundfont(\"/gm.sf2\")", &["`/gm.sf2` lies outside"]);
    complains(
        "soundfont(\"drums.wav\")",
        &["`drums.wav` cannot be played: it is a recording (WAV), not a SoundFont (SF2)"],
    );
    complains("soundfont(\"fonts/short.sf2\")", &["`fonts/short.sf2` cannot be played: it breaks off:", "mix.star:2"]);
    // What could not be read lacks no program besides.
    let said = text(&with_a_font("track(\"A\", play(song.part(1), soundfont(\"fonts/short.sf2\")))"));
    assert!(!said.contains("has no program"), "{said}");
    let missing = "has no program 5 in bank 0; it has 0:0 \"Piano\"";
    complains("soundfont(\"fonts/gm.sf2\", program = 5)", &[missing, "mix.star:2:37"]);
    complains(
        "play(song.part(1), soundfont(\"fonts/gm.sf2\", bank = 3))",
        &["has no program 0 in bank 3", "to play \"Lead\""],
    );
}
