//! A mix as a whole: its tracks and buses and the master, each with its sound, its segments and their effects.

use std::ops::Range;

use downbeat_dsp::{Audio, Format, Pyramid, Settings};
use downbeat_engine::session::{Chain, Join, Session, Step, Strip, Track};
use downbeat_engine::{HeardStrip, RenderOptions, Tap, Taps, render};
use downbeat_picture::{self as picture, Content, Lane, Segment, overview};

use crate::exit::Fail;
use crate::mix::Mix;

/// What is drawn of a mix. Sounds begin at frame 0, whatever part of them was rendered.
pub struct Sounds {
    /// Of each track; none where it is not heard.
    pub tracks: Vec<Option<Pyramid>>,
    /// Of each bus, before its fader; none where it is muted.
    pub buses: Vec<Option<Pyramid>>,
    /// Of the mix.
    pub master: Pyramid,
}

/// A stretch of a track, with what is done to it.
struct Labelled {
    start: i64,
    end: i64,
    label: String,
}

impl Sounds {
    /// Renders a mix, or a part of it, for its overview.
    pub fn of(mix: &Mix, options: &RenderOptions) -> Result<Self, Fail> {
        let (tracks, buses) = (tracks(mix, options), buses(mix, options));
        let mut sounds = Sounds { tracks, buses, master: silence(mix, 2, options) };
        let taps = Taps {
            tracks: taps(&mut sounds.tracks),
            buses: taps(&mut sounds.buses),
            master: Some(Box::new(&mut sounds.master)),
        };
        render(&mix.plan, mix.world.clone(), mix.evaluation.recordings.clone(), options, taps)?;
        Ok(sounds)
    }
}

/// A pyramid for each track that is heard.
pub fn tracks(mix: &Mix, options: &RenderOptions) -> Vec<Option<Pyramid>> {
    sounds(mix, options, mix.session.tracks.len(), mix.plan.heard_tracks())
}

/// A pyramid for each bus that is heard.
pub fn buses(mix: &Mix, options: &RenderOptions) -> Vec<Option<Pyramid>> {
    sounds(mix, options, mix.session.buses.len(), mix.plan.heard_buses())
}

fn sounds(mix: &Mix, options: &RenderOptions, count: usize, heard: Vec<HeardStrip<'_>>) -> Vec<Option<Pyramid>> {
    let mut sounds: Vec<Option<Pyramid>> = vec![None; count];
    for HeardStrip { index, format, .. } in heard {
        sounds[index] = Some(silence(mix, format.channels.count(), options));
    }
    sounds
}

/// Pyramids as listeners.
pub fn taps(sounds: &mut [Option<Pyramid>]) -> Vec<Option<Box<dyn Tap + '_>>> {
    sounds.iter_mut().map(|sound| sound.as_mut().map(|sound| Box::new(sound) as Box<dyn Tap>)).collect()
}

/// The pyramid of what comes before the part that is rendered: nothing.
pub fn silence(mix: &Mix, channels: usize, options: &RenderOptions) -> Pyramid {
    let rate = mix.plan.rate;
    let end = options.to.unwrap_or(mix.plan.frames);
    let mut pyramid = Pyramid::new(rate, channels).expecting(end);
    let page = Audio::silence(Format::mono(rate), options.page);
    let mut left = options.from;
    while left > 0 {
        let frames = left.min(page.frames() as u64);
        pyramid.add_planes(&[&page.left()[..frames as usize]]);
        left -= frames;
    }
    pyramid
}

/// The lanes of an overview of a part of a mix, handed to `draw`.
pub fn with_lanes<T>(mix: &Mix, options: &RenderOptions, sounds: &Sounds, draw: impl FnOnce(Vec<Lane<'_>>) -> T) -> T {
    let Session { tracks, buses, master, .. } = &mix.session;
    let end = options.to.unwrap_or(mix.plan.frames).min(mix.plan.frames);
    let shown = options.from as i64..end as i64;
    let any_solo = mix.session.strips().any(|index| mix.session.strip(index).solo);
    let whole = |strip: &Strip| vec![Labelled { start: shown.start, end: shown.end, label: inserts(&strip.inserts) }];
    let rows = tracks.iter().zip(&sounds.tracks).map(|(track, sound)| {
        (track.name.as_str(), &track.strip, sound.as_ref(), segments(track, mix.plan.rate, &shown))
    });
    let rows = rows.chain(
        buses
            .iter()
            .zip(&sounds.buses)
            .map(|(bus, sound)| (bus.name.as_str(), &bus.strip, sound.as_ref(), whole(&bus.strip))),
    );
    let rows: Vec<_> = rows.chain([("Master", master, Some(&sounds.master), whole(master))]).collect();
    let seconds = |frame: i64| frame as f64 / f64::from(mix.plan.rate);
    let lanes = rows.iter().map(|(name, strip, sound, segments)| {
        let segment = |segment: &'_ Labelled| (seconds(segment.start), seconds(segment.end));
        let segments = segments.iter().map(|labelled| {
            let (start, end) = segment(labelled);
            Segment { start, end, label: &labelled.label }
        });
        let track = picture::Track {
            sound: *sound,
            segments: segments.collect(),
            is_muted: strip.mute,
            is_soloed: any_solo && strip.solo,
            edge: 1.0,
        };
        (*name, track)
    });
    draw(overview("", lanes.collect()).lanes)
}

/// The height in points that is right for so many lanes.
pub fn height(lanes: &[Lane<'_>]) -> f32 {
    let tracks = lanes.iter().filter(|lane| matches!(lane.content, Content::Track(_))).count();
    90.0 + 40.0 * tracks as f32
}

/// The stretches of a track within the part that is shown: its segments, or the whole clip, or what is placed on it.
fn segments(track: &Track, rate: u32, shown: &Range<i64>) -> Vec<Labelled> {
    let inserts = inserts(&track.strip.inserts);
    let label = |chain: &Chain| joined(&[names(chain), inserts.clone()]);
    let all = match (&track.clip, &track.cut) {
        (Some(clip), Some(cut)) => {
            let starts = cut.segments.iter().enumerate().map(|(i, segment)| match cut.join {
                Join::Crossfade(_) => segment.start.0 as i64,
                Join::Pull(fade) => segment.start.0 as i64 - (fade.0 * i as u64) as i64,
            });
            let pulled = match cut.join {
                Join::Crossfade(_) => 0,
                Join::Pull(fade) => (fade.0 * (cut.segments.len() as u64).saturating_sub(1)) as i64,
            };
            let clip_end = clip.frames(rate) as i64 - pulled;
            let ends = starts.clone().skip(1).chain([clip_end]);
            let labels = cut
                .segments
                .iter()
                .map(|segment| if segment.mute { "muted".to_string() } else { label(&segment.chain) });
            starts.zip(ends).zip(labels).map(|((start, end), label)| Labelled { start, end, label }).collect()
        }
        (Some(clip), None) => {
            vec![Labelled { start: 0, end: clip.frames(rate) as i64, label: label(&clip.chain) }]
        }
        (None, _) => {
            let mut placed: Vec<_> = track.placed.iter().collect();
            placed.sort_by_key(|placed| placed.at);
            let next = placed.iter().skip(1).map(|placed| placed.at).chain([i64::MAX]);
            let stretch = |(placed, next): (&&downbeat_engine::session::Placed, i64)| Labelled {
                start: placed.at,
                end: (placed.at + placed.clip.frames(rate) as i64).min(next),
                label: label(&placed.clip.chain),
            };
            placed.iter().zip(next).map(stretch).collect::<Vec<_>>()
        }
    };
    let within = |labelled: Labelled| Labelled {
        start: labelled.start.clamp(shown.start, shown.end),
        end: labelled.end.clamp(shown.start, shown.end),
        ..labelled
    };
    all.into_iter().map(within).filter(|labelled| labelled.start < labelled.end).collect()
}

/// The names of the effects on a strip.
fn inserts(inserts: &[Settings]) -> String {
    inserts.iter().map(|settings| settings.info().name).collect::<Vec<_>>().join(" > ")
}

/// The names of the effects of a chain: `reverse > soft_clip`, and where the sound goes several ways at once, the ways
/// with a plus between them: `dry + (fir_delay > gain)`.
fn names(chain: &Chain) -> String {
    let step = |step: &Step| match step {
        Step::Insert(settings) => settings.info().name.to_string(),
        Step::Parallel { paths, dry } => {
            let path = |path: &Chain| match path.len() {
                0 => "dry".to_string(),
                1 => names(path),
                _ => format!("({})", names(path)),
            };
            let ways: Vec<String> = dry.then(|| "dry".to_string()).into_iter().chain(paths.iter().map(path)).collect();
            let ways = ways.join(" + ");
            if chain.len() > 1 { format!("({ways})") } else { ways }
        }
    };
    chain.iter().map(step).collect::<Vec<_>>().join(" > ")
}

fn joined(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" > ")
}
