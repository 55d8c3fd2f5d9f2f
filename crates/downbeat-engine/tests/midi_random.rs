//! Whatever the bytes: a song or an error, never a panic, and always in order.

use std::num::NonZeroU16;

use downbeat_engine::midi::Song;
use downbeat_engine::time::{Beats, Division, Seconds, TempoMap, Ticks};
use proptest::collection::vec;
use proptest::prelude::*;

const TWO_COUPLES: &[u8] = include_bytes!("midi/two-couples.mid");
const COMPOUND: &[u8] = include_bytes!("midi/e2m9.mid");
const SCALE: &[u8] = include_bytes!("midi/test-running-status-metaevent.mid");

/// What holds for every song.
fn check(bytes: &[u8]) {
    let Ok(song) = Song::read(bytes, "random.mid") else { return };
    let ascends = |moments: &[Seconds]| moments.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(ascends(song.downbeats()), "downbeats ascend: {:?}", song.downbeats());
    assert!(ascends(song.beats()), "beats ascend: {:?}", song.beats());
    let last = song.beats().last().copied().unwrap_or_default();
    assert!(last <= song.end() && song.end().0.is_finite());
    for (n, downbeat) in song.downbeats().iter().enumerate() {
        assert!(song.beats().binary_search_by(|beat| beat.0.total_cmp(&downbeat.0)).is_ok(), "{downbeat:?} is a beat");
        assert_eq!(song.bar_at(*downbeat), n + 1);
    }
    for part in song.parts() {
        assert!(!part.notes.is_empty());
        assert!(part.notes.is_sorted_by(|a, b| (a.start, a.pitch, a.end) <= (b.start, b.pitch, b.end)));
        assert!(part.notes.iter().all(|note| note.start <= note.end && note.end <= song.end()));
        assert!(part.bends.is_sorted_by(|a, b| a.0 <= b.0 && a.1 != b.1));
        assert!(part.controls.is_sorted_by(|a, b| a.0 < b.0 && a.1 != b.1));
    }
}

/// A header and one track of random bytes, most of which are events.
fn header_then(events: &[u8], division: u16) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0\x01\0\x01".to_vec();
    bytes.extend(division.to_be_bytes());
    bytes.extend(b"MTrk");
    bytes.extend((events.len() as u32).to_be_bytes());
    bytes.extend(events);
    bytes
}

/// An event, whole, with a short delta time.
fn event() -> impl Strategy<Value = Vec<u8>> {
    let data = || 0..128_u8;
    let short = (0..64_u8, 0x80..0xf0_u8, data(), data()).prop_map(|(delta, status, a, b)| match status >> 4 {
        0xc | 0xd => vec![delta, status, a],
        _ => vec![delta, status, a, b],
    });
    let meta = (0..64_u8, prop::sample::select(vec![0x01, 0x03, 0x51, 0x58]), vec(any::<u8>(), 0..5))
        .prop_map(|(delta, kind, data)| [&[delta, 0xff, kind, data.len() as u8], data.as_slice()].concat());
    prop_oneof![4 => short, 1 => meta]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..300), division in any::<u16>()) {
        check(&bytes);
        check(&[b"MThd", bytes.as_slice()].concat());
        check(&[b"RIFF", bytes.as_slice()].concat());
        check(&header_then(&bytes, division));
    }

    #[test]
    fn random_events(events in vec(event(), 0..100), division in any::<u16>()) {
        check(&header_then(&events.concat(), division));
    }

    #[test]
    fn mutated_files(
        which in 0..3_usize,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
        keep in any::<bool>(),
    ) {
        let mut bytes = [TWO_COUPLES, COMPOUND, SCALE][which].to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !keep {
            bytes.truncate(cut.index(bytes.len()));
        }
        check(&bytes);
    }

    #[test]
    fn the_tempo_map_goes_both_ways(
        quarter in 1..0x8000_u16,
        changes in vec((0..1_000_000_u64, 1_000..4_000_000_u32), 0..10),
        ticks in vec(0..2_000_000_u64, 1..50),
    ) {
        let changes: Vec<_> = changes.into_iter().map(|(tick, micros)| (Ticks(tick), micros)).collect();
        let map = TempoMap::new(Division::Quarter(NonZeroU16::new(quarter).unwrap()), &changes);
        for tick in ticks {
            let moment = map.seconds_at_tick(Ticks(tick));
            prop_assert_eq!(map.tick_at(moment), Ticks(tick));
            prop_assert!(moment < map.seconds_at_tick(Ticks(tick + 1)));
            // Beats are doubles: a few roundings of a number below 2e6, none of which is above 2^-32.
            let beats = Beats(tick as f64 / f64::from(quarter));
            let tolerance = 1e-14 * (1.0 + beats.0 * 4.0 + moment.0);
            prop_assert!((map.seconds_at(beats).0 - moment.0).abs() <= 4.0 * tolerance, "{:?}", (beats, moment));
            let back = map.seconds_at(map.beats_at(moment));
            prop_assert!((back.0 - moment.0).abs() <= 4.0 * tolerance);
        }
    }
}

#[test]
fn hostile_files_take_no_time() {
    // A megabyte of tracks without events, of messages that have no place in a file, of notes that never end, of notes
    // that all end at once, and of programs: each is read in one pass.
    check(&header_then(&b"MTrk\0\0\0\0".repeat(125_000), 96));
    check(&header_then(&b"\0\xf4".repeat(500_000), 96));
    check(&header_then(&b"\0\x90\x3c\x40".repeat(250_000), 96));
    check(&header_then(&[b"\0\x90\x3c\x40".repeat(200_000), b"\x01\x80\x3c\x40".repeat(50_000)].concat(), 96));
    let programs: Vec<u8> = (0..150_000_u32)
        .flat_map(|n| [0, 0xc0 | (n % 16) as u8, (n / 16 % 128) as u8, 0, 0x90 | (n % 16) as u8, 60, 1])
        .collect();
    check(&header_then(&programs, 96));
    // A hundred thousand moves of a volume, and a part for every program: all of them share the moves.
    let moves = (0..100_000_u32).flat_map(|n| [1, 0xb0, 7, (n % 128) as u8]);
    let parts = (0..128).flat_map(|program| [0, 0xc0, program, 0, 0x90, 60, 1]);
    check(&header_then(&moves.chain(parts).collect::<Vec<_>>(), 96));
    check(&b"MThd\0\0\0\x06\0\0\0\x01\0\x60".iter().chain(&[0xff; 1 << 20]).copied().collect::<Vec<_>>());
}
