//! A lowpass of finite impulse response.

use super::fir::{self, Response};
use crate::ParamError;

crate::params! {
    /// Lets through what lies below a frequency and stops what lies above another, with linear phase.
    ///
    /// The response is drawn with straight lines, brought to a finite number of taps and smoothed by a Hann window, as
    /// SciPy's firwin2 does. The higher the order, the closer it keeps to the lines. The delay of the filter is made up
    /// for, unless it wraps around.
    pub struct FirLowpass: "fir_lowpass" {
        /// The order: one more than the filter has taps, as the notebook counted. It stays fixed while it plays.
        order: u32 = 64, in 4..=8192;
        /// The end of the band that passes unchanged, in hertz: below `stop_hz`.
        pass_hz: f64 = 1000.0, in 1.0..=192000.0 as fixed;
        /// The start of the band that is stopped, in hertz.
        stop_hz: f64 = 2000.0, in 1.0..=192000.0 as fixed;
        /// Whether the clip is filtered in a circle, as by one Fourier transform as long as the clip: the delay stays,
        /// and what it pushes past the end comes in at the front.
        wrap: bool = false;
    }
    check = fits_together;
}

fn fits_together(settings: &FirLowpass) -> Result<(), ParamError> {
    let FirLowpass { pass_hz, stop_hz, .. } = settings;
    if pass_hz < stop_hz {
        return Ok(());
    }
    Err(ParamError::Together {
        name: "stop_hz",
        reason: format!(
            "`stop_hz` = {stop_hz} is not above `pass_hz` = {pass_hz}: a lowpass stops what lies above what it passes"
        ),
    })
}

impl FirLowpass {
    fn response(&self) -> Response {
        Response {
            taps: (self.order as usize).saturating_sub(1).max(1),
            low_hz: self.pass_hz,
            high_hz: self.stop_hz,
            low_gain: 1.0,
            high_gain: 0.0,
        }
    }
}

fir::filter!(FirLowpass);
