//! The spectral centroid of every 1024 frames, and of every two of these, and so on.
//!
//! Bin `i` looks at the 2048 frames around its own, from 512 before them on, through a Hann window: so every frame of the
//! sound has the same weight in all bins together. Before the sound and after it there is silence.

use super::analyser::{Analyser, BATCH, FRAME, HOP, windows};

/// How far the window reaches over the edges of its bin.
const OVERLAP: usize = (FRAME - HOP) / 2;

/// The first frames of a stretch that the first bin looks at, and with them the last bin of a stretch before it.
const HEAD: usize = HOP + OVERLAP;

/// How many frames are mixed at once.
const CHUNK: usize = 4096;

/// The centroids of a sound, or of a stretch of one.
#[derive(Clone, Debug)]
pub(super) struct Brightness {
    frames: u64,
    /// The first frames, up to [`HEAD`].
    head: Vec<f32>,
    /// The frames from where the next window begins: windows are measured when there are [`BATCH`] of them.
    pending: Vec<f32>,
    levels: Vec<Vec<Spectrum>>,
    analyser: Analyser,
}

/// What is known of the spectrum of a bin.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Spectrum {
    /// The sum of the magnitudes, each times its frequency in Hz.
    pub moment: f32,
    /// The sum of the magnitudes.
    pub magnitude: f32,
}

impl Brightness {
    pub fn new(rate: u32) -> Self {
        Brightness {
            frames: 0,
            head: Vec::new(),
            pending: vec![0.0; OVERLAP],
            levels: vec![Vec::new()],
            analyser: Analyser::new(rate),
        }
    }

    /// Appends the mean of channels of equal length.
    pub fn add_mean(&mut self, channels: &[&[f32]]) {
        let frames = channels.first().map_or(0, |channel| channel.len());
        let gain = 1.0 / channels.len() as f32;
        let mut mean = [0.0; CHUNK];
        for start in (0..frames).step_by(CHUNK) {
            let mean = &mut mean[..CHUNK.min(frames - start)];
            mean.fill(0.0);
            for channel in channels {
                mean.iter_mut()
                    .zip(&channel[start..])
                    .for_each(|(sum, x)| *sum += if x.is_finite() { *x } else { 0.0 });
            }
            mean.iter_mut().for_each(|sum| *sum *= gain);
            self.add(mean);
        }
    }

    /// Appends a stretch that was made apart; this one ends where a bin does.
    pub fn append(&mut self, next: Brightness) {
        if next.levels[0].is_empty() {
            self.add(&next.pending[OVERLAP..]);
            return;
        }
        // With these frames the last bins here are complete, and the first one there, which had silence before it.
        self.add(&next.head);
        self.measure(windows(self.pending.len()));
        self.levels[0].extend_from_slice(&next.levels[0][1..]);
        self.pending = next.pending;
        self.frames += next.frames - HEAD as u64;
        self.build();
    }

    /// All bins up to here, those included whose windows reach behind the end.
    pub fn bins(&self) -> Bins<'_> {
        let lacking = self.frames.div_ceil(HOP as u64) as usize - self.levels[0].len();
        let mut frames = self.pending.clone();
        frames.resize((lacking + 1) * HOP, 0.0);
        let mut last = Vec::with_capacity(lacking);
        self.analyser.measure(&frames, &mut last);
        Bins { last, levels: &self.levels }
    }

    fn add(&mut self, samples: &[f32]) {
        let lacking = HEAD - self.head.len();
        self.head.extend_from_slice(&samples[..lacking.min(samples.len())]);
        self.frames += samples.len() as u64;
        for part in samples.chunks(CHUNK) {
            self.pending.extend_from_slice(part);
            while windows(self.pending.len()) >= BATCH {
                self.measure(BATCH);
            }
        }
        self.build();
    }

    /// Measures the next windows, which have to be there.
    fn measure(&mut self, count: usize) {
        self.analyser.measure(&self.pending[..(count + 1) * HOP], &mut self.levels[0]);
        self.pending.drain(..count * HOP);
    }

    /// Makes the bins of the upper levels for which there are two below.
    fn build(&mut self) {
        let mut depth = 0;
        while self.levels[depth].len() > 1 {
            if depth + 1 == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let (lower, upper) = self.levels.split_at_mut(depth + 1);
            let known = upper[0].len();
            upper[0].extend(lower[depth][2 * known..].as_chunks::<2>().0.iter().map(|&[a, b]| a.join(b)));
            depth += 1;
        }
    }
}

/// Two are equal that say the same: how many windows wait to be measured depends on where stretches were joined.
impl PartialEq for Brightness {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.bins(), other.bins());
        self.frames == other.frames && ours.finest().eq(theirs.finest())
    }
}

impl Spectrum {
    fn join(self, next: Spectrum) -> Spectrum {
        Spectrum { moment: self.moment + next.moment, magnitude: self.magnitude + next.magnitude }
    }
}

/// The bins of a sound at one moment of its making.
pub(super) struct Bins<'a> {
    levels: &'a [Vec<Spectrum>],
    /// The bins behind the finest level.
    last: Vec<Spectrum>,
}

impl Bins<'_> {
    /// All bins of the finest level.
    fn finest(&self) -> impl Iterator<Item = &Spectrum> {
        self.levels[0].iter().chain(&self.last)
    }

    /// The centroid from one frame to another, in Hz.
    pub fn centroid(&self, from: f64, to: f64) -> f32 {
        let finest = &self.levels[0];
        let total = finest.len() + self.last.len();
        let (mut moment, mut magnitude) = (0.0, 0.0);
        let mut add = |bin: Spectrum, part: f64| {
            moment += f64::from(bin.moment) * part;
            magnitude += f64::from(bin.magnitude) * part;
        };
        let start = |index: usize| (index * HOP) as f64;
        let part = |index: usize| (start(index + 1).min(to) - start(index).max(from)).max(0.0) / HOP as f64;
        let bin = |index: usize| finest.get(index).copied().unwrap_or_else(|| self.last[index - finest.len()]);
        let first = ((from / HOP as f64) as usize).min(total);
        let end = ((to / HOP as f64).ceil() as usize).min(total);
        // Whole bins of the levels, each of which stands for those below it; the edges and the last ones by their parts.
        let (mut a, mut b) = (first + 1, end.saturating_sub(1).min(finest.len()));
        (first..end.min(first + 1)).chain(b.max(first + 1)..end).for_each(|index| add(bin(index), part(index)));
        for level in self.levels {
            if a >= b {
                break;
            }
            if a % 2 == 1 {
                add(level[a], 1.0);
                a += 1;
            }
            if b % 2 == 1 && a < b {
                b -= 1;
                add(level[b], 1.0);
            }
            (a, b) = (a / 2, b / 2);
        }
        if magnitude > 0.0 { (moment / magnitude) as f32 } else { 0.0 }
    }
}
