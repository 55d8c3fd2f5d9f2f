//! Filters of linear phase that keep to a specification.

use super::fir::{self, Engine, Specification};
use crate::{Block, Effect, Format, ParamError};

crate::choice! {
    /// What a filter of linear phase lets through.
    pub enum FirBand {
        /// What lies below its frequency.
        Lowpass = "lowpass",
        /// What lies above its frequency.
        Highpass = "highpass",
        /// What lies between its two frequencies.
        Bandpass = "bandpass",
        /// What does not lie between its two frequencies.
        Bandstop = "bandstop",
    }
}

crate::params! {
    /// Lets one band through and stops the rest, as exactly as one asks for, and delays all frequencies alike.
    ///
    /// It keeps to a specification: at most so much ripple where it passes, at least so much attenuation where it stops,
    /// and a transition of a given width between. The taps are an ideal response with Kaiser's window (J. F. Kaiser,
    /// "Nonrecursive digital filter design using the I0-sinh window function", 1974), as many as it takes: about
    /// (stop_db - 8) / 14.4 for each time the width goes into the rate. The delay is made up for.
    pub struct LinearPhase: "linear_phase" {
        /// What passes: `"lowpass"`, `"highpass"`, `"bandpass"` or `"bandstop"`.
        kind: FirBand = FirBand::Lowpass;
        /// The middle of the transition, in hertz, where the level is -6 dB. Of a band, the lower one.
        freq_hz: f64 = 1000.0, in 20.0..=40000.0 as fixed;
        /// The middle of a band's upper transition, in hertz. A lowpass and a highpass have none.
        high_hz: f64 = 4000.0, in 20.0..=40000.0 as fixed;
        /// The width of a transition, in hertz, half of it on each side of its middle. The narrower, the longer it rings,
        /// before and after.
        width_hz: f64 = 200.0, in 30.0..=20000.0 as fixed;
        /// The least attenuation where it stops, in decibels.
        stop_db: f64 = 80.0, in 20.0..=120.0 as fixed;
        /// The largest ripple where it passes, up or down, in decibels. Kaiser's window makes it as small as what comes
        /// through where it stops; it matters when it is asked to be smaller still.
        ripple_db: f64 = 0.1, in 0.001..=3.0 as fixed;
    }
    check = fits_together;
}

fn fits_together(settings: &LinearPhase) -> Result<(), ParamError> {
    let LinearPhase { kind, freq_hz, high_hz, width_hz, .. } = settings;
    if freq_hz - width_hz / 2.0 < 0.0 {
        return Err(ParamError::Together {
            name: "width_hz",
            reason: format!(
                "`width_hz` = {width_hz} reaches below 0 Hz, as half of it lies below `freq_hz` = {freq_hz}: at most {} fits",
                2.0 * freq_hz
            ),
        });
    }
    if matches!(kind, FirBand::Bandpass | FirBand::Bandstop) && high_hz - freq_hz < *width_hz {
        return Err(ParamError::Together {
            name: "high_hz",
            reason: format!(
                "`high_hz` = {high_hz} leaves no band above `freq_hz` = {freq_hz}: with `width_hz` = {width_hz} it has to be \
                 at least {}",
                freq_hz + width_hz
            ),
        });
    }
    Ok(())
}

impl LinearPhase {
    fn taps(&self, rate: u32) -> Vec<f64> {
        let rate = f64::from(rate);
        let (edges, passes_lows) = match self.kind {
            FirBand::Lowpass => (vec![self.freq_hz], true),
            FirBand::Highpass => (vec![self.freq_hz], false),
            FirBand::Bandpass => (vec![self.freq_hz, self.high_hz], false),
            FirBand::Bandstop => (vec![self.freq_hz, self.high_hz], true),
        };
        Specification {
            edges: edges.into_iter().map(|hz| hz / rate).collect(),
            width: self.width_hz / rate,
            passes_lows,
            // The way down is the shorter one: 1 - r is less than 1/r - 1.
            ripple: 1.0 - crate::ratio(-self.ripple_db),
            leak: crate::ratio(-self.stop_db),
        }
        .design()
    }
}

impl Effect for LinearPhase {
    type State = Engine;

    fn latency(&self, format: Format) -> usize {
        fir::latency(self.taps(format.rate).len())
    }

    fn tail(&self, format: Format) -> usize {
        fir::tail(self.taps(format.rate).len())
    }

    fn start(&self, format: Format) -> Engine {
        Engine::new(&self.taps(format.rate), format.channels.count())
    }

    #[inline(always)]
    fn process(&self, engine: &mut Engine, block: &mut Block<'_>) {
        engine.process(block);
    }
}
