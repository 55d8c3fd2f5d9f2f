//! A highpass of finite impulse response.

use super::fir::{self, Response};
use crate::ParamError;

crate::params! {
    /// Lets through what lies above a frequency and stops what lies below another, with linear phase.
    ///
    /// The response is drawn with straight lines, brought to a finite number of taps and smoothed by a Hann window, as
    /// SciPy's firwin2 does. The higher the order, the closer it keeps to the lines. The delay of the filter is made up
    /// for, unless it wraps around. Of the two frequencies the higher one is where the sound passes, whichever way round
    /// they are given: the notebook of 2021 had them the other way.
    pub struct FirHighpass: "fir_highpass" {
        /// The order: one more than the filter has taps, as the notebook counted. It stays fixed while it plays.
        order: u32 = 64, in 4..=8192;
        /// The start of the band that passes unchanged, in hertz.
        pass_hz: f64 = 200.0, in 1.0..=192000.0 as fixed;
        /// The end of the band that is stopped, in hertz.
        stop_hz: f64 = 100.0, in 1.0..=192000.0 as fixed;
        /// Whether the clip is filtered in a circle, as by one Fourier transform as long as the clip: the delay stays,
        /// and what it pushes past the end comes in at the front.
        wrap: bool = false;
    }
    check = fits_together;
}

fn fits_together(settings: &FirHighpass) -> Result<(), ParamError> {
    let FirHighpass { order, pass_hz, stop_hz, .. } = settings;
    if stop_hz == pass_hz {
        return Err(ParamError::Together {
            name: "stop_hz",
            reason: format!(
                "`stop_hz` and `pass_hz` are both {pass_hz}: a highpass stops what lies below what it passes"
            ),
        });
    }
    if !order.is_multiple_of(2) {
        return Err(ParamError::Together {
            name: "order",
            reason: format!(
                "`order` = {order} gives an even number of taps, which cannot pass the highest frequencies: \
                 a highpass takes an even order, like {}",
                order + 1
            ),
        });
    }
    Ok(())
}

impl FirHighpass {
    fn response(&self) -> Response {
        Response {
            taps: (self.order as usize).saturating_sub(1).max(1),
            low_hz: self.stop_hz.min(self.pass_hz),
            high_hz: self.stop_hz.max(self.pass_hz),
            low_gain: 0.0,
            high_gain: 1.0,
        }
    }
}

fir::filter!(FirHighpass);
