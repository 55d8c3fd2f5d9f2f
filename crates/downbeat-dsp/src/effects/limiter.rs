//! The limiter.

use super::dynamics::{Average, CHUNK, Delay, Lowest, TruePeaks, apply, frames, settling, step};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Holds every peak below a ceiling, those between the samples, too: louder, and safe for any converter.
    ///
    /// It looks ahead. Peaks are found at four times the rate, as ITU-R BS.1770-4 does, and with parabolas between these;
    /// each asks for a gain. The lowest gain asked for within the look-ahead counts, so that it is held before the peak and
    /// not only at it; it recovers with the release, and is made smooth by an average over the look-ahead. Both channels
    /// get the same gain. What lies below the ceiling passes as it is.
    pub struct Limiter: "limiter" {
        /// The highest peak there may be, in decibels below full scale (dBTP).
        ceiling_db: f64 = -1.0, in -40.0..=0.0;
        /// How fast it lets go, in milliseconds: after that long, 63 % of what the gain was turned down by are back.
        release_ms: f64 = 100.0, in 1.0..=5000.0;
        /// How far ahead it looks, in milliseconds: the longer, the softer is the way down. It stays fixed while it plays.
        lookahead_ms: f64 = 5.0, in 1.0..=20.0 as fixed;
    }
}

/// What [`Limiter`] remembers.
#[derive(Clone, PartialEq)]
pub struct LimiterState {
    rate: u32,
    /// The peaks of each channel.
    peaks: Vec<TruePeaks>,
    /// The lowest gain that is asked for.
    lowest: Lowest,
    /// That gain with its release.
    released: f64,
    average: Average,
    delay: Delay,
    /// For how many frames no gain below 1 has been asked for, at most as many as `lowest` is long.
    quiet: usize,
}

impl Held for LimiterState {
    fn held(&self) -> usize {
        self.peaks.held() + self.lowest.held() + self.average.held() + self.delay.held()
    }
}

/// So many frames on each side of a peak, its gain holds as well.
const GUARD: usize = 8;

/// The released gain goes to this much above 1, and stops at 1, so that it gets there.
const ABOVE: f64 = 1e-4;

impl Limiter {
    /// The length of the average.
    fn window(&self, rate: u32) -> usize {
        (frames(self.lookahead_ms, rate) + 1).min(Average::LONGEST)
    }
}

impl Effect for Limiter {
    type State = LimiterState;

    fn latency(&self, format: Format) -> usize {
        self.window(format.rate) - 1 + GUARD + TruePeaks::LATENCY
    }

    fn tail(&self, format: Format) -> usize {
        settling(self.release_ms, format.rate)
    }

    fn start(&self, format: Format) -> LimiterState {
        let window = self.window(format.rate);
        let channels = format.channels.count();
        LimiterState {
            rate: format.rate,
            peaks: vec![TruePeaks::new(); channels],
            lowest: Lowest::new(window + 2 * GUARD, 1.0),
            released: 1.0,
            average: Average::new(window),
            delay: Delay::new(self.latency(format), channels),
            quiet: window + 2 * GUARD,
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut LimiterState, block: &mut Block<'_>) {
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.limit(state, [left, right]),
            (Some(left), None) => self.limit(state, [left]),
            _ => {}
        }
    }
}

impl Limiter {
    #[inline(always)]
    fn limit<const CHANNELS: usize>(&self, state: &mut LimiterState, mut planes: [&mut [f32]; CHANNELS]) {
        let ceiling = crate::ratio(self.ceiling_db) as f32;
        let release = step(self.release_ms, state.rate);
        let length = planes[0].len();
        for from in (0..length).step_by(CHUNK) {
            let to = length.min(from + CHUNK);
            let mut lanes = [0.0; CHUNK];
            for (plane, peaks) in planes.iter().zip(&mut state.peaks) {
                peaks.raise(&plane[from..to], ceiling, &mut lanes);
            }
            for peak in &mut lanes {
                *peak = if *peak > ceiling { ceiling / *peak } else { 1.0 };
            }
            state.delay.run(planes.each_mut().map(|plane| &mut plane[from..to]));
            let gains = &mut lanes[..to - from];
            if state.smooth(release, gains) {
                for plane in &mut planes {
                    apply(&mut plane[from..to], gains);
                }
            }
        }
    }
}

impl LimiterState {
    /// Makes the gains that are asked for those that are given. False when all of them are 1.
    #[inline(always)]
    fn smooth(&mut self, release: f64, gains: &mut [f32]) -> bool {
        let window = self.lowest.window();
        let loud = gains.iter().rposition(|gain| *gain < 1.0);
        if loud.is_none() && self.quiet >= window && self.released == 1.0 && self.average.is_full() {
            self.lowest.skip(gains.len(), 1.0);
            self.average.skip(gains.len());
            return false;
        }
        self.quiet = match loud {
            Some(last) => gains.len() - 1 - last,
            None => window.min(self.quiet + gains.len()),
        };
        self.lowest.run(gains);
        let (keep, more) = (1.0 - release, release * (1.0 + ABOVE));
        let mut released = self.released;
        for gain in gains.iter_mut() {
            let (risen, held) = (keep * released + more, f64::from(*gain));
            released = if risen < held { risen } else { held };
            *gain = released as f32;
        }
        self.released = released;
        self.average.run(gains);
        true
    }
}
