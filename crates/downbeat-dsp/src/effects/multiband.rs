//! The multiband compressor.

use super::dynamics::curve::{self, Overshoot};
use super::dynamics::logarithm::exp2;
use super::dynamics::{Ballistics, Band, CHUNK, Crossover, Lanes, apply, octaves, settling, sizes};
use super::iir::{Chain, Design, ring};
use crate::{Block, Effect, Format, Held, ParamError};

crate::params! {
    /// A compressor for the lows, one for the mids and one for the highs: the bass no longer turns down the voice.
    ///
    /// The bands are cut out by filters after Linkwitz and Riley, 24 dB an octave, and add up to a level response (S. H.
    /// Linkwitz, "Active Crossover Networks for Noncoincident Drivers", JAES 24, 1976). Each is compressed as `compressor`
    /// does it, both channels alike, by its peaks.
    pub struct Multiband: "multiband" {
        /// Where the lows end and the mids begin, in hertz. At most 0.49 of the rate.
        low_crossover_hz: f64 = 200.0, in 20.0..=20000.0;
        /// Where the mids end and the highs begin, in hertz: not below the one before. At most 0.49 of the rate.
        high_crossover_hz: f64 = 2500.0, in 20.0..=20000.0;
        /// The level from which the lows are turned down, in decibels below full scale.
        low_threshold_db: f64 = -24.0, in -100.0..=0.0;
        /// The same of the mids.
        mid_threshold_db: f64 = -24.0, in -100.0..=0.0;
        /// The same of the highs.
        high_threshold_db: f64 = -30.0, in -100.0..=0.0;
        /// How many decibels above the threshold become one, in the lows: 1 does nothing.
        low_ratio: f64 = 3.0, in 1.0..=1000.0;
        /// The same in the mids.
        mid_ratio: f64 = 2.5, in 1.0..=1000.0;
        /// The same in the highs.
        high_ratio: f64 = 2.5, in 1.0..=1000.0;
        /// The gain of the lows after compression, in decibels.
        low_gain_db: f64 = 0.0, in -60.0..=30.0;
        /// The gain of the mids.
        mid_gain_db: f64 = 0.0, in -60.0..=30.0;
        /// The gain of the highs.
        high_gain_db: f64 = 0.0, in -60.0..=30.0;
        /// How wide the bend at each threshold is, in decibels, half of it on each side: 0 is a corner.
        knee_db: f64 = 6.0, in 0.0..=48.0;
        /// How fast each band is turned down, in milliseconds: after that long, 63 % of the reduction are there.
        attack_ms: f64 = 10.0, in 0.0..=1000.0;
        /// How fast each band is let go, in milliseconds: after that long, 63 % of the reduction are gone.
        release_ms: f64 = 120.0, in 0.0..=5000.0;
    }
    check = crossovers_are_in_order;
}

fn crossovers_are_in_order(settings: &Multiband) -> Result<(), ParamError> {
    let Multiband { low_crossover_hz: low, high_crossover_hz: high, .. } = settings;
    if low <= high {
        return Ok(());
    }
    Err(ParamError::Together {
        name: "high_crossover_hz",
        reason: format!(
            "`high_crossover_hz` = {high} lies below `low_crossover_hz` = {low}: the mids lie between them"
        ),
    })
}

/// What [`Multiband`] remembers.
#[derive(Clone, PartialEq)]
pub struct MultibandState {
    rate: u32,
    bands: [BandState; 3],
}

impl Held for MultibandState {
    fn held(&self) -> usize {
        self.bands.held()
    }
}

/// What is remembered of a band: its filters, and how far each channel lies above the threshold, in octaves.
#[derive(Clone, PartialEq)]
struct BandState {
    filters: Chain<Crossover>,
    over: [f64; 2],
}

impl Held for BandState {
    fn held(&self) -> usize {
        self.filters.held()
    }
}

/// What is asked of a band.
struct BandSettings {
    crossover: Crossover,
    threshold_db: f64,
    ratio: f64,
    gain_db: f64,
}

impl Multiband {
    fn bands(&self) -> [BandSettings; 3] {
        let (low_hz, high_hz) = (self.low_crossover_hz, self.high_crossover_hz);
        let band = |band, threshold_db, ratio, gain_db| {
            let crossover = Crossover { low_hz, high_hz, band };
            BandSettings { crossover, threshold_db, ratio, gain_db }
        };
        [
            band(Band::Low, self.low_threshold_db, self.low_ratio, self.low_gain_db),
            band(Band::Mid, self.mid_threshold_db, self.mid_ratio, self.mid_gain_db),
            band(Band::High, self.high_threshold_db, self.high_ratio, self.high_gain_db),
        ]
    }
}

impl Effect for Multiband {
    type State = MultibandState;

    fn tail(&self, format: Format) -> usize {
        let rings = self.bands().map(|band| ring(band.crossover.sections(format.rate)));
        rings.into_iter().fold(0, usize::max) + settling(self.release_ms, format.rate)
    }

    fn start(&self, format: Format) -> MultibandState {
        let bands =
            self.bands().map(|band| BandState { filters: Chain::new(&band.crossover, format.rate), over: [0.0; 2] });
        MultibandState { rate: format.rate, bands }
    }

    #[inline(always)]
    fn process(&self, state: &mut MultibandState, block: &mut Block<'_>) {
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.run(state, [left, right]),
            (Some(left), None) => self.run(state, [left]),
            _ => {}
        }
    }
}

impl Multiband {
    #[inline(always)]
    fn run<const CHANNELS: usize>(&self, state: &mut MultibandState, mut planes: [&mut [f32]; CHANNELS]) {
        let ballistics = Ballistics::new(self.attack_ms, self.release_ms, state.rate);
        let bands = self.bands();
        let length = planes[0].len();
        for from in (0..length).step_by(CHUNK) {
            let to = length.min(from + CHUNK);
            let mut sums = [[0.0; CHUNK]; CHANNELS];
            for (band, state) in bands.iter().zip(&mut state.bands) {
                let mut sound = [[0.0; CHUNK]; CHANNELS];
                for (sound, plane) in sound.iter_mut().zip(&planes) {
                    sound[..to - from].copy_from_slice(&plane[from..to]);
                }
                band.compress(self.knee_db, ballistics, state, &mut sound, to - from);
                for (sums, sound) in sums.iter_mut().zip(&sound) {
                    sums.iter_mut().zip(sound).for_each(|(sum, x)| *sum += x);
                }
            }
            for (plane, sums) in planes.iter_mut().zip(&sums) {
                plane[from..to].copy_from_slice(&sums[..to - from]);
                // Bands may cancel each other out to less than a normal number.
                apply(&mut plane[from..to], &[1.0; CHUNK]);
            }
        }
    }
}

impl BandSettings {
    /// Cuts the band out of a chunk of sound, and compresses it.
    #[inline(always)]
    fn compress<const CHANNELS: usize>(
        &self,
        knee_db: f64,
        ballistics: Ballistics,
        state: &mut BandState,
        sound: &mut [Lanes; CHANNELS],
        frames: usize,
    ) {
        state.filters.process(&self.crossover, &mut super::dynamics::block(sound, frames));
        let threshold = Overshoot::new(self.threshold_db, knee_db);
        let slope = (1.0 - 1.0 / self.ratio) as f32;
        let gain = octaves(self.gain_db) as f32;
        let mut lanes = *sound;
        sizes(&mut lanes);
        lanes.iter_mut().for_each(|lanes| threshold.above(lanes));
        curve::link(&mut lanes, 1.0);
        ballistics.follow(&mut state.over, &mut lanes, frames);
        for (sound, lanes) in sound.iter_mut().zip(&mut lanes) {
            lanes.iter_mut().for_each(|over| *over = exp2(gain - slope * *over));
            sound.iter_mut().zip(lanes).for_each(|(x, gain)| *x *= *gain);
        }
    }
}
