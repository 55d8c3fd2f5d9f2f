//! Oversampling: what bends a wave does so at a multiple of the rate.
//!
//! A bent wave has harmonics without end, and those above half the rate come back as tones that belong to no harmony
//! (aliases). At a multiple of the rate there is room for more of them; on the way back what would alias is filtered
//! away. [`half_band`] are the filters, of linear phase, [`planes`] is how they run.

mod half_band;
mod planes;

use crate::{Block, Format, Held, ParamError, Params};
use half_band::{HALF_BANDS, STAGES};
use planes::{CHUNK, MOST, PAST, Planes, double, halve, reach, remember};

/// What is remembered between two blocks: the past of every filter, of every channel.
#[derive(Clone, PartialEq)]
pub struct Oversampler {
    stages: usize,
    channels: Vec<[Memory; STAGES]>,
}

impl Held for Oversampler {
    fn held(&self) -> usize {
        self.channels.held()
    }
}

/// The past of one filter, plane by plane, on the way up and down.
#[derive(Clone, PartialEq, Default)]
struct Memory {
    up: Vec<f32>,
    down: Vec<f32>,
}

impl Held for Memory {
    fn held(&self) -> usize {
        self.up.held() + self.down.held()
    }
}

impl Oversampler {
    /// An oversampler by 1, 2, 4 or 8 before its first frame.
    pub fn new(factor: u32, format: Format) -> Self {
        let mut memory: [Memory; STAGES] = Default::default();
        for (stage, memory) in memory.iter_mut().enumerate().take(stages(factor)) {
            let planes = 1 << stage;
            let reach = reach(&HALF_BANDS[stage], planes);
            *memory = Memory { up: vec![0.0; planes * reach], down: vec![0.0; 2 * planes * reach] };
        }
        Oversampler { stages: stages(factor), channels: vec![memory; format.channels.count()] }
    }

    /// Bends every channel: `shape` is applied at the higher rate, frame by frame. It has to leave zero where it is.
    #[inline(always)]
    pub fn process(&mut self, block: &mut Block<'_>, shape: impl Fn(f32) -> f32 + Copy) {
        if self.stages == 0 {
            for plane in block.planes() {
                plane.iter_mut().for_each(|x| *x = flush(shape(*x)));
            }
            return;
        }
        for (plane, memory) in block.planes().zip(&mut self.channels) {
            let mut scratch = [[[0.0; PAST + CHUNK]; MOST]; 2];
            for chunk in plane.chunks_mut(CHUNK) {
                scratch[0][0][PAST..PAST + chunk.len()].copy_from_slice(chunk);
                through(&mut memory[..self.stages], &mut scratch, chunk.len(), shape);
                for (x, y) in chunk.iter_mut().zip(&scratch[0][0][PAST..]) {
                    *x = flush(*y);
                }
            }
        }
    }
}

/// By how many frames the sound is late, exactly.
pub fn latency(factor: u32) -> usize {
    HALF_BANDS.iter().enumerate().take(stages(factor)).map(|(stage, filter)| filter.delay() >> stage).sum()
}

/// Settings that bend a wave at a multiple of the rate.
pub trait Bend: Params {
    /// The multiple.
    fn factor(&self) -> u32;

    /// Bends a block in place.
    fn bend(&self, oversampler: &mut Oversampler, block: &mut Block<'_>);
}

/// What all that bend do alike.
macro_rules! bend {
    ($settings:ty) => {
        impl $crate::Effect for $settings {
            type State = $crate::effects::oversample::Oversampler;

            fn latency(&self, _: $crate::Format) -> usize {
                $crate::effects::oversample::latency($crate::effects::oversample::Bend::factor(self))
            }

            fn tail(&self, _: $crate::Format) -> usize {
                $crate::effects::oversample::latency($crate::effects::oversample::Bend::factor(self))
            }

            fn start(&self, format: $crate::Format) -> Self::State {
                Self::State::new($crate::effects::oversample::Bend::factor(self), format)
            }

            #[inline(always)]
            fn process(&self, oversampler: &mut Self::State, block: &mut $crate::Block<'_>) {
                $crate::effects::oversample::Bend::bend(self, oversampler, block);
            }
        }
    };
}
pub(super) use bend;

/// Refuses all but the factors there are.
///
/// # Errors
/// When the factor is not 1, 2, 4 or 8.
pub fn check(settings: &impl Bend) -> Result<(), ParamError> {
    known(settings.factor())
}

fn known(factor: u32) -> Result<(), ParamError> {
    if matches!(factor, 1 | 2 | 4 | 8) {
        Ok(())
    } else {
        let reason = format!("`oversample` = {factor} does not double step by step: it takes 1, 2, 4 or 8");
        Err(ParamError::Together { name: "oversample", reason })
    }
}

/// How often the rate is doubled.
fn stages(factor: u32) -> usize {
    (factor.max(1).ilog2() as usize).min(STAGES)
}

/// Up, bent, and down again, within the first plane of the first half of the scratch.
#[inline(always)]
fn through(memory: &mut [Memory], [even, odd]: &mut [Planes; 2], frames: usize, shape: impl Fn(f32) -> f32 + Copy) {
    let [first, second, third] = &*HALF_BANDS;
    // The first doubling goes from the even to the odd half, the next one back, and so on.
    for (stage, memory) in memory.iter_mut().enumerate() {
        match stage {
            0 => {
                remember(&mut even[..1], &mut memory.up, frames);
                double::<1>(first, even, odd, frames);
            }
            1 => {
                remember(&mut odd[..2], &mut memory.up, frames);
                double::<2>(second, odd, even, frames);
            }
            _ => {
                remember(&mut even[..4], &mut memory.up, frames);
                double::<4>(third, even, odd, frames);
            }
        }
    }
    let bent = if memory.len() == 2 { &mut *even } else { &mut *odd };
    for plane in &mut bent[..1 << memory.len()] {
        for x in &mut plane[PAST..PAST + frames.next_multiple_of(planes::LANES)] {
            *x = shape(*x);
        }
    }
    for (stage, memory) in memory.iter_mut().enumerate().rev() {
        match stage {
            0 => {
                remember(&mut odd[..2], &mut memory.down, frames);
                halve::<1>(first, odd, even, frames);
            }
            1 => {
                remember(&mut even[..4], &mut memory.down, frames);
                halve::<2>(second, even, odd, frames);
            }
            _ => {
                remember(&mut odd[..8], &mut memory.down, frames);
                halve::<4>(third, odd, even, frames);
            }
        }
    }
}

/// Zero for what is below -400 dB: no denormal number comes out.
#[inline(always)]
fn flush(x: f32) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const FRAMES: usize = 9600;

    /// The size of a frequency, as a share of the rate, in samples that hold whole periods of it under a Hann window.
    fn size(samples: impl Iterator<Item = f32>, count: usize, share: f64) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, x) in samples.enumerate() {
            let place = i as f64 / count as f64;
            let weight = (1.0 - libm::cos(TAU * place)) / count as f64 * 2.0;
            let (sin, cos) = libm::sincos(TAU * ((share * i as f64) % 1.0));
            (re, im) = (re + weight * f64::from(x) * cos, im + weight * f64::from(x) * sin);
        }
        libm::hypot(re, im)
    }

    fn sine(hz: f64, rate: f64) -> Vec<f32> {
        (0..FRAMES).map(|i| libm::sin(TAU * hz / rate * i as f64) as f32).collect()
    }

    #[test]
    fn the_way_up_and_down_is_a_delay_up_to_twenty_kilohertz() {
        for factor in [2, 4, 8] {
            let late = latency(factor);
            for khz in 1..=18 {
                let input = sine(f64::from(khz) * 1e3, 48e3);
                let mut output = input.clone();
                Oversampler::new(factor, Format::mono(48_000)).process(&mut Block::mono(&mut output), |x| x);
                // Off by the ripple of six filters at most, 5e-5; there is nothing else in it, see below.
                for (x, y) in input[200..].iter().zip(&output[200 + late..]) {
                    assert!((x - y).abs() < 5e-5, "{factor} times, {khz} kHz: {x} became {y}");
                }
                let residue: Vec<f32> = output[960..].to_vec();
                let all = residue.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / residue.len() as f64;
                let tone = size(residue.iter().copied(), residue.len(), f64::from(khz) / 48.0);
                let aliases = (1..24).filter(|alias| *alias != khz);
                for alias in aliases {
                    let level = size(residue.iter().copied(), residue.len(), f64::from(alias) / 48.0) / tone;
                    assert!(level < 1e-6, "{factor} times, {khz} kHz sounds at {alias} kHz, too: {level}");
                }
                assert!((all - 0.5).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn no_image_is_above_100_decibels_below() {
        // What is heard up there is seen by the shape: it writes down the frames of the higher rate, plane by plane.
        for factor in [2_u32, 4, 8] {
            for khz in [1, 3, 7, 12, 15, 18, 20] {
                let mut samples = sine(f64::from(khz) * 1e3, 48e3);
                let seen = std::cell::RefCell::new(Vec::new());
                let record = |x| {
                    seen.borrow_mut().push(x);
                    x
                };
                Oversampler::new(factor, Format::mono(48_000)).process(&mut Block::mono(&mut samples), record);
                let seen = seen.into_inner();
                let planes = factor as usize;
                let frame =
                    |i: usize| seen[i / planes / CHUNK * CHUNK * planes + i % planes * CHUNK + i / planes % CHUNK];
                let count = 8640 * planes;
                let heard =
                    |hz: f64| size((960 * planes..).take(count).map(frame), count, hz / (48e3 * f64::from(factor)));
                let hz = f64::from(khz) * 1e3;
                assert!((heard(hz) - 1.0).abs() < 1e-4);
                for fold in 1..=factor / 2 {
                    for image in [f64::from(fold) * 48e3 - hz, f64::from(fold) * 48e3 + hz] {
                        if image <= 24e3 * f64::from(factor) {
                            let level = crate::decibels(heard(image));
                            assert!(level < -100.0, "{factor} times, {hz} Hz has an image at {image} Hz: {level} dB");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_click_is_late_by_the_latency_and_symmetric() {
        for factor in [1, 2, 4, 8] {
            let late = latency(factor);
            let mut samples = [0.0; 201];
            samples[100 - late] = 1.0;
            Oversampler::new(factor, Format::mono(48_000)).process(&mut Block::mono(&mut samples), |x| x);
            let middle = 100;
            assert!((samples[middle] - 1.0).abs() < if factor == 1 { 1e-9 } else { 0.2 });
            for away in 1..100 {
                assert!((samples[middle - away] - samples[middle + away]).abs() < 1e-7, "{factor}: {away}");
            }
            assert!(samples[middle + late + 1..].iter().all(|x| *x == 0.0), "it rings for the latency and no longer");
        }
    }

    #[test]
    fn other_factors_are_refused() {
        for factor in 0..12 {
            assert_eq!(known(factor).is_ok(), [1, 2, 4, 8].contains(&factor));
        }
    }
}
