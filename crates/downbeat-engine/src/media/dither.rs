//! From floats to integers: TPDF dither, rounding, clipping.
//!
//! Triangular dither of two steps' width makes the error independent of the signal in mean and in power (Lipshitz,
//! Wannamaker and Vanderkooy, "Quantization and Dither: A Theoretical Survey", JAES 40/5, 1992): a hiss instead of
//! distortion. The noise is a function of seed, channel and frame, so it does not depend on the blocks.

/// Adding and taking away 1.5 * 2^52 leaves a double no room for a fraction: it rounds to the nearest, ties to even.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Makes integers of one channel.
#[derive(Clone, Debug)]
pub(super) struct Quantizer {
    scale: f64,
    key: u64,
    dither: bool,
}

impl Quantizer {
    /// For a number of bits and a channel from 0.
    pub(super) fn new(bits: u32, dither: bool, seed: u64, channel: usize) -> Self {
        let scale = f64::from(1u32 << (bits - 1));
        Quantizer { scale, key: mix(seed ^ mix(channel as u64)), dither }
    }

    /// Appends the integers of finite samples that begin at frame `first`. What lies beyond full scale is clipped.
    pub(super) fn append(&self, samples: &[f32], first: u64, out: &mut Vec<i32>) {
        let (low, high) = (-self.scale, self.scale - 1.0);
        let whole = |x: f64| ((x + ROUND) - ROUND).clamp(low, high) as i32;
        if self.dither {
            let frames = first..;
            out.extend(
                samples.iter().zip(frames).map(|(&x, frame)| whole(f64::from(x) * self.scale + self.noise(frame))),
            );
        } else {
            out.extend(samples.iter().map(|&x| whole(f64::from(x) * self.scale)));
        }
    }

    /// The noise at a frame, in steps: the difference of two uniform numbers, a triangle from -1 to 1.
    fn noise(&self, frame: u64) -> f64 {
        let bits = mix(self.key.wrapping_add(frame.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let (one, other) = ((bits >> 32) as u32, bits as u32);
        (f64::from(one) - f64::from(other)) * (1.0 / 4_294_967_296.0)
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): every bit of the input moves every bit of the output.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
