//! Features of frames, while the sound comes in: no more than a stretch of it is kept.
//!
//! A frame needs nothing but its samples. So a stretch is measured like a sound of its own, and those of its frames count
//! that lie within it; the next stretch begins with as much of this one as its first frames need.

use std::ops::Range;

use downbeat_dsp::features::{
    Feature, FeatureError, Framing, Lanes, Measure, Quantity, Series, Stft, rms, zero_crossing_rate,
};

/// The shortest stretch, in samples.
const STRETCH: usize = 1 << 18;

/// What is measured of a frame.
pub enum Frame {
    /// The root mean square.
    Rms,
    /// How often the sign changes.
    ZeroCrossings,
    /// Something of its spectrum, from a transform in 32 bits.
    Spectrum(Box<dyn Feature>),
    /// The same from a transform in 64 bits.
    PreciseSpectrum(Box<dyn Feature>),
}

/// Measures frames of a sound that comes in parts of any length.
pub struct Frames {
    rate: u32,
    framing: Framing,
    columns: Vec<Column>,
    /// The transforms in 32 and in 64 bits, where something needs them.
    transforms: [Option<Stft>; 2],
    stretch: usize,
    /// The sound from the middle of frame `first` on.
    samples: Vec<f32>,
    first: usize,
    /// How many frames are measured.
    done: usize,
}

/// A feature and what was measured of it.
struct Column {
    measure: Measured,
    series: Series,
}

enum Measured {
    Rms,
    ZeroCrossings,
    /// With the number of its transform, and room for its bands.
    Spectrum(usize, Box<dyn Measure>, Vec<Lanes>),
}

impl Frames {
    /// Of these features, in this order.
    ///
    /// # Errors
    /// When the framing is none, or none with which a feature can be measured.
    pub fn new(rate: u32, framing: Framing, features: &[Frame]) -> Result<Self, FeatureError> {
        let mut transforms = [None, None];
        let mut spectrum = |precise: bool, feature: &dyn Feature| {
            let new = if precise { Stft::precise } else { Stft::new };
            let stft = new(rate, framing)?;
            let measure = feature.prepare(stft.bins())?;
            transforms[usize::from(precise)] = Some(stft);
            let room = vec![Lanes::default(); measure.bands()];
            Ok(Measured::Spectrum(usize::from(precise), measure, room))
        };
        let columns = features.iter().map(|feature| {
            let measure = match feature {
                Frame::Rms => Measured::Rms,
                Frame::ZeroCrossings => Measured::ZeroCrossings,
                Frame::Spectrum(feature) => spectrum(false, &**feature)?,
                Frame::PreciseSpectrum(feature) => spectrum(true, &**feature)?,
            };
            let bands = if let Measured::Spectrum(_, _, room) = &measure { room.len() } else { 1 };
            Ok(Column { measure, series: Series { bands, step: framing.step(rate), values: Vec::new() } })
        });
        let columns = columns.collect::<Result<_, FeatureError>>()?;
        let stretch = STRETCH.max(8 * framing.frame.max(framing.hop));
        Ok(Frames { rate, framing, columns, transforms, stretch, samples: Vec::new(), first: 0, done: 0 })
    }

    /// Takes the next samples into account.
    ///
    /// # Errors
    /// When the framing is none.
    pub fn measure(&mut self, samples: &[f32]) -> Result<(), FeatureError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        self.samples.extend_from_slice(samples);
        if self.samples.len() < self.stretch {
            return Ok(());
        }
        let Framing { frame, hop, .. } = self.framing;
        let whole = (self.samples.len() - (frame - frame / 2)) / hop + 1;
        self.measure_frames(self.done - self.first..whole)?;
        self.done = self.first + whole;
        // The first of the next frames looks back by half its length.
        let first = self.done.saturating_sub((frame / 2).div_ceil(hop)).max(self.first);
        self.samples.drain(..(first - self.first) * hop);
        self.first = first;
        Ok(())
    }

    /// The sound is over: what was measured of each feature.
    ///
    /// # Errors
    /// When the framing is none.
    pub fn finish(mut self) -> Result<Vec<Series>, FeatureError> {
        let all = self.framing.count(self.samples.len());
        self.measure_frames(self.done - self.first..all)?;
        let finished = self.columns.into_iter().map(|Column { measure, series }| match measure {
            Measured::Spectrum(_, mut measure, _) => measure.finish(series),
            _ => series,
        });
        Ok(finished.collect())
    }

    /// Measures those frames of the stretch.
    fn measure_frames(&mut self, frames: Range<usize>) -> Result<(), FeatureError> {
        let (samples, rate, framing) = (&self.samples, self.rate, self.framing);
        for Column { measure, series } in &mut self.columns {
            let stretch = match measure {
                Measured::Rms => rms(samples, rate, framing)?,
                Measured::ZeroCrossings => zero_crossing_rate(samples, rate, framing)?,
                Measured::Spectrum(..) => continue,
            };
            series.values.extend_from_slice(stretch.values.get(frames.clone()).unwrap_or_default());
        }
        for (number, stft) in self.transforms.iter().enumerate() {
            let Some(stft) = stft else { continue };
            let mut columns: Vec<_> = self
                .columns
                .iter_mut()
                .filter_map(|Column { measure, series }| match measure {
                    Measured::Spectrum(of, measure, room) if *of == number => Some((measure, room, series)),
                    _ => None,
                })
                .collect();
            let magnitudes = columns.iter().any(|(measure, ..)| measure.quantity() == Quantity::Magnitude);
            let quantity = if magnitudes { Quantity::Magnitude } else { Quantity::Power };
            let mut second = stft.second_sight(samples);
            stft.each(samples, quantity, |group| {
                let lanes = (0..group.frames).filter(|lane| frames.contains(&(group.first + lane)));
                if lanes.clone().next().is_none() {
                    return;
                }
                for (measure, room, series) in &mut columns {
                    second.measure(&mut ***measure, &group, room);
                    for lane in lanes.clone() {
                        series.values.extend(room.iter().map(|band| band[lane]));
                    }
                }
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use downbeat_dsp::features::{Centroid, Contrast, Mel};

    use super::*;

    #[test]
    fn no_more_than_a_stretch_is_kept() {
        for features in [&[][..], &[Frame::Rms], &[Frame::Spectrum(Box::new(Centroid))]] {
            let mut frames = Frames::new(48_000, Framing::default(), features).unwrap();
            for _ in 0..100 {
                frames.measure(&[0.0; 10_000]).unwrap();
                assert!(frames.samples.len() < if features.is_empty() { 1 } else { STRETCH + 10_000 });
            }
        }
    }

    #[test]
    fn parts_are_measured_like_the_whole() {
        let noise = |i: u32| ((i.wrapping_mul(2_654_435_761) >> 7) % 2000) as f32 / 1000.0 - 1.0;
        // A level that changes, so that what the contrast is relative to is not in every stretch.
        let sound: Vec<f32> = (0..600_001).map(|i| noise(i) * (i % 100_000) as f32 / 100_000.0).collect();
        for (frame, hop) in [(2048, 512), (1024, 4096), (64, 30_000), (4096, 1000), (512, 2048)] {
            let framing = Framing { frame, hop, ..Framing::default() };
            for (count, part) in
                [(600_001, 4096), (600_001, 300_000), (262_144, 8192), (262_145, 262_144), (1000, 7), (1, 1), (0, 1)]
            {
                let sound = &sound[..count];
                let contrast = Contrast { octaves: 2, low_hz: 2000.0, ..Contrast::default() };
                let features = [
                    Frame::Rms,
                    Frame::Spectrum(Box::new(Centroid)),
                    Frame::PreciseSpectrum(Box::new(contrast)),
                    Frame::ZeroCrossings,
                    Frame::Spectrum(Box::new(Mel { bands: 5, ..Mel::default() })),
                ];
                let mut frames = Frames::new(48_000, framing, &features).unwrap();
                sound.chunks(part).for_each(|part| frames.measure(part).unwrap());
                let measured = frames.finish().unwrap();
                let [centroid, mel] = Stft::new(48_000, framing)
                    .unwrap()
                    .measure(sound, [&Centroid, &Mel { bands: 5, ..Mel::default() }])
                    .unwrap();
                let [contrast] = Stft::precise(48_000, framing).unwrap().measure(sound, [&contrast]).unwrap();
                let (rms, crossings) =
                    (rms(sound, 48_000, framing).unwrap(), zero_crossing_rate(sound, 48_000, framing).unwrap());
                assert!(measured == [rms, centroid, contrast, crossings, mel], "{frame} {hop}, {count} by {part}");
            }
        }
    }
}
