//! What is played through effects to see what they do.

use downbeat_dsp::ratio;

use super::sounds::{frames, tone};

/// What is played.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Signal {
    /// A second of a slow tone.
    Steady,
    /// Two strokes in a second, a loud and a soft one, that die away.
    Struck,
    /// A slow tone on the left alone.
    Left,
}

impl Signal {
    /// A second of it, left and right, at half of full scale where it is steady.
    pub fn sides(self) -> [Vec<f32>; 2] {
        let hertz = if self == Signal::Left { 8.0 } else { 12.0 };
        let steady: Vec<f32> = tone(hertz, 1.0).iter().map(|x| 0.5 * x).collect();
        match self {
            Signal::Steady => [steady.clone(), steady],
            Signal::Left => [steady.clone(), vec![0.0; steady.len()]],
            Signal::Struck => {
                // Each stroke falls by 40 dB in half a second.
                let fall = ratio(-40.0 / frames(0.5) as f64);
                let mut level = 0.0;
                let stroke = |(i, x): (usize, &f32)| {
                    level *= fall;
                    if i == 0 {
                        level = 1.0;
                    } else if i == frames(0.5) {
                        level = 0.4;
                    }
                    (f64::from(*x) * level) as f32
                };
                let struck: Vec<f32> = steady.iter().enumerate().map(stroke).collect();
                [struck.clone(), struck]
            }
        }
    }
}

/// A click at a frame, and a second after it.
pub fn click(frame: usize, amplitude: f32) -> Vec<f32> {
    (0..frame + frames(1.0)).map(|i| if i == frame { amplitude } else { 0.0 }).collect()
}

/// Noise at full scale, the same every time: the generator of D. Lehmer with the numbers of S. Park and K. Miller, 1988.
pub fn noise(frames: usize) -> Vec<f32> {
    let mut seed = 1u64;
    let mut next = || {
        seed = seed * 48_271 % 2_147_483_647;
        seed as f32 / 1_073_741_824.0 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}
