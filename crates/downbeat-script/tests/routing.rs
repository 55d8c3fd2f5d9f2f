//! Routing in scripts: what listens to what, groups, and solo.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Memory, run_in};
use downbeat_dsp::{Control, Value};
use downbeat_engine::StripIndex;
use downbeat_engine::session::Session;
use downbeat_script::Options;

fn session(script: &str) -> Session {
    let evaluation = run_in(Memory::folder(), script, &Options::default());
    assert_eq!(evaluation.diagnostics, [], "{script}");
    evaluation.session.unwrap()
}

const DRUMS_AND_BASS: &str = r#"
drums = track("Drums", audio("drums.wav"))
bass = track("Bass", tone(sine(), 55, ms = 3000))
"#;

#[test]
fn a_sidechain_is_a_track_or_a_bus() {
    let session = session(&format!(
        r#"{DRUMS_AND_BASS}
room = bus("Room")
drums.send(room)
bass.insert(compressor(ratio = 8, sidechain = drums), gate(sidechain = room))
master.insert(compressor(sidechain = None))
"#
    ));
    let heard = |index: StripIndex| -> Vec<String> {
        session.strip(index).inserts.iter().flat_map(|insert| insert.listens_to()).map(String::from).collect()
    };
    assert_eq!(heard(StripIndex::Track(1)), ["Drums", "Room"]);
    assert_eq!(session.tracks[1].strip.inserts[0].to_string(), "compressor(ratio = 8, sidechain = \"Drums\")");
    assert_eq!(heard(StripIndex::Master), [""; 0]);
}

#[test]
fn numbers_follow_levels() {
    let session = session(&format!(
        r#"{DRUMS_AND_BASS}
bass.fader(db = follow(drums, quiet = 0, loud = -12, attack_ms = 10)).pan(follow(drums, -1, 1))
bass.insert(lowpass(freq_hz = follow(drums, 400, 4000, floor_db = -40, top_db = -10)))
"#
    ));
    let strip = &session.tracks[1].strip;
    let follow = strip.fader_db.follow().unwrap();
    assert_eq!((follow.strip.as_ref(), follow.quiet, follow.loud), ("Drums", 0.0, -12.0));
    assert_eq!((follow.attack, follow.release, follow.floor_db, follow.top_db), (480.0, 7200.0, -48.0, -6.0));
    let Value::Moving(freq) = &strip.inserts[0].values()[0] else { panic!("it moves") };
    assert_eq!((freq.range(), freq.listens_to()), ((400.0, 4000.0), Some("Drums")));
}

#[test]
fn groups_are_handled_together() {
    let session = session(&format!(
        r#"{DRUMS_AND_BASS}
kit = bus("Kit")
drums.output(kit)
low = group(drums, [bass, kit]).fader(db = -3).mute()
low.mute(False)
group(bass, bass).fader(db = ramp(-6, 0, seconds = 2))
"#
    ));
    assert_eq!(session.groups.len(), 2);
    let low = &session.groups[0];
    assert_eq!(low.strips, [StripIndex::Track(0), StripIndex::Track(1), StripIndex::Bus(0)]);
    assert_eq!((&low.fader_db, low.mute, low.solo), (&Control::Still(-3.0), false, false));
    assert_eq!(session.groups[1].strips, [StripIndex::Track(1)]);
    assert!(session.groups[1].fader_db.is_moving());
}

#[test]
fn the_last_output_is_the_one_that_counts() {
    // One way after the other would be a circle, together.
    let session = session(&format!(
        r#"{DRUMS_AND_BASS}
one, other = bus("One"), bus("Other")
one.output(other)
drums.output(one)
bass.output(other)
"#
    ));
    assert_eq!(session.buses[0].strip.output, Some(1));
    let turned = r#"
one, other, third = bus("One"), bus("Other"), bus("Third")
track("Drums", audio("drums.wav")).output(one).send(third)
one.output(other)
one.output(third)
other.output(one)
"#;
    let evaluation = run_in(Memory::folder(), turned, &Options::default());
    assert_eq!(evaluation.session.unwrap().buses[0].strip.output, Some(2));
}

#[test]
fn pans_have_a_law_and_the_master_a_loudness() {
    let session = session(
        r#"
session(pan_law = "-6 dB")
drums = track("Drums", audio("drums.wav")).pan(-0.5)
bass = track("Bass", tone(sine(), 55, ms = 3000)).pan(0.5, law = "linear").insert(pan(0.2, law = "-4.5 dB"))
room = bus("Room")
drums.send(room)
master.loudness(lufs = -16, ceiling_db = -1.5)
"#,
    );
    let law = |index: StripIndex| session.strip(index).pan_law;
    use downbeat_dsp::PanLaw;
    assert_eq!((law(StripIndex::Track(0)), law(StripIndex::Track(1))), (PanLaw::Voltage, PanLaw::Linear));
    assert_eq!((law(StripIndex::Bus(0)), law(StripIndex::Master)), (PanLaw::Voltage, PanLaw::Voltage));
    let target = session.loudness.unwrap();
    assert_eq!((target.lufs, target.ceiling_db), (-16.0, -1.5));
}
