//! Recursive filters of the second order and chains of them: what every filter with a frequency has in common.
//!
//! [`section`] is the arithmetic of one filter and how it is tuned, [`chain`] runs filters in series over the sound,
//! [`ring`] says how long they ring on. An effect is a [`Design`]: it says which sections it is made of, and the macro
//! [`filter!`] does the rest.

mod chain;
mod ring;
mod section;

pub use chain::Chain;
pub(super) use ring::ring;
pub use section::Section;
pub(super) use section::{shelf_gain, warp};

use crate::Params;

/// Settings that are a chain of sections.
pub trait Design: Params {
    /// The sections, in the order in which the sound goes through them, tuned for a rate in frames per second.
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section>;
}

/// What all designs do alike: all but their sections.
macro_rules! filter {
    ($settings:ty) => {
        impl $crate::Effect for $settings {
            type State = $crate::effects::iir::Chain<Self>;

            fn tail(&self, format: $crate::Format) -> usize {
                $crate::effects::iir::ring($crate::effects::iir::Design::sections(self, format.rate))
            }

            fn start(&self, format: $crate::Format) -> Self::State {
                $crate::effects::iir::Chain::new(self, format.rate)
            }

            #[inline(always)]
            fn process(&self, chain: &mut Self::State, block: &mut $crate::Block<'_>) {
                chain.process(self, block);
            }
        }
    };
}
pub(super) use filter;
