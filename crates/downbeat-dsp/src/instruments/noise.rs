//! White noise that is the same each time.

/// A generator of noise: xorshift* with 64 bits (Vigna 2016), started from any number.
#[derive(Clone, Debug)]
pub(super) struct Noise(u64);

impl Noise {
    /// The noise of a seed. Seeds that lie side by side give noises that have nothing in common: SplitMix64 (Steele, Lea and
    /// Flood 2014) stirs them.
    pub(super) fn new(seed: u64) -> Self {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Noise((z ^ (z >> 31)) | 1)
    }

    /// The next sample, evenly distributed from -1 to below 1.
    #[inline(always)]
    pub(super) fn next(&mut self) -> f64 {
        let mut x = self.0;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0 = x;
        let high = (x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32;
        f64::from(high as i32) / 2_147_483_648.0
    }
}
