//! The widest instructions of the machine, for loops that the compiler turns into vectors by itself.
//!
//! Downbeat is built for every processor of its kind. Most have wider vectors than the oldest ones (AVX2 on x86-64), so
//! the hot loops are compiled twice, and chosen when they run. Wider vectors change no bit: Rust never fuses a product
//! and a sum, and a loop whose lanes are written down in the source is the same sum in any number of registers.

/// Work whose loops are worth wider vectors.
///
/// The method, and everything hot that it calls, has to be `#[inline(always)]`: a function that is called and not
/// inlined keeps the instructions it was compiled with.
pub(crate) trait Work {
    /// What comes out.
    type Output;
    /// Does it.
    fn run(self) -> Self::Output;
}

/// Does the work with the widest instructions there are.
#[inline]
pub(crate) fn widest<W: Work>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(Wide(work))
}

struct Wide<W>(W);

impl<W: Work> pulp::WithSimd for Wide<W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> W::Output {
        self.0.run()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Audio, ClipEffect, Effect, Format, PeakCompressor, SchroederReverb, SoftClip};

    /// Loud noise, the same each time.
    fn noise() -> Audio {
        let mut seed = 1_u32;
        let mut sample = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed as f32 / u32::MAX as f32 * 2.0 - 1.0
        };
        Audio::mono(48_000, (0..10_007).map(&mut sample).collect())
    }

    fn plain<E: Effect>(settings: &E) -> Audio {
        let mut sound = noise();
        settings.process(&mut settings.start(Format::mono(48_000)), &mut sound.block());
        sound
    }

    fn wide<E: Effect>(settings: E) -> Audio
    where
        E::State: 'static,
    {
        let mut sound = noise();
        crate::Stream::start(std::sync::Arc::new(settings), Format::mono(48_000), 0).process(&mut sound.block());
        sound
    }

    #[test]
    fn wider_vectors_change_no_bit() {
        assert_eq!(plain(&SoftClip::default()), wide(SoftClip::default()));
        assert_eq!(plain(&PeakCompressor::default()), wide(PeakCompressor::default()));
        assert_eq!(plain(&SchroederReverb::default()), wide(SchroederReverb::default()));
        let lowpass = || crate::FirLowpass { order: 21, wrap: true, ..crate::FirLowpass::default() };
        assert_eq!(ClipEffect::apply(&lowpass(), noise()), crate::WholeClip::apply(&lowpass(), noise()));
    }
}
