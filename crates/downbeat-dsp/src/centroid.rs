//! The spectral centroid: how bright a sound is.

use realfft::RealFftPlanner;

const FRAME: usize = 2048;
const HOP: usize = 1024;

/// The spectral centroid of a whole sound in Hz: the mean frequency, weighted by magnitude, of its average spectrum
/// (frames of 2048 under a Hann window, half overlapping). Silence gives 0.
///
/// Source: Peeters, "A large set of audio features for sound description" (2004), section 6.1.1.
///
/// ```
/// let turn = std::f64::consts::TAU * 1000.0 / 48_000.0;
/// let tone: Vec<f32> = (0..48_000).map(|i| libm::sin(turn * f64::from(i)) as f32).collect();
/// let centroid = downbeat_dsp::spectral_centroid(&tone, 48_000);
/// assert!((centroid - 1000.0).abs() < 30.0, "{centroid}");
/// ```
pub fn spectral_centroid(samples: &[f32], rate: u32) -> f64 {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FRAME);
    let window: Vec<f32> = (0..FRAME)
        .map(|i| (0.5 - 0.5 * libm::cos(2.0 * std::f64::consts::PI * i as f64 / FRAME as f64)) as f32)
        .collect();
    let (mut frame, mut spectrum) = (fft.make_input_vec(), fft.make_output_vec());
    let mut magnitudes = vec![0.0f64; spectrum.len()];
    let mut start = 0;
    while start < samples.len() {
        let there = &samples[start..samples.len().min(start + FRAME)];
        if there.iter().any(|&x| x != 0.0) {
            frame.fill(0.0);
            for ((y, x), w) in frame.iter_mut().zip(there).zip(&window) {
                *y = x * w;
            }
            // The lengths are those that the transform was planned for, so it cannot fail.
            if fft.process(&mut frame, &mut spectrum).is_ok() {
                for (sum, bin) in magnitudes.iter_mut().zip(&spectrum) {
                    *sum += f64::from(bin.re * bin.re + bin.im * bin.im).sqrt();
                }
            }
        }
        start += HOP;
    }
    let total: f64 = magnitudes.iter().sum();
    if total == 0.0 {
        return 0.0;
    }
    let bin_hz = f64::from(rate) / FRAME as f64;
    magnitudes.iter().enumerate().map(|(bin, magnitude)| bin as f64 * bin_hz * magnitude).sum::<f64>() / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_nothing_have_no_brightness() {
        assert_eq!(spectral_centroid(&[], 48_000), 0.0);
        assert_eq!(spectral_centroid(&[0.0; 5000], 48_000), 0.0);
    }

    #[test]
    fn two_equal_tones_average() {
        let tone = |hz: f64| (0..48_000).map(move |i| libm::sin(2.0 * std::f64::consts::PI * hz * i as f64 / 48e3));
        let both: Vec<f32> = tone(2000.0).zip(tone(6000.0)).map(|(a, b)| (a + b) as f32).collect();
        // The last frames are cut off, which spreads a little of the sound over the whole spectrum.
        assert!((spectral_centroid(&both, 48_000) - 4000.0).abs() < 40.0);
    }
}
