//! One sample of a SoundFont's note in motion, through its filter and under its envelopes.

use std::collections::BTreeMap;

use super::filter::{SweptFilter, VoiceFilter};
use super::instrument::CHUNK;
use super::resample::{Speed, Turn, Wave};
use super::score::Strike;
use super::soundfont_contour::{Stages, Swing, hertz};
use super::soundfont_faders::Faders;
use crate::soundfont::{Generator, Region};
use crate::{Controls, ratio};

/// The lowest corner of a filter, 19 Hz, and the one where it is open, 20 kHz, in cents.
const LOWEST_CENTS: f64 = 1500.0;
const OPEN_CENTS: f64 = 13_500.0;

/// The frames of a sample, and those of its loop.
pub(super) type Stretch = (usize, usize, Option<(usize, usize)>);

/// What a region plays of the sound.
pub(super) fn stretch(region: &Region) -> Stretch {
    let (start, end) = region.frames();
    (start, end, region.turn().map(|(start, end, _)| (start, end)))
}

/// A sample as it is, and with its loop, if it has one.
#[derive(Debug)]
pub(super) struct Waves {
    plain: Wave,
    turning: Option<Wave>,
}

impl Waves {
    /// The waves of a stretch of the sound, which can be halved so many times.
    pub(super) fn new(stretch: Stretch, sound: &[f32], levels: u32) -> Self {
        let turn = stretch.2.map(|(start, end)| Turn { start: start - stretch.0, end: end - stretch.0 });
        let turning = turn.map(|turn| Wave::new(sound, Some(turn), levels));
        Waves { plain: Wave::new(sound, None, levels), turning }
    }
}

/// A region in motion.
#[derive(Clone)]
pub(super) struct Layer {
    stretch: Stretch,
    /// Whether the loop goes on after the release.
    turns_on: bool,
    speed: Speed,
    step: f64,
    position: f64,
    end: f64,
    filter: SweptFilter,
    is_open: bool,
    /// The corner of the filter at rest, in cents.
    cutoff: f64,
    /// How many frames of the envelope's delay are left: the sample has not begun.
    waits: u64,
    region: Region,
    volume: Stages,
    modulation: Stages,
    tremolo: Swing,
    vibrato: Swing,
    faders: Faders,
    /// Frames since the note began, and in a second.
    age: u64,
    rate: f64,
    released: Option<Released>,
    /// The volume envelope at the last frame, and with the tremolo.
    level: f64,
    heard: f64,
}

/// What the envelopes were when the note was let go.
#[derive(Clone, Copy)]
struct Released {
    at: u64,
    level: f64,
    amount: f64,
}

impl Layer {
    /// A note begins; louder by `gain_db`, with steps of so many samples from frame to frame.
    pub(super) fn new(
        gain_db: f64,
        region: Region,
        (strike, controls): (&Strike, Controls),
        (stretch, speed, step): (Stretch, Speed, f64),
        waves: &Waves,
        rate: u32,
    ) -> Self {
        // The resonance is the height of the peak above the bass; half of it is taken off the whole (8.1.2, 9).
        let resonance_db = (region.value(Generator::Resonance) / 10.0).clamp(0.0, 96.0);
        let q = peaking(ratio(resonance_db));
        let cutoff = region.value(Generator::Cutoff).clamp(LOWEST_CENTS, OPEN_CENTS);
        let is_open = cutoff == OPEN_CENTS
            && resonance_db == 0.0
            && region.value(Generator::TremoloToCutoff) == 0.0
            && region.value(Generator::EnvelopeToCutoff) == 0.0;
        let gain = ratio(gain_db - region.attenuation_db() - 0.5 * resonance_db);
        let key = region.fixed_key().unwrap_or(strike.key.into());
        let volume = Stages::volume(&region, key);
        let turning = waves.turning.as_ref().unwrap_or(&waves.plain);
        let mut layer = Layer {
            stretch,
            turns_on: region.turn().is_some_and(|turn| turn.2),
            speed,
            step,
            position: 0.0,
            end: turning.end(speed),
            filter: SweptFilter::new(VoiceFilter::Lowpass, ((1.0 - 0.5 / q) / 0.99).clamp(0.0, 1.0), rate),
            is_open,
            cutoff,
            waits: (volume.delay_s() * f64::from(rate)) as u64,
            volume,
            modulation: Stages::modulation(&region, key),
            tremolo: Swing::new(&region, Generator::TremoloDelay, Generator::TremoloFrequency),
            vibrato: Swing::new(&region, Generator::VibratoDelay, Generator::VibratoFrequency),
            faders: Faders::new(gain, &region.under(controls), rate),
            region,
            age: 0,
            rate: f64::from(rate),
            released: None,
            level: 0.0,
            heard: 0.0,
        };
        layer.level = layer.moved().0;
        layer.heard = layer.level;
        layer
    }

    /// Key and pedal let it go.
    pub(super) fn release(&mut self, waves: &BTreeMap<Stretch, Waves>) {
        if self.released.is_some() {
            return;
        }
        let at = self.age as f64 / self.rate;
        let amount = self.modulation.amount(at);
        self.released = Some(Released { at: self.age, level: self.level, amount });
        if let (false, Some((_, loop_end)), Some(waves)) = (self.turns_on, self.stretch.2, waves.get(&self.stretch)) {
            // Out of the loop: back by turns until it lies within, then on to the end of the sample.
            let (length, end) = (self.stretch.2.map_or(1, |(start, end)| end - start), loop_end - self.stretch.0);
            while self.position >= end as f64 {
                self.position -= length as f64;
            }
            self.end = waves.plain.end(self.speed);
        }
    }

    /// Controllers move.
    pub(super) fn control(&mut self, controls: Controls) {
        self.faders.glide_to(&self.region.under(controls));
    }

    /// How loud it is now, as a factor.
    pub(super) fn loudness(&self) -> f64 {
        let gains = self.faders.now().gains;
        self.level * gains[0].max(gains[1])
    }

    /// Which frames it plays.
    pub(super) fn stretch(&self) -> Stretch {
        self.stretch
    }

    /// The volume and the modulation now.
    fn moved(&self) -> (f64, f64) {
        let at = self.age as f64 / self.rate;
        match self.released {
            None => (self.volume.level(at), self.modulation.amount(at)),
            Some(released) => {
                let since = (self.age - released.at) as f64 / self.rate;
                let amount = self.modulation.amount_released(released.amount, since);
                (released.level * self.volume.released(since), amount)
            }
        }
    }

    /// Adds its next frames. Envelopes, oscillators and controllers are worked out once, for the last of them.
    #[inline(always)]
    pub(super) fn add(&mut self, waves: &Waves, bend: f64, left: &mut [f32], right: &mut [f32]) {
        let (before, after) = (self.faders.now().gains, self.faders.after(left.len()));
        let silent = self.waits.min(left.len() as u64) as usize;
        (self.waits, self.age) = (self.waits - silent as u64, self.age + silent as u64);
        let (left, right) = (&mut left[silent..], &mut right[silent..]);
        let mut sound = [0.0_f32; CHUNK];
        let sound = &mut sound[..left.len()];
        self.age += sound.len() as u64;
        let (level, amount) = self.moved();
        let at = self.age as f64 / self.rate;
        let (tremolo, vibrato) = (self.tremolo.value(at), self.vibrato.value(at));
        let value = |generator| self.region.value(generator);
        let cents =
            after.tremolo_cents * tremolo + after.vibrato_cents * vibrato + value(Generator::EnvelopeToPitch) * amount;
        let bent = if cents == 0.0 { 1.0 } else { libm::exp2(cents / 1200.0) };
        let wave = match (&waves.turning, self.released.is_some() && !self.turns_on) {
            (Some(turning), false) => turning,
            _ => &waves.plain,
        };
        self.position = wave.play(self.speed, self.position, self.step * bend * bent, sound);
        let mut filtered = [0.0; CHUNK];
        let filtered = &mut filtered[..sound.len()];
        filtered.iter_mut().zip(&*sound).for_each(|(to, from)| *to = f64::from(*from));
        if !self.is_open {
            let cutoff =
                self.cutoff + value(Generator::TremoloToCutoff) * tremolo + value(Generator::EnvelopeToCutoff) * amount;
            self.filter.run(hertz(cutoff), filtered);
        }
        let swung = level * ratio(after.tremolo_centibels * tremolo / 10.0);
        let frames = sound.len().max(1) as f64;
        let step = (swung - self.heard) / frames;
        let [left_step, right_step] = [0, 1].map(|side| (after.gains[side] - before[side]) / frames);
        for (((k, x), left), right) in (1_i32..).zip(&*filtered).zip(left).zip(right) {
            let k = f64::from(k);
            let heard = x * (self.heard + step * k);
            *left += flushed(heard * (before[0] + left_step * k));
            *right += flushed(heard * (before[1] + right_step * k));
        }
        (self.level, self.heard) = (level, swung);
    }

    /// Whether it stays silent from here on.
    pub(super) fn is_over(&self) -> bool {
        let is_released = self.released.is_some_and(|released| self.age > released.at);
        self.position >= self.end
            || (self.level == 0.0 && (is_released || self.volume.falls_silent(self.age, self.rate)))
    }
}

/// The Q of a lowpass whose peak is so many times as high as its bass. Of the gain Q / sqrt(1 - 1 / 4Q²) at the peak.
fn peaking(peak: f64) -> f64 {
    (0.5 * peak * (peak + (peak * peak - 1.0).sqrt())).sqrt()
}

/// What fades to nothing makes no denormal numbers.
#[inline(always)]
fn flushed(x: f64) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x as f32 }
}
