//! What is heard at each beat: what begins there and in between, in a few bands, and the spectrum until the next beat.

use super::fft::{LANES, Lanes};
use super::onset_levels::{MOST_KEPT, each_level, half_a_frame};
use super::{Framing, Mel, Stft, power_to_db};

/// How many groups of bands there are.
pub(super) const GROUPS: usize = 5;
/// Into how many parts a beat is divided.
pub(super) const PARTS: usize = 4;

/// What is heard at each beat.
pub(super) struct Heard {
    /// Seconds from one beat to the next: the median.
    pub period_s: f64,
    /// How many of the given beats were left out at the beginning, as they are before the sound.
    pub first_beat: usize,
    /// For each beat, what begins in the low bands around it, in dB.
    pub low: Vec<f64>,
    /// For each beat, what begins in each group of bands in each part of it, as logarithms.
    pub rhythm: Vec<[f64; GROUPS * PARTS]>,
    /// For each beat, the mean level of each band up to 2500 Hz until the next one, in dB.
    pub spectrum: Vec<Vec<f64>>,
}

/// The bands: the same at any rate, so that the groups are, too.
const MEL: Mel = Mel { bands: 128, low_hz: 0.0, high_hz: Some(11_025.0) };
/// Where the groups begin and end: their middles are up to 160, 500, 1500 and 5000 Hz, and above.
const GROUP_ENDS: [usize; GROUPS + 1] = [0, 6, 19, 54, 99, 128];
/// How many bands have their middle below 2500 Hz.
const TONAL: usize = 73;
/// What is more than 60 dB below the greatest power is not heard.
const RANGE: f32 = 1e-6;
/// What is around a beat is no farther away.
const AROUND_S: f64 = 0.05;
/// The fewest beats that can be counted.
const FEWEST_BEATS: usize = 8;

impl Heard {
    /// Listens to a sound with beats at these moments, in seconds and in rising order. Those outside the sound are left out.
    /// None when few are left, nothing begins in the sound, or it has no rate.
    pub fn measure(samples: &[f32], rate: u32, beats: &[f64]) -> Option<Heard> {
        let framing = Framing::default();
        let stft = Stft::new(rate, framing).ok()?;
        let frames_a_second = f64::from(rate) / framing.hop as f64;
        let end = samples.len() as f64 / f64::from(rate.max(1));
        let first_beat = beats.iter().take_while(|&&beat| beat < 0.0).count();
        // A moment that is not a number, or not later than the one before, ends the beats.
        let rising = |beats: &[f64], i: usize| i == 0 || beats[i - 1] < beats[i];
        let inside = &beats[first_beat..];
        let count = (0..inside.len()).take_while(|&i| (0.0..end).contains(&inside[i]) && rising(inside, i)).count();
        if count < FEWEST_BEATS || rate == 0 {
            return None;
        }
        let mut frames: Vec<f64> = inside[..count].iter().map(|beat| beat * frames_a_second).collect();
        let mut periods: Vec<f64> = frames.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // The last beat is as long as the one before.
        frames.push(frames[count - 1] + periods[count - 2]);
        periods.sort_unstable_by(f64::total_cmp);
        let period_s = periods[periods.len() / 2] / frames_a_second;

        let mut listener = Listener::new(&frames, framing.count(samples.len()));
        each_level(samples, &stft, &MEL, RANGE, MOST_KEPT, |powers, frames| listener.follow(powers, frames)).ok()?;
        let Listener { spectra, rises, .. } = listener;
        if rises.iter().flatten().all(|&rise| rise == 0.0) {
            return None;
        }
        // The rise to frame 1 is the first there is.
        let late = 1.0 + half_a_frame(&framing) as f64;
        let greatest = |group: usize, from: f64, to: f64| {
            let [from, to] = [from, to].map(|frame| ((frame - late).round().max(0.0) as usize).min(rises.len()));
            let end = to.max(from + 1).min(rises.len());
            rises[from..end].iter().map(|rise| f64::from(rise[group])).fold(0.0, f64::max)
        };
        let around = AROUND_S * frames_a_second;
        let parts = |beat: &[f64]| {
            let part = (beat[1] - beat[0]) / PARTS as f64;
            std::array::from_fn(|i| {
                let middle = beat[0] + (i % PARTS) as f64 * part;
                libm::log1p(greatest(i / PARTS, middle - 0.5 * part, middle + 0.5 * part))
            })
        };
        Some(Heard {
            period_s,
            first_beat,
            low: frames[..count].iter().map(|beat| greatest(0, beat - around, beat + around + 1.0)).collect(),
            rhythm: frames.windows(2).map(parts).collect(),
            spectrum: spectra,
        })
    }
}

/// Follows the levels of the bands from beat to beat.
struct Listener {
    /// The frame each beat ends before.
    ends: Vec<usize>,
    /// The frame that comes next.
    frame: usize,
    /// The beat it belongs to, and how many of its frames there were.
    beat: usize,
    counted: usize,
    /// The levels of the frame before.
    before: Vec<f32>,
    /// The mean spectrum of each beat.
    spectra: Vec<Vec<f64>>,
    /// The mean rise of each group of bands in each frame from the second on.
    rises: Vec<[f32; GROUPS]>,
}

impl Listener {
    fn new(beats: &[f64], frames: usize) -> Self {
        let ends: Vec<usize> = beats.iter().map(|beat| beat.round() as usize).collect();
        let spectra = vec![vec![0.0; TONAL]; ends.len() - 1];
        Listener { ends, frame: 0, beat: 0, counted: 0, before: Vec::new(), spectra, rises: Vec::with_capacity(frames) }
    }

    fn follow(&mut self, powers: &[Lanes], frames: usize) {
        let mut levels = powers.to_vec();
        power_to_db(levels.as_flattened_mut(), 1.0, f32::MIN_POSITIVE, None);
        for lane in 0..frames.min(LANES) {
            let level: Vec<f32> = levels.iter().map(|lanes| lanes[lane]).collect();
            if !self.before.is_empty() {
                let rise = |band: usize| (level[band] - self.before[band]).max(0.0);
                self.rises.push(std::array::from_fn(|group| {
                    let (from, to) = (GROUP_ENDS[group], GROUP_ENDS[group + 1]);
                    (from..to).map(rise).sum::<f32>() / (to - from) as f32
                }));
            }
            self.add_to_spectrum(&level);
            self.before = level;
            self.frame += 1;
        }
    }

    /// The mean of the beat's frames, kept up to date.
    fn add_to_spectrum(&mut self, level: &[f32]) {
        while self.beat < self.spectra.len() && self.frame >= self.ends[self.beat + 1] {
            self.beat += 1;
            self.counted = 0;
        }
        if self.beat < self.spectra.len() && self.frame >= self.ends[0] {
            self.counted += 1;
            for (mean, &x) in self.spectra[self.beat].iter_mut().zip(level) {
                *mean += (f64::from(x) - *mean) / self.counted as f64;
            }
        }
    }
}
