//! Where the controllers of a MIDI channel stand.

/// The controllers that say how a channel sounds as a whole, each from 0 to 127.
///
/// The sustain pedal is not among them, as it is up or down; the wheel for the pitch has a message of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Controls {
    /// Controller 1, the modulation wheel: how deep the vibrato is.
    pub modulation: u8,
    /// Controller 7, the volume: how loud the part is in the mix.
    pub volume: u8,
    /// Controller 10, the pan: 0 is on the left, 64 in the middle, 127 on the right.
    pub pan: u8,
    /// Controller 11, the expression: how loud it is within its volume.
    pub expression: u8,
}

impl Default for Controls {
    fn default() -> Self {
        Controls::START
    }
}

impl Controls {
    /// Where they stand until a message says otherwise ("General MIDI System Level 1 Developer Guidelines", second
    /// revision; RP-015 has the same).
    pub const START: Controls = Controls { modulation: 0, volume: 100, pan: 64, expression: 127 };

    /// Where each of them stands the lowest, and the highest.
    pub(super) fn range(all: impl IntoIterator<Item = Controls>) -> [Controls; 2] {
        let both = |pick: fn(u8, u8) -> u8, a: Controls, b: Controls| Controls {
            modulation: pick(a.modulation, b.modulation),
            volume: pick(a.volume, b.volume),
            pan: pick(a.pan, b.pan),
            expression: pick(a.expression, b.expression),
        };
        all.into_iter()
            .fold([Controls::START; 2], |[low, high], now| [both(u8::min, low, now), both(u8::max, high, now)])
    }
}
