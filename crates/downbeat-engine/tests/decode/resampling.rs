//! Readers that bring a recording to another rate.

use downbeat_engine::media::{Pick, load};

use crate::files::{Memory, committed, decode, float_wav, signal_to_noise_db};

#[test]
fn resampling_keeps_a_click_in_its_place() {
    for (from, to) in [(44100, 48000), (48000, 44100), (44100, 96000), (96000, 44100), (8000, 48000), (48000, 8000)] {
        // A click in a frame that both rates have: a whole number of the shortest common period.
        let divisor = (1..=from).rev().find(|d| from % d == 0 && to % d == 0).unwrap();
        let (from_period, to_period) = ((from / divisor) as usize, (to / divisor) as usize);
        let periods = 3000 / from_period + 1;
        let mut input = vec![0.0; 2 * periods * from_period + 1];
        input[periods * from_period] = 1.0;
        let output = load(&Memory(float_wav(from, &[&input])), "click", Pick::AsIs, to).unwrap();
        let place = periods * to_period;
        let peak = output.left().iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap().0;
        assert_eq!(peak, place, "{from} to {to}");
        // The filter is symmetric, so the click is, to the rounding of 32 bits: half a step of 2^-24 in each tap.
        for distance in 1..place.min(output.frames() - place) {
            let (before, after) = (output.left()[place - distance], output.left()[place + distance]);
            assert!((before - after).abs() < 1e-7, "{from} to {to}: {before} and {after} at {distance}");
        }
    }
}

#[test]
fn resampling_keeps_a_sine() {
    for (from, to) in
        [(44100u32, 48000u32), (48000, 44100), (96000, 44100), (44100, 44101), (11025, 48000), (192_000, 48000)]
    {
        let lower = f64::from(from.min(to));
        for part in [0.02, 0.25, 0.45] {
            let frequency = part * lower;
            let sine = |rate: u32, n: usize| {
                0.5 * libm::sin(std::f64::consts::TAU * (frequency * n as f64 / f64::from(rate)).fract())
            };
            let input: Vec<f32> = (0..from as usize / 2).map(|n| sine(from, n) as f32).collect();
            let output = load(&Memory(float_wav(from, &[&input])), "sine", Pick::AsIs, to).unwrap();
            let frames = output.frames();
            assert_eq!(frames as u64, (input.len() as u64 * u64::from(to)).div_ceil(u64::from(from)));
            // In the middle, where the filter sees nothing of the ends.
            let worst = (frames / 4..frames * 3 / 4)
                .map(|n| (f64::from(output.left()[n]) - sine(to, n)).abs())
                .fold(0.0, f64::max);
            // -120 dB is the filter's ripple; the rows of a ratio with many phases are interpolated to the same.
            assert!(worst < 1e-6, "{from} to {to}, {frequency} Hz: off by {worst:e}");
        }
    }
}

#[test]
fn resampling_down_leaves_no_alias() {
    // 30 kHz does not exist at 44.1 kHz; folded back it would be 14.1 kHz.
    let input: Vec<f32> =
        (0..48_000).map(|n| libm::sin(std::f64::consts::TAU * (30.0 * f64::from(n) / 96.0).fract()) as f32).collect();
    let output = load(&Memory(float_wav(96_000, &[&input])), "sine", Pick::AsIs, 44_100).unwrap();
    let frames = output.frames();
    let worst = output.left()[frames / 4..frames * 3 / 4].iter().fold(0.0f32, |worst, x| worst.max(x.abs()));
    assert!(worst < 1e-6, "{worst:e}");
}

#[test]
fn resampling_agrees_with_another_resampler() {
    use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
    use rubato::{Fft, FixedSync, Resampler};
    // This encoder left nothing above 17 kHz, where the two filters begin to differ.
    let (_, planes) = decode(&committed(), "stereo-cbr128.mp3").unwrap();
    let ours = load(&committed(), "stereo-cbr128.mp3", Pick::AsIs, 48000).unwrap();
    let frames = planes[0].len();
    let input = SequentialSliceOfVecs::new(&planes, 2, frames).unwrap();
    // With an even transform its delay is a whole number of frames; with an odd one it is half a frame off.
    let mut fft = Fft::<f32>::new(44100, 48000, 8192, 2, FixedSync::Both).unwrap();
    assert_eq!(fft.fft_size_in() % 2, 0);
    let theirs = fft.process_all(&input, frames, None).unwrap().take_data();
    for (channel, plane) in ours.planes().enumerate() {
        let other: Vec<f32> = theirs[channel..].iter().step_by(2).copied().collect();
        let db = signal_to_noise_db(&plane[1000..71000], &other[1000..71000]);
        assert!(db > 110.0, "{db}");
    }
}
