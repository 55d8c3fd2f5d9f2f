//! Files that may be anything: none makes a decoder panic, hang or fill the memory.

use std::fs;

use downbeat_engine::media::Decoder;
use proptest::prelude::*;

use crate::files::{Memory, committed, fmt, fmt_extensible, wav};

/// Reads a file that may be anything to its end or its error. It must come there, with bounded memory.
fn survive(bytes: &[u8]) {
    let Ok(mut decoder) = Decoder::open(&Memory(bytes.to_vec()), "fuzz") else { return };
    let mut planes = Vec::new();
    let mut total = 0u64;
    loop {
        planes.iter_mut().for_each(Vec::clear);
        match decoder.read(&mut planes, 4096) {
            Ok(0) | Err(_) => break,
            Ok(frames) => {
                assert!(planes.iter().all(|plane| plane.len() == frames && plane.iter().all(|x| x.is_finite())));
                total += frames as u64;
            }
        }
        // A constant FLAC frame of 65536 frames takes 11 bytes or so: the sound is bounded by the file.
        assert!(total <= 70_000 * (bytes.len() as u64 + 1), "{total} frames in {} bytes", bytes.len());
    }
}

/// Valid files to be damaged.
fn seeds() -> Vec<Vec<u8>> {
    let world = committed();
    let names = [
        "short.flac",
        "wasted_bits.flac",
        "non_subset.flac",
        "stereo-cbr128.mp3",
        "stereo-q5.ogg",
        "stereo-aac-128k.m4a",
    ];
    let mut seeds: Vec<Vec<u8>> = names.iter().map(|name| fs::read(world.0.join(name)).unwrap()).collect();
    seeds.push(wav(&fmt_extensible(1, 2, 6, 24, 3), &[0x55; 600]));
    seeds.push(wav(&fmt(0x11, 1, 44100, 256, 4), &[0x35; 2560]));
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_survived(magic in 0usize..8, bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let magics: [&[u8]; 8] = [
            b"", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0", b"fLaC\0\0\0\x22", b"OggS", b"\0\0\0\x20ftypM4A ", b"ID3\x04\0\0\0\0\0\x10",
            b"\xff\xfb\x90\x00", b"FORM\0\0\x10\0AIFFCOMM\0\0\0\x12",
        ];
        survive(&[magics[magic], &bytes].concat());
    }

    #[test]
    fn damaged_files_are_survived(
        seed in 0usize..8,
        cut in 0.0f64..1.2,
        flips in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 0..8),
        early in any::<bool>(),
    ) {
        let mut bytes = seeds().swap_remove(seed);
        // Half of the cases aim at the header, where the damage is worst.
        let reach = if early { bytes.len().min(200) } else { bytes.len() };
        for (place, value) in flips {
            let place = (place * reach as f64) as usize;
            bytes[place] ^= value;
        }
        bytes.truncate((cut * bytes.len() as f64) as usize);
        survive(&bytes);
    }
}
