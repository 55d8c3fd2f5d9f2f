//! How long evaluation takes: `cargo test --release -p downbeat-script --test speed -- --ignored --nocapture`.

mod common;

use std::time::{Duration, Instant};

use common::{Memory, run_in, text};
use downbeat_script::Options;

#[test]
#[ignore = "it measures, on a quiet machine"]
fn evaluation_is_fast() {
    let small = "track(\"T\", sweep(65, 261, ms = 850)).fader(-6)\n";
    let large = r#"
song = midi("long.mid")
for t in range(20):
    track_ = track(f"T{t}", tone(square(), 440, ms = 400000))
    for bar in track_.cut(song.downbeats[:200]):
        bar.insert(soft_clip(drive = 1 + bar.index))
        if bar.index % 2 == 0:
            bar.parallel(gain(db = -3), [reverse(), gain(-1)])
"#;
    println!("first, with the globals: {:?}", once(small));
    println!("trivial: {:?}", best(small));
    println!("20 tracks of 200 segments: {:?}", best(large));
    println!("a mistake: {:?}", best("hats = track(\"Hats\", audio(\"drum.wav\")).fadr(-6)\n"));
    assert!(best(small) < Duration::from_millis(8));
    assert!(best(large) < Duration::from_millis(60));
}

fn best(script: &str) -> Duration {
    (0..20).map(|_| once(script)).min().unwrap_or_default()
}

fn once(script: &str) -> Duration {
    let mut folder = Memory::folder();
    folder.put("long.mid", long_song());
    let begin = Instant::now();
    let evaluation = run_in(folder, script, &Options::default());
    let took = begin.elapsed();
    assert!(!text(&evaluation).is_empty() || evaluation.session.is_some());
    took
}

/// 256 bars of 4/4 at 120 bpm.
fn long_song() -> Vec<u8> {
    b"MThd\0\0\0\x06\0\0\0\x01\0\x10MTrk\0\0\0\x0b\x81\x80\x00\xff\x01\x01x\0\xff\x2f\0".to_vec()
}
