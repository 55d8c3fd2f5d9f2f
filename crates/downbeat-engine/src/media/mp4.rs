//! How much of an M4A is the recording: its encoder's delay and padding lie around it.
//!
//! Two notations are in use. iTunes writes the numbers of frames as text (`iTunSMPB`); others write an edit list
//! (ISO/IEC 14496-12, 8.6.6). The demuxer knows neither, so both are read here.

use std::io::{self, Read};

use super::source::Section;

/// The most that is read of the index (`moov`) of a file.
const MAX_MOOV: u64 = 64 * 1024 * 1024;

/// How deep boxes are followed.
const MAX_DEPTH: usize = 8;

/// The frames of the recording among the decoded ones, in units of the media's time scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    /// The delay: how many come before.
    pub skip: u64,
    /// How many are the recording.
    pub frames: Option<u64>,
    /// Ticks a second of both; 0 when they are frames.
    pub scale: u32,
}

/// Reads the span of the first sound track. A file without any notation is taken as it is.
pub(super) fn span(source: &mut Section) -> io::Result<Span> {
    let mut found = Found::default();
    let mut at = 0;
    while at + 8 <= source.len() {
        let head: [u8; 16] = source.peek(at)?;
        let Some((kind, header, size)) = box_header(&head, source.len() - at) else { break };
        if kind == *b"moov" && size <= MAX_MOOV {
            source.peek::<0>(at + header)?;
            let mut moov = Vec::new();
            source.take(size - header).read_to_end(&mut moov)?;
            found.walk(&moov, 0);
            break;
        }
        at += size;
    }
    Ok(found.span())
}

/// The type, header length and whole length of a box that has at most `rest` bytes.
fn box_header(head: &[u8], rest: u64) -> Option<([u8; 4], u64, u64)> {
    let size = u64::from(u32_at(head, 0)?);
    let kind = [*head.get(4)?, *head.get(5)?, *head.get(6)?, *head.get(7)?];
    let (header, size) = match size {
        0 => (8, rest),
        1 => (16, u64_at(head, 8)?),
        _ => (8, size),
    };
    (size >= header && size <= rest).then_some((kind, header, size))
}

/// What the boxes say.
#[derive(Default)]
struct Found {
    movie_scale: Option<u32>,
    tracks: Vec<Track>,
    /// Delay and frames by iTunes.
    itunes: Option<(u64, u64)>,
}

/// What the boxes of a track say.
#[derive(Default)]
struct Track {
    sound: bool,
    scale: u32,
    /// The sum of the durations of all samples, in ticks.
    total: Option<u64>,
    /// Duration (in ticks of the movie) and start of the edit that plays.
    edit: Option<(u64, u64)>,
}

impl Found {
    fn walk(&mut self, mut bytes: &[u8], depth: usize) {
        while let Some((kind, header, size)) = box_header(bytes, bytes.len() as u64) {
            let (whole, rest) = bytes.split_at(size as usize);
            let body = &whole[header as usize..];
            self.visit(&kind, body, depth);
            bytes = rest;
        }
    }

    fn visit(&mut self, kind: &[u8; 4], body: &[u8], depth: usize) {
        let track = self.tracks.last_mut();
        // Times are of 32 bits in version 0 of a box and of 64 bits in version 1.
        let long = body.first() == Some(&1);
        match kind {
            b"trak" => {
                self.tracks.push(Track::default());
                self.deeper(body, depth);
            }
            b"mdia" | b"minf" | b"stbl" | b"edts" | b"udta" | b"ilst" => self.deeper(body, depth),
            // A box with version and flags before its children.
            b"meta" => self.deeper(body.get(4..).unwrap_or_default(), depth),
            b"mvhd" => self.movie_scale = u32_at(body, if long { 20 } else { 12 }),
            b"----" => self.itunes = self.itunes.or_else(|| itunes(body)),
            b"mdhd" => {
                if let (Some(track), Some(scale)) = (track, u32_at(body, if long { 20 } else { 12 })) {
                    track.scale = scale;
                }
            }
            b"hdlr" => {
                if let Some(track) = track.filter(|track| track.scale > 0) {
                    track.sound |= body.get(8..12) == Some(b"soun");
                }
            }
            b"stts" => {
                if let Some(track) = track {
                    let runs = body.get(8..).unwrap_or_default().chunks_exact(8);
                    track.total = runs
                        .map(|run| Some(u64::from(u32_at(run, 0)?) * u64::from(u32_at(run, 4)?)))
                        .try_fold(0, |sum: u64, run| sum.checked_add(run?));
                }
            }
            b"elst" => {
                if let Some(track) = track {
                    track.edit = edit(body, long);
                }
            }
            _ => {}
        }
    }

    fn deeper(&mut self, body: &[u8], depth: usize) {
        if depth < MAX_DEPTH {
            self.walk(body, depth + 1);
        }
    }

    fn span(&self) -> Span {
        if let Some((skip, frames)) = self.itunes {
            return Span { skip, frames: Some(frames), scale: 0 };
        }
        let Some(track) = self.tracks.iter().find(|track| track.sound) else {
            return Span { skip: 0, frames: None, scale: 0 };
        };
        let (duration, skip) = track.edit.unwrap_or_default();
        let played = track.total.map(|total| total.saturating_sub(skip));
        // An edit is written in ticks of the movie, which are longer than a frame: its end is rounded up.
        let edited = self.movie_scale.filter(|&scale| scale > 0 && duration > 0).map(|scale| {
            let ticks = (u128::from(duration) * u128::from(track.scale)).div_ceil(u128::from(scale));
            u64::try_from(ticks).unwrap_or(u64::MAX)
        });
        let frames = match (played, edited) {
            (Some(played), Some(edited)) => Some(played.min(edited)),
            (played, _) => played,
        };
        Span { skip, frames, scale: track.scale }
    }
}

/// Duration and start of the only edit that plays something. Other edit lists are not followed.
fn edit(body: &[u8], long: bool) -> Option<(u64, u64)> {
    let entries = body.get(8..)?.chunks_exact(if long { 20 } else { 12 });
    let mut played = entries.filter_map(|entry| {
        let (duration, start) = match long {
            true => (u64_at(entry, 0)?, u64_at(entry, 8)? as i64),
            false => (u64::from(u32_at(entry, 0)?), i64::from(u32_at(entry, 4)? as i32)),
        };
        // A start of -1 is an empty edit: a pause before the sound.
        Some((duration, u64::try_from(start).ok()?))
    });
    let first = played.next()?;
    played.next().is_none().then_some(first)
}

/// Delay and frames of an `iTunSMPB` item: hexadecimal numbers, of which the second is the delay, the third the
/// padding and the fourth the number of frames.
fn itunes(body: &[u8]) -> Option<(u64, u64)> {
    let name = body.windows(8).position(|window| window == b"iTunSMPB")?;
    let text = body.get(name + 8..)?.iter().map(|&b| char::from(b)).collect::<String>();
    let words: Vec<&str> = text.split_whitespace().collect();
    let first = words.iter().position(|word| *word == "00000000")?;
    let number = |i: usize| u64::from_str_radix(words.get(first + i)?, 16).ok();
    Some((number(1)?, number(3)?)).filter(|&(_, frames)| frames > 0)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
