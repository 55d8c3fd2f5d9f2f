//! Loudness: integrated, momentary, short-term, and its range. ITU-R BS.1770-4, EBU R 128, EBU Tech 3341 and 3342.

use super::k_weighting::{KWeighting, State};
use crate::Format;
use crate::audio::is_silent;

/// The loudness of a sound: of all of it, of the last 400 ms (momentary) and of the last 3 s (short-term) at each moment.
///
/// A mono sound counts as one channel of weight 1, so the same samples on two channels are 3 LU louder.
///
/// ```
/// use downbeat_dsp::{Format, Loudness};
/// let mut loudness = Loudness::new(Format::mono(48_000));
/// let square: Vec<f32> = (0..4 * 48_000).map(|i| if i / 24 % 2 == 0 { 0.1 } else { -0.1 }).collect();
/// loudness.measure(&square, &[]);
/// assert_eq!((loudness.momentary().len(), loudness.short_term().len()), (37, 11));
/// assert!(loudness.range() < Some(0.01));
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Loudness {
    weighting: KWeighting,
    rate: u32,
    /// Frames in 100 ms.
    tenth: usize,
    /// Into how many steps 100 ms are divided.
    division: usize,
    channels: Vec<Channel>,
    /// The energy of each step that is complete, all channels together.
    steps: Vec<f64>,
}

/// A channel, with the beginning of the step that is not yet complete.
#[derive(Clone, PartialEq, Debug)]
struct Channel {
    state: State,
    begun: Vec<f32>,
}

/// A filter's state below this (-300 dB) is taken for rest, so that silence costs nothing and no number is denormal.
const REST: f64 = 1e-15;
/// The absolute gate.
const GATE_LUFS: f64 = -70.0;
/// How far below the mean of what passed the absolute gate the second one is, as a ratio: 10 LU for the integrated
/// loudness, 20 LU for the range.
const INTEGRATED_GATE: f64 = 0.1;
const RANGE_GATE: f64 = 0.01;
/// The windows of momentary and short-term loudness, in units of 100 ms.
const MOMENTARY: usize = 4;
const SHORT_TERM: usize = 30;
/// The steps in 100 ms of a meter that is [`Loudness::fine`].
const FINE: usize = 10;

impl Loudness {
    /// A meter that has heard nothing. Its windows move by 100 ms, which is what the integrated loudness is made of; it
    /// keeps a number for each.
    pub fn new(format: Format) -> Self {
        Self::with_division(format, 1)
    }

    /// A meter whose windows move by 10 ms, so that none misses more than 5 ms of what is loudest: the greatest
    /// momentary loudness is within 0.06 LU of that of windows anywhere. It takes a little longer.
    pub fn fine(format: Format) -> Self {
        Self::with_division(format, FINE)
    }

    fn with_division(format: Format, division: usize) -> Self {
        let tenth = ((format.rate as usize + 5) / 10).max(1);
        let division = division.min(tenth);
        let channel = Channel { state: [0.0; 4], begun: Vec::new() };
        Loudness {
            weighting: KWeighting::new(format.rate, tenth / division),
            rate: format.rate,
            tenth,
            division,
            channels: vec![channel; format.channels.count()],
            steps: Vec::new(),
        }
    }

    /// Takes the next frames into account; `right` is not looked at when the sound is mono, and what one plane has more than
    /// the other is left out. Any division into blocks gives the same loudness.
    pub fn measure(&mut self, left: &[f32], right: &[f32]) {
        let frames = if self.channels.len() == 1 { left.len() } else { left.len().min(right.len()) };
        let begun = self.channels.first().map_or(0, |channel| channel.begun.len());
        let mut start = 0;
        // Up to the end of the step that was begun, then step by step; the rest begins the next one.
        let mut end = self.step() - begun;
        while end <= frames {
            let planes = [left, right].into_iter();
            let energy = self
                .channels
                .iter_mut()
                .zip(planes)
                .map(|(channel, plane)| channel.energy(&plane[start..end], &self.weighting));
            let energy = energy.sum();
            self.steps.push(energy);
            start = end;
            end += self.step();
        }
        for (channel, plane) in self.channels.iter_mut().zip([left, right]) {
            channel.begun.extend_from_slice(&plane[start..frames]);
        }
    }

    /// The energy of each 100 ms that are complete. It forgets them, and goes on with what it needs for the next: so a long
    /// sound is measured piece by piece, and [`Loudness::of_steps`] reads the whole.
    pub fn take_steps(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.steps)
    }

    /// A meter that has heard a sound with these energies in each of its 100 ms.
    pub fn of_steps(format: Format, steps: Vec<f64>) -> Self {
        Loudness { steps, ..Self::new(format) }
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let begun: usize = self.channels.iter().map(|channel| size_of_val(&*channel.begun)).sum();
        size_of::<Self>() + begun + size_of_val(&*self.channels) + size_of_val(&*self.steps)
    }

    /// The integrated loudness in LUFS up to here; none when no block of 400 ms was above the gates.
    pub fn lufs(&self) -> Option<f64> {
        let gate = self.gate(MOMENTARY, INTEGRATED_GATE)?;
        mean(self.windows(MOMENTARY, self.division).filter(|&block| block > gate)).map(lufs)
    }

    /// The loudness range (LRA) in LU up to here: from the soft to the loud parts, as the 10th and the 95th of a hundred
    /// parts of all short-term loudnesses above the gates. None when no 3 s were above them.
    pub fn range(&self) -> Option<f64> {
        let gate = self.gate(SHORT_TERM, RANGE_GATE)?;
        let mut heard: Vec<f64> = self.windows(SHORT_TERM, self.division).filter(|&block| block >= gate).collect();
        heard.sort_unstable_by(f64::total_cmp);
        let last = heard.len().checked_sub(1)?;
        let part = |part: f64| heard[(last as f64 * part).round() as usize];
        Some(lufs(part(0.95)) - lufs(part(0.1)))
    }

    /// The momentary loudness every 100 ms: the moment at which a window of 400 ms ends, in seconds, and the loudness in
    /// it, in LUFS, minus infinity for silence. The first window ends at 0.4 s.
    pub fn momentary(&self) -> Vec<(f64, f64)> {
        self.series(MOMENTARY)
    }

    /// The short-term loudness every 100 ms: the moment at which a window of 3 s ends, in seconds, and the loudness in
    /// it, in LUFS, minus infinity for silence. The first window ends at 3 s.
    pub fn short_term(&self) -> Vec<(f64, f64)> {
        self.series(SHORT_TERM)
    }

    /// The greatest momentary loudness in LUFS; none for silence, or less than 400 ms.
    pub fn max_momentary(&self) -> Option<f64> {
        self.greatest(MOMENTARY)
    }

    /// The greatest short-term loudness in LUFS; none for silence, or less than 3 s.
    pub fn max_short_term(&self) -> Option<f64> {
        self.greatest(SHORT_TERM)
    }

    /// The length of the step that was begun. Where 100 ms cannot be divided evenly, steps differ by a frame.
    fn step(&self) -> usize {
        let place = self.steps.len() % self.division;
        self.tenth * (place + 1) / self.division - self.tenth * place / self.division
    }

    /// The mean squares of windows of so many times 100 ms, one beginning every `hop` steps.
    fn windows(&self, tenths: usize, hop: usize) -> impl Iterator<Item = f64> {
        let frames = (tenths * self.tenth) as f64;
        let windows = self.steps.windows(tenths * self.division).step_by(hop);
        windows.map(move |steps| steps.iter().sum::<f64>() / frames)
    }

    /// The mean square that a window has to exceed: that of the absolute gate, or a part of the mean of all above it.
    fn gate(&self, tenths: usize, part: f64) -> Option<f64> {
        let absolute = mean_square(GATE_LUFS);
        let mean = mean(self.windows(tenths, self.division).filter(|&block| block > absolute))?;
        Some(absolute.max(mean * part))
    }

    fn series(&self, tenths: usize) -> Vec<(f64, f64)> {
        let seconds = |end: usize| (end * self.tenth) as f64 / f64::from(self.rate.max(1));
        let windows = self.windows(tenths, self.division).enumerate();
        windows.map(|(i, block)| (seconds(i + tenths), lufs(block))).collect()
    }

    fn greatest(&self, tenths: usize) -> Option<f64> {
        let greatest = self.windows(tenths, 1).fold(0.0, f64::max);
        (greatest > 0.0).then(|| lufs(greatest))
    }
}

impl Channel {
    /// The energy of the step that ends with these samples.
    fn energy(&mut self, samples: &[f32], weighting: &KWeighting) -> f64 {
        let energy = if self.begun.is_empty() {
            self.energy_of(samples, weighting)
        } else {
            let mut step = std::mem::take(&mut self.begun);
            step.extend_from_slice(samples);
            let energy = self.energy_of(&step, weighting);
            step.clear();
            self.begun = step;
            energy
        };
        // Rounded, so that it forgets: two meters that hear the same from now on are soon in the same state, where the last
        // bits of 64 would differ for ever. Of the energy, that is less than a part in ten millions.
        self.state = self.state.map(|s| if s.abs() < REST { 0.0 } else { f64::from(s as f32) });
        energy
    }

    fn energy_of(&mut self, step: &[f32], weighting: &KWeighting) -> f64 {
        let silent = self.state == [0.0; 4] && is_silent(step);
        if silent { 0.0 } else { weighting.energy(step, &mut self.state) }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_u64, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

/// The loudness of a K-weighted mean square, summed over the channels.
fn lufs(mean_square: f64) -> f64 {
    -0.691 + 10.0 * libm::log10(mean_square)
}

/// The inverse of [`lufs`].
fn mean_square(lufs: f64) -> f64 {
    libm::pow(10.0, (lufs + 0.691) / 10.0)
}
