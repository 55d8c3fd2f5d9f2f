//! The phase vocoder.
//!
//! Frames of the output lie an eighth of their length apart. For each of them two frames of the input are looked at: the one
//! at the moment that the map says, and the one that lies as far before it as the output's frame before. How the phases
//! went on from the second to the first is how they go on in the output (M. Puckette, "Phase-locked vocoder", 1995), so
//! frequencies are kept exactly at any pace. All bins around a peak turn by the same angle (J. Laroche and M. Dolson,
//! "Improved phase vocoder time-scale modification of audio", 1999), and both channels turn alike, so that chords and the
//! stereo picture stay together. While a place is copied nothing turns; when it begins with an attack, the bins that the
//! attack raises turn back to where they are in the input, so that the attack keeps its shape (after A. Röbel, "A new
//! approach to transient processing in the phase vocoder", 2003), while what sounds on goes on.

use std::f64::consts::TAU;

use super::super::fir::{Fft, Room, Spectrum};
use super::time_map::{Place, TimeMap};
use crate::{Audio, Channels};

/// How many frames lie over one another: the squares of their windows sum up to `3 / 8` of it everywhere.
const OVERLAP: usize = 8;
/// An attack belongs to the bins whose power it raises by this factor: 6 dB.
const RAISED: f64 = 4.0;
/// What is below this is silence: -300 dB.
const NOTHING: f64 = 1e-15;

/// A clip on its way through the vocoder.
pub struct Vocoder<'a> {
    clip: &'a Audio,
    /// The clip with `margin` frames of silence on both sides.
    planes: Vec<Vec<f32>>,
    margin: i64,
    hop: usize,
    fft: Fft,
    room: Room,
    window: Vec<f64>,
    /// The power of each bin in the frame at hand.
    powers: Vec<f64>,
    /// By what each bin turns: the cosine and the sine.
    cos: Vec<f64>,
    sin: Vec<f64>,
    /// The last frame of the output in each channel.
    last: Vec<Spectrum>,
    /// The onset that it was copied with.
    copied: Option<i64>,
}

impl<'a> Vocoder<'a> {
    /// With frames of `size` samples, a power of two.
    pub fn new(clip: &'a Audio, size: usize) -> Self {
        let margin = vec![0.0; 2 * size];
        let bins = size / 2 + 1;
        Vocoder {
            clip,
            planes: clip.planes().map(|plane| [&margin, plane, &margin].concat()).collect(),
            margin: 2 * size as i64,
            hop: size / OVERLAP,
            fft: Fft::new(size),
            room: Room::default(),
            window: hann(size),
            powers: vec![0.0; bins],
            cos: vec![1.0; bins],
            sin: vec![0.0; bins],
            last: Vec::new(),
            copied: None,
        }
    }

    /// `frames` of output at the pace of the map.
    #[inline(always)]
    pub fn run(mut self, map: &TimeMap, frames: usize) -> Audio {
        let half = self.window.len() / 2;
        // From the first frame that reaches into the output to the last one.
        let mut sums = vec![vec![0.0; frames + 4 * half]; self.planes.len()];
        for start in (0..frames + 2 * half).step_by(self.hop) {
            self.frame(map.at(start as i64 - half as i64));
            for (sum, spectrum) in sums.iter_mut().zip(&self.last) {
                let samples = self.fft.inverse_from(spectrum, &mut self.room);
                for ((sum, x), weight) in sum[start..].iter_mut().zip(samples).zip(&self.window) {
                    *sum += weight * x;
                }
            }
        }
        let scale = 8.0 / (3 * OVERLAP) as f64;
        let sample = |x: &f64| if x.abs() < NOTHING { 0.0 } else { (scale * x) as f32 };
        // The first frame lies half before the output, and begins half a frame before that.
        let mut planes = sums.iter().map(|sum| sum[2 * half..2 * half + frames].iter().map(sample).collect());
        let (rate, left) = (self.clip.rate(), planes.next().unwrap_or_default());
        match self.clip.channels() {
            Channels::Mono => Audio::mono(rate, left),
            Channels::Stereo => Audio::stereo(rate, left, planes.next().unwrap_or_default()),
        }
    }

    /// The next frame of the output, in `last`.
    #[inline(always)]
    fn frame(&mut self, place: Place) {
        let mut now = self.spectra(place.frame);
        if self.last.is_empty() {
            self.copied = place.copied;
        } else if place.copied.is_none() || place.copied != self.copied {
            self.turn(&now, place.frame);
            if let (Some(onset), true) = (place.copied, place.copied != self.copied) {
                self.attack(onset);
            }
            self.copied = place.copied;
        }
        for spectrum in &mut now {
            for (((re, im), cos), sin) in spectrum.re.iter_mut().zip(&mut spectrum.im).zip(&self.cos).zip(&self.sin) {
                (*re, *im) = (*re * cos - *im * sin, *re * sin + *im * cos);
            }
        }
        self.last = now;
    }

    /// How each bin has to turn so that the phases go on from the last frame of the output as they do in the input.
    #[inline(always)]
    fn turn(&mut self, now: &[Spectrum], place: i64) {
        let before = self.spectra(place - self.hop as i64);
        self.cos.fill(0.0);
        self.sin.fill(0.0);
        for (last, before) in self.last.iter().zip(&before) {
            for k in 0..self.cos.len() {
                self.cos[k] += last.re[k] * before.re[k] + last.im[k] * before.im[k];
                self.sin[k] += last.im[k] * before.re[k] - last.re[k] * before.im[k];
            }
        }
        powers(now, &mut self.powers);
        let turns = regions(&self.powers).map(|(peak, region)| {
            let around = peak.saturating_sub(1)..(peak + 2).min(self.cos.len());
            let (re, im): (f64, f64) = (self.cos[around.clone()].iter().sum(), self.sin[around].iter().sum());
            let length = (re * re + im * im).sqrt();
            (region, if length > 0.0 { (re / length, im / length) } else { (1.0, 0.0) })
        });
        let turns: Vec<_> = turns.collect();
        for (region, (cos, sin)) in turns {
            self.cos[region.clone()].fill(cos);
            self.sin[region].fill(sin);
        }
    }

    /// Turns back what an attack raises: the bins around peaks that have more power after it than before.
    #[inline(always)]
    fn attack(&mut self, onset: i64) {
        let quarter = self.window.len() as i64 / 4;
        let (mut before, mut after) = (self.powers.clone(), self.powers.clone());
        powers(&self.spectra(onset - 2 * quarter), &mut before);
        powers(&self.spectra(onset + quarter), &mut after);
        for (peak, region) in regions(&self.powers) {
            let around = peak.saturating_sub(1)..(peak + 2).min(before.len());
            let (before, after): (f64, f64) = (before[around.clone()].iter().sum(), after[around].iter().sum());
            if after > RAISED * before {
                self.cos[region.clone()].fill(1.0);
                self.sin[region].fill(0.0);
            }
        }
    }

    /// The spectra of the input around a frame.
    #[inline(always)]
    fn spectra(&mut self, frame: i64) -> Vec<Spectrum> {
        let size = self.window.len();
        let most = self.planes.first().map_or(0, |plane| plane.len().saturating_sub(size)) as i64;
        let start = (frame + self.margin - size as i64 / 2).clamp(0, most) as usize;
        let mut spectra = Vec::with_capacity(self.planes.len());
        for plane in &self.planes {
            let samples = plane[start..].iter().zip(&self.window).map(|(x, weight)| f64::from(*x) * weight);
            let mut spectrum = Spectrum::default();
            self.fft.forward_into(samples, &mut self.room, &mut spectrum);
            spectra.push(spectrum);
        }
        spectra
    }
}

/// A Hann window that repeats after its length.
pub fn hann(size: usize) -> Vec<f64> {
    (0..size).map(|i| 0.5 - 0.5 * libm::cos(TAU * i as f64 / size as f64)).collect()
}

/// The power of each bin in all channels.
#[inline(always)]
fn powers(spectra: &[Spectrum], powers: &mut [f64]) {
    powers.fill(0.0);
    for spectrum in spectra {
        for ((power, re), im) in powers.iter_mut().zip(&spectrum.re).zip(&spectrum.im) {
            *power += re * re + im * im;
        }
    }
}

/// The peaks of a spectrum, each the highest of five bins, with the bins that belong to it: those up to the lowest one
/// between two peaks. A spectrum without a peak is one region.
fn regions(powers: &[f64]) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
    let is_peak = |k: &usize| {
        let before = powers[k.saturating_sub(2)..*k].iter().all(|power| *power < powers[*k]);
        before && powers[*k + 1..powers.len().min(k + 3)].iter().all(|power| *power <= powers[*k])
    };
    let mut peaks: Vec<usize> = (0..powers.len()).filter(is_peak).collect();
    if peaks.is_empty() {
        peaks.push(0);
    }
    let mut start = 0;
    (0..peaks.len()).map(move |i| {
        let end = peaks.get(i + 1).map_or(powers.len(), |next| {
            let between = peaks[i]..*next;
            between.min_by(|a, b| powers[*a].total_cmp(&powers[*b])).unwrap_or(*next)
        });
        let region = start..end;
        start = end;
        (peaks[i], region)
    })
}
