//! The drum machine: a General MIDI kit, synthesised.

use std::f64::consts::TAU;
use std::sync::Arc;

use super::contour::{Contour, Shape};
use super::drum_sounds::{Drum, Layer, METAL_HZ, MOST_LAYERS, Source, drum};
use super::envelope::frames_of_ms;
use super::filter::{SweptFilter, VoiceFilter};
use super::instrument::CHUNK;
use super::noise::Noise;
use super::score::{Score, Strike};
use super::wave::harmonics_below;
use super::{Instrument, Square, Voice, Wave, Wavetable, phase};

crate::params! {
    /// A drum machine: keys 35 to 81 play the percussion of General MIDI, from the bass drum to the open triangle.
    ///
    /// Other keys are silent. A drum sounds for as long as it does, however short its note is; closed and pedal hi-hat
    /// silence the open one.
    pub struct DrumKit: "drum_kit" {
        /// How many semitones all drums are higher.
        tune_semitones: f64 = 0.0, in -24.0..=24.0;
        /// How long all drums sound, as a factor.
        decay: f64 = 1.0, in 0.1..=4.0;
        /// How much the velocity changes the level: 0 not at all, 1 in proportion.
        velocity_to_level: f64 = 1.0, in 0.0..=1.0;
        /// The most drums that sound at once.
        polyphony: u32 = 32, in 1..=64;
    }
}

impl Instrument for DrumKit {
    type Voice = DrumVoice;

    fn polyphony(&self) -> usize {
        self.polyphony as usize
    }

    fn sounding(&self, strike: &Strike, rate: u32) -> u64 {
        let layers = drum(strike.key).map_or(&[][..], |drum| drum.layers);
        layers.iter().map(|layer| self.delay(layer, rate) + self.shape(layer, rate).frames(u64::MAX)).max().unwrap_or(0)
    }

    fn voice(&self, score: &Score, rate: u32) -> DrumVoice {
        let tune = libm::exp2(self.tune_semitones / 12.0);
        // Squares up to four times as high as the highest in the kit's metal share the tables of their own frequencies.
        let mut squares: Vec<(usize, Arc<Wavetable>)> = Vec::new();
        for strike in &score.strikes {
            for layer in drum(strike.key).map_or(&[][..], |drum| drum.layers) {
                for hz in squares_of(&layer.source).into_iter().flatten() {
                    let count = harmonics_below(f64::from(rate) / 2.0, hz * tune * score.top_bend);
                    if count > 0 && !squares.iter().any(|known| known.0 == count) {
                        let Some(series) = Square::default().series() else { continue };
                        squares.push((count, Arc::new(Wavetable::new(series, count))));
                    }
                }
            }
        }
        DrumVoice {
            settings: self.clone(),
            rate,
            tune,
            top_bend: score.top_bend,
            squares: squares.into(),
            layers: std::array::from_fn(|_| None),
            gain: 0.0,
        }
    }

    fn choke_group(&self, key: u8) -> Option<u8> {
        drum(key)?.choke
    }
}

impl DrumKit {
    fn delay(&self, layer: &Layer, rate: u32) -> u64 {
        frames_of_ms(layer.delay_ms, rate)
    }

    /// A layer falls from its level to nothing.
    fn shape(&self, layer: &Layer, rate: u32) -> Shape {
        Shape::new(0.0, layer.decay_ms * self.decay, 0.0, 0.0, rate)
    }
}

/// The frequencies of the square waves of a source.
fn squares_of(source: &Source) -> [Option<f64>; METAL_HZ.len()] {
    match *source {
        Source::Metal { pitch, .. } => METAL_HZ.map(|hz| Some(hz * pitch)),
        Source::Bell { hz: [low, high], .. } => [Some(low), Some(high), None, None, None, None],
        _ => [None; METAL_HZ.len()],
    }
}

/// A note of the [`DrumKit`].
#[derive(Clone)]
pub struct DrumVoice {
    settings: DrumKit,
    rate: u32,
    tune: f64,
    top_bend: f64,
    /// The square waves that the score needs, by their numbers of harmonics.
    squares: Arc<[(usize, Arc<Wavetable>)]>,
    layers: [Option<Sounding>; MOST_LAYERS],
    gain: f64,
}

/// A layer in motion.
#[derive(Clone)]
struct Sounding {
    layer: Layer,
    /// The frames until it begins.
    wait: u64,
    contour: Contour,
    filter: SweptFilter,
    noise: Noise,
    oscillators: [Option<Oscillator>; METAL_HZ.len()],
    /// How much higher than its end a falling tone is.
    lift: f64,
    /// What is left of that after a frame.
    fall: f64,
}

/// A sine, or a square wave from a table.
#[derive(Clone)]
struct Oscillator {
    hz: f64,
    phase: f64,
    table: Option<Arc<Wavetable>>,
}

impl Voice for DrumVoice {
    fn strike(&mut self, strike: &Strike) {
        self.gain = 1.0 + self.settings.velocity_to_level * (strike.velocity - 1.0);
        let layers: &[Layer] = drum(strike.key).map_or(&[], |drum: &Drum| drum.layers);
        let mut seed = Noise::new(strike.seed);
        self.layers = std::array::from_fn(|number| {
            let layer = layers.get(number)?;
            // A fraction of 2^-32 of a seed is as good as another seed.
            Some(self.begin(layer, strike.seed ^ (seed.next() * 4_294_967_296.0) as i64 as u64))
        });
    }

    fn release(&mut self) {}

    #[inline(always)]
    fn fill(&mut self, bend: f64, out: &mut [f32]) {
        let mut sum = [0.0; CHUNK];
        let sum = &mut sum[..out.len()];
        for layer in self.layers.iter_mut().flatten() {
            layer.add(self.tune * bend, self.rate, sum);
        }
        for (out, x) in out.iter_mut().zip(sum) {
            *out = (*x * self.gain) as f32;
        }
    }

    fn level(&self) -> f64 {
        let loudest = |layer: &Sounding| layer.layer.level * layer.contour.value();
        self.gain * self.layers.iter().flatten().map(loudest).fold(0.0, f64::max)
    }

    fn is_over(&self) -> bool {
        self.layers.iter().flatten().all(|layer| layer.wait == 0 && layer.contour.is_over())
    }
}

impl DrumVoice {
    fn begin(&self, layer: &Layer, seed: u64) -> Sounding {
        let (filter, resonance) = match layer.source {
            Source::Noise { filter, resonance, .. } => (filter, resonance),
            Source::Metal { filter, .. } => (filter, 0.3),
            Source::Bell { .. } => (VoiceFilter::Bandpass, 0.5),
            Source::Tone { .. } => (VoiceFilter::Off, 0.0),
        };
        let mut contour = Contour::new(self.settings.shape(layer, self.rate));
        contour.start();
        let mut noise = Noise::new(seed);
        let limit = f64::from(self.rate) / 2.0;
        let oscillators = match layer.source {
            Source::Tone { hz, lift, .. } => {
                let audible = hz * lift.max(1.0) * self.tune * self.top_bend < limit;
                let sine = Oscillator { hz, phase: 0.0, table: None };
                [audible.then_some(sine), None, None, None, None, None]
            }
            ref source => squares_of(source).map(|hz| {
                let count = harmonics_below(limit, hz? * self.tune * self.top_bend);
                let table = self.squares.iter().find(|table| table.0 == count)?.1.clone();
                Some(Oscillator { hz: hz?, phase: (noise.next() + 1.0) * 0.5 * TAU, table: Some(table) })
            }),
        };
        let (lift, fall_ms) = match layer.source {
            Source::Tone { lift, fall_ms, .. } => (lift - 1.0, fall_ms),
            _ => (0.0, 1.0),
        };
        Sounding {
            layer: *layer,
            wait: self.settings.delay(layer, self.rate),
            contour,
            filter: SweptFilter::new(filter, resonance, self.rate),
            noise,
            oscillators,
            lift,
            fall: libm::exp(-1000.0 / (fall_ms * f64::from(self.rate))),
        }
    }
}

impl Sounding {
    /// Adds its next frames.
    #[inline(always)]
    fn add(&mut self, tune: f64, rate: u32, out: &mut [f64]) {
        let waiting = self.wait.min(out.len() as u64);
        self.wait -= waiting;
        let out = &mut out[waiting as usize..];
        if out.is_empty() || self.contour.is_over() {
            return;
        }
        let (mut sound, mut level) = ([0.0; CHUNK], [0.0; CHUNK]);
        let (sound, level) = (&mut sound[..out.len()], &mut level[..out.len()]);
        let corner = match self.layer.source {
            Source::Tone { .. } => 0.0,
            Source::Noise { hz, .. } => {
                sound.iter_mut().for_each(|x| *x = self.noise.next());
                hz
            }
            Source::Metal { hz, .. } => hz,
            Source::Bell { filter_hz, .. } => filter_hz,
        };
        let share = 1.0 / self.oscillators.iter().flatten().count().max(1) as f64;
        let mut phases = [0.0; CHUNK];
        let radians = TAU * tune / f64::from(rate);
        for oscillator in self.oscillators.iter_mut().flatten() {
            let omega = oscillator.hz * radians;
            match &oscillator.table {
                Some(table) => {
                    let start = oscillator.phase;
                    for (k, phase) in (0_i32..).zip(phases.iter_mut()) {
                        *phase = phase::reduce(start + omega * f64::from(k));
                    }
                    for (x, phase) in sound.iter_mut().zip(&phases) {
                        *x += f64::from(table.at(*phase)) * share;
                    }
                    oscillator.phase = phase::reduce(start + omega * sound.len() as f64);
                }
                None => {
                    for phase in &mut phases[..sound.len()] {
                        *phase = oscillator.phase;
                        oscillator.phase += omega * (1.0 + self.lift);
                        self.lift *= self.fall;
                    }
                    oscillator.phase = phase::reduce(oscillator.phase);
                    for (x, phase) in sound.iter_mut().zip(&phases) {
                        *x += phase::sine(phase::reduce(*phase));
                    }
                }
            }
        }
        self.filter.run(corner * tune, sound);
        self.contour.fill(level);
        for ((out, x), level) in out.iter_mut().zip(sound).zip(level) {
            *out += self.layer.level * *x * *level;
        }
    }
}
