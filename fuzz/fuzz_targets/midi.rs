//! Any bytes as a song. What is read is in order: times are finite and do not run backwards.
#![no_main]

use downbeat_engine::midi::Song;
use downbeat_engine::time::Seconds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(song) = Song::read(bytes, "song.mid") else { return };
    let ordered = |grid: &[Seconds]| grid.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(song.end().0.is_finite() && ordered(song.beats()) && ordered(song.downbeats()));
    for note in song.parts().iter().flat_map(|part| &part.notes) {
        assert!(note.start <= note.end && note.end <= song.end() && note.pitch < 128 && note.velocity < 128);
    }
});
