//! Colour maps: from a level between 0 and 1 to a colour.

use crate::Color;

/// 256 colours from the lowest level to the highest.
pub(crate) type Palette = [Color; 256];

/// The colours that levels are drawn in.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ColorMap {
    /// From dark blue over green to yellow. Its lightness rises evenly, and it reads the same for eyes that do not tell red
    /// from green. By van der Walt and Smith, 2015, for matplotlib (CC0).
    #[default]
    Viridis,
    /// From black over purple and orange to pale yellow; otherwise like viridis and of the same source.
    Magma,
    /// From black to white.
    Grey,
    /// From red over yellow, green and cyan to blue, for what is low, middle and high.
    Spectral,
}

impl ColorMap {
    /// The map's colours.
    pub(crate) fn palette(self) -> &'static Palette {
        match self {
            ColorMap::Viridis => &VIRIDIS,
            ColorMap::Magma => &MAGMA,
            ColorMap::Grey => &GREY,
            ColorMap::Spectral => &SPECTRAL,
        }
    }
}

/// The place in a palette of a level from 0 to 1; what lies beyond is taken as the end, and what is no number as 0.
pub(crate) fn place(level: f32) -> u8 {
    (level * 255.0 + 0.5) as u8
}

/// Every fifteenth of the 256 colours that matplotlib 3 has in `_cm_listed.py`. What straight lines between them give is
/// within 5 of 255 of all the others.
static VIRIDIS: Palette = through(&[
    0x440154, 0x481769, 0x472a7a, 0x433d84, 0x3d4e8a, 0x355e8d, 0x2e6d8e, 0x297b8e, 0x23898e, 0x1f978b, 0x21a585,
    0x2eb37c, 0x46c06f, 0x65cb5e, 0x89d548, 0xb0dd2f, 0xd8e219, 0xfde725,
]);

/// As for viridis; within 3 of 255.
static MAGMA: Palette = through(&[
    0x000004, 0x090720, 0x1a1042, 0x311165, 0x4a1079, 0x621980, 0x792282, 0x912b81, 0xaa337d, 0xc23b75, 0xd9466b,
    0xec5860, 0xf7725c, 0xfc8e64, 0xfeaa74, 0xfec68a, 0xfde2a3, 0xfcfdbf,
]);

static GREY: Palette = through(&[0x000000, 0xffffff]);

/// The hues of the rainbow from long waves to short, as in the waveforms of DJ programs. All are bright enough to be seen on
/// black, and none is much brighter than its neighbours but yellow, which cannot be otherwise.
static SPECTRAL: Palette = through(&[
    0xff2a2a, 0xff5a1f, 0xff8c1a, 0xf5bb20, 0xd6dd2b, 0x93dd33, 0x3fd64a, 0x1fd289, 0x1fc9c4, 0x28a9ea, 0x3a83fb,
    0x4a62ff,
]);

/// The colours on straight lines through points that are evenly far apart.
const fn through(points: &[u32]) -> Palette {
    let mut palette = [[0; 3]; 256];
    let mut i = 0;
    while i < 256 {
        let at = i * (points.len() - 1);
        let (first, part) = (at / 255, (at % 255) as u32);
        let next = if part == 0 { first } else { first + 1 };
        let mut channel = 0;
        while channel < 3 {
            let shift = 16 - 8 * channel as u32;
            let (a, b) = (points[first] >> shift & 255, points[next] >> shift & 255);
            palette[i][channel] = ((a * (255 - part) + b * part + 127) / 255) as u8;
            channel += 1;
        }
        i += 1;
    }
    palette
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE 1976 lightness, 0 to 100, of an sRGB colour (IEC 61966-2-1 with the D65 white).
    fn lightness(color: Color) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
        };
        let y = 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
        116.0 * libm::cbrt(y) - 16.0
    }

    #[test]
    fn lightness_rises_evenly() {
        for map in [ColorMap::Viridis, ColorMap::Magma] {
            let light: Vec<f64> = map.palette().iter().map(|&color| lightness(color)).collect();
            let even = (light[255] - light[16]) / 239.0;
            for i in (16..=255 - 15).step_by(15) {
                // The originals keep to a third of their mean slope; magma is steeper where it leaves black.
                let slope = (light[i + 15] - light[i]) / 15.0;
                assert!((slope / even - 1.0).abs() < 0.35, "{map:?} {i}: {slope} {even}");
            }
        }
    }

    #[test]
    fn low_is_red_and_middle_is_green_and_high_is_blue() {
        let map = ColorMap::Spectral.palette();
        let leads = |color: Color, channel: usize| (0..3).all(|i| i == channel || color[channel] > color[i] + 60);
        assert!(leads(map[0], 0) && leads(map[127], 1) && leads(map[255], 2));
        // Seen on black: a contrast of 3:1 (WCAG 2.1), which is a lightness of 38.
        assert!(map.iter().all(|&color| lightness(color) > 38.0));
    }

    #[test]
    fn neighbours_differ_little() {
        for map in [ColorMap::Viridis, ColorMap::Magma, ColorMap::Grey, ColorMap::Spectral] {
            for pair in map.palette().windows(2) {
                assert!((0..3).all(|i| pair[0][i].abs_diff(pair[1][i]) <= 4), "{map:?} {pair:?}");
            }
        }
    }

    #[test]
    fn ends_are_ends_and_points_are_points() {
        assert_eq!(ColorMap::Viridis.palette()[0], [0x44, 0x01, 0x54]);
        assert_eq!(ColorMap::Viridis.palette()[15], [0x48, 0x17, 0x69]);
        assert_eq!(ColorMap::Viridis.palette()[255], [0xfd, 0xe7, 0x25]);
        assert!((0..=255u8).all(|i| ColorMap::Grey.palette()[usize::from(i)] == [i; 3]));
        assert_eq!([-1.0, 0.0, 0.5, 1.0, 7.0, f32::NAN].map(place), [0, 0, 128, 255, 255, 0]);
    }
}
