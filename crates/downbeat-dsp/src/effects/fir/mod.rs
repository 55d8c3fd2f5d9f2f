//! Linear-phase filters with a finite impulse response.
//!
//! [`design`] makes the taps of `fir_lowpass` and `fir_highpass` from a drawing, [`kaiser`] those of `linear_phase` from a
//! specification. An [`Engine`] runs any taps over the sound: few of them by [`direct`], many by [`overlap_save`]. Recorded
//! responses, which are longer still, go through [`partitioned`] convolution. [`fft`] is for the drawing and for the many.

mod design;
mod direct;
mod fft;
mod kaiser;
mod overlap_save;
mod partitioned;

pub(super) use design::Response;
pub(super) use fft::{Fft, Room, Spectrum};
pub(super) use kaiser::Specification;
pub(super) use partitioned::{Partitioned, Path, partition};

use crate::{Audio, Block, Format, Held};
use direct::Direct;
use overlap_save::OverlapSave;

/// From this number of taps on, convolution through the spectrum is faster than tap by tap (measured: benches/effects).
const MANY: usize = 320;

/// By how many frames the output lags: half the response, and one block of the spectrum where that is used.
pub(super) fn latency(taps: usize) -> usize {
    centre(taps) + block(taps)
}

/// For how many frames the response goes on after its middle.
pub(super) fn tail(taps: usize) -> usize {
    taps - 1 - centre(taps)
}

/// Convolves the clip with the response in a circle: what lies past the end comes in at the front again, nothing is
/// made up for. As if by a Fourier transform as long as the clip.
#[inline(always)]
pub(super) fn circular(response: Response, mut clip: Audio) -> Audio {
    let frames = clip.frames();
    if frames == 0 {
        return clip;
    }
    // Run in by the end of the clip (several times over, when it is shorter than the response).
    let run_in = response.taps - 1;
    let mut before = Audio::silence(clip.format(), run_in);
    for (to, from) in before.planes_mut().zip(clip.planes()) {
        let start = (frames - run_in % frames) % frames;
        to.iter_mut().zip(from.iter().cycle().skip(start)).for_each(|(to, from)| *to = *from);
    }
    let mut filter = Filter::new(response, clip.format());
    filter.process(response, &mut before.block());
    let lag = block(response.taps);
    clip.resize(frames + lag);
    filter.process(response, &mut clip.block());
    clip.drop_front(lag);
    clip
}

/// What a lowpass and a highpass do alike: all but their response.
macro_rules! filter {
    ($settings:ty) => {
        impl $crate::Effect for $settings {
            type State = $crate::effects::fir::Filter;

            fn latency(&self, _: $crate::Format) -> usize {
                $crate::effects::fir::latency(self.response().taps)
            }

            fn tail(&self, _: $crate::Format) -> usize {
                $crate::effects::fir::tail(self.response().taps)
            }

            fn start(&self, format: $crate::Format) -> Self::State {
                $crate::effects::fir::Filter::new(self.response(), format)
            }

            #[inline(always)]
            fn process(&self, filter: &mut Self::State, block: &mut $crate::Block<'_>) {
                filter.process(self.response(), block);
            }
        }

        impl $crate::ClipEffect for $settings {
            #[inline(always)]
            fn apply(&self, clip: $crate::Audio) -> $crate::Audio {
                $crate::effects::fir::circular(self.response(), clip)
            }
        }

        impl $crate::EitherEffect for $settings {
            fn needs_clip(&self) -> bool {
                self.wrap
            }
        }
    };
}
pub(super) use filter;

/// A drawn filter in motion.
#[derive(Clone, PartialEq)]
pub struct Filter {
    response: Response,
    rate: u32,
    engine: Engine,
}

impl Held for Filter {
    fn held(&self) -> usize {
        self.engine.held()
    }
}

/// Taps in motion, by the way that is faster for as many as there are.
#[derive(Clone, PartialEq)]
pub struct Engine(Way);

impl Held for Engine {
    fn held(&self) -> usize {
        match &self.0 {
            Way::Few(direct) => direct.held(),
            Way::Many(overlap_save) => overlap_save.held(),
        }
    }
}

#[derive(Clone, PartialEq)]
enum Way {
    Few(Direct),
    Many(OverlapSave),
}

impl Engine {
    /// Before the first frame. There is at least one tap.
    pub(super) fn new(taps: &[f64], channels: usize) -> Self {
        Engine(if taps.len() < MANY {
            Way::Few(Direct::new(taps, channels))
        } else {
            Way::Many(OverlapSave::new(taps, channels))
        })
    }

    /// Changes the taps to others, as many.
    fn retune(&mut self, taps: &[f64]) {
        match &mut self.0 {
            Way::Few(direct) => direct.retune(taps),
            Way::Many(overlap_save) => overlap_save.retune(taps),
        }
    }

    /// Filters a block in place. The output lags behind by [`latency`], of which half the response is its own.
    #[inline(always)]
    pub(super) fn process(&mut self, block: &mut Block<'_>) {
        match &mut self.0 {
            Way::Few(direct) => direct.process(block),
            Way::Many(overlap_save) => overlap_save.process(block),
        }
    }
}

impl Filter {
    /// A filter before its first frame.
    pub(super) fn new(response: Response, format: Format) -> Self {
        let taps = response.design(format.rate);
        let engine = Engine::new(&taps, format.channels.count());
        Filter { response, rate: format.rate, engine }
    }

    /// Filters a block in place. The band may have moved since the last block; the number of taps stays.
    #[inline(always)]
    pub(super) fn process(&mut self, response: Response, block: &mut Block<'_>) {
        let response = Response { taps: self.response.taps, ..response };
        if response != self.response {
            self.engine.retune(&response.design(self.rate));
            self.response = response;
        }
        self.engine.process(block);
    }
}

/// The middle of the response, rounded down to a frame.
fn centre(taps: usize) -> usize {
    (taps - 1) / 2
}

/// By how many frames the convolution itself lags.
fn block(taps: usize) -> usize {
    if taps < MANY { 0 } else { overlap_save::block(taps) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowpass(taps: usize) -> Response {
        Response { taps, low_hz: 900.0, high_hz: 1300.0, low_gain: 1.0, high_gain: 0.0 }
    }

    fn noise(frames: usize) -> Vec<f32> {
        let mut seed = 7_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed as f32 / u32::MAX as f32 * 2.0 - 1.0
        };
        (0..frames).map(|_| next()).collect()
    }

    #[test]
    fn circular_convolution_is_its_definition() {
        // Few taps and many, clips longer and shorter than the response.
        for (taps, frames) in [(20, 300), (19, 7), (19, 1), (MANY, 1000), (MANY + 1, 150)] {
            let x = noise(frames);
            let h = lowpass(taps).design(48_000);
            let y = circular(lowpass(taps), Audio::mono(48_000, x.clone()));
            assert_eq!(y.frames(), frames);
            for (i, y) in y.left().iter().enumerate() {
                let at = |j: usize| f64::from(x[(i + frames * taps - j) % frames]);
                let exact: f64 = h.iter().enumerate().map(|(j, h)| h * at(j)).sum();
                // Each product and each sum is rounded to 32 bits; all of them are below 1.
                assert!((f64::from(*y) - exact).abs() < 3e-7, "{taps} taps, frame {i}: {y} is not {exact}");
            }
        }
    }

    #[test]
    fn few_and_many_taps_are_the_same_filter() {
        let (taps, x) = (lowpass(301).design(48_000), noise(5000));
        let (mut few, mut many) = (x.clone(), x);
        Direct::new(&taps, 1).process(&mut Block::mono(&mut few));
        OverlapSave::new(&taps, 1).process(&mut Block::mono(&mut many));
        let lag = overlap_save::block(301);
        for (few, many) in few.iter().zip(&many[lag..]) {
            assert!((few - many).abs() < 3e-7, "{few} is not {many}");
        }
    }

    #[test]
    fn a_band_that_moves_takes_effect_at_once() {
        for taps in [33, MANY] {
            let mut filter = Filter::new(lowpass(taps), Format::mono(48_000));
            let mut quiet = vec![0.0; 100];
            let moved = Response { low_hz: 2000.0, high_hz: 4000.0, ..lowpass(taps) };
            filter.process(moved, &mut Block::mono(&mut quiet));
            let mut fresh = Filter::new(moved, Format::mono(48_000));
            fresh.process(moved, &mut Block::mono(&mut quiet));
            assert!(filter == fresh);
        }
    }
}
