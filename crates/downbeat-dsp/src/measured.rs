//! Effects that measure the whole sound first, and then are one gain.

use std::sync::Arc;

use crate::{Audio, Format, Params};

/// An effect that is one gain for the whole sound, found by measuring all of it first.
pub trait MeasuredEffect: Params + Send + Sync {
    /// What is measured.
    type Meter: Clone + Send;
    /// To be raised when the sound changes for the same settings.
    const VERSION: u32 = 1;

    /// The meter before the first frame.
    fn meter(&self, format: Format) -> Self::Meter;
    /// Takes a block into account.
    fn measure(&self, meter: &mut Self::Meter, block: &Audio);
    /// The gain as a factor, once everything has been measured.
    fn gain(&self, meter: &Self::Meter) -> f32;
}

/// The face of a [`MeasuredEffect`] that hides its types.
pub trait Measured: Send + Sync {
    /// A measurement before its first frame.
    fn meter(self: Arc<Self>, format: Format) -> Box<dyn Metering>;
}

/// A measurement under way.
pub trait Metering: Send {
    /// Takes a block into account.
    fn measure(&mut self, block: &Audio);
    /// The gain as a factor, once everything has been measured.
    fn gain(&self) -> f32;
}

struct Measurement<E: MeasuredEffect> {
    settings: Arc<E>,
    meter: E::Meter,
}

impl<E: MeasuredEffect> Measured for E
where
    E::Meter: 'static,
{
    fn meter(self: Arc<Self>, format: Format) -> Box<dyn Metering> {
        let meter = MeasuredEffect::meter(self.as_ref(), format);
        Box::new(Measurement { settings: self, meter })
    }
}

impl<E: MeasuredEffect> Metering for Measurement<E> {
    fn measure(&mut self, block: &Audio) {
        self.settings.measure(&mut self.meter, block);
    }
    fn gain(&self) -> f32 {
        self.settings.gain(&self.meter)
    }
}
