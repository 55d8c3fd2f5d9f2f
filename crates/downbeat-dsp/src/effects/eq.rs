//! A whole equaliser: two cuts, two shelves and four bells, one after the other.
//!
//! The sections are those of the single filters. They run frame by frame, left and right side by side, and not in groups
//! of frames as a single filter does: so a section can come or go at any frame, and forget, without anything to be made.

use std::f64::consts::SQRT_2;

use super::high_shelf::high_shelf;
use super::iir::{Section, ring, shelf_gain, warp};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Shapes the whole spectrum: the equaliser of a channel strip.
    ///
    /// A low cut, a low shelf, four bells, a high shelf and a high cut follow one another, each with the response of the
    /// single filter of its name (`highpass`, `low_shelf`, `peak_filter`, `high_shelf`, `lowpass`); cuts and shelves have a
    /// quality of 0.7071, as steep as they can be without a bump. What is flat (0 dB, or off) changes no sample and costs
    /// nothing. No frequency comes above 0.49 of the rate.
    pub struct Equaliser: "eq" {
        /// The corner of the low cut, in hertz: 12 dB an octave below. 0 is off, and between 10 and 0 the cut stays at
        /// 10 and fades out.
        low_cut_hz: f64 = 0.0, in 0.0..=2000.0;
        /// The middle of the low shelf's slope, in hertz.
        low_shelf_hz: f64 = 100.0, in 10.0..=40000.0;
        /// The change of level of the lows, in decibels.
        low_shelf_db: f64 = 0.0, in -30.0..=30.0;
        /// The middle of the first bell, in hertz.
        peak1_hz: f64 = 200.0, in 10.0..=40000.0;
        /// The change of level in its middle, in decibels.
        peak1_db: f64 = 0.0, in -30.0..=30.0;
        /// Its quality: the middle divided by the width between the points of half the gain in decibels.
        peak1_q: f64 = 1.0, in 0.1..=100.0;
        /// The middle of the second bell, in hertz.
        peak2_hz: f64 = 600.0, in 10.0..=40000.0;
        /// The change of level in its middle, in decibels.
        peak2_db: f64 = 0.0, in -30.0..=30.0;
        /// Its quality.
        peak2_q: f64 = 1.0, in 0.1..=100.0;
        /// The middle of the third bell, in hertz.
        peak3_hz: f64 = 2000.0, in 10.0..=40000.0;
        /// The change of level in its middle, in decibels.
        peak3_db: f64 = 0.0, in -30.0..=30.0;
        /// Its quality.
        peak3_q: f64 = 1.0, in 0.1..=100.0;
        /// The middle of the fourth bell, in hertz.
        peak4_hz: f64 = 5000.0, in 10.0..=40000.0;
        /// The change of level in its middle, in decibels.
        peak4_db: f64 = 0.0, in -30.0..=30.0;
        /// Its quality.
        peak4_q: f64 = 1.0, in 0.1..=100.0;
        /// The middle of the high shelf's slope, in hertz.
        high_shelf_hz: f64 = 10000.0, in 10.0..=40000.0;
        /// The change of level of the highs, in decibels.
        high_shelf_db: f64 = 0.0, in -30.0..=30.0;
        /// The corner of the high cut, in hertz: 12 dB an octave above. 22000 is off, and between 20000 and 22000 the cut
        /// stays at 20000 and fades out.
        high_cut_hz: f64 = 22000.0, in 20.0..=22000.0;
    }
}

/// How many bands there are.
const BANDS: usize = 8;
/// The damping 1/Q of cuts and shelves: Butterworth's.
const DAMPING: f64 = SQRT_2;
/// The lowest corner of the low cut, below which it fades out.
const LOWEST_CUT_HZ: f64 = 10.0;
/// The highest corner of the high cut, above which it fades out, and where it is off.
const HIGHEST_CUT_HZ: f64 = 20_000.0;
const HIGH_CUT_OFF_HZ: f64 = 22_000.0;
/// Every so many frames, memories that have rung down to -400 dB become zero, before they get so small (denormal) that
/// computing with them is slow.
const STRETCH: usize = 32;

impl Equaliser {
    fn bands(&self) -> [Band; BANDS] {
        [
            Band::LowCut { hz: self.low_cut_hz },
            Band::LowShelf { hz: self.low_shelf_hz, db: self.low_shelf_db },
            Band::Peak { hz: self.peak1_hz, db: self.peak1_db, q: self.peak1_q },
            Band::Peak { hz: self.peak2_hz, db: self.peak2_db, q: self.peak2_q },
            Band::Peak { hz: self.peak3_hz, db: self.peak3_db, q: self.peak3_q },
            Band::Peak { hz: self.peak4_hz, db: self.peak4_db, q: self.peak4_q },
            Band::HighShelf { hz: self.high_shelf_hz, db: self.high_shelf_db },
            Band::HighCut { hz: self.high_cut_hz },
        ]
    }
}

impl Effect for Equaliser {
    type State = EqualiserState;

    fn tail(&self, format: Format) -> usize {
        ring(self.bands().iter().filter_map(|band| band.section(format.rate)))
    }

    fn start(&self, format: Format) -> EqualiserState {
        let bands = self.bands();
        let sections = bands.map(|band| band.section(format.rate));
        EqualiserState { rate: format.rate, bands, sections, memories: [[[0.0; 2]; 2]; BANDS], at: 0 }
    }

    #[inline(always)]
    fn process(&self, state: &mut EqualiserState, block: &mut Block<'_>) {
        state.retune(self.bands());
        state.run(block);
    }
}

/// One band of the equaliser.
#[derive(Clone, Copy, PartialEq)]
enum Band {
    LowCut { hz: f64 },
    LowShelf { hz: f64, db: f64 },
    Peak { hz: f64, db: f64, q: f64 },
    HighShelf { hz: f64, db: f64 },
    HighCut { hz: f64 },
}

impl Band {
    /// The section, tuned for a rate; none when it would change nothing.
    ///
    /// Near its off, each comes as close to changing nothing as one likes: gains approach 0 dB, and a cut gives way to
    /// the sound as it came. So one that comes or goes makes no step but that of its settings.
    fn section(self, rate: u32) -> Option<Section> {
        match self {
            Band::LowCut { hz } => {
                let share = (hz / LOWEST_CUT_HZ).min(1.0);
                let g = warp(hz.max(LOWEST_CUT_HZ), rate);
                (share > 0.0).then(|| Section::state_variable(g, DAMPING, [1.0, -DAMPING * share, -share]))
            }
            Band::HighCut { hz } => {
                let share = ((HIGH_CUT_OFF_HZ - hz) / (HIGH_CUT_OFF_HZ - HIGHEST_CUT_HZ)).min(1.0);
                let g = warp(hz.min(HIGHEST_CUT_HZ), rate);
                (share > 0.0).then(|| Section::state_variable(g, DAMPING, [1.0 - share, 0.0, share]))
            }
            Band::LowShelf { hz, db } => (db != 0.0).then(|| {
                let a = shelf_gain(db);
                let g = warp(hz, rate) / a.sqrt();
                Section::state_variable(g, DAMPING, [1.0, DAMPING * (a - 1.0), a * a - 1.0])
            }),
            Band::HighShelf { hz, db } => (db != 0.0).then(|| {
                let a = shelf_gain(db);
                high_shelf(warp(hz, rate) * a.sqrt(), a, DAMPING)
            }),
            Band::Peak { hz, db, q } => (db != 0.0).then(|| {
                let a = shelf_gain(db);
                let k = 1.0 / (q * a);
                Section::state_variable(warp(hz, rate), k, [1.0, k * (a * a - 1.0), 0.0])
            }),
        }
    }
}

/// What a section remembers: its two numbers, each for left and right.
type Memory = [[f64; 2]; 2];

/// What the equaliser remembers.
#[derive(Clone, PartialEq)]
pub struct EqualiserState {
    rate: u32,
    /// What the sections are tuned to.
    bands: [Band; BANDS],
    sections: [Option<Section>; BANDS],
    /// Zero where there is no section.
    memories: [Memory; BANDS],
    /// The position in the stretch.
    at: usize,
}

impl Held for EqualiserState {}

impl EqualiserState {
    /// Tunes the bands that have moved. One that goes forgets, so that it begins from rest when it comes back.
    fn retune(&mut self, bands: [Band; BANDS]) {
        for (i, band) in bands.into_iter().enumerate() {
            if band != self.bands[i] {
                self.bands[i] = band;
                self.sections[i] = band.section(self.rate);
                if self.sections[i].is_none() {
                    self.memories[i] = [[0.0; 2]; 2];
                }
            }
        }
    }

    /// Filters with the sections that there are, side by side in memory.
    #[inline(always)]
    fn run(&mut self, block: &mut Block<'_>) {
        let none = Section { a: [[0.0; 2]; 2], b: [0.0; 2], c: [0.0; 2], d: 1.0 };
        let mut active = [(none, [[0.0; 2]; 2]); BANDS];
        let mut count = 0;
        for (section, memory) in self.sections.iter().zip(&self.memories) {
            if let Some(section) = section {
                active[count] = (*section, *memory);
                count += 1;
            }
        }
        let active = &mut active[..count];
        if active.is_empty() {
            // The stretch does not matter to those that come: they begin from rest wherever it stands.
            return;
        }
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.stereo(active, left, right),
            (Some(left), None) => self.mono(active, left),
            _ => {}
        }
        let places = self.sections.iter().zip(&mut self.memories).filter(|(section, _)| section.is_some());
        for ((_, memory), (_, after)) in places.zip(active) {
            *memory = *after;
        }
    }

    #[inline(always)]
    fn stereo(&mut self, active: &mut [(Section, Memory)], left: &mut [f32], right: &mut [f32]) {
        for (left, right) in left.iter_mut().zip(right) {
            let y = through(active, [f64::from(*left), f64::from(*right)]);
            (*left, *right) = (narrow(y[0]), narrow(y[1]));
            self.count(active);
        }
    }

    /// The right channel is silent, and its memory stays zero.
    #[inline(always)]
    fn mono(&mut self, active: &mut [(Section, Memory)], plane: &mut [f32]) {
        for x in plane {
            *x = narrow(through(active, [f64::from(*x), 0.0])[0]);
            self.count(active);
        }
    }

    /// Another frame of the stretch is over.
    #[inline(always)]
    fn count(&mut self, active: &mut [(Section, Memory)]) {
        self.at += 1;
        if self.at == STRETCH {
            self.at = 0;
            active.iter_mut().for_each(|(_, memory)| flush(memory));
        }
    }
}

/// Lets a frame go through the sections, left and right side by side. See [`Section::step`].
#[inline(always)]
fn through(active: &mut [(Section, Memory)], mut x: [f64; 2]) -> [f64; 2] {
    for (section, memory) in active {
        let Section { a, b, c, d } = *section;
        let [s, t] = *memory;
        let mut y = [0.0; 2];
        for channel in 0..2 {
            let (s, t, x) = (s[channel], t[channel], x[channel]);
            y[channel] = (c[0] * s + c[1] * t) + d * x;
            memory[0][channel] = (a[0][0] * s + a[0][1] * t) + b[0] * x;
            memory[1][channel] = (a[1][0] * s + a[1][1] * t) + b[1] * x;
        }
        x = y;
    }
    x
}

/// As a 32-bit number; zero when it would be denormal.
#[inline(always)]
fn narrow(y: f64) -> f32 {
    let y = y as f32;
    if y.abs() < f32::MIN_POSITIVE { 0.0 } else { y }
}

/// Zero for what has rung down to -400 dB. Both numbers of a channel at once: each alone may pass through zero while the
/// other rings.
#[inline(always)]
fn flush(memory: &mut Memory) {
    let [s, t] = memory;
    for (s, t) in s.iter_mut().zip(t) {
        if s.abs() < 1e-20 && t.abs() < 1e-20 {
            (*s, *t) = (0.0, 0.0);
        }
    }
}
