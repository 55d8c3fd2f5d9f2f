use super::iir::{self, Design, Section, warp};

crate::params! {
    /// Takes away a constant offset and what is slower than anything heard, and leaves the rest.
    ///
    /// A highpass of the first order, 6 dB an octave (V. Zavalishin, "The Art of VA Filter Design", chapter 3). Use it
    /// after effects that bend the wave more on one side than on the other.
    pub struct DcBlock: "dc_block" {
        /// The corner (-3 dB), in hertz. At most 0.49 of the rate.
        freq_hz: f64 = 10.0, in 1.0..=1000.0;
    }
}

impl Design for DcBlock {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        std::iter::once(Section::one_pole(warp(self.freq_hz, rate), [1.0, -1.0]))
    }
}

iir::filter!(DcBlock);
