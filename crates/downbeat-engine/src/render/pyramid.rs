//! Pyramids of what is rendered, and of recordings.
//!
//! A recording is decoded on one thread while others look at what has been decoded before. What is held is two batches of
//! samples, and the pyramid.

use std::ops::Range;

use downbeat_dsp::{Audio, Pyramid};
use rayon::prelude::*;

use super::{RenderError, Tap, TapError};
use crate::World;
use crate::media::{Decoder, Info, MediaError};

/// The samples of a batch, over all channels: a few megabytes.
const BATCH_SAMPLES: usize = 1 << 19;

/// The frames of a piece of a batch, which is looked at by one thread.
const PIECE: usize = 1 << 15;

/// How many frames are decoded at once.
const CHUNK: usize = 8192;

/// A pyramid can listen to a track or to the mix.
impl Tap for Pyramid {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.add(page);
        Ok(())
    }
}

/// Which part of a recording is decoded, and on how many threads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DecodeOptions {
    /// The number of threads; `None` takes one for each processor.
    pub threads: Option<usize>,
    /// The first frame, at the recording's own rate.
    pub from: u64,
    /// The frame before which to stop; `None` goes to the end.
    pub to: Option<u64>,
}

impl DecodeOptions {
    /// The part of a recording that is asked for, where its length is known.
    fn frames(&self, info: &Info) -> Option<u64> {
        let to = match (self.to, info.frames) {
            (Some(to), Some(frames)) => Some(to.min(frames)),
            (to, frames) => to.or(frames),
        };
        to.map(|to| to.saturating_sub(self.from))
    }
}

/// The pyramid of a recording, of all its channels, at its own rate; of a part of it, with that part's first frame as
/// its own. The same bits for any number of threads.
///
/// # Errors
/// When the recording cannot be read, or there are no threads.
pub fn pyramid(
    world: &dyn World,
    path: &str,
    options: &DecodeOptions,
    with_centroid: bool,
) -> Result<Pyramid, RenderError> {
    let decoder = Decoder::open(world, path)?;
    let Info { rate, channels, .. } = *decoder.info();
    let expected = options.frames(decoder.info()).unwrap_or(0);
    let new = || {
        let pyramid = if with_centroid { Pyramid::with_centroid(rate, channels) } else { Pyramid::new(rate, channels) };
        pyramid.expecting(expected)
    };
    let mut whole = new();
    decode_from(decoder, options, |planes| {
        let frames = planes[0].len();
        let starts: Vec<usize> = (0..frames).step_by(PIECE).collect();
        let pieces: Vec<Pyramid> = starts
            .into_par_iter()
            .map(|start| {
                let range = start..frames.min(start + PIECE);
                let mut piece = new();
                piece.add_planes(&planes.iter().map(|plane| &plane[range.clone()]).collect::<Vec<_>>());
                piece
            })
            .collect();
        for piece in pieces {
            // All pieces but the last one of all are a multiple of the grid long, and they are of one kind.
            if let Err(error) = whole.append(piece) {
                return Err(RenderError::Tap(error.into()));
            }
        }
        Ok(())
    })?;
    Ok(whole)
}

/// Decodes a recording and hands it on, in order, in batches of any length: a plane for each channel. The next batch is
/// decoded meanwhile.
///
/// # Errors
/// When the recording cannot be read, when there are no threads, or whatever goes wrong in `take`.
pub fn decode(
    world: &dyn World,
    path: &str,
    options: &DecodeOptions,
    mut take: impl FnMut(&[Vec<f32>]) -> Result<(), TapError> + Send,
) -> Result<(), RenderError> {
    decode_from(Decoder::open(world, path)?, options, |planes| take(planes).map_err(RenderError::Tap))
}

fn decode_from(
    mut decoder: Decoder,
    options: &DecodeOptions,
    mut take: impl FnMut(&[Vec<f32>]) -> Result<(), RenderError> + Send,
) -> Result<(), RenderError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build()?;
    let length = (BATCH_SAMPLES / decoder.info().channels.max(1)).next_multiple_of(PIECE);
    let range = options.from..options.to.unwrap_or(u64::MAX);
    let mut batch = Batch { planes: Vec::new(), frame: 0 };
    let mut next = Batch { planes: Vec::new(), frame: 0 };
    pool.install(|| {
        batch.fill(&mut decoder, &range, length)?;
        while !batch.is_empty() {
            next.frame = batch.frame;
            let (filled, taken) = rayon::join(|| next.fill(&mut decoder, &range, length), || take(&batch.planes));
            taken?;
            filled?;
            std::mem::swap(&mut batch, &mut next);
        }
        Ok(())
    })
}

/// Some frames of a recording.
struct Batch {
    planes: Vec<Vec<f32>>,
    /// The frame of the recording behind them.
    frame: u64,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.planes.first().is_none_or(Vec::is_empty)
    }

    /// Decodes the next `length` frames within the range, fewer at its end. What lies before the range is passed over.
    fn fill(&mut self, decoder: &mut Decoder, range: &Range<u64>, length: usize) -> Result<(), MediaError> {
        self.planes.iter_mut().for_each(Vec::clear);
        loop {
            let there = self.planes.first().map_or(0, Vec::len);
            let before = self.frame < range.start;
            let bound = if before { range.start } else { range.end };
            let room = usize::try_from(bound.saturating_sub(self.frame)).unwrap_or(usize::MAX);
            let wanted = CHUNK.min(length - there).min(room);
            let read = if wanted == 0 { 0 } else { decoder.read(&mut self.planes, wanted)? };
            if read == 0 {
                return Ok(());
            }
            self.frame += read as u64;
            if before {
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
        // Longer than two batches of stereo, and not a multiple of anything.
        let world = Noise { frames: 700_001 };
        for path in ["1", "2", "3"] {
            let planes = planes(&world, path);
            for (from, to) in [(0, None), (300_007, Some(650_001)), (5, Some(6)), (700_000, Some(u64::MAX))] {
                let range = from as usize..to.unwrap_or(700_001).min(700_001) as usize;
                let mut expected = Pyramid::with_centroid(48_000, planes.len());
                expected.add_planes(&planes.iter().map(|plane| &plane[range.clone()]).collect::<Vec<_>>());
                for threads in 1..=3 {
                    let options = DecodeOptions { threads: Some(threads), from, to };
                    assert_eq!(pyramid(&world, path, &options, true).unwrap(), expected, "{path} {from} {to:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_comes_of_a_range_without_frames() {
        let world = Noise { frames: 10_000 };
        for (from, to) in [(10_000, None), (u64::MAX, None), (500, Some(500)), (600, Some(500))] {
            let options = DecodeOptions { from, to, ..DecodeOptions::default() };
            assert_eq!(pyramid(&world, "2", &options, false).unwrap().frames(), 0);
        }
    }

    #[test]
    fn batches_come_in_order_and_end_where_they_should() {
        let world = Noise { frames: 600_000 };
        let expected = planes(&world, "2");
        let options = DecodeOptions { from: 1000, to: Some(599_000), ..DecodeOptions::default() };
        let mut got = vec![Vec::new(); 2];
        decode(&world, "2", &options, |planes| {
            got.iter_mut().zip(planes).for_each(|(got, plane)| got.extend_from_slice(plane));
            Ok(())
        })
        .unwrap();
        assert!(got[0] == expected[0][1000..599_000] && got[1] == expected[1][1000..599_000]);
    }

    #[test]
    fn whatever_goes_wrong_is_told() {
        let world = Noise { frames: 600_000 };
        let failed = decode(&world, "2", &DecodeOptions::default(), |_| Err("no more".into()));
        assert!(matches!(failed, Err(RenderError::Tap(error)) if error.to_string() == "no more"));
    }
}
