//! Readers: channels that are picked, and blocks of any length.

use downbeat_dsp::{Audio, Block, Channels, Format};
use downbeat_engine::World;
use downbeat_engine::media::{Decoder, MediaError, Pick, Reader, load};

use crate::files::{Memory, float_wav, fmt, fmt_extensible, wav};

/// Six channels with one frame: 1, 2, 4, 8, 16, 32 by 1/64.
fn six(mask: u32) -> Memory {
    let data: Vec<u8> = (0..6).flat_map(|i| ((1i16 << i) * 512).to_le_bytes()).collect();
    let format = if mask == 0 { fmt(1, 6, 44100, 12, 16) } else { fmt_extensible(1, 6, 12, 16, mask) };
    Memory(wav(&format, &data))
}

#[test]
fn channels_are_picked() {
    let surround = six(0x3f);
    let sides = |world: &Memory, pick| {
        load(world, "six", pick, 44100).map(|audio| (audio.channels(), audio.left()[0] * 64.0, audio.right()[0] * 64.0))
    };
    let error = sides(&surround, Pick::AsIs).unwrap_err().to_string();
    assert_eq!(error, "`six` has 6 channels; choose one channel from 1 to 6, or a pair of these, or a downmix");
    assert_eq!(sides(&surround, Pick::Channel(4)).unwrap(), (Channels::Mono, 8.0, 8.0));
    assert_eq!(sides(&surround, Pick::Pair(5, 6)).unwrap(), (Channels::Stereo, 16.0, 32.0));
    for absent in [0, 7] {
        assert!(matches!(sides(&surround, Pick::Channel(absent)), Err(MediaError::NoSuchChannel { .. })));
    }
    // Left, right, centre, (low frequencies,) surround left and right: L + (C + Ls) / sqrt(2).
    let (channels, left, right) = sides(&surround, Pick::Downmix).unwrap();
    assert_eq!(channels, Channels::Stereo);
    let half = std::f32::consts::FRAC_1_SQRT_2;
    assert!((left - (1.0 + half * 20.0)).abs() < 2e-6 && (right - (2.0 + half * 36.0)).abs() < 4e-6, "{left} {right}");
    assert!(matches!(sides(&six(0), Pick::Downmix), Err(MediaError::NoDownmix { channels: 6, .. })));
}

/// All of a file through a reader, in blocks of the given lengths in turn.
fn in_blocks(world: &dyn World, pick: Pick, rate: u32, lengths: &[usize]) -> Audio {
    let mut reader = Reader::open(world, "file", pick, rate).unwrap();
    let expected = reader.frames().unwrap() as usize;
    let mut audio = Audio::silence(reader.format(), expected + 100);
    let mut frames = 0;
    for length in lengths.iter().cycle() {
        let end = (frames + length).min(audio.frames());
        let read = reader.read(&mut audio.block_at(frames..end)).unwrap();
        frames += read;
        if read < end - (frames - read) {
            break;
        }
    }
    assert_eq!(frames, expected);
    audio.resize(frames);
    audio
}

#[test]
fn any_blocks_give_the_same_bits() {
    let noise: Vec<f32> =
        (0..40_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0).collect();
    let turned: Vec<f32> = noise.iter().rev().copied().collect();
    let world = Memory(float_wav(44100, &[&noise, &turned]));
    for rate in [44100, 48000, 22050, 96000, 44101] {
        for pick in [Pick::AsIs, Pick::Channel(2)] {
            let whole = load(&world, "file", pick, rate).unwrap();
            for lengths in [&[512][..], &[1], &[4096, 1, 77], &[100_000]] {
                assert_eq!(in_blocks(&world, pick, rate, lengths), whole, "{rate} Hz in blocks of {lengths:?}");
            }
        }
    }
    assert_eq!(load(&world, "file", Pick::AsIs, 44100).unwrap(), Audio::stereo(44100, noise, turned));
}

#[test]
fn a_rate_of_nothing_is_refused() {
    for rate in [0, u32::MAX] {
        let error = Reader::open(&six(0), "six", Pick::Channel(1), rate).unwrap_err();
        assert!(matches!(error, MediaError::SessionRate { .. }), "{error}");
    }
}

/// Readers and decoders work in whichever thread renders.
#[test]
fn readers_can_be_sent() {
    fn sent<T: Send>() {}
    sent::<Decoder>();
    sent::<Reader>();
}

#[test]
fn a_block_may_have_other_channels_than_the_file() {
    let world = Memory(float_wav(44100, &[&[0.25, 0.5]]));
    let mut audio = Audio::silence(Format::stereo(44100), 3);
    let read = Reader::open(&world, "file", Pick::AsIs, 44100).unwrap().read(&mut audio.block()).unwrap();
    assert_eq!((read, audio), (2, Audio::stereo(44100, vec![0.25, 0.5, 0.0], vec![0.25, 0.5, 0.0])));
    let world = Memory(float_wav(44100, &[&[0.25], &[0.5]]));
    let mut mono = [9.0];
    Reader::open(&world, "file", Pick::AsIs, 44100).unwrap().read(&mut Block::mono(&mut mono)).unwrap();
    assert_eq!(mono, [0.25]);
}
