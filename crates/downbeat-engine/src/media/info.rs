//! What is known of a recording before it is decoded.

/// What a file says of the sound in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// The format, as people call it: "WAV", "FLAC", "AAC".
    pub format: &'static str,
    /// Frames per second.
    pub rate: u32,
    /// How many channels there are.
    pub channels: usize,
    /// How many frames there are, where the file knows exactly.
    pub frames: Option<u64>,
    /// The bits of a sample, where the format has such a number.
    pub bits: Option<u32>,
    /// The loudspeakers of the channels, where they are known: one bit each, as in the channel mask of
    /// `WAVEFORMATEXTENSIBLE`. The channels are in the order of the bits, the lowest first.
    pub speakers: Option<u32>,
}

/// Bits of a channel mask (Microsoft, `WAVEFORMATEXTENSIBLE`).
pub(super) mod speaker {
    pub const FRONT_LEFT: u32 = 1 << 0;
    pub const FRONT_RIGHT: u32 = 1 << 1;
    pub const FRONT_CENTRE: u32 = 1 << 2;
    pub const LOW_FREQUENCY: u32 = 1 << 3;
    pub const BACK_LEFT: u32 = 1 << 4;
    pub const BACK_RIGHT: u32 = 1 << 5;
    pub const BACK_CENTRE: u32 = 1 << 8;
    pub const SIDE_LEFT: u32 = 1 << 9;
    pub const SIDE_RIGHT: u32 = 1 << 10;
}

/// The highest rate that is believed, in frames per second. FLAC ends at 655,350 and no converter goes beyond.
pub(super) const MAX_RATE: u32 = 1_000_000;

/// The most channels that are believed. Large recordings of film and of ambisonics stay below.
pub(super) const MAX_CHANNELS: usize = 256;
