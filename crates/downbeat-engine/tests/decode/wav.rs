//! WAV: every width of sample, every kind of header, and sizes that are wrong.

use crate::files::{SAMPLES, chunk, committed, decode, fmt, fmt_extensible, integers, riff, steps, wav};

/// The samples as they come out again.
fn expected() -> Vec<f32> {
    SAMPLES.iter().map(|&x| f32::from(x)).collect()
}

#[test]
fn integers_of_every_width_are_exact() {
    for bytes in 2..=8u16 {
        for bits in [bytes * 8 - 7, bytes * 8 - 1, bytes * 8] {
            // From 3 bytes on, the low bits may be unused; 9 of 16 bits cannot hold the samples, yet are read as 16.
            let file = wav(&fmt(1, 1, 44100, bytes, bits), &integers(usize::from(bytes)));
            assert_eq!(steps(&file), expected(), "{bits} bits in {bytes} bytes");
        }
    }
    let unsigned: Vec<u8> = (0..=255).collect();
    let values: Vec<f32> = (-128i16..128).map(|x| f32::from(x) * 256.0).collect();
    assert_eq!(steps(&wav(&fmt(1, 1, 44100, 1, 8), &unsigned)), values);
}

#[test]
fn the_lowest_bit_counts() {
    let one_of_24 = wav(&fmt(1, 1, 44100, 3, 24), &[1, 0, 0, 0xff, 0xff, 0xff]);
    assert_eq!(steps(&one_of_24), [1.0 / 256.0, -1.0 / 256.0]);
    let one_of_32 = wav(&fmt(1, 1, 44100, 4, 32), &1i32.to_le_bytes());
    assert_eq!(steps(&one_of_32), [1.0 / 65536.0]);
    let one_of_64 = wav(&fmt(1, 1, 44100, 8, 64), &1i64.to_le_bytes());
    assert_eq!(steps(&one_of_64), [1.0 / 281_474_976_710_656.0]);
}

#[test]
fn floats_are_exact() {
    let f32s: Vec<u8> = expected().iter().flat_map(|x| (x / 32768.0).to_le_bytes()).collect();
    let f64s: Vec<u8> = expected().iter().flat_map(|&x| (f64::from(x) / 32768.0).to_le_bytes()).collect();
    assert_eq!(steps(&wav(&fmt(3, 1, 44100, 4, 32), &f32s)), expected());
    assert_eq!(steps(&wav(&fmt(3, 1, 44100, 8, 64), &f64s)), expected());
    assert_eq!(steps(&wav(&fmt_extensible(3, 1, 4, 32, 4), &f32s)), expected());
}

#[test]
fn big_endian_and_long_files_are_read() {
    let rifx = |size: u32, format: &[u8], data: &[u8]| {
        let sizes = [size.to_be_bytes(), (format.len() as u32).to_be_bytes(), (data.len() as u32).to_be_bytes()];
        [b"RIFX", &sizes[0][..], b"WAVEfmt ", &sizes[1], format, b"data", &sizes[2], data].concat()
    };
    let big: Vec<u8> = SAMPLES.iter().flat_map(|x| x.to_be_bytes()).collect();
    let format: Vec<u8> =
        [&[0, 1, 0, 1][..], &44100u32.to_be_bytes(), &88200u32.to_be_bytes(), &[0, 2, 0, 16]].concat();
    assert_eq!(steps(&rifx(50, &format, &big)), expected());
    for magic in [b"RF64", b"BW64"] {
        let data = integers(2);
        let sizes: Vec<u8> =
            [60u64, data.len() as u64, SAMPLES.len() as u64].iter().flat_map(|x| x.to_le_bytes()).collect();
        let mut file = riff(&[
            chunk(b"ds64", &[sizes, vec![0; 4]].concat()),
            chunk(b"fmt ", &fmt(1, 1, 44100, 2, 16)),
            chunk(b"data", &data),
            chunk(b"LIST", b"after the sound"),
        ]);
        file[..4].copy_from_slice(magic);
        file[4..8].fill(0xff);
        let size = file.windows(4).position(|w| w == b"data").unwrap() + 4;
        file[size..size + 4].fill(0xff);
        assert_eq!(steps(&file), expected());
    }
}

#[test]
fn companded_samples_follow_the_tables_of_g711() {
    // The ends and the middle of both tables, in steps of 16 bits.
    let mu = [(0x00, -32124.0), (0x80, 32124.0), (0x7f, 0.0), (0xff, 0.0), (0xfe, 8.0), (0x7e, -8.0), (0x8f, 16764.0)];
    let a = [(0x2a, -32256.0), (0xaa, 32256.0), (0xd5, 8.0), (0x55, -8.0), (0xd4, 24.0), (0x54, -24.0)];
    for (tag, table) in [(7, &mu[..]), (6, &a[..])] {
        let (codes, values): (Vec<u8>, Vec<f32>) = table.iter().copied().unzip();
        assert_eq!(steps(&wav(&fmt(tag, 1, 8000, 1, 8), &codes)), values);
    }
}

#[test]
fn the_files_of_hound_are_read_exactly() {
    let world = committed();
    let read = |name: &str, scale: f32| {
        let (info, planes) = decode(&world, &format!("hound/{name}.wav")).unwrap();
        let scaled: Vec<Vec<f32>> = planes.iter().map(|plane| plane.iter().map(|x| x * scale).collect()).collect();
        (info.rate, scaled)
    };
    let mono16 = (44100, vec![vec![2.0, -3.0, 5.0, -7.0]]);
    for name in ["pcmwaveformat-16bit-44100Hz-mono", "waveformatex-16bit-44100Hz-mono"] {
        assert_eq!(read(name, 32768.0), mono16);
        assert_eq!(read(&format!("{name}-extra"), 32768.0), mono16);
    }
    let stereo = vec![vec![2.0, 5.0, 11.0, 17.0], vec![-3.0, -7.0, -13.0, -19.0]];
    assert_eq!(read("waveformatex-16bit-44100Hz-stereo", 32768.0), (44100, stereo));
    assert_eq!(read("pcmwaveformat-8bit-44100Hz-mono", 128.0), (44100, vec![vec![19.0, -53.0, 89.0, -127.0]]));
    assert_eq!(read("waveformatex-8bit-11025Hz-mono", 128.0), (11025, vec![vec![-128.0; 4]]));
    assert_eq!(read("waveformatex-ieeefloat-44100Hz-mono", 1.0), (44100, vec![vec![2.0, 3.0, -16411.0, 1019.0]]));
    // 24 bits in slots of four bytes, the value in the lower three.
    let wide = vec![vec![-96.0, 8_388_607.0], vec![23_052.0, -8_360_672.0]];
    assert_eq!(read("pcmwaveformat-24bit-4byte-48kHz-stereo", 8_388_608.0), (48000, wide));
    assert_eq!(read("nonstandard-01", 1.0), (48000, vec![vec![0.0]; 2]));
}

#[test]
fn wrong_sizes_mean_up_to_the_end() {
    let good = wav(&fmt(1, 1, 44100, 2, 16), &integers(2));
    let with = |riff_size: u32, data_size: u32| {
        let mut file = good.clone();
        file[4..8].copy_from_slice(&riff_size.to_le_bytes());
        file[40..44].copy_from_slice(&data_size.to_le_bytes());
        file
    };
    assert_eq!(steps(&with(u32::MAX, u32::MAX)), expected());
    assert_eq!(steps(&with(0, 0)), expected());
    assert_eq!(steps(&with(54, 1000)), expected());
    assert_eq!(steps(&with(54, 0)), [0.0f32; 0]);
    // A frame that is cut is left out.
    assert_eq!(steps(&with(54, 1000)[..good.len() - 1]), expected()[..8]);
    // A block alignment of 0 or of nonsense is replaced by what the bits say.
    for align in [0u16, 3, 255] {
        let mut file = good.clone();
        file[32..34].copy_from_slice(&align.to_le_bytes());
        assert_eq!(steps(&file), if align == 3 { steps(&file) } else { expected() });
    }
}

#[test]
fn chunks_may_stand_in_any_order() {
    let (format, data) = (chunk(b"fmt ", &fmt(1, 1, 44100, 2, 16)), chunk(b"data", &integers(2)));
    let odd = chunk(b"LIST", b"odd");
    assert_eq!(steps(&riff(&[odd.clone(), format.clone(), odd.clone(), data.clone()])), expected());
    assert_eq!(steps(&riff(&[data, odd, format])), expected());
}
