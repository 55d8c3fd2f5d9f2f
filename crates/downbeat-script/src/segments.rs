//! Segments: the pieces a track is cut into, each with effects of its own and with facts to decide by.

use std::fmt;
use std::sync::{Arc, OnceLock};

use downbeat_dsp::{StretchLevels, decibels};
use downbeat_engine::session::{Cut, Join, Segment};
use downbeat_engine::time::Frames;
use starlark::values::{Heap, Value};

use crate::call::{Call, Place};
use crate::clips::{ClipHandle, insert_param, parallel, parallel_params};
use crate::function::{Function, Param, Run, Takes};
use crate::object::{Field, Members, Object, Receiver, Table, handle, object};
use crate::strips::Strip;
use crate::time::{Clock, Duration, Moment};

handle! {
    mod segment_handle;
    /// A segment of a track.
    struct SegmentHandle { track: usize, index: usize, pieces: Arc<Pieces> }
}

/// What all segments of a cut have in common.
pub(crate) struct Pieces {
    clip: ClipHandle,
    /// Where each segment starts, and at the end where the last one ends, in frames.
    bounds: Vec<u64>,
    clock: Clock,
    /// The levels of all segments, measured when the first is asked for.
    levels: OnceLock<Option<Vec<StretchLevels>>>,
}

impl SegmentHandle {
    fn range(&self) -> std::ops::Range<u64> {
        self.pieces.bounds[self.index]..self.pieces.bounds[self.index + 1]
    }

    fn levels(&self) -> Option<StretchLevels> {
        let pieces = &self.pieces;
        if pieces.clip.stand_in {
            return Some(StretchLevels::default());
        }
        let ClipHandle { clip, rate, sounds, .. } = &pieces.clip;
        let measure = || sounds.levels(clip, *rate, pieces.bounds.windows(2).map(|pair| pair[0]..pair[1]));
        pieces.levels.get_or_init(measure).as_ref().and_then(|levels| levels.get(self.index).copied())
    }

    fn centroid(&self) -> Option<f64> {
        let clip = &self.pieces.clip;
        if clip.stand_in {
            return Some(0.0);
        }
        clip.sounds.centroid(&clip.clip, clip.rate, self.range())
    }

    /// The number of the bar it starts in. Compared are frames, so that a segment that starts on a downbeat is in the
    /// bar that begins there.
    fn bar(&self) -> Option<i32> {
        let clip = &self.pieces.clip;
        let Some(tempo) = &self.pieces.clock.tempo else {
            clip.sounds.set_trouble("bars are counted in a song: read one first, with midi(\"song.mid\")".into());
            return None;
        };
        let start = self.range().start;
        let begun = tempo.song.downbeats().partition_point(|downbeat| downbeat.frame(clip.rate).0 <= start);
        i32::try_from(begun.max(1)).ok()
    }

    fn change<'v>(&self, call: &Call<'v, '_>, change: impl FnOnce(&mut Segment)) -> Value<'v> {
        let mut mix = call.desk.mix.borrow_mut();
        let cut = mix.tracks.get_mut(self.track).and_then(|track| track.cut.as_mut());
        if let Some(segment) = cut.and_then(|cut| cut.segments.get_mut(self.index)) {
            change(segment);
        }
        call.give(self.clone())
    }
}

/// The method of tracks that makes segments.
pub(crate) fn cut_method() -> Function {
    Function::new(
        "cut",
        "Cuts the track's clip into segments. The first starts at 0 and the last ends with the clip, so that nothing is \
         lost.",
        [
            Param::new(
                "grid",
                Takes::Grid,
                "Where to cut: a grid or a list of moments, such as song.downbeats or onsets(track).",
            ),
            Param::choice(
                "join",
                &["crossfade", "pull"],
                "How neighbours are joined. \"crossfade\" keeps the timeline; \"pull\" fades each segment in and out \
                 and pulls it to the left, over the one before, so that the music becomes shorter.",
            )
            .or("crossfade"),
            Param::new("fade", Takes::Duration, "How long neighbours overlap.").or_else("ms(10)"),
        ],
        "a list of segments",
        Run::Strip(cut),
    )
}

impl Object for SegmentHandle {
    const KIND: &'static str = "segment";
    const ABOUT: &'static str = "A piece of a track. Its facts are those of the raw sound, before its effects; its \
        methods give the segment back.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Segment(self.clone()))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<SegmentHandle> = Table::new(|| Members { fields: fields(), methods: methods() });
        &MEMBERS
    }
}

fn fields() -> Vec<Field<SegmentHandle>> {
    vec![
        Field::new("index", "Its number in the track, from 0.", |segment, heap| Some(heap.alloc(segment.index as i32))),
        Field::new("bar", "The number of the bar it starts in, from 1.", |segment, heap| {
            Some(heap.alloc(segment.bar()?))
        }),
        Field::new("start", "Where it starts.", |segment, heap| Some(moment(segment, segment.range().start, heap))),
        Field::new("end", "Where it ends.", |segment, heap| Some(moment(segment, segment.range().end, heap))),
        Field::new("length", "How long it is.", |segment, heap| {
            let range = segment.range();
            Some(heap.alloc(Duration::of_frames((range.end - range.start) as f64, segment.pieces.clip.rate)))
        }),
        Field::new("peak_db", "Its largest sample, in decibels of full scale.", |segment, heap| {
            Some(heap.alloc(decibels(segment.levels()?.peak())))
        }),
        Field::new(
            "rms_db",
            "Its mean level (root of the mean square), in decibels of full scale.",
            |segment, heap| Some(heap.alloc(decibels(segment.levels()?.rms))),
        ),
        Field::new("centroid_hz", "The centre of its spectrum, in Hz: how bright it is.", |segment, heap| {
            Some(heap.alloc(segment.centroid()?))
        }),
        Field::new("highest", "Its largest sample, with its sign.", |segment, heap| {
            Some(heap.alloc(f64::from(segment.levels()?.highest)))
        }),
        Field::new("lowest", "Its smallest sample, with its sign.", |segment, heap| {
            Some(heap.alloc(f64::from(segment.levels()?.lowest)))
        }),
    ]
}

fn methods() -> Vec<Function> {
    vec![
        Function::new(
            "insert",
            "Adds effects to the segment. Their tails ring on over the next segments.",
            [insert_param()],
            "the segment",
            Run::Segment(|segment, call| {
                let mut chain = call.chain("effects");
                segment.change(call, |s| if s.chain.is_empty() { s.chain = chain } else { s.chain.append(&mut chain) })
            }),
        ),
        Function::new(
            "parallel",
            "Sends the segment through several paths beside each other.",
            parallel_params(),
            "the segment",
            Run::Segment(|segment, call| segment.change(call, |s| s.chain.extend(parallel(call)))),
        ),
        Function::new(
            "mute",
            "Leaves the segment out.",
            [Param::switch("on", "Whether it is so.").or(true)],
            "the segment",
            Run::Segment(|segment, call| segment.change(call, |s| s.mute = call.switch("on"))),
        ),
    ]
}

object!(SegmentHandle, "segment");

impl fmt::Display for SegmentHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = Moment::of_frame(self.range().start, self.pieces.clock.clone());
        write!(f, "segment {} of {:?} at {start}", self.index, self.pieces.clip.name)
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pieces", self.bounds.len() - 1)
    }
}

fn moment<'v>(segment: &SegmentHandle, frame: u64, heap: Heap<'v>) -> Value<'v> {
    heap.alloc(Moment::of_frame(frame, segment.pieces.clock.clone()))
}

fn cut<'v>(strip: &Strip, call: &Call<'v, '_>) -> Value<'v> {
    let Strip::Track(track) = strip else { return Value::new_none() };
    let empty = || call.give(Vec::<SegmentHandle>::new());
    let here = call.span_of(&Place::Name);
    let (clip, earlier, name) = {
        let mix = call.desk.mix.borrow();
        let earlier = mix.cuts.get(&track.index).cloned();
        let name = mix.tracks[track.index].name.clone();
        (mix.clips.get(&track.index).cloned(), earlier, name)
    };
    if let Some(earlier) = earlier {
        call.error(Place::Name, format!("the track {name:?} is cut already"), |d| {
            d.label("a second time").related(earlier, "the first time").hint(
                "keep the segments of the first cut in a variable, `bars = track.cut(song.downbeats)`, or make a second \
                 track of the same clip",
            )
        });
        return empty();
    }
    call.desk.mix.borrow_mut().cuts.insert(track.index, here);
    let Some(clip) = clip else {
        call.error(Place::Name, format!("the track {name:?} has no clip to cut"), |d| {
            d.hint(format!("give it one: track({name:?}, audio(\"file.wav\"))"))
        });
        return empty();
    };
    let Some(grid) = call.grid("grid") else { return empty() };
    if grid.moments.is_empty() {
        let message = "the grid is empty: there is no place to cut at";
        call.error(call.place("grid"), message, |d| d.hint(grid.advice()));
        return empty();
    }
    let bounds = bounds(call, &grid.moments, &clip);
    let fade = match call.duration("fade") {
        Some(fade) => fade.whole_frames(clip.rate),
        None => Frames(u64::from(clip.rate) / 100),
    };
    let join = match call.choice("join").as_str() {
        "pull" => Join::Pull(fade),
        _ => Join::Crossfade(fade),
    };
    let starts = &bounds[..bounds.len() - 1];
    let segment = |&start: &u64| Segment { start: Frames(start), chain: Vec::new(), mute: false };
    let cut = Cut { join, segments: starts.iter().map(segment).collect() };
    call.desk.mix.borrow_mut().tracks[track.index].cut = Some(cut);
    let count = starts.len();
    let pieces = Arc::new(Pieces { clip, bounds, clock: call.desk.clock(), levels: OnceLock::new() });
    let handle = |index| SegmentHandle { track: track.index, index, pieces: pieces.clone() };
    call.give(Vec::from_iter((0..count).map(handle)))
}

/// Where the segments start, and where the last one ends. Moments before the start and after the end cut nothing.
fn bounds(call: &Call<'_, '_>, grid: &[Moment], clip: &ClipHandle) -> Vec<u64> {
    let end = clip.frames();
    let mut frames: Vec<i64> = grid.iter().map(|moment| moment.frame(clip.rate)).collect();
    // A grid is sorted by its seconds, whose last digit may say otherwise than the frame.
    frames.sort_unstable();
    if frames.first().is_some_and(|first| *first >= end as i64) && end > 0 {
        call.warn("nothing is cut: the whole grid lies after the end of the clip", |d| {
            let first = grid.first().map(|moment| format!("the grid begins at {moment}, "));
            let length = Moment::of_frame(end, call.desk.clock());
            d.hint(format!("{}the clip is {length} long", first.unwrap_or_default()))
        });
    }
    let inside = frames.into_iter().filter_map(|frame| u64::try_from(frame).ok()).filter(|f| *f > 0 && *f < end);
    let mut bounds: Vec<u64> = std::iter::once(0).chain(inside).collect();
    bounds.dedup();
    bounds.push(end);
    bounds
}
