//! The colours of a picture.

/// Red, green and blue, sRGB, 0 to 255.
pub type Color = [u8; 3];

/// The colours of a picture, one for each kind of thing in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    /// Around the lanes.
    pub surround: Color,
    /// Behind a waveform.
    pub lane: Color,
    /// Lines behind a waveform that help the eye along.
    pub grid: Color,
    /// The outer waveform, from the lowest to the highest sample.
    pub peaks: Color,
    /// The inner waveform, the RMS to both sides.
    pub rms: Color,
    /// What lies beyond full scale.
    pub clip: Color,
    /// The title, names and figures.
    pub text: Color,
    /// What stands beside the figures and the axes.
    pub faint: Color,
}

impl Theme {
    /// Blue on light grey, the colours of Audacity's waveforms.
    pub const LIGHT: Theme = Theme {
        surround: [0xe7, 0xe7, 0xe7],
        lane: [0xc0, 0xc0, 0xc0],
        grid: [0xaf, 0xaf, 0xaf],
        peaks: [0x31, 0x32, 0xc1],
        rms: [0x64, 0x64, 0xd5],
        clip: [0xd0, 0x1f, 0x2e],
        text: [0x1b, 0x1b, 0x22],
        faint: [0x5a, 0x5a, 0x64],
    };

    /// The same blues, made lighter, on near black.
    pub const DARK: Theme = Theme {
        surround: [0x16, 0x17, 0x1c],
        lane: [0x24, 0x25, 0x2d],
        grid: [0x33, 0x35, 0x40],
        peaks: [0x5a, 0x5c, 0xe6],
        rms: [0x9a, 0x9b, 0xf4],
        clip: [0xff, 0x5c, 0x66],
        text: [0xec, 0xec, 0xf1],
        faint: [0x9c, 0x9d, 0xaa],
    };
}

impl Default for Theme {
    fn default() -> Self {
        Theme::LIGHT
    }
}
