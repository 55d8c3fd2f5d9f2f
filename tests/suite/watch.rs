//! `downbeat watch`: what is served is what would be rendered, after every edit; and nothing else is served.

pub mod client;
mod strangers;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Folder, read_wav, replace, song};
use client::Watching;

const RATE: u32 = 48_000;

const SCRIPT: &str = r#"
load("lib/levels.star", "ROOM")
song = midi("song.mid")
drums = track("Drums", audio("drums.wav")).fader(db = -6)
room = bus("Room", gain(-3))
for beat in drums.cut(song.beats):
    if beat.index % 2 == 1:
        beat.insert(soft_clip(drive = 2))
track("Lead", synth(song.part("Lead"), wave = square())).insert(gain(-20)).send(room, db = ROOM)
"#;

/// A mix with a recording, a song and a script that it loads.
fn studio() -> Folder {
    let studio = Folder::new();
    write_wav(&studio.path("drums.wav"), 220.0);
    fs::write(studio.path("song.mid"), song()).unwrap();
    fs::create_dir(studio.path("lib")).unwrap();
    fs::write(studio.path("lib/levels.star"), "ROOM = -12\n").unwrap();
    fs::write(studio.path("mix.star"), SCRIPT).unwrap();
    studio
}

/// Two seconds of a saw at a quarter of full scale.
fn write_wav(path: &Path, hz: f32) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for i in 0..2 * RATE {
        let phase = i as f32 * hz / RATE as f32;
        writer.write_sample(((phase.fract() - 0.5) * 16_384.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// Renders a mix anew, and gives its samples as they are served.
pub fn fresh(studio: &Folder, script: &str) -> Vec<u8> {
    studio.run(&["render", script, "-o", "fresh.wav", "--bits", "32f"], 0);
    let planes = read_wav(&studio.path("fresh.wav"));
    planes[0].iter().zip(&planes[1]).flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()].concat()).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Waits for a render, and holds it against one that is made anew.
fn expect_as_fresh(studio: &Folder, watching: &Watching) {
    let fresh = sha256(&fresh(studio, "mix.star"));
    // A file that is written piece by piece can give a render of its own on the way.
    while watching.rendered()["sha256"] != *fresh {}
}

#[test]
fn what_is_served_is_what_is_rendered() {
    let studio = studio();
    let watching = Watching::start(&studio, &["--explain"]);
    let rendered = watching.rendered();
    let samples = fresh(&studio, "mix.star");
    assert_eq!(rendered["sha256"], *sha256(&samples));
    assert!(rendered["jobs_run"].as_u64().unwrap() > 0 && !rendered["ran"].as_array().unwrap().is_empty());
    let times = ["edit_to_playhead_ms", "edit_to_ready_ms"].map(|key| rendered[key].as_f64().unwrap());
    assert!(0.0 < times[0] && times[0] <= times[1], "{times:?}");

    let mix = watching.mix();
    assert_eq!(watching.audio(&mix["take"], "mix"), samples);
    assert_eq!(mix["frames"].as_u64(), Some(samples.len() as u64 / 8));
    let raw = watching.audio(&mix["take"], "raw");
    assert_eq!(raw.len(), samples.len());
    // The recording alone, as it is: in the middle a side is at unity gain. After it there is silence.
    let drums = &read_wav(&studio.path("drums.wav"))[0];
    let mut left = raw.chunks(8).map(|frame| f32::from_le_bytes(frame[..4].try_into().unwrap()));
    assert!(left.by_ref().take(drums.len()).eq(drums.iter().copied()));
    assert!(left.all(|x| x == 0.0));

    let first = watching.get(&format!("/audio/{}/mix/0", mix["take"]));
    assert_eq!(first.body.len(), 65_536 * 8);
    for header in ["x-final: 1", "content-type: application/octet-stream", "content-length: 524288"] {
        assert!(first.headers.contains(header), "{}", first.headers);
    }
    for path in ["/audio/1/mix/99", "/audio/77/mix/0", "/audio/1/wet/0", "/peaks/1/9/8/0", "/peaks/1/0/3/0", "/none.js"]
    {
        assert_eq!(watching.get(path).status, 404, "{path}");
    }
}

#[test]
fn the_mix_is_told_whole() {
    let studio = studio();
    let watching = Watching::start(&studio, &[]);
    watching.rendered();
    let mix = watching.mix();
    let expected = [
        "take",
        "title",
        "script",
        "rate",
        "frames",
        "page",
        "bars",
        "beats",
        "rendered",
        "strips",
        "changed",
        "desk",
        "desk_number",
        "loudness",
        "diagnostics",
        "error",
    ];
    assert_eq!(mix.as_object().unwrap().keys().collect::<Vec<_>>(), expected);
    assert_eq!((&mix["script"], &mix["rate"], &mix["page"]), (&json!("mix.star"), &json!(RATE), &json!(65_536)));
    assert_eq!((&mix["bars"], &mix["rendered"], &mix["error"]), (&json!([0, 96_000]), &json!(true), &Value::Null));
    assert_eq!(mix["beats"].as_array().unwrap().len(), 8);
    assert_eq!(mix["changed"], json!([[0, mix["frames"]]]));
    let strips = mix["strips"].as_array().unwrap();
    let told = |key: &str| strips.iter().map(|strip| strip[key].clone()).collect::<Value>();
    assert_eq!(told("id"), json!([0, 1, 2, 3]));
    assert_eq!(told("kind"), json!(["track", "track", "bus", "master"]));
    assert_eq!(told("name"), json!(["Drums", "Lead", "Room", "Master"]));
    assert_eq!(told("line"), json!([4, 9, 5, null]));
    assert_eq!(told("channels"), json!([1, 1, 2, 2]));
    assert_eq!(told("heard"), json!([true, true, true, true]));
    assert_eq!(told("fader"), json!(["-6 dB", "0 dB", "0 dB", "0 dB"]));
    assert_eq!(told("inserts"), json!([[], ["gain(db = -20)"], ["gain(db = -3)"], []]));
    let segments = &strips[0]["segments"];
    let beat = json!({ "start": 0, "end": 24_000, "bar": 1, "chain": "", "mute": false });
    assert_eq!(segments[0], beat);
    assert_eq!((&segments[1]["bar"], &segments[3]["end"]), (&Value::Null, &json!(96_000)));
    assert!(segments[1]["chain"].as_str().unwrap().starts_with("soft_clip(drive = 2"));
    assert_eq!(strips[2]["segments"], json!([]));

    // The loudness follows when nobody waits for anything else.
    let mut events = watching.events();
    let is_measured = |mix: &Value| mix["loudness"]["mix"].is_f64() && mix["loudness"]["raw"].is_f64();
    let (_, measured) = events.until(|name, data| name == "mix" && is_measured(data)).pop().unwrap();
    let (report, _) = studio.run(&["render", "mix.star", "-o", "fresh.wav", "--json"], 0);
    let report: Value = serde_json::from_str(&report).unwrap();
    let differs = measured["loudness"]["mix"].as_f64().unwrap() - report["master"]["lufs"].as_f64().unwrap();
    // The same samples, maybe summed in another order.
    assert!(differs.abs() < 1e-9, "{differs}");
}

#[test]
fn every_edit_of_whatever_it_is_made_of_is_rendered() {
    let studio = studio();
    let watching = Watching::start(&studio, &[]);
    expect_as_fresh(&studio, &watching);
    fs::write(studio.path("mix.star"), SCRIPT.replace("drive = 2", "drive = 5")).unwrap();
    expect_as_fresh(&studio, &watching);
    fs::write(studio.path("mix.star~"), SCRIPT.replace("drive = 2", "drive = 6")).unwrap();
    fs::rename(studio.path("mix.star~"), studio.path("mix.star")).unwrap();
    expect_as_fresh(&studio, &watching);
    fs::write(studio.path("lib/levels.star"), "ROOM = -6\n").unwrap();
    expect_as_fresh(&studio, &watching);
    write_wav(&studio.path("drums.wav"), 330.0);
    expect_as_fresh(&studio, &watching);
    // The note a fifth higher.
    fs::write(studio.path("song.mid"), song().iter().map(|&b| if b == 0x3c { 0x43 } else { b }).collect::<Vec<_>>())
        .unwrap();
    expect_as_fresh(&studio, &watching);
    let (take, number) = (watching.mix(), |mix: &Value| mix["take"].as_u64().unwrap());

    // What is saved as it was, and what is none of it, is no edit: the next render is that of the edit after them.
    let script = fs::read(studio.path("mix.star")).unwrap();
    fs::write(studio.path("new.star"), &script).unwrap();
    fs::rename(studio.path("new.star"), studio.path("mix.star")).unwrap();
    fs::File::open(studio.path("drums.wav")).unwrap().set_modified(std::time::SystemTime::now()).unwrap();
    fs::write(studio.path("mix.wav"), "none of it").unwrap();
    fs::write(studio.path("lib/levels.star~"), "ROOM = -3\n").unwrap();
    fs::rename(studio.path("lib/levels.star~"), studio.path("lib/levels.star")).unwrap();
    expect_as_fresh(&studio, &watching);
    assert_eq!(number(&watching.mix()), number(&take) + 1);
    // Nor was there anything late: what is said next, and the next take, are of the edit after that.
    replace(&studio.path("mix.star"), SCRIPT.replace("drive = 2", "drive = 7"));
    assert_eq!(watching.next()["sha256"], *sha256(&fresh(&studio, "mix.star")));
    assert_eq!(number(&watching.mix()), number(&take) + 2);
}

#[test]
fn a_newer_edit_interrupts_a_render() {
    let studio = studio();
    let long = "track(\"Long\", tone(sine(), freq_hz = 100, ms = 3600000)).insert(schroeder_reverb())\n";
    fs::write(studio.path("mix.star"), format!("{SCRIPT}{long}")).unwrap();
    let watching = Watching::start(&studio, &[]);
    let mut events = watching.events();
    events.until(|name, _| name == "rendering");
    fs::write(studio.path("mix.star~"), SCRIPT).unwrap();
    fs::rename(studio.path("mix.star~"), studio.path("mix.star")).unwrap();
    // An hour of sound would take longer: what is rendered first is the newer edit.
    assert_eq!(watching.rendered()["sha256"], *sha256(&fresh(&studio, "mix.star")));
    let told = events.until(|name, data| name == "mix" && data["rendered"] == true);
    assert_eq!(told.last().unwrap().1["take"], 2);
    // Pages of the take that never came are not waited for.
    assert_eq!(watching.get("/audio/1/mix/2000").status, 503);
}

#[test]
fn a_script_that_is_missing_or_broken_is_waited_for() {
    let studio = studio();
    fs::rename(studio.path("mix.star"), studio.path("hidden")).unwrap();
    let watching = Watching::start(&studio, &[]);
    let missing = watching.error();
    assert_eq!(missing["diagnostics"][0]["message"], "there is no file `mix.star`");
    let mix = watching.mix();
    assert_eq!(
        (&mix["take"], &mix["strips"], &mix["error"]["diagnostics"]),
        (&json!(0), &json!([]), &missing["diagnostics"])
    );
    fs::rename(studio.path("hidden"), studio.path("mix.star")).unwrap();
    expect_as_fresh(&studio, &watching);

    let before = watching.mix();
    let mut events = watching.events();
    events.until(|name, _| name == "mix");
    fs::write(studio.path("broken"), SCRIPT.replace("drive = 2", "drvie = 2")).unwrap();
    fs::rename(studio.path("broken"), studio.path("mix.star")).unwrap();
    let broken = watching.error();
    let diagnostic = &broken["diagnostics"][0];
    assert_eq!((&diagnostic["file"], &diagnostic["line"]), (&json!("mix.star"), &json!(8)));
    assert_eq!(diagnostic["severity"], "error");
    let text = diagnostic["text"].as_str().unwrap();
    assert!(text.contains("mix.star:8:") && text.contains("drvie"), "{text}");
    let told = events.until(|name, _| name == "error");
    assert_eq!(told.last().unwrap().1, json!({ "diagnostics": broken["diagnostics"] }));
    // The last good sound goes on.
    let meanwhile = watching.mix();
    assert_eq!((&meanwhile["take"], &meanwhile["strips"]), (&before["take"], &before["strips"]));
    assert_eq!(watching.audio(&meanwhile["take"], "mix"), watching.audio(&before["take"], "mix"));
    fs::write(studio.path("mended"), SCRIPT).unwrap();
    fs::rename(studio.path("mended"), studio.path("mix.star")).unwrap();
    expect_as_fresh(&studio, &watching);
    let (_, mended) = events.until(|name, data| name == "mix" && data["error"].is_null()).pop().unwrap();
    assert_eq!(mended["rendered"], true);
}

#[test]
fn a_file_that_is_missing_is_waited_for() {
    let studio = studio();
    let script = format!("{SCRIPT}\ntrack(\"Late\", audio(\"late/take.wav\"))\n");
    fs::write(studio.path("mix.star"), script).unwrap();
    let watching = Watching::start(&studio, &[]);
    assert_eq!(watching.error()["diagnostics"][0]["line"], 11);
    fs::create_dir(studio.path("late")).unwrap();
    write_wav(&studio.path("late/take.wav"), 440.0);
    expect_as_fresh(&studio, &watching);
}

#[test]
fn the_listener_has_a_desk() {
    let studio = studio();
    let watching = Watching::start(&studio, &[]);
    watching.rendered();
    let mut events = watching.events();
    let answer = watching.post("/desk", r#"{"take": 1, "solo": [1], "mute": [2]}"#);
    assert_eq!((answer.status, answer.headers.contains("x-desk-number: 1")), (204, true));
    assert_eq!(watching.post("/desk", r#"{"take": 1, "solo": [1], "mute": [1]}"#).status, 204);
    let answer = watching.post("/desk", r#"{"take": 1, "solo": [1], "mute": [2]}"#);
    assert!(answer.headers.contains("x-desk-number: 3"), "{}", answer.headers);
    let desk = json!({ "solo": [1], "mute": [2] });
    let is_done = |mix: &Value| mix["desk_number"] == 3 && mix["rendered"] == true;
    let (_, mix) = events.until(|name, data| name == "mix" && is_done(data)).pop().unwrap();
    assert_eq!(mix["desk"], desk);
    // The same once more is heeded, too: who sent it waits for its number.
    let same = json!({ "take": mix["take"], "solo": [1], "mute": [2] }).to_string();
    assert!(watching.post("/desk", &same).headers.contains("x-desk-number: 4"));
    let is_heeded = |mix: &Value| mix["desk_number"] == 4 && mix["rendered"] == true;
    let (_, mix) = events.until(|name, data| name == "mix" && is_heeded(data)).pop().unwrap();
    let heard: Vec<_> = mix["strips"].as_array().unwrap().iter().map(|strip| &strip["heard"]).collect();
    assert_eq!(heard, [false, true, false, true]);
    let lead = SCRIPT.replace("fader(db = -6)", "mute()").replace("gain(-3))", "gain(-3)).mute()");
    fs::write(studio.path("lead.star"), lead).unwrap();
    // What is silenced is silent, and not cut off.
    let mut lead = fresh(&studio, "lead.star");
    lead.resize(8 * mix["frames"].as_u64().unwrap() as usize, 0);
    assert_eq!(watching.audio(&mix["take"], "mix"), lead);
    // What the script says is what is told of a render, and what the desk says stays.
    fs::write(studio.path("mix.star~"), SCRIPT.replace("drive = 2", "drive = 3")).unwrap();
    fs::rename(studio.path("mix.star~"), studio.path("mix.star")).unwrap();
    expect_as_fresh(&studio, &watching);
    let edited = watching.mix();
    assert_eq!(edited["desk"], desk);
    assert_eq!(watching.audio(&edited["take"], "mix"), lead);
    let nothing = json!({ "take": edited["take"], "solo": [], "mute": [] }).to_string();
    assert_eq!(watching.post("/desk", &nothing).status, 204);
    let (_, mix) = events.until(|name, data| name == "mix" && data["desk"]["solo"] == json!([])).pop().unwrap();
    assert_eq!(watching.audio(&mix["take"], "mix"), fresh(&studio, "mix.star"));
}

#[test]
fn a_desk_that_silences_leaves_the_song_as_long_as_it_is() {
    let studio = studio();
    // A short one to solo, which the script leaves alone.
    let script = format!("{SCRIPT}track(\"Blip\", tone(sine(), freq_hz = 880, ms = 100))\n");
    replace(&studio.path("mix.star"), &script);
    let watching = Watching::start(&studio, &[]);
    watching.rendered();
    let whole = watching.mix();
    let frames = whole["frames"].as_u64().unwrap() as usize;
    assert_eq!(watching.audio(&whole["take"], "mix").len(), 8 * frames);
    let mut events = watching.events();
    let mut under = |desk: Value| {
        let body = json!({ "take": watching.mix()["take"], "solo": desk["solo"], "mute": desk["mute"] });
        assert_eq!(watching.post("/desk", &body.to_string()).status, 204);
        let is_done = |mix: &Value| mix["desk"] == desk && mix["rendered"] == true;
        let (_, mix) = events.until(|name, data| name == "mix" && is_done(data)).pop().unwrap();
        assert_eq!((&mix["frames"], &mix["bars"]), (&whole["frames"], &whole["bars"]), "{desk}");
        ["mix", "raw"].map(|source| watching.audio(&mix["take"], source))
    };
    let silence = vec![0; 8 * frames];
    let [mix, raw] = under(json!({ "solo": [], "mute": [0, 1, 2] }));
    assert!(mix == silence && raw == silence, "{} and {} of {}", mix.len(), raw.len(), silence.len());
    let [mix, _] = under(json!({ "solo": [2], "mute": [] }));
    let end = 8 * (RATE as usize / 10);
    assert!(mix.len() == silence.len() && mix[..end] != silence[..end] && mix[end..] == silence[end..]);
}

#[test]
fn the_desk_is_read_as_the_take_numbers_its_strips() {
    let studio = studio();
    let watching = Watching::start(&studio, &[]);
    watching.rendered();
    // Another track comes first: what was number 1 is number 2 now.
    let moved = SCRIPT.replace("drums =", "track(\"First\", tone(sine(), freq_hz = 55, ms = 500))\ndrums =");
    replace(&studio.path("mix.star"), &moved);
    watching.rendered();
    let mut events = watching.events();
    let mut desk_of = |body: &str| {
        let take = watching.mix()["take"].as_u64().unwrap();
        assert_eq!(watching.post("/desk", body).status, 204, "{body}");
        let is_next = |mix: &Value| mix["take"] == take + 1 && mix["rendered"] == true;
        let (_, mix) = events.until(|name, data| name == "mix" && is_next(data)).pop().unwrap();
        mix["desk"].clone()
    };
    assert_eq!(desk_of(r#"{"take": 1, "solo": [1], "mute": [0]}"#), json!({ "solo": [2], "mute": [1] }));
    assert_eq!(desk_of(r#"{"take": 2, "solo": [1], "mute": [0]}"#), json!({ "solo": [1], "mute": [0] }));
    assert_eq!(desk_of(r#"{"take": 2, "solo": [], "mute": []}"#), json!({ "solo": [], "mute": [] }));
    // The first takes are gone by now, others never were, and strips of one are none of another.
    for (body, status) in [
        (r#"{"take": 1, "solo": [], "mute": []}"#, 404),
        (r#"{"take": 77, "solo": [9], "mute": []}"#, 404),
        (r#"{"take": 5, "solo": [5], "mute": []}"#, 400),
        (r#"{"solo": [], "mute": []}"#, 400),
        (r#"{"take": "5", "solo": [], "mute": []}"#, 400),
    ] {
        assert_eq!(watching.post("/desk", body).status, status, "{body}");
    }
    assert_eq!(watching.mix()["take"], 5);
}

#[test]
fn waveforms_come_in_tiles() {
    let studio = studio();
    let watching = Watching::start(&studio, &[]);
    watching.rendered();
    let take = watching.mix()["take"].clone();
    let tile = |level: u32, tile: u32| watching.get(&format!("/peaks/{take}/0/{level}/{tile}"));
    let frames = watching.mix()["frames"].as_u64().unwrap();
    for level in [4, 7, 8, 9, 22] {
        let whole: Vec<u8> =
            (0..).map(|number| tile(level, number)).take_while(|a| a.status == 200).flat_map(|a| a.body).collect();
        assert_eq!(whole.len() as u64, 4 * frames.div_ceil(1 << level), "level {level}");
    }
    // Beats of a quarter of full scale, which every other one is driven; a bin has more than one period of 220 Hz.
    let bins = tile(8, 0).body;
    let bin: [u8; 4] = bins[40..44].try_into().unwrap();
    assert_eq!((bin[0] as i8, bin[1]), (-32, 32));
    // The RMS of a saw is its peak over the square root of three.
    assert!((i32::from(bin[2]) - 37).abs() <= 3, "{bin:?}");
    let hz = 20.0 * libm::exp2((f64::from(bin[3]) - 1.0) / 25.4);
    assert!((500.0..8000.0).contains(&hz), "{hz}");
}
