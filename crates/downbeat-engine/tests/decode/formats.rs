//! FLAC and the lossy formats: exact where they are, and where they belong where they are not.

use std::fs;

use downbeat_engine::media::probe;

use crate::files::{Memory, committed, decode, decode_bytes, fmt, signal_to_noise_db, wav};

#[test]
fn flac_is_exact() {
    let world = committed();
    let (info, planes) = decode(&world, "short.flac").unwrap();
    assert_eq!((info.format, info.rate, info.bits, info.frames), ("FLAC", 44100, Some(16), Some(4)));
    assert_eq!(planes, [[2.0 / 32768.0, -3.0 / 32768.0, 5.0 / 32768.0, -7.0 / 32768.0]]);
    let (info, planes) = decode(&world, "non_subset.flac").unwrap();
    assert_eq!((info.bits, info.frames, planes.len(), planes[0].len()), (Some(24), Some(4096), 2, 4096));
    assert!(planes.iter().flatten().all(|x| (x * 8_388_608.0).fract() == 0.0));
    assert_eq!(decode(&world, "wasted_bits.flac").unwrap().1[0].len(), 4410);
}

#[test]
fn lossy_formats_have_the_length_and_the_alignment_of_the_original() {
    let world = committed();
    let (_, original) = decode(&world, "stereo-s16.flac").unwrap();
    // What the codecs reach on this sound, rounded down; any other lag has to be worse.
    for (path, format, floor_db) in [
        ("stereo-cbr128.mp3", "MP3", 20.8),
        ("stereo-q5.ogg", "Ogg Vorbis", 25.2),
        ("stereo-aac-128k.m4a", "AAC", 17.8),
    ] {
        let (info, planes) = decode(&world, path).unwrap();
        assert_eq!((info.format, info.rate, info.frames), (format, 44100, Some(66150)));
        for (lossy, original) in planes.iter().zip(&original) {
            assert_eq!(lossy.len(), original.len());
            let best = (-3i32..=3).map(|lag| {
                let (from, to) = (lag.max(0) as usize, (-lag).max(0) as usize);
                (signal_to_noise_db(&original[to..original.len() - from], &lossy[from..]), lag)
            });
            let (db, lag) = best.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            assert!(lag == 0 && db > floor_db, "{path}: {db:.1} dB at a lag of {lag} frames");
        }
    }
}

#[test]
fn content_decides_and_not_the_name() {
    let mp3 = fs::read(committed().0.join("stereo-cbr128.mp3")).unwrap();
    let world = Memory(mp3.clone());
    assert_eq!(probe(&world, "song.wav").unwrap().format, "MP3");
    // Something before the first frame does not shift the sound.
    let garbage: Vec<u8> = (0..700u32).map(|i| (i * i % 251) as u8).collect();
    assert_eq!(decode_bytes(&[garbage, mp3.clone()].concat()).unwrap().1, decode(&world, "song").unwrap().1);
    // An MP3 as the data of a WAV.
    let wrapped = wav(&fmt(0x55, 2, 44100, 1, 0), &mp3);
    assert_eq!(decode_bytes(&wrapped).unwrap().1, decode(&world, "song").unwrap().1);
}
