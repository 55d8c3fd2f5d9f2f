//! Soft clipping with the arctangent.

use crate::{Block, Effect, Format};

crate::params! {
    /// Drives the sound into a soft ceiling: output * 2/pi * atan(drive * x).
    ///
    /// Quiet sound passes almost in a straight line, loud sound is bent towards the ceiling, which it never passes.
    pub struct SoftClip: "soft_clip" {
        /// The factor before the bend: the higher, the harder. 0 counts as 1.
        drive: f64 = 5.0, in 0.0..=1000.0;
        /// The ceiling, as an amplitude; 1 is full scale.
        output: f64 = 0.8, in 0.0..=1.0;
    }
}

impl Effect for SoftClip {
    type State = ();

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        let drive = if self.drive == 0.0 { 1.0 } else { self.drive as f32 };
        let output = self.output as f32;
        for plane in block.planes() {
            for x in plane {
                *x = output * atan_of_one(drive * *x);
            }
        }
    }
}

/// The odd polynomial next to 2/pi atan(t) on 0..=1, `t * sum(C[k] * t^2k)`. The first coefficient is the slope at 0; the
/// others make the largest error the least there is (4e-9), found by the exchange algorithm of Remez.
const C: [f32; 9] = [
    std::f32::consts::FRAC_2_PI,
    -0.212_203_45,
    0.127_251_7,
    -0.090_248_24,
    0.067_124_02,
    -0.046_557_75,
    0.025_830_764,
    -0.009_442_743,
    0.001_625_967_7,
];

/// 2/pi atan(x), so that infinity gives 1, to within 1e-7. Without branches, so that several samples are worked on at
/// once: beyond 1 the arctangent of the reciprocal is subtracted from the right angle.
#[inline(always)]
fn atan_of_one(x: f32) -> f32 {
    let size = x.abs();
    let (smaller, larger) = if size > 1.0 { (1.0, size) } else { (size, 1.0) };
    let t = smaller / larger;
    // Even and odd powers apart, so that neither sum waits for the other; the largest term comes last, so that the others
    // are rounded finely.
    let u = t * t;
    let v = u * u;
    let odd = ((C[7] * v + C[5]) * v + C[3]) * v + C[1];
    let even = ((C[8] * v + C[6]) * v + C[4]) * v + C[2];
    let near = t * (C[0] + u * (odd + u * even));
    let angle = if size > 1.0 { 1.0 - near } else { near };
    angle.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arctangent_is_right_to_a_ten_millionth() {
        // Every 1009th of all positive floats up to infinity: two million of them, as dense as floats are.
        let mut worst = 0.0_f64;
        for bits in (0..=f32::INFINITY.to_bits()).step_by(1009) {
            let x = f32::from_bits(bits);
            let exact = std::f64::consts::FRAC_2_PI * libm::atan(f64::from(x));
            worst = worst.max((f64::from(atan_of_one(x)) - exact).abs());
            assert_eq!(atan_of_one(-x), -atan_of_one(x));
        }
        assert!(worst < 1e-7, "{worst}");
        assert_eq!(atan_of_one(f32::INFINITY), 1.0);
    }

    #[test]
    fn the_curve_never_falls_by_more_than_its_error() {
        let mut last = 0.0;
        for i in 0..200_000 {
            let y = atan_of_one(i as f32 * 1e-4);
            assert!(y >= last - 1e-7);
            last = y;
        }
    }

    #[test]
    fn no_drive_counts_as_one() {
        let mut samples = [1.0, -1.0, 0.0];
        SoftClip { drive: 0.0, output: 0.8 }.process(&mut (), &mut Block::mono(&mut samples));
        assert!((samples[0] - 0.4).abs() < 1e-7 && samples[1] == -samples[0] && samples[2] == 0.0);
    }
}
