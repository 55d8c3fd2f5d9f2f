//! The short-time Fourier transform, and what works on it: spectra come in groups of frames, pass by every feature that
//! was asked for, and are forgotten.

use std::sync::OnceLock;

use super::complex::{Point, Real};
use super::fft::{Fft, LANES, Lanes};
use super::side_by_side::SideBySide;
use super::{FeatureError, Framing, Series};

/// The frequencies of a spectrum: those of its bins, from zero to half the rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bins {
    /// Samples a second.
    pub rate: u32,
    /// Samples a frame.
    pub frame: usize,
}

impl Bins {
    /// How many there are: half as many as samples in a frame, and one.
    pub fn count(&self) -> usize {
        self.frame / 2 + 1
    }

    /// From one bin to the next, in Hz.
    pub fn width_hz(&self) -> f64 {
        f64::from(self.rate) / self.frame as f64
    }

    /// The frequency of a bin in Hz.
    pub fn hz(&self, bin: usize) -> f64 {
        bin as f64 * self.width_hz()
    }
}

/// What the numbers of a spectrum are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// The absolute value of each bin: a sine of amplitude 1 has half the sum of the window.
    Magnitude,
    /// Its square.
    Power,
}

/// What can be measured of each spectrum of a sound. A feature is its settings; what works on spectra is made from them.
pub trait Feature: Send + Sync {
    /// Makes ready what measures spectra with these bins.
    ///
    /// # Errors
    /// When the settings are out of their range, or do not go with these bins.
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError>;
}

/// A feature at work. It sees each spectrum alone, so the order does not matter.
pub trait Measure {
    /// What it wants the spectrum in.
    fn quantity(&self) -> Quantity {
        Quantity::Magnitude
    }

    /// How many numbers it gives for each frame.
    fn bands(&self) -> usize {
        1
    }

    /// Measures the spectra of [`LANES`] frames side by side: one item of `spectra` a bin, one of `out` a band. Nothing
    /// that it is given is infinite or not a number, and the same holds for what it gives.
    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]);

    /// Whether the rounding of a transform in 32 bits may have decided what was measured last. Then the same frames come
    /// once more, from a transform in 64 bits.
    fn is_unsure(&self) -> bool {
        false
    }

    /// Gets all that it measured, for features that look at the whole sound in the end.
    fn finish(&mut self, series: Series) -> Series {
        series
    }
}

/// Spectra of neighbouring frames, side by side.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The first of the frames.
    pub first: usize,
    /// How many lanes hold frames, from 1 to [`LANES`]. What the others hold has no meaning.
    pub frames: usize,
    /// One item a bin, with a lane for each frame. Empty where magnitudes were not asked for.
    pub magnitudes: &'a [Lanes],
    /// One item a bin, with a lane for each frame.
    pub powers: &'a [Lanes],
}

impl<'a> Group<'a> {
    /// The spectra in this quantity.
    pub fn spectra(&self, quantity: Quantity) -> &'a [Lanes] {
        match quantity {
            Quantity::Magnitude => self.magnitudes,
            Quantity::Power => self.powers,
        }
    }
}

/// The short-time Fourier transform of sounds of one rate, with one framing.
///
/// ```
/// use downbeat_dsp::features::{Centroid, Framing, Mel, Stft};
///
/// let sound: Vec<f32> = (0..48_000).map(|i| ((i % 100) as f32 - 50.0) / 100.0).collect();
/// let stft = Stft::new(48_000, Framing::default())?;
/// let [centroid, mel] = stft.measure(&sound, [&Centroid, &Mel::default()])?;
/// assert_eq!((centroid.frames(), mel.frames(), mel.bands), (94, 94, 128));
/// # Ok::<(), downbeat_dsp::features::FeatureError>(())
/// ```
#[derive(Debug)]
pub struct Stft {
    bins: Bins,
    framing: Framing,
    transform: Transform,
    /// The transform in 64 bits for what one in 32 bits leaves open, made when it is needed first.
    second: OnceLock<Fft<f64>>,
}

/// What the transform calculates in.
#[derive(Debug)]
enum Transform {
    Single(Fft<f32>),
    Double(Fft<f64>),
}

impl Stft {
    /// Makes the transform ready.
    ///
    /// # Errors
    /// When the hop is not from 1 to 2^24, or the frame length is not a power of two from 8 to 65,536.
    pub fn new(rate: u32, framing: Framing) -> Result<Self, FeatureError> {
        Self::with(rate, framing, |window, frames| Transform::Single(Fft::new(window, frames)))
    }

    /// Makes the transform ready to calculate in 64 bits, which takes about twice as long.
    ///
    /// In 32 bits each bin is off by about 1e-7 of the loudest ones. That matters where a spectrum's quiet parts do: for a
    /// contrast, or for a flatness of tones that have nothing between them.
    ///
    /// # Errors
    /// The same as for [`Stft::new`].
    pub fn precise(rate: u32, framing: Framing) -> Result<Self, FeatureError> {
        Self::with(rate, framing, |window, frames| Transform::Double(Fft::new(window, frames)))
    }

    fn with(
        rate: u32,
        framing: Framing,
        transform: fn(&[f64], &SideBySide) -> Transform,
    ) -> Result<Self, FeatureError> {
        framing.check()?;
        let frame = framing.frame;
        if !frame.is_power_of_two() || !(8..=65_536).contains(&frame) {
            return Err(FeatureError::PowerOfTwo { frame });
        }
        let transform = transform(&framing.weights(), &SideBySide::new(frame, framing.hop));
        Ok(Stft { bins: Bins { rate, frame }, framing, transform, second: OnceLock::new() })
    }

    /// The frequencies of the spectra.
    pub fn bins(&self) -> Bins {
        self.bins
    }

    /// How the sound is cut into frames.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Measures several features in one pass. Only a few spectra are held at a time, however long the sound.
    ///
    /// # Errors
    /// When a feature's settings are out of their range.
    pub fn measure<const N: usize>(
        &self,
        samples: &[f32],
        features: [&dyn Feature; N],
    ) -> Result<[Series; N], FeatureError> {
        let mut series = self.measure_all(samples, &features)?.into_iter();
        // There are as many series as features.
        Ok(std::array::from_fn(|_| series.next().unwrap_or_default()))
    }

    /// The same for any number of features: one series each, in their order.
    ///
    /// # Errors
    /// When a feature's settings are out of their range.
    pub fn measure_all(&self, samples: &[f32], features: &[&dyn Feature]) -> Result<Vec<Series>, FeatureError> {
        let step = self.framing.step(self.bins.rate);
        let mut measures = Vec::with_capacity(features.len());
        for feature in features {
            let measure = feature.prepare(self.bins)?;
            let bands = measure.bands();
            let values = Vec::with_capacity(bands * self.framing.count(samples.len()));
            measures.push((measure, vec![[0.0; LANES]; bands], Series { bands, step, values }));
        }
        let magnitudes = measures.iter().any(|(measure, ..)| measure.quantity() == Quantity::Magnitude);
        let quantity = if magnitudes { Quantity::Magnitude } else { Quantity::Power };
        let mut second = self.second_sight(samples);
        self.each(samples, quantity, |group| {
            for (measure, out, series) in &mut measures {
                second.measure(&mut **measure, &group, out);
                for lane in 0..group.frames {
                    series.values.extend(out.iter().map(|band| band[lane]));
                }
            }
        });
        Ok(measures.into_iter().map(|(mut measure, _, series)| measure.finish(series)).collect())
    }

    /// Shows the spectra of a sound to `see`, in order, a group at a time. Magnitudes are there when `quantity` asks for
    /// them, powers always.
    pub fn each(&self, samples: &[f32], quantity: Quantity, see: impl FnMut(Group<'_>)) {
        match &self.transform {
            Transform::Single(fft) => self.each_with(fft, samples, quantity, see),
            Transform::Double(fft) => self.each_with(fft, samples, quantity, see),
        }
    }

    /// What measures groups of a sound that [`Stft::each`] shows, and looks twice where a feature is unsure.
    pub fn second_sight<'a>(&'a self, samples: &'a [f32]) -> SecondSight<'a> {
        SecondSight { stft: self, samples, sight: None }
    }

    fn each_with<T: Real>(&self, fft: &Fft<T>, samples: &[f32], quantity: Quantity, mut see: impl FnMut(Group<'_>)) {
        let mut sight = Sight::new(self, fft, quantity);
        for first in (0..self.framing.count(samples.len())).step_by(LANES) {
            see(sight.group(samples, first));
        }
    }
}

/// Measures groups of frames, those again in 64 bits of which a feature is unsure.
pub struct SecondSight<'a> {
    stft: &'a Stft,
    samples: &'a [f32],
    sight: Option<Sight<'a, f64>>,
}

impl SecondSight<'_> {
    /// Measures a group of the sound.
    pub fn measure(&mut self, measure: &mut dyn Measure, group: &Group<'_>, out: &mut [Lanes]) {
        let quantity = measure.quantity();
        measure.measure(group.spectra(quantity), out);
        if !measure.is_unsure() || matches!(self.stft.transform, Transform::Double(_)) {
            return;
        }
        let stft = self.stft;
        let sight = self.sight.get_or_insert_with(|| {
            let Framing { frame, hop, .. } = stft.framing;
            let fft = stft.second.get_or_init(|| Fft::new(&stft.framing.weights(), &SideBySide::new(frame, hop)));
            Sight::new(stft, fft, Quantity::Magnitude)
        });
        measure.measure(sight.group(self.samples, group.first).spectra(quantity), out);
    }
}

/// A transform and the room it works in.
struct Sight<'a, T> {
    stft: &'a Stft,
    fft: &'a Fft<T>,
    frames: SideBySide,
    work: Vec<Point<T>>,
    powers: Vec<f32>,
    magnitudes: Vec<f32>,
    quantity: Quantity,
}

impl<'a, T: Real> Sight<'a, T> {
    fn new(stft: &'a Stft, fft: &'a Fft<T>, quantity: Quantity) -> Self {
        let Framing { frame, hop, .. } = stft.framing;
        let room = || vec![0.0; room(stft.bins.count())];
        let work = vec![Point::default(); fft.points()];
        Sight { stft, fft, frames: SideBySide::new(frame, hop), work, powers: room(), magnitudes: room(), quantity }
    }

    /// The spectra of the group that begins with frame `first`.
    fn group(&mut self, samples: &[f32], first: usize) -> Group<'_> {
        let (bins, framing) = (self.stft.bins.count(), &self.stft.framing);
        let powers = aligned(&mut self.powers, bins);
        let magnitudes = aligned(&mut self.magnitudes, if self.quantity == Quantity::Magnitude { bins } else { 0 });
        self.frames.fill(&framing.stretch(samples, first * framing.hop, (LANES - 1) * framing.hop + framing.frame));
        self.fft.spectra(&self.frames, &mut self.work, powers, magnitudes);
        let frames = LANES.min(framing.count(samples.len()) - first);
        Group { first, frames, magnitudes, powers }
    }
}

/// Bytes in a line of the cache.
const LINE: usize = 64;

/// Numbers that hold so many bins and can begin at a line of the cache.
fn room(bins: usize) -> usize {
    bins * LANES + LINE / size_of::<f32>()
}

/// The bins among these numbers, from where a line of the cache begins, so that no vector lies in two of them.
fn aligned(numbers: &mut [f32], bins: usize) -> &mut [Lanes] {
    let start = numbers.as_ptr().align_offset(LINE).min(LINE / size_of::<f32>());
    &mut numbers[start..].as_chunks_mut().0[..bins]
}

/// The short-time spectra themselves, a band a bin: for pictures and for what is not in this module. It takes memory for
/// each bin of each frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spectrogram(pub Quantity);

impl Feature for Spectrogram {
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        Ok(Box::new(Copied { quantity: self.0, bins: bins.count() }))
    }
}

struct Copied {
    quantity: Quantity,
    bins: usize,
}

impl Measure for Copied {
    fn quantity(&self) -> Quantity {
        self.quantity
    }

    fn bands(&self) -> usize {
        self.bins
    }

    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        out.copy_from_slice(spectra);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bins as they are, with doubts or without.
    struct First {
        has_doubts: bool,
    }

    impl Feature for First {
        fn prepare(&self, _: Bins) -> Result<Box<dyn Measure>, FeatureError> {
            Ok(Box::new(First { has_doubts: self.has_doubts }))
        }
    }

    impl Measure for First {
        fn bands(&self) -> usize {
            9
        }

        fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
            out.copy_from_slice(&spectra[..9]);
        }

        fn is_unsure(&self) -> bool {
            self.has_doubts
        }
    }

    #[test]
    fn what_a_feature_is_unsure_of_is_measured_in_64_bits() {
        let sound: Vec<f32> = (0..20_000).map(|i: u32| (i.wrapping_mul(i) % 211) as f32 / 100.0 - 1.0).collect();
        let framing = Framing::default();
        let (single, double) = (Stft::new(48_000, framing).unwrap(), Stft::precise(48_000, framing).unwrap());
        let (sure, unsure) = (First { has_doubts: false }, First { has_doubts: true });
        let [quick, careful] = single.measure(&sound, [&sure, &unsure]).unwrap();
        let [precise, twice] = double.measure(&sound, [&sure, &unsure]).unwrap();
        assert!(careful == precise && twice == precise && quick != precise);
    }
}
