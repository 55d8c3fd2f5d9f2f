//! A pyramid is the sound's own: whatever blocks it came in, in one go or in stretches.

use std::f64::consts::TAU;

use downbeat_dsp::{Audio, Bin, JoinError, LONGEST_FINEST, MAX_BINS, Pyramid, spectral_centroid};
use proptest::prelude::*;

/// One rounding of a 32-bit float, as a part of the number.
const ULP: f64 = f32::EPSILON as f64 / 2.0;

/// Noise in -1 to 1 from whole numbers alone (the generator of Numerical Recipes, 2nd edition, section 7.1).
fn noise(seed: u32, frames: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

fn sine(hz: f64, rate: u32, frames: usize) -> Vec<f32> {
    (0..frames).map(|i| libm::sin(TAU * hz * i as f64 / f64::from(rate)) as f32).collect()
}

fn all(pyramid: &Pyramid, count: usize) -> Vec<downbeat_dsp::Column> {
    pyramid.columns(0.0..pyramid.frames() as f64, count)
}

#[test]
fn a_square_wave_has_its_own_level() {
    let samples = (0..48_000).map(|i| if i % 100 < 50 { 0.25 } else { -0.25 }).collect();
    let pyramid = Pyramid::of(&Audio::mono(48_000, samples));
    assert_eq!((pyramid.frames(), pyramid.seconds(), pyramid.rate()), (48_000, 1.0, 48_000));
    // A quarter squared is exact in binary, and so are its means.
    assert_eq!((pyramid.peak(), pyramid.rms()), (0.25, 0.25));
    // 20 log10(1/4)
    assert!((pyramid.peak_db() + 12.041_199_826_559_248).abs() < 1e-12);
    assert!((pyramid.rms_db() + 12.041_199_826_559_248).abs() < 1e-12);
}

#[test]
fn a_full_scale_sine_is_3_db_below_its_peak() {
    let pyramid = Pyramid::of(&Audio::mono(48_000, sine(100.0, 48_000, 48_000)));
    assert_eq!(pyramid.peak(), 1.0);
    assert!(!pyramid.clips());
    // Each sample is rounded once, and each square once more.
    assert!((pyramid.rms() / 0.5f64.sqrt() - 1.0).abs() < 1.5 * ULP);
}

#[test]
fn channels_are_measured_together_and_apart() {
    let pyramid = Pyramid::of(&Audio::stereo(48_000, vec![0.5; 1000], vec![-1.5; 1000]));
    assert!(pyramid.clips());
    assert_eq!((pyramid.peak(), pyramid.rms()), (1.5, ((0.25f64 + 2.25) / 2.0).sqrt()));
    for (channel, value) in [(0, 0.5f32), (1, -1.5)] {
        for column in pyramid.channel_columns(channel, 0.0..1000.0, 7) {
            assert_eq!((column.low, column.high, column.rms), (value, value, value.abs()));
        }
    }
    assert!(pyramid.channel_columns(2, 0.0..1000.0, 7).is_empty());
    for column in all(&pyramid, 7) {
        assert_eq!((column.low, column.high), (-1.5, 0.5));
        // All of it is exact but for the root, and its rounding to 32 bits.
        assert!((f64::from(column.rms) / 1.25f64.sqrt() - 1.0).abs() <= ULP);
    }
}

#[test]
fn channels_that_are_missing_repeat_those_that_are_there() {
    let samples = noise(3, 5000);
    let mut pyramid = Pyramid::with_centroid(48_000, 2);
    pyramid.add(&Audio::mono(48_000, samples.clone()));
    let mut stereo = Pyramid::with_centroid(48_000, 2);
    stereo.add(&Audio::stereo(48_000, samples.clone(), samples.clone()));
    assert_eq!(pyramid, stereo);
    let mut mono = Pyramid::new(48_000, 1);
    mono.add(&Audio::stereo(48_000, samples.clone(), vec![1.0; 5000]));
    assert_eq!(mono, Pyramid::of(&Audio::mono(48_000, samples)));
}

#[test]
fn silence_and_nothing_are_silent() {
    for frames in [0, 1, 48_000] {
        let pyramid = Pyramid::of(&Audio::mono(48_000, vec![0.0; frames]));
        assert_eq!((pyramid.peak(), pyramid.rms()), (0.0, 0.0));
        assert_eq!((pyramid.peak_db(), pyramid.rms_db()), (f64::NEG_INFINITY, f64::NEG_INFINITY));
        assert!(pyramid.centroids(0.0..10.0, 10).is_empty());
    }
    assert_eq!(Pyramid::new(0, 0).seconds(), 0.0);
    let mut pyramid = Pyramid::with_centroid(48_000, 1);
    assert!(pyramid.centroids(0.0..10.0, 10).is_empty());
    pyramid.add(&Audio::mono(48_000, vec![0.0; 10]));
    assert_eq!(pyramid.centroids(0.0..10.0, 10), [0.0; 10]);
}

#[test]
fn a_click_is_in_its_own_column_and_nowhere_else() {
    let mut samples = vec![0.0; 1000];
    samples[537] = -0.75;
    let columns = all(&Pyramid::of(&Audio::mono(1000, samples)), 100);
    assert_eq!(columns.len(), 100);
    for (i, column) in columns.iter().enumerate() {
        let expected = if i == 53 { -0.75 } else { 0.0 };
        assert_eq!((column.low, column.high), (expected, 0.0), "column {i}");
    }
    // One frame in ten, so the mean square is a tenth of the sample's: one rounding.
    assert!((columns[53].rms - 0.75 / 10f32.sqrt()).abs() <= f32::EPSILON * 0.25);
}

#[test]
fn a_column_takes_a_bin_by_the_part_it_covers() {
    // Two frames, three columns: the middle one has half of the first frame's share and half of the second's.
    let columns = all(&Pyramid::of(&Audio::mono(2, vec![0.2, 0.6])), 3);
    let middle = ((0.2f64 * 0.2 + 0.6 * 0.6) / 2.0).sqrt() as f32;
    assert_eq!(columns.len(), 3);
    for (column, (low, high, rms)) in columns.iter().zip([(0.2, 0.2, 0.2), (0.2, 0.6, middle), (0.6, 0.6, 0.6)]) {
        assert_eq!((column.low, column.high), (low, high));
        // Sample, square and root are rounded once each.
        assert!((column.rms - rms).abs() <= 2.0 * f32::EPSILON * rms, "{} {rms}", column.rms);
    }
}

#[test]
fn columns_begin_and_end_where_the_sound_does() {
    let pyramid = Pyramid::of(&Audio::mono(100, vec![0.5; 50]));
    assert_eq!(pyramid.columns(0.0..100.0, 10).len(), 5);
    assert_eq!(pyramid.columns(0.0..99.0, 10).len(), 6);
    assert!(Pyramid::new(100, 1).columns(0.0..100.0, 10).is_empty());
    assert!(pyramid.columns(50.0..60.0, 10).is_empty());
    let around = pyramid.columns(-20.0..80.0, 10);
    let highs: Vec<f32> = around.iter().map(|column| column.high).collect();
    assert_eq!(highs, [0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5]);
    // Half of this column lies before the sound.
    assert_eq!(pyramid.columns(-5.0..5.0, 1)[0].rms, 0.5);
    for odd in [5.0..5.0, 9.0..5.0, f64::NAN..5.0, 0.0..f64::INFINITY, f64::NEG_INFINITY..5.0] {
        assert!(pyramid.columns(odd, 10).is_empty());
    }
    assert!(pyramid.columns(0.0..10.0, 0).is_empty());
    assert_eq!(pyramid.columns(0.0..1e300, 2).len(), 1);
    assert!(pyramid.columns(-1e300..1e300, 4).len() <= 3);
    assert_eq!(pyramid.columns(25.0..25.0 + 1e-9, 3).len(), 3);
}

#[test]
fn samples_that_are_not_finite_count_as_zero() {
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN];
    let mut dirty = noise(1, 100_000);
    let mut clean = dirty.clone();
    for i in (0..100_000).step_by(997) {
        dirty[i] = bad[i % 4];
        clean[i] = 0.0;
    }
    let pyramid = |samples: Vec<f32>| {
        let mut pyramid = Pyramid::with_centroid(48_000, 1);
        pyramid.add(&Audio::mono(48_000, samples));
        pyramid
    };
    let (dirty, clean) = (pyramid(dirty), pyramid(clean));
    assert_eq!((dirty.last(0, 0), dirty.peak(), dirty.rms()), (clean.last(0, 0), clean.peak(), clean.rms()));
    for level in 0..clean.levels() {
        assert_eq!(dirty.level(0, level), clean.level(0, level));
    }
    assert_eq!(dirty.centroids(0.0..100_000.0, 333), clean.centroids(0.0..100_000.0, 333));

    let huge = Pyramid::of(&Audio::mono(48_000, vec![f32::MAX; 1000]));
    assert_eq!(huge.peak(), f32::MAX);
    assert_eq!(huge.rms(), (f64::from(f32::MAX) / 2.0).sqrt());
}

#[test]
fn the_level_of_a_long_sound_is_the_sum_of_its_samples() {
    let samples = noise(7, 1_234_567);
    let squares: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let peak = samples.iter().fold(0.0, |peak: f32, x| peak.max(x.abs()));
    let pyramid = Pyramid::of(&Audio::mono(44_100, samples));
    assert_eq!(pyramid.peak(), peak);
    let rms = (squares / 1_234_567.0).sqrt();
    // Bins of 32 frames: a square and five means are rounded, six times half a unit, and half of that is in the root.
    assert_eq!(pyramid.bin_frames(0), 32);
    assert!((pyramid.rms() / rms - 1.0).abs() < 3.0 * ULP);
}

#[test]
fn levels_are_dropped_until_bins_are_long_enough() {
    let mut pyramid = Pyramid::new(48_000, 1);
    let block = Audio::mono(48_000, vec![0.5; 65_521]);
    let mut finest = 1;
    for n in 1..=300 {
        pyramid.add(&block);
        let frames = n * 65_521;
        while finest < LONGEST_FINEST && frames / finest >= MAX_BINS {
            finest *= 2;
        }
        assert_eq!(pyramid.bin_frames(0), finest, "{frames} frames");
        for level in 0..pyramid.levels() {
            let bins = frames / pyramid.bin_frames(level);
            assert_eq!(pyramid.level(0, level).unwrap().len() as u64, bins);
            assert_eq!(pyramid.last(0, level).map_or(0, |bin| bin.frames), frames % pyramid.bin_frames(level));
        }
        assert_eq!(pyramid.level(0, pyramid.levels() - 1).unwrap().len(), 1);
        assert!(pyramid.level(0, pyramid.levels()).is_none() && pyramid.last(0, pyramid.levels()).is_none());
    }
    assert_eq!(finest, LONGEST_FINEST);
}

#[test]
fn every_bin_says_what_its_frames_say() {
    let samples = noise(11, 70_001);
    let pyramid = Pyramid::of(&Audio::mono(48_000, samples.clone()));
    for level in 0..pyramid.levels() {
        let (bins, length) = (pyramid.level(0, level).unwrap(), pyramid.bin_frames(level) as usize);
        let last = pyramid.last(0, level);
        let figures = (0..bins.len())
            .map(|i| (bins.low()[i], bins.high()[i], f64::from(bins.mean_square()[i])))
            .chain(last.map(|Bin { low, high, mean_square, .. }| (low, high, mean_square)));
        let mut count = 0;
        for ((low, high, mean_square), frames) in figures.zip(samples.chunks(length)) {
            count += 1;
            assert_eq!(low, frames.iter().copied().fold(f32::INFINITY, f32::min));
            assert_eq!(high, frames.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            let squares: f64 = frames.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            // A square and one mean for each doubling are rounded once.
            let roundings = f64::from(length.ilog2() + 1);
            assert!((mean_square / (squares / frames.len() as f64) - 1.0).abs() <= roundings * ULP);
        }
        assert_eq!(count, samples.len().div_ceil(length));
    }
}

#[test]
fn any_column_is_what_a_look_at_every_finest_bin_gives() {
    let samples = noise(5, 300_007);
    let pyramid = Pyramid::of(&Audio::mono(48_000, samples.clone()));
    let length = pyramid.bin_frames(0) as usize;
    assert_eq!(length, 8);
    for (range, count) in [(0.0..300_007.0, 997), (1234.5..299_999.25, 13), (77.7..333.3, 101), (8.0..300_000.0, 3)] {
        let width: f64 = (range.end - range.start) / count as f64;
        for (i, column) in pyramid.columns(range.clone(), count).iter().enumerate() {
            let (from, to) = (range.start + i as f64 * width, range.start + (i + 1) as f64 * width);
            let bins = from as usize / length..(to.ceil() as usize).div_ceil(length);
            let touched = &samples[bins.start * length..(bins.end * length).min(samples.len())];
            assert_eq!(column.low, touched.iter().copied().fold(f32::INFINITY, f32::min));
            assert_eq!(column.high, touched.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            let squares: f64 = bins
                .map(|bin| {
                    let frames = &samples[bin * length..((bin + 1) * length).min(samples.len())];
                    let (start, end) = ((bin * length) as f64, (bin * length + frames.len()) as f64);
                    let part = (end.min(to) - start.max(from)) / frames.len() as f64;
                    part * frames.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
                })
                .sum();
            // At most seventeen doublings up to the largest bin here, a square, the root's own rounding; half in the root.
            let rms = (squares / (to - from)).sqrt();
            assert!((f64::from(column.rms) / rms - 1.0).abs() <= 10.0 * ULP, "{range:?} {i}");
        }
    }
}

#[test]
fn no_peak_is_lost_and_no_energy_is_made() {
    let pyramid = Pyramid::of(&Audio::mono(48_000, noise(2, 100_003)));
    let columns = all(&pyramid, 997);
    let high = columns.iter().map(|c| c.high.max(-c.low)).fold(0.0, f32::max);
    assert_eq!(high, pyramid.peak());
    let mean = columns.iter().map(|c| f64::from(c.rms) * f64::from(c.rms)).sum::<f64>() / columns.len() as f64;
    // All columns are equally wide, so their mean square is the whole sound's. Means of up to 64 frames are rounded six
    // times, and each column's RMS once.
    assert!((mean.sqrt() / pyramid.rms() - 1.0).abs() < 4.0 * ULP);
}

#[test]
fn the_centroid_of_a_tone_is_its_frequency() {
    let mut pyramid = Pyramid::with_centroid(48_000, 2);
    pyramid.add(&Audio::mono(48_000, [sine(1500.0, 48_000, 48_000), sine(6000.0, 48_000, 48_000)].concat()));
    let columns = pyramid.centroids(0.0..96_000.0, 20);
    for (i, hz) in columns.iter().enumerate() {
        let expected = if i < 10 { 1500.0 } else { 6000.0 };
        // Both tones fall on a bin of the transform; what reaches elsewhere comes from the edges of the tones alone, and
        // from the rounding of the samples.
        let tolerance = if matches!(i, 0 | 9 | 10 | 19) { 1000.0 } else { 5.0 };
        assert!((hz - expected).abs() < tolerance, "column {i}: {hz}");
    }
}

#[test]
fn joined_bins_have_the_centroid_of_their_average_spectrum() {
    let mut samples = noise(9, 40_000);
    samples.iter_mut().enumerate().for_each(|(i, x)| *x *= i as f32 / 40_000.0);
    samples.extend(sine(3000.0, 44_100, 40_000));
    // Half a window of silence before it: so the windows here are those of the whole sound's centroid.
    samples[..512].fill(0.0);
    let mut pyramid = Pyramid::with_centroid(44_100, 1);
    pyramid.add(&Audio::mono(44_100, samples.clone()));
    let whole = pyramid.centroids(0.0..samples.len() as f64, 1)[0];
    let expected = spectral_centroid(&samples[512..], 44_100) as f32;
    // The first window reaches half a bin further here, and the last one there.
    assert!((whole / expected - 1.0).abs() < 0.01, "{whole} {expected}");
}

#[test]
fn only_stretches_that_fit_are_joined() {
    let empty = || Pyramid::new(48_000, 1);
    for other in [Pyramid::new(44_100, 1), Pyramid::new(48_000, 2), Pyramid::with_centroid(48_000, 1)] {
        assert_eq!(empty().append(other), Err(JoinError::Kind));
    }
    let mut odd = Pyramid::of(&Audio::mono(48_000, vec![0.5; 1000]));
    let before = odd.clone();
    assert_eq!(odd.append(empty()), Err(JoinError::Grid { frames: 1000 }));
    assert_eq!(odd, before);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn blocks_make_no_difference(seed: u32, lengths in proptest::collection::vec(0usize..9000, 1..40)) {
        let frames = lengths.iter().sum();
        let (left, right) = (noise(seed, frames), noise(!seed, frames));
        let mut in_blocks = Pyramid::with_centroid(48_000, 2);
        let mut start = 0;
        for length in lengths {
            let range = start..start + length;
            in_blocks.add(&Audio::stereo(48_000, left[range.clone()].to_vec(), right[range].to_vec()));
            start += length;
        }
        let mut whole = Pyramid::with_centroid(48_000, 2).expecting(frames as u64);
        whole.add(&Audio::stereo(48_000, left, right));
        // Equal in every bit: bins, what is open, and what waits for its bin.
        prop_assert_eq!(in_blocks, whole);
    }

    #[test]
    fn stretches_make_no_difference(
        seed: u32,
        grid in proptest::collection::vec(0usize..90, 0..4),
        end in 0usize..70_000,
        more in 0usize..3000,
        expects: bool,
    ) {
        let frames = grid.iter().sum::<usize>() * 1024 + end;
        let samples = noise(seed, frames + more);
        let stretch = |range: std::ops::Range<usize>| {
            let mut stretch = Pyramid::with_centroid(48_000, 1);
            if expects {
                stretch = stretch.expecting(frames as u64);
            }
            stretch.add_planes(&[&samples[range]]);
            stretch
        };
        let (mut joined, mut start) = (stretch(0..0), 0);
        for bins in grid {
            joined.append(stretch(start..start + bins * 1024)).unwrap();
            start += bins * 1024;
        }
        joined.append(stretch(start..frames)).unwrap();
        let mut whole = stretch(0..frames);
        prop_assert_eq!(&joined, &whole);
        // And both go on in the same way.
        joined.add_planes(&[&samples[frames..]]);
        whole.add_planes(&[&samples[frames..]]);
        prop_assert_eq!(&joined, &whole);
    }
}
