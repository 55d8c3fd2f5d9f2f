//! Pyramids of what is rendered, and of recordings: what is looked at from the first frame to the last.
//!
//! Where the format of a recording can be entered anywhere, several stretches of it are decoded at once, and put together
//! in order. Otherwise it is decoded on one thread, and looked at on another. Only a few blocks of samples are held.

use std::ops::Range;

use downbeat_dsp::{Audio, Pyramid};
use rayon::prelude::*;

use super::{RenderError, Tap, TapError};
use crate::World;
use crate::media::{Decoder, Info, MediaError};

/// The frames of a stretch that is decoded by itself: 22 s at 48 kHz.
const STRETCH: u64 = 1 << 20;

/// How many frames are decoded at once.
const CHUNK: usize = 8192;

/// The samples that are decoded, over all channels, while those before are looked at: two megabytes.
const BATCH: usize = 1 << 19;

/// A pyramid can listen to a track or to the mix.
impl Tap for Pyramid {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.add(page);
        Ok(())
    }
}

/// Something that looks at a recording. Stretches are looked at apart, and what was seen is put together.
pub trait Survey: Send + Sized {
    /// Looks at the next frames: a plane for each channel.
    fn look(&mut self, planes: &[Vec<f32>]);

    /// Puts what was seen of the stretch behind this one after it.
    ///
    /// # Errors
    /// When they do not fit.
    fn append(&mut self, next: Self) -> Result<(), TapError>;
}

impl Survey for Pyramid {
    fn look(&mut self, planes: &[Vec<f32>]) {
        self.add_planes(planes);
    }

    fn append(&mut self, next: Self) -> Result<(), TapError> {
        Ok(Pyramid::append(self, next)?)
    }
}

/// Which part of a recording is looked at, and on how many threads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SurveyOptions {
    /// The number of threads; `None` takes one for each processor.
    pub threads: Option<usize>,
    /// The first frame, at the recording's own rate.
    pub from: u64,
    /// The frame before which to stop; `None` goes to the end.
    pub to: Option<u64>,
}

/// The pyramid of a recording, of all its channels, at its own rate; of a part of it, with that part's first frame as
/// its own. The same bits for any number of threads.
///
/// # Errors
/// When the recording cannot be read, or there are no threads.
pub fn pyramid(
    world: &dyn World,
    path: &str,
    options: &SurveyOptions,
    with_centroid: bool,
) -> Result<Pyramid, RenderError> {
    survey(world, path, options, Pyramid::GRID, |info| {
        let new = if with_centroid { Pyramid::with_centroid } else { Pyramid::new };
        let range = options.range(info.frames);
        // Where the length is not known, nothing is expected.
        let frames = info.frames.or(options.to).map_or(0, |_| range.end - range.start);
        new(info.rate, info.channels).expecting(frames)
    })
}

/// Looks at a recording, all its channels, at its own rate. Stretches that are looked at apart are made by `new` and
/// begin at multiples of `grid` frames after the first one.
///
/// # Errors
/// When the recording cannot be read, when there are no threads, or when stretches do not fit.
pub fn survey<S: Survey>(
    world: &dyn World,
    path: &str,
    options: &SurveyOptions,
    grid: u64,
    new: impl Fn(&Info) -> S + Sync,
) -> Result<S, RenderError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build()?;
    let mut decoder = Decoder::open(world, path)?;
    let info = decoder.info().clone();
    let range = options.range(info.frames);
    if info.frames.is_none() || !decoder.seek(range.start)? {
        return Ok(pool.install(|| in_one_go(decoder, range, new(&info)))?);
    }
    drop(decoder);
    let length = STRETCH.next_multiple_of(grid.max(1));
    let count = (range.end - range.start).div_ceil(length);
    let stretch = |index: u64| {
        let from = range.start + index * length;
        let range = from..range.end.min(from + length);
        let mut decoder = Decoder::open(world, path)?;
        decoder.seek(from)?;
        let (mut seen, mut block) = (new(&info), Block::default());
        block.end = from;
        while block.fill(&mut decoder, &range, CHUNK)? {
            seen.look(&block.planes);
        }
        Ok(seen)
    };
    let stretches: Result<Vec<S>, MediaError> = pool.install(|| (0..count).into_par_iter().map(stretch).collect());
    let mut whole = new(&info);
    stretches?.into_iter().try_for_each(|next| whole.append(next)).map_err(RenderError::Tap)?;
    Ok(whole)
}

/// Decodes from the beginning, a block while the one before is looked at.
fn in_one_go<S: Survey>(mut decoder: Decoder, range: Range<u64>, mut seen: S) -> Result<S, MediaError> {
    let length = (BATCH / decoder.info().channels.max(1)).max(CHUNK);
    let (mut block, mut next) = (Block::default(), Block::default());
    let mut more = block.fill(&mut decoder, &range, length)?;
    while more {
        next.end = block.end;
        let (filled, ()) = rayon::join(|| next.fill(&mut decoder, &range, length), || seen.look(&block.planes));
        more = filled?;
        std::mem::swap(&mut block, &mut next);
    }
    Ok(seen)
}

impl SurveyOptions {
    /// The frames that are asked for of a recording, which may not know how many it has.
    fn range(&self, frames: Option<u64>) -> Range<u64> {
        let end = self.to.unwrap_or(u64::MAX).min(frames.unwrap_or(u64::MAX));
        self.from.min(end)..end
    }
}

/// Some frames of a recording.
#[derive(Default)]
struct Block {
    planes: Vec<Vec<f32>>,
    /// The frame of the recording behind them: what the decoder gives next.
    end: u64,
}

impl Block {
    /// Decodes the next `length` frames within the range, fewer at its end; says whether there are any. What comes before
    /// the range is passed over.
    fn fill(&mut self, decoder: &mut Decoder, range: &Range<u64>, length: usize) -> Result<bool, MediaError> {
        self.planes.iter_mut().for_each(Vec::clear);
        loop {
            let there = self.planes.first().map_or(0, Vec::len);
            let is_before = self.end < range.start;
            let bound = if is_before { range.start } else { range.end };
            let room = usize::try_from(bound - self.end).unwrap_or(usize::MAX);
            let wanted = CHUNK.min(length - there).min(room);
            let read = if wanted == 0 { 0 } else { decoder.read(&mut self.planes, wanted)? };
            if read == 0 {
                return Ok(there > 0);
            }
            self.end += read as u64;
            if is_before {
                self.planes.iter_mut().for_each(Vec::clear);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::{Bytes, WorldError};

    /// A world of one WAV with 16-bit noise, in as many channels as the path says.
    struct Noise {
        frames: usize,
    }

    impl World for Noise {
        fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
            let channels: u16 = path.parse().unwrap();
            let bytes = self.frames as u32 * u32::from(channels) * 2;
            let mut wav = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0".to_vec();
            wav.extend(channels.to_le_bytes());
            wav.extend(48_000u32.to_le_bytes());
            wav.extend((48_000 * u32::from(channels) * 2).to_le_bytes());
            wav.extend((channels * 2).to_le_bytes());
            wav.extend(b"\x10\0data");
            wav.extend(bytes.to_le_bytes());
            let mut state = 1u32;
            wav.extend((0..self.frames * usize::from(channels)).flat_map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 16) as i16).to_le_bytes()
            }));
            Ok(Box::new(Cursor::new(wav)))
        }
    }

    /// The planes of a recording, read by itself.
    fn planes(world: &dyn World, path: &str) -> Vec<Vec<f32>> {
        let mut decoder = Decoder::open(world, path).unwrap();
        let mut planes = Vec::new();
        while decoder.read(&mut planes, 10_000).unwrap() > 0 {}
        planes
    }

    #[test]
    fn a_recording_has_the_pyramid_of_its_sound() {
        // More than one stretch, and not a multiple of anything.
        let world = Noise { frames: 1_100_001 };
        for path in ["1", "2", "3"] {
            let planes = planes(&world, path);
            for (from, to) in [(0, None), (30_007, Some(1_090_001)), (5, Some(6)), (1_100_000, Some(u64::MAX))] {
                let range = from as usize..to.unwrap_or(1_100_001).min(1_100_001) as usize;
                let mut expected = Pyramid::with_centroid(48_000, planes.len());
                expected.add_planes(&planes.iter().map(|plane| &plane[range.clone()]).collect::<Vec<_>>());
                for threads in 1..=3 {
                    let options = SurveyOptions { threads: Some(threads), from, to };
                    assert_eq!(pyramid(&world, path, &options, true).unwrap(), expected, "{path} {from} {to:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_comes_of_a_range_without_frames() {
        let world = Noise { frames: 10_000 };
        for (from, to) in [(10_000, None), (u64::MAX, None), (500, Some(500)), (600, Some(500))] {
            let options = SurveyOptions { from, to, ..SurveyOptions::default() };
            assert_eq!(pyramid(&world, "2", &options, false).unwrap().frames(), 0);
        }
    }

    /// All samples, in order.
    #[derive(Default)]
    struct Samples(Vec<Vec<f32>>);

    impl Survey for Samples {
        fn look(&mut self, planes: &[Vec<f32>]) {
            self.0.resize(planes.len(), Vec::new());
            self.0.iter_mut().zip(planes).for_each(|(all, plane)| all.extend_from_slice(plane));
        }

        fn append(&mut self, next: Self) -> Result<(), TapError> {
            if self.0.first().is_some_and(|plane| plane.len() % 1000 != 0) {
                return Err("off the grid".into());
            }
            self.look(&next.0);
            Ok(())
        }
    }

    #[test]
    fn the_two_ways_see_the_same() {
        let world = Noise { frames: 3_000_001 };
        let expected = planes(&world, "2");
        for (from, to) in [(0, 3_000_001), (1000, 2_999_000), (2_000_000, 2_000_001)] {
            let options = SurveyOptions { from: from as u64, to: Some(to as u64), ..SurveyOptions::default() };
            let apart = survey(&world, "2", &options, 1000, |_| Samples::default()).unwrap().0;
            let decoder = Decoder::open(&world, "2").unwrap();
            let in_one_go = in_one_go(decoder, from as u64..to as u64, Samples::default()).unwrap().0;
            for seen in [apart, in_one_go] {
                assert!((0..2).all(|channel| seen[channel] == expected[channel][from..to]));
            }
        }
    }

    #[test]
    fn stretches_that_do_not_fit_are_told() {
        let world = Noise { frames: 3_000_001 };
        let failed = survey(&world, "2", &SurveyOptions::default(), 1, |_| Samples::default());
        assert!(matches!(failed, Err(RenderError::Tap(error)) if error.to_string() == "off the grid"));
    }
}
