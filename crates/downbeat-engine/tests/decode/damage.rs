//! Damage: what is no recording, and what is wrong with one, named with its place.

use std::fs;

use downbeat_engine::media::MediaError;

use crate::files::{chunk, committed, decode_bytes, float_wav, fmt, integers, riff, wav};

#[test]
fn faults_of_a_header_are_named() {
    let data = integers(2);
    let message = |file: &[u8]| decode_bytes(file).unwrap_err().to_string();
    let cases: [(Vec<u8>, &str); 12] = [
        (Vec::new(), "it is empty"),
        (b"Dear diary, this is no recording.".to_vec(), "it looks like text"),
        (vec![0x80; 5000], "of no known kind"),
        (riff(&[chunk(b"data", &data)]), "no `fmt ` chunk"),
        (riff(&[chunk(b"fmt ", &fmt(1, 1, 44100, 2, 16))]), "no `data` chunk"),
        (riff(&[chunk(b"fmt ", &[1; 10]), chunk(b"data", &data)]), "shorter than 16 bytes"),
        (wav(&fmt(1, 0, 44100, 2, 16), &data), "0 channels; 1 to"),
        (wav(&fmt(1, 1, 0, 2, 16), &data), "rate is 0 Hz; 1 to"),
        (wav(&fmt(1, 1, 44100, 2, 0), &data), "0 bits; 1 to 64"),
        (wav(&fmt(3, 1, 44100, 2, 16), &data), "16 bits; 32 or 64"),
        (
            wav(&fmt(0x7777, 1, 44100, 2, 16), &data),
            "a WAV with codec 0x7777, which Downbeat does not read; it reads WAV",
        ),
        ([b"OggS".to_vec(), vec![0; 24], b"OpusHead".to_vec(), vec![0; 99]].concat(), "is Opus, which"),
    ];
    for (file, words) in cases {
        let message = message(&file);
        assert!(message.contains(words) && message.contains("`memory`"), "{message}");
    }
}

#[test]
fn samples_that_are_no_numbers_are_an_error() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let (mut left, mut right) = (vec![0.5; 5000], vec![0.5; 5000]);
        right[4321] = bad;
        left[4322] = bad;
        let error = decode_bytes(&float_wav(44100, &[&left, &right])).unwrap_err();
        // Both lie in one portion; the first channel is looked at first.
        assert!(matches!(error, MediaError::NotFinite { frame: 4322, channel: 1, .. }), "{error}");
    }
    let denormal = float_wav(44100, &[&[1e-41, 3.0, -7.0]]);
    assert_eq!(decode_bytes(&denormal).unwrap().1, [[1e-41, 3.0, -7.0]]);
    // A double beyond all floats would become infinite.
    let huge = wav(&fmt(3, 1, 44100, 8, 64), &1e300f64.to_le_bytes());
    assert!(matches!(decode_bytes(&huge), Err(MediaError::NotFinite { .. })));
}

#[test]
fn damage_in_the_middle_is_an_error_with_its_moment() {
    let file = fs::read(committed().0.join("stereo-s16.flac")).unwrap();
    let mut flipped = file.clone();
    let middle = file.len() / 2;
    flipped[middle..middle + 16].iter_mut().for_each(|byte| *byte ^= 0xff);
    let cut = file[..file.len() * 2 / 3].to_vec();
    let short = file[..file.len() - 1].to_vec();
    // A lost frame is noticed where it is missing, not at the end.
    for (bytes, moment) in [(flipped, 0.65..0.8), (cut, 0.85..1.0), (short, 1.39..1.5)] {
        match decode_bytes(&bytes) {
            Err(MediaError::Damaged { seconds, .. }) => assert!(moment.contains(&seconds), "{seconds}"),
            other => panic!("{other:?}"),
        }
    }
    // An MP3 with a LAME tag knows its length.
    let file = fs::read(committed().0.join("stereo-cbr128.mp3")).unwrap();
    let error = decode_bytes(&file[..file.len() / 2]).unwrap_err();
    assert!(matches!(error, MediaError::Damaged { seconds, .. } if (0.6..0.8).contains(&seconds)), "{error}");
    assert!(error.to_string().contains("is damaged at 0:00.7"), "{error}");
}
