//! Samples as they lie in a file, made into 32-bit floats with full scale ±1.
//!
//! An integer of n bits is divided by 2^(n-1), exactly; only above 24 bits a float has to round.

/// How one sample is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Encoding {
    /// 8 bits, unsigned, silence at 128.
    Unsigned8,
    /// Two's complement, of 2 to 8 bytes.
    Signed(usize),
    /// IEEE 754, 32 bits.
    Float32,
    /// IEEE 754, 64 bits.
    Float64,
    /// ITU-T G.711 A-law.
    ALaw,
    /// ITU-T G.711 mu-law.
    MuLaw,
}

impl Encoding {
    /// The bytes of a sample.
    pub(super) fn bytes(self) -> usize {
        match self {
            Encoding::Unsigned8 | Encoding::ALaw | Encoding::MuLaw => 1,
            Encoding::Signed(bytes) => bytes,
            Encoding::Float32 => 4,
            Encoding::Float64 => 8,
        }
    }

    /// Appends one channel of interleaved frames. Samples lie `frame` bytes apart, from `offset` in each frame.
    pub(super) fn append(self, big_endian: bool, bytes: &[u8], frame: usize, offset: usize, plane: &mut Vec<f32>) {
        let frames = bytes.chunks_exact(frame);
        match (self, big_endian) {
            (Encoding::Unsigned8, _) => plane.extend(frames.map(|f| (f32::from(f[offset]) - 128.0) / 128.0)),
            (Encoding::ALaw, _) => plane.extend(frames.map(|f| a_law(f[offset]))),
            (Encoding::MuLaw, _) => plane.extend(frames.map(|f| mu_law(f[offset]))),
            (Encoding::Signed(2), false) => plane.extend(frames.map(|f| int16(i16::from_le_bytes(at(f, offset))))),
            (Encoding::Signed(2), true) => plane.extend(frames.map(|f| int16(i16::from_be_bytes(at(f, offset))))),
            (Encoding::Signed(3), false) => plane.extend(frames.map(|f| {
                let [a, b, c] = at(f, offset);
                int32(i32::from_le_bytes([0, a, b, c]))
            })),
            (Encoding::Signed(3), true) => plane.extend(frames.map(|f| {
                let [a, b, c] = at(f, offset);
                int32(i32::from_be_bytes([a, b, c, 0]))
            })),
            (Encoding::Signed(4), false) => plane.extend(frames.map(|f| int32(i32::from_le_bytes(at(f, offset))))),
            (Encoding::Signed(4), true) => plane.extend(frames.map(|f| int32(i32::from_be_bytes(at(f, offset))))),
            (Encoding::Signed(width), _) => plane.extend(frames.map(|f| wide(&f[offset..offset + width], big_endian))),
            (Encoding::Float32, false) => plane.extend(frames.map(|f| f32::from_le_bytes(at(f, offset)))),
            (Encoding::Float32, true) => plane.extend(frames.map(|f| f32::from_be_bytes(at(f, offset)))),
            (Encoding::Float64, false) => plane.extend(frames.map(|f| f64::from_le_bytes(at(f, offset)) as f32)),
            (Encoding::Float64, true) => plane.extend(frames.map(|f| f64::from_be_bytes(at(f, offset)) as f32)),
        }
    }
}

/// A 16-bit sample.
pub(super) fn int16(sample: i16) -> f32 {
    f32::from(sample) * (1.0 / 32_768.0)
}

/// A sample in the upper bits of 32.
pub(super) fn int32(sample: i32) -> f32 {
    sample as f32 * (1.0 / 2_147_483_648.0)
}

/// The first place in `samples` that is not a finite number.
pub(super) fn first_not_finite(samples: &[f32]) -> Option<usize> {
    // The exponent of all ones marks infinity and NaN. Looking at everything first keeps the loop free of branches.
    let exponent = |x: f32| x.to_bits() & 0x7f80_0000;
    let suspect = samples.iter().fold(0, |worst: u32, &x| worst.max(exponent(x)));
    if suspect < 0x7f80_0000 { None } else { samples.iter().position(|x| !x.is_finite()) }
}

/// The bytes of a sample as an array.
fn at<const N: usize>(frame: &[u8], offset: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&frame[offset..offset + N]);
    bytes
}

/// A sample of 5 to 8 bytes: rounded once, from 64 bits to a float.
fn wide(bytes: &[u8], big_endian: bool) -> f32 {
    let mut upper = [0; 8];
    if big_endian {
        upper[..bytes.len()].copy_from_slice(bytes);
        upper.reverse();
    } else {
        upper[8 - bytes.len()..].copy_from_slice(bytes);
    }
    i64::from_le_bytes(upper) as f32 * (1.0 / 9_223_372_036_854_775_808.0)
}

/// ITU-T G.711, table 1a: 13-bit values, here in the upper bits of 16.
fn a_law(code: u8) -> f32 {
    let code = code ^ 0x55;
    let (exponent, mantissa) = (code >> 4 & 7, i16::from(code & 15));
    let magnitude = match exponent {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    int16(if code & 0x80 != 0 { magnitude } else { -magnitude })
}

/// ITU-T G.711, table 2a: 14-bit values, here in the upper bits of 16.
fn mu_law(code: u8) -> f32 {
    let code = !code;
    let (exponent, mantissa) = (code >> 4 & 7, i16::from(code & 15));
    let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    int16(if code & 0x80 != 0 { -magnitude } else { magnitude })
}
