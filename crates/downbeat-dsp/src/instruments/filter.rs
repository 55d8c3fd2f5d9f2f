//! The filter of a synthesiser's voice, made to be swept: its corner moves a little from frame to frame.
//!
//! The state-variable filter is after A. Simper, "Solving the continuous SVF equations using trapezoidal integration and
//! equivalent currents" (2013); the ladder after V. Zavalishin, "The Art of VA Filter Design" (2018), chapters 5 and 6. Both
//! keep no coefficients from frame to frame but their integrators, so sweeping them makes no clicks of its own.

use std::f64::consts::PI;

use super::instrument::CHUNK;

crate::choice! {
    /// What the filter of a voice lets through.
    pub enum VoiceFilter {
        /// A lowpass of 12 dB an octave.
        Lowpass = "lowpass",
        /// A bandpass of 6 dB an octave on each side.
        Bandpass = "bandpass",
        /// A highpass of 12 dB an octave.
        Highpass = "highpass",
        /// A lowpass of 24 dB an octave that bends what is loud.
        Ladder = "ladder",
        /// Everything: no filter.
        Off = "off",
    }
}

/// The feedback of the ladder at full resonance; with 4 it would sing for ever.
const LADDER_FULL: f64 = 3.9;

/// A filter in motion.
#[derive(Clone, Debug)]
pub(super) struct SweptFilter {
    kind: VoiceFilter,
    resonance: f64,
    rate: f64,
    integrators: [f64; 4],
    /// tan(pi f / rate) at the last frame; none before the first.
    warped: Option<f64>,
}

impl SweptFilter {
    /// A filter at rest. A resonance of 0 has a Q of 1/2, one of 1 a Q of 50 (the ladder: just before it sings by itself).
    pub(super) fn new(kind: VoiceFilter, resonance: f64, rate: u32) -> Self {
        SweptFilter { kind, resonance, rate: f64::from(rate), integrators: [0.0; 4], warped: None }
    }

    /// Forgets what was.
    pub(super) fn clear(&mut self) {
        (self.integrators, self.warped) = ([0.0; 4], None);
    }

    /// Filters in place, at most [`CHUNK`] frames, with a corner that moves from where it was to `freq_hz` (at most 0.45 of the rate) at the end.
    #[inline(always)]
    pub(super) fn run(&mut self, freq_hz: f64, sound: &mut [f64]) {
        if self.kind == VoiceFilter::Off {
            return;
        }
        let end = libm::tan(PI * freq_hz.clamp(5.0, 0.45 * self.rate) / self.rate);
        let from = self.warped.replace(end).unwrap_or(end);
        let step = (end - from) / sound.len().max(1) as f64;
        match self.kind {
            VoiceFilter::Ladder => self.ladder(from, step, sound),
            kind => {
                let damping = 2.0 * (1.0 - 0.99 * self.resonance);
                // What of the input, of the band and of the low comes out.
                let mix = match kind {
                    VoiceFilter::Bandpass => [0.0, damping, 0.0],
                    VoiceFilter::Highpass => [1.0, -damping, -1.0],
                    _ => [0.0, 0.0, 1.0],
                };
                self.state_variable(from, step, damping, mix, sound);
            }
        }
    }

    /// What one frame adds to the integrators is worked out from the state of both at once, so that the next frame has little
    /// to wait for; the coefficients, with their division, are worked out beforehand.
    #[inline(always)]
    fn state_variable(&mut self, from: f64, step: f64, damping: f64, mix: [f64; 3], sound: &mut [f64]) {
        let mut tuned = [[0.0; CHUNK]; 3];
        let [gains, bands, lows] = &mut tuned;
        for (((k, gain), band), low) in (1_i32..).zip(gains.iter_mut()).zip(bands.iter_mut()).zip(lows.iter_mut()) {
            let g = from + step * f64::from(k);
            *gain = 1.0 / (1.0 + g * (g + damping));
            *band = g * *gain;
            *low = g * *band;
        }
        let [mut first, mut second, ..] = self.integrators;
        for (((x, gain), toward_band), toward_low) in sound.iter_mut().zip(&*gains).zip(&*bands).zip(&*lows) {
            let rest = *x - second;
            let band = gain * first + toward_band * rest;
            let risen = toward_band * first + toward_low * rest;
            let low = second + risen;
            first = 2.0 * band - first;
            second += 2.0 * risen;
            *x = mix[0] * *x + mix[1] * band + mix[2] * low;
        }
        (self.integrators[0], self.integrators[1]) = (first, second);
    }

    #[inline(always)]
    fn ladder(&mut self, from: f64, step: f64, sound: &mut [f64]) {
        let feedback = LADDER_FULL * self.resonance;
        let gain = 1.0 + 0.5 * feedback;
        let [mut s1, mut s2, mut s3, mut s4] = self.integrators;
        for (k, x) in (1_u16..).zip(sound) {
            let g = from + step * f64::from(k);
            let keep = 1.0 / (1.0 + g);
            let low = g * keep;
            let (low2, low3, low4) = (low * low, low * low * low, (low * low) * (low * low));
            // What each stage gives of what the stages up to it hold; the last one first, for the input waits for it.
            let t4 = keep * ((s4 + low * s3) + (low2 * s2 + low3 * s1));
            let input = bend((gain * *x - feedback * t4) / (1.0 + feedback * low4));
            let t3 = keep * (s3 + low * s2 + low2 * s1);
            let t2 = keep * (s2 + low * s1);
            let t1 = keep * s1;
            let out = low4 * input + t4;
            s1 = 2.0 * (low * input + t1) - s1;
            s2 = 2.0 * (low2 * input + t2) - s2;
            s3 = 2.0 * (low3 * input + t3) - s3;
            s4 = 2.0 * out - s4;
            *x = out;
        }
        self.integrators = [s1, s2, s3, s4];
    }
}

/// Bends what is loud to a ceiling of 1: x (27 + x²) / (27 + 9 x²), which is tanh up to the fifth order and meets 1 at 3.
#[inline(always)]
fn bend(x: f64) -> f64 {
    let x = x.clamp(-3.0, 3.0);
    x * (27.0 + x * x) / (27.0 + 9.0 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gain for a soft sine of `sine_hz`, from its last second.
    fn gain(kind: VoiceFilter, resonance: f64, corner_hz: f64, sine_hz: f64) -> f64 {
        let mut filter = SweptFilter::new(kind, resonance, 48_000);
        let mut energy = 0.0;
        for second in 0..2 {
            for piece in 0..1_500 {
                let first = second * 48_000 + piece * 32;
                let sine = |k| 1e-4 * libm::sin(2.0 * PI * sine_hz * (first + k) as f64 / 48_000.0);
                let mut sound: [f64; 32] = std::array::from_fn(sine);
                filter.run(corner_hz, &mut sound);
                energy += if second == 1 { sound.iter().map(|x| x * x).sum() } else { 0.0 };
            }
        }
        (energy / 24_000.0).sqrt() / 1e-4
    }

    #[test]
    fn corners_are_where_they_should_be() {
        for resonance in [0.0, 0.3, 0.9] {
            let damping = 2.0 * (1.0 - 0.99 * resonance);
            for corner in [100.0, 1_000.0, 10_000.0] {
                // At the corner, where both integrators turn by 90 degrees together.
                assert!((gain(VoiceFilter::Lowpass, resonance, corner, corner) * damping - 1.0).abs() < 1e-4);
                assert!((gain(VoiceFilter::Highpass, resonance, corner, corner) * damping - 1.0).abs() < 1e-4);
                assert!((gain(VoiceFilter::Bandpass, resonance, corner, corner) - 1.0).abs() < 1e-4);
            }
        }
        // Four stages of -3 dB each; and half of what the resonance takes away in the bass is given back.
        assert!((gain(VoiceFilter::Ladder, 0.0, 1_000.0, 1_000.0) - 0.25).abs() < 1e-4);
        let bass = (1.0 + 0.5 * 0.5 * LADDER_FULL) / (1.0 + 0.5 * LADDER_FULL);
        assert!((gain(VoiceFilter::Ladder, 0.5, 10_000.0, 5.0) - bass).abs() < 1e-4);
        assert!((gain(VoiceFilter::Off, 0.5, 100.0, 5_000.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_fast_sweep_stays_bounded() {
        for kind in [VoiceFilter::Lowpass, VoiceFilter::Bandpass, VoiceFilter::Highpass, VoiceFilter::Ladder] {
            let mut filter = SweptFilter::new(kind, 1.0, 48_000);
            let mut noise = super::super::noise::Noise::new(1);
            for piece in 0..3_000 {
                let mut sound: [f64; 32] = std::array::from_fn(|_| noise.next());
                filter.run(if piece % 3 == 0 { 30.0 } else { 20_000.0 }, &mut sound);
                assert!(sound.iter().all(|x| x.abs() < 100.0), "{kind:?}");
            }
        }
    }
}
