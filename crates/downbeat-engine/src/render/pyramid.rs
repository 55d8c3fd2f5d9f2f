//! Pyramids of what is rendered.

use downbeat_dsp::{Audio, Pyramid};

use super::{Tap, TapError};

/// A pyramid can listen to a track or to the mix.
impl Tap for Pyramid {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.add(page);
        Ok(())
    }
}
