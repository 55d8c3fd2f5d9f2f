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
    /// Lines that are told apart: true peak, momentary, short-term and integrated loudness.
    pub lines: [Color; 4],
    /// Segments with different effects, in the order in which they come; the last one is for those without effects.
    pub tints: [Tint; 8],
}

/// The colours of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tint {
    /// Behind its waveform and its label.
    pub ground: Color,
    /// Its waveform.
    pub ink: Color,
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
        lines: [[0x8c, 0x8c, 0x94], [0x4f, 0x8f, 0xd0], [0x31, 0x32, 0xc1], [0xc2, 0x41, 0x0c]],
        tints: tints([
            (0xcfdcf4, 0x2f55b5),
            (0xf7e0c4, 0xa9580f),
            (0xcdeada, 0x1d7a54),
            (0xe7d8f2, 0x7b3fa0),
            (0xf7d3d3, 0xab3535),
            (0xc9e8ec, 0x176f80),
            (0xe9e8c2, 0x6e6e1e),
            (0xd6d6da, 0x55555f),
        ]),
    };

    /// The same blues on white, for curves on a page.
    pub const PAPER: Theme = Theme {
        surround: [0xf4, 0xf4, 0xf6],
        lane: [0xff, 0xff, 0xff],
        grid: [0xe0, 0xe0, 0xe5],
        faint: [0x70, 0x70, 0x7a],
        ..Theme::LIGHT
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
        lines: [[0x70, 0x72, 0x80], [0x5f, 0x9f, 0xe0], [0xb0, 0xb1, 0xff], [0xff, 0xa0, 0x50]],
        tints: tints([
            (0x243256, 0x84a5f8),
            (0x4b3520, 0xf0aa64),
            (0x1e4234, 0x62cc9c),
            (0x3c2b4d, 0xc394e8),
            (0x4e282b, 0xf28686),
            (0x1b4048, 0x5cc6d6),
            (0x3f3f20, 0xcfcf6e),
            (0x2e2f38, 0xa4a5b2),
        ]),
    };
}

impl Default for Theme {
    fn default() -> Self {
        Theme::LIGHT
    }
}

/// The colour half-way between two.
pub(crate) fn between(a: Color, b: Color) -> Color {
    std::array::from_fn(|i| u8::midpoint(a[i], b[i]))
}

const fn tints(pairs: [(u32, u32); 8]) -> [Tint; 8] {
    let mut tints = [Tint { ground: [0; 3], ink: [0; 3] }; 8];
    let mut i = 0;
    while i < 8 {
        tints[i] = Tint { ground: color(pairs[i].0), ink: color(pairs[i].1) };
        i += 1;
    }
    tints
}

const fn color(hex: u32) -> Color {
    let [_, red, green, blue] = hex.to_be_bytes();
    [red, green, blue]
}
