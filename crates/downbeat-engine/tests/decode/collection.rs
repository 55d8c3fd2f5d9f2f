//! The large collection, against what other decoders made of it.

use std::fs;
use std::path::Path;

use downbeat_engine::media::{Info, MediaError};

use crate::files::{Folder, decode};

/// The collection, or a note that it is not there.
fn shared() -> Option<Folder> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.join("audio_reference.json").exists() {
        eprintln!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(Folder(folder))
}

/// What the manifest's note on a file, or its own nature, makes of it, where it is not "as in the reference".
fn special(path: &str) -> Option<&'static str> {
    Some(match path {
        // Formats that are not read.
        p if p.ends_with(".opus") || p.ends_with(".au") || p.ends_with(".w64") || p.ends_with(".caf") => "unsupported",
        "audio/malformed/unknown-codec-tag.wav" => "unsupported",
        "audio/malformed/empty.wav" | "audio/malformed/text.wav" | "audio/minimp3/l3-nonstandard-small.mp3" => {
            "not audio"
        }
        "audio/malformed/no-data-chunk.wav" | "audio/malformed/zero-channels.wav" => "malformed",
        "audio/malformed/corrupt-page.ogg" => "malformed",
        "audio/claxon/large_vendor_string.flac" | "audio/claxon/large_vorbis_comment_block.flac" => "malformed",
        "audio/malformed/corrupt-frame.flac" | "audio/malformed/truncated.flac" => "damaged",
        p if p.starts_with("audio/flac-test-files/faulty/") => "malformed or damaged",
        "audio/malformed/float-nan-inf-denormal-over.wav" => "not finite",
        // The decoder goes astray in this stream of mixed blocks; that is noticed.
        "audio/minimp3/l3-si_block.mp3" => "damaged",
        // The reference decodes nothing, or reads slots of four bytes as slots of three.
        "audio/malformed/header-only.wav" | "audio/minimp3/l3-nonstandard-vbrtag-empty.mp3" => "no frames",
        "audio/scipy/test-8000Hz-le-3ch-5S-45bit.wav" | "audio/hound/pcmwaveformat-24bit-4byte-48kHz-stereo.wav" => {
            "read"
        }
        _ => return None,
    })
}

#[test]
fn the_collection_decodes_as_the_reference_says() {
    let Some(world) = shared() else { return };
    let text = fs::read_to_string(world.0.join("audio_reference.json")).unwrap();
    let references: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for (path, reference) in references.as_object().unwrap() {
        if !path.starts_with("audio/") {
            continue;
        }
        let result = decode(&world, path);
        if let Some(kind) = special(path) {
            let as_told = match (&result, kind) {
                (Err(MediaError::Unsupported { .. }), "unsupported")
                | (Err(MediaError::NotAudio { .. }), "not audio")
                | (Err(MediaError::Malformed { .. }), "malformed" | "malformed or damaged")
                | (Err(MediaError::Damaged { .. }), "damaged" | "malformed or damaged")
                | (Err(MediaError::NotFinite { frame: 100, channel: 1, .. }), "not finite")
                | (Ok(_), "read") => true,
                (Ok((_, planes)), "no frames") => planes[0].is_empty(),
                _ => false,
            };
            assert!(as_told, "{path} should be {kind}: {result:?}");
            continue;
        }
        let (info, planes) = result.unwrap_or_else(|error| panic!("{error}"));
        compare(path, &info, &planes, &reference["decoded"]);
        compared += 1;
    }
    assert!(compared > 150, "only {compared} files were compared");
}

/// Compares rate, channels, length, peak, level and offset with those of the reference.
fn compare(path: &str, info: &Info, planes: &[Vec<f32>], reference: &serde_json::Value) {
    let number = |key: &str| reference[key].as_f64().unwrap();
    let frames = planes[0].len();
    assert_eq!(f64::from(info.rate), number("rate"), "{path}");
    assert_eq!(planes.len() as f64, number("channels"), "{path}");
    assert!(info.frames.is_none_or(|known| known == frames as u64), "{path}: {:?} and {frames}", info.frames);
    // The reference leaves the padding of AAC at the end, and the last block of MS ADPCM as it is: there the true end
    // is known to the file.
    let trimmed = match path {
        "audio/format-matrix/stereo-aac-128k.m4a" | "audio/format-matrix/stereo-ms-adpcm.wav" => 66150,
        "audio/mediafile/full.m4a" => 44100,
        "audio/rodio/music.m4a" => 449_320,
        _ => number("frames") as usize,
    };
    assert_eq!(frames, trimmed, "{path}");
    // Peak and RMS are written with seven digits after the point; lossy decoders and IMA ADPCM round in their own way.
    let ima = path.contains("ima-adpcm");
    let peak = planes.iter().flatten().fold(0.0f32, |peak, x| peak.max(x.abs()));
    assert!(
        (f64::from(peak) - number("peak")).abs() < if ima { 2e-4 } else { 3e-7 * number("peak").max(1.0) },
        "{path}: {peak}"
    );
    if trimmed as f64 == number("frames") {
        for (plane, expected) in planes.iter().zip(reference["rms_per_channel"].as_array().unwrap()) {
            let power: f64 = plane.iter().map(|&x| f64::from(x).powi(2)).sum();
            let rms = (power / frames as f64).sqrt();
            let expected = expected.as_f64().unwrap();
            assert!(
                (rms - expected).abs() < if ima { 2e-4 } else { 1.5e-7 * expected.max(1.0) },
                "{path}: {rms} {expected}"
            );
        }
        for (plane, expected) in planes.iter().zip(reference["dc"].as_array().unwrap()) {
            let dc = plane.iter().map(|&x| f64::from(x)).sum::<f64>() / frames as f64;
            assert!(
                (dc - expected.as_f64().unwrap()).abs() < if ima { 2e-4 } else { 1.5e-7 },
                "{path}: {dc} {expected}"
            );
        }
    }
}

#[test]
fn all_lossless_files_of_the_matrix_hold_the_same_samples() {
    let Some(world) = shared() else { return };
    let (_, original) = decode(&world, "audio/format-matrix/stereo-s16.wav").unwrap();
    assert_eq!(original[0].len(), 66150);
    for name in [
        "alac.m4a",
        "f32-extensible.wav",
        "f32.aifc",
        "f32.wav",
        "f64.wav",
        "flac.oga",
        "s16-extensible.wav",
        "s16-rifx.wav",
        "s16.aiff",
        "s16.flac",
        "s24-extensible.wav",
        "s24-rf64.wav",
        "s24.aiff",
        "s24.flac",
        "s24.wav",
        "s32.wav",
    ] {
        let (_, planes) = decode(&world, &format!("audio/format-matrix/stereo-{name}")).unwrap();
        assert!(planes == original, "{name} differs");
    }
    let surround = |name: &str| decode(&world, &format!("audio/format-matrix/{name}")).unwrap();
    let (wav, flac) = (surround("surround-5.1-s16-extensible.wav"), surround("surround-5.1.flac"));
    assert!(wav.1 == flac.1 && wav.0.speakers == flac.0.speakers);
}

#[test]
fn reference_decodes_of_mp3_agree_to_a_step_of_16_bits() {
    let Some(world) = shared() else { return };
    let (_, planes) = decode(&world, "audio/minimp3/l3-he_48khz.mp3").unwrap();
    let pcm = fs::read(world.0.join("audio/minimp3/l3-he_48khz.pcm")).unwrap();
    let reference: Vec<f32> = pcm.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]]))).collect();
    // The first two frames refer to data before the beginning, and decoders differ in what they make of them.
    let frames = 2304..reference.len();
    let worst = frames.map(|n| (planes[0][n] * 32768.0 - reference[n]).abs()).fold(0.0, f32::max);
    assert!(worst <= 1.0, "{worst} steps");
}
