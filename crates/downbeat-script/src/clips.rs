//! Clips: recordings, tones and played parts as values. Whatever is done to a clip gives a new one.

use std::fmt;
use std::sync::Arc;

use downbeat_dsp::{Channels, StretchLevels, decibels};
use downbeat_engine::Key;
use downbeat_engine::media::{MediaError, Pick, Reader};
use downbeat_engine::session::{Clip, Recording, Source, Step};
use downbeat_engine::time::Frames;
use starlark::values::Value;

use crate::call::{Call, Place};
use crate::files::{not_found, resolve};
use crate::function::{Function, Param, Run, Takes};
use crate::object::{Field, Members, Object, Receiver, Table, handle, object};
use crate::song::PartHandle;
use crate::sound::Sounds;
use crate::source::Span;
use crate::time::Duration;
use crate::unknown::Unknown;

handle! {
    mod clip_handle;
    /// A clip.
    struct ClipHandle {
        clip: Arc<Clip>,
        name: String,
        rate: u32,
        /// Whether it stands for one that could not be made.
        stand_in: bool,
        sounds: Arc<Sounds>,
    }
}

impl ClipHandle {
    fn new(call: &Call<'_, '_>, name: String, source: Source) -> Self {
        let clip = Arc::new(Clip { source, chain: Vec::new() });
        ClipHandle { clip, name, rate: call.desk.rate(), stand_in: false, sounds: call.desk.sounds.clone() }
    }

    /// A clip to go on with when there is none.
    pub(crate) fn stand_in(call: &Call<'_, '_>, name: String) -> Self {
        let frames = Frames(u64::from(call.desk.rate()) * 600);
        let pick = Pick::AsIs;
        let contents = Key::of(b"");
        let source =
            Source::Recording(Recording { path: name.clone(), contents, pick, channels: Channels::Mono, frames });
        ClipHandle { stand_in: true, ..ClipHandle::new(call, name, source) }
    }

    /// The length in frames.
    pub(crate) fn frames(&self) -> u64 {
        // The effects were checked when they were made, so that they can be made again.
        self.clip.frames(self.rate)
    }

    /// The levels of all of it.
    fn levels(&self) -> Option<StretchLevels> {
        if self.stand_in {
            return Some(StretchLevels::default());
        }
        self.sounds.levels(&self.clip, self.rate, std::iter::once(0..u64::MAX))?.first().copied()
    }

    fn with(&self, steps: impl IntoIterator<Item = Step>) -> Self {
        let chain = self.clip.chain.iter().cloned().chain(steps).collect();
        ClipHandle { clip: Arc::new(Clip { source: self.clip.source.clone(), chain }), ..self.clone() }
    }
}

/// The functions that make clips.
pub(crate) fn functions() -> Vec<Function> {
    let wave = || Param::new("wave", Takes::Wave, "The shape of the tone.");
    let ms = || Param::number("ms", 0.0, 3_600_000.0, "How long it is, in milliseconds.");
    let level = || Param::number("level", 0.0, 16.0, "Its amplitude; 1 is full scale.").or(1.0);
    let hz = |name, about| Param::number(name, 0.0, 200_000.0, about);
    let part = || Param::new("part", Takes::Part, "The notes.");
    vec![
        Function::new(
            "audio",
            "A recording: WAV, AIFF, FLAC, MP3, Ogg Vorbis or M4A, of any rate.",
            [
                Param::new("path", Takes::Text, "The file, relative to the script that names it."),
                Param::new(
                    "channels",
                    Takes::Channels,
                    "Which channels: \"left\", \"right\", a number from 1, a pair such as [3, 4], or \"downmix\". Has \
                     to be said when there are more than two.",
                )
                .or_else("None"),
            ],
            "the clip",
            Run::Free(audio),
        ),
        Function::new(
            "folder",
            "The recordings of a folder, in the order of their names: all files that are named as recordings are (`.wav`, \
             `.aif`, `.flac`, `.mp3`, `.ogg`, `.m4a` and the like). Folders below it are left out.",
            [
                Param::new("path", Takes::Text, "The folder, relative to the script that names it."),
                Param::new("channels", Takes::Channels, "Which channels of each, as in `audio`.").or_else("None"),
            ],
            "the clips, in a list",
            Run::Free(folder),
        ),
        Function::new(
            "tone",
            "A steady tone.",
            [wave(), hz("freq_hz", "Its frequency, in Hz."), ms(), level()],
            "the clip",
            Run::Free(|call| {
                let Some(wave) = call.wave("wave").cloned() else {
                    return call.give(ClipHandle::stand_in(call, "tone".into()));
                };
                let (freq_hz, level) = (call.number("freq_hz"), call.number("level"));
                let source = Source::Tone { wave, freq_hz, frames: frames(call), level };
                call.give(ClipHandle::new(call, "tone".into(), source))
            }),
        ),
        Function::new(
            "sweep",
            "A sine whose frequency moves evenly.",
            [
                hz("from_hz", "The frequency at the start, in Hz."),
                hz("to_hz", "The frequency at the end, in Hz."),
                ms(),
                level(),
            ],
            "the clip",
            Run::Free(|call| {
                let (from_hz, to_hz, level) = (call.number("from_hz"), call.number("to_hz"), call.number("level"));
                let source = Source::Sweep { from_hz, to_hz, frames: frames(call), level };
                call.give(ClipHandle::new(call, "sweep".into(), source))
            }),
        ),
        Function::new(
            "synth",
            "A part, played by a wave under an envelope.",
            [
                part(),
                wave().or_else(&format!("{}()", first_name(downbeat_dsp::WAVES.iter().map(|wave| wave.name)))),
                Param::new("envelope", Takes::Envelope, "The level of each note over time.")
                    .or_else(&format!("{}()", first_name(downbeat_dsp::ENVELOPES.iter().map(|info| info.name)))),
            ],
            "the clip",
            Run::Free(synth),
        ),
        Function::new(
            "play",
            "A part, played by an instrument, with its pitch bends and its sustain pedal.",
            [part(), Param::new("instrument", Takes::Instrument, "What plays it.")],
            "the clip",
            Run::Free(play),
        ),
        Function::new(
            "resynth",
            "A part, played the way pretty_midi does: each note dies away with time, and the sound is not scaled.",
            [part(), wave()],
            "the clip",
            Run::Free(synth),
        ),
    ]
}

/// The effects of `insert`.
pub(crate) fn insert_param() -> Param {
    Param::new("effects", Takes::Effects, "Effects, or lists of effects; the sound goes through them in order.").many()
}

/// The parameters of `parallel`.
pub(crate) fn parallel_params() -> [Param; 2] {
    [
        Param::new("paths", Takes::Effects, "Each is an effect or a list of effects. What comes out is added up.")
            .many(),
        Param::switch("dry", "Whether the sound itself is added, too.").or(true),
    ]
}

/// The step of a `parallel`.
pub(crate) fn parallel(call: &Call<'_, '_>) -> Option<Step> {
    let paths = call.chains("paths");
    if paths.is_empty() && !call.is_given("paths") {
        call.error(Place::Name, "`parallel` needs at least one effect", |d| {
            d.hint(format!("the call is {}", call.function.signature()))
        });
        return None;
    }
    Some(Step::Parallel { paths, dry: call.switch("dry") })
}

impl Object for ClipHandle {
    const KIND: &'static str = "clip";
    const ABOUT: &'static str = "A sound: a recording, a tone, or a played part. A clip never changes; its methods give \
        a new one.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Clip(self.clone()))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<ClipHandle> = Table::new(|| Members {
            fields: vec![
                Field::new("name", "The file's name, or what it is.", |clip, heap| {
                    Some(heap.alloc(clip.name.as_str()))
                }),
                Field::new("length", "How long it is, with all that its effects add.", |clip, heap| {
                    Some(heap.alloc(Duration::of_frames(clip.frames() as f64, clip.rate)))
                }),
                Field::new("channels", "How many channels it has: 1 or 2.", |clip, heap| {
                    Some(heap.alloc(clip.clip.format(clip.rate).channels.count() as i32))
                }),
                Field::new("peak_db", "Its largest sample, in decibels of full scale.", |clip, heap| {
                    Some(heap.alloc(decibels(clip.levels()?.peak())))
                }),
                Field::new(
                    "rms_db",
                    "Its mean level (root of the mean square), in decibels of full scale.",
                    |clip, heap| Some(heap.alloc(decibels(clip.levels()?.rms))),
                ),
                Field::new("centroid_hz", "The centre of its spectrum, in Hz: how bright it is.", |clip, heap| {
                    let ClipHandle { clip, rate, sounds, stand_in, .. } = clip;
                    Some(heap.alloc(if *stand_in { 0.0 } else { sounds.centroid(clip, *rate, 0..u64::MAX)? }))
                }),
                Field::new("highest", "Its largest sample, with its sign.", |clip, heap| {
                    Some(heap.alloc(f64::from(clip.levels()?.highest)))
                }),
                Field::new("lowest", "Its smallest sample, with its sign.", |clip, heap| {
                    Some(heap.alloc(f64::from(clip.levels()?.lowest)))
                }),
            ],
            methods: vec![
                Function::new(
                    "insert",
                    "The clip with effects on it.",
                    [insert_param()],
                    "the new clip",
                    Run::Clip(|clip, call| {
                        let inserted = clip.with(call.chain("effects"));
                        if inserted.frames() == 0 && clip.frames() > 0 {
                            call.warn(format!("nothing is left of {:?}", clip.name), |d| {
                                let length = Duration::of_frames(clip.frames() as f64, clip.rate);
                                d.label(format!("of {length}"))
                            });
                        }
                        call.give(inserted)
                    }),
                ),
                Function::new(
                    "parallel",
                    "The clip with several paths beside each other.",
                    parallel_params(),
                    "the new clip",
                    Run::Clip(|clip, call| call.give(clip.with(parallel(call)))),
                ),
            ],
        });
        &MEMBERS
    }
}

object!(ClipHandle, "clip");

impl fmt::Display for ClipHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "clip {:?}", self.name)
    }
}

/// A path that a call names, seen from the mix's folder.
pub(crate) fn path_from(call: Option<&Span>, path: &str) -> String {
    resolve(call.map_or("", |span| &span.file), path)
}

fn audio<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some(path) = call.text("path").map(|path| path_from(call.span().as_ref(), path)) else {
        return call.give(ClipHandle::stand_in(call, "audio".into()));
    };
    call.give(recording(call, &path))
}

/// What the names of recordings end in.
const EXTENSIONS: [&str; 13] =
    ["wav", "wave", "bwf", "rf64", "aif", "aiff", "aifc", "flac", "mp3", "ogg", "oga", "m4a", "mp4"];

fn folder<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some(path) = call.text("path").map(|path| path_from(call.span().as_ref(), path)) else {
        return call.give(Unknown {});
    };
    let names = match call.desk.world.list(if path.is_empty() { "." } else { &path }) {
        Ok(names) => names,
        Err(error) => return call.error(call.place("path"), error.to_string(), |d| not_found(d, &error)),
    };
    let is_recording = |name: &String| {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
        EXTENSIONS.contains(&extension.as_str())
    };
    let names: Vec<String> = names.into_iter().filter(is_recording).collect();
    if names.is_empty() {
        return call.error(call.place("path"), format!("there is no recording in `{path}`"), |d| {
            d.hint(format!("names of recordings end in .{}", EXTENSIONS.join(", .")))
        });
    }
    let folder = if path.is_empty() { String::new() } else { format!("{}/", path.trim_end_matches('/')) };
    call.give(names.iter().map(|name| recording(call, &format!("{folder}{name}"))).collect::<Vec<_>>())
}

/// A recording, or what stands in for it when something is wrong with it, which is reported.
fn recording(call: &Call<'_, '_>, path: &str) -> ClipHandle {
    let name = path.rsplit('/').next().unwrap_or(path).to_string();
    let (pick, rate) = (call.channels("channels"), call.desk.rate());
    match call.desk.sounds.recording(path, pick, rate) {
        Ok(recording) => {
            if recording.frames.0 == 0 {
                call.warn(format!("`{path}` has no sound in it"), |d| d);
            }
            ClipHandle::new(call, name, Source::Recording(recording))
        }
        Err(error) => {
            let place = call.place(match error {
                MediaError::NoSuchChannel { .. } | MediaError::NoDownmix { .. } => "channels",
                _ => "path",
            });
            call.error(place, error.to_string(), |d| match &error {
                MediaError::World(error) => not_found(d, error),
                MediaError::ChannelsNotPicked { .. } => {
                    let name = call.function.name;
                    d.hint(format!(
                        "write for example {name}(path, channels = [1, 2]), channels = 3, or channels = \"downmix\""
                    ))
                }
                _ => d,
            });
            ClipHandle::stand_in(call, name)
        }
    }
}

fn synth<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some((part, name)) = part(call) else { return call.give(ClipHandle::stand_in(call, "synth".into())) };
    if call.is_refused("wave") {
        return call.give(ClipHandle::stand_in(call, name));
    }
    let notes = part.played(call.desk.rate());
    let first_wave = || downbeat_dsp::WAVES.first().and_then(|info| info.settings(Vec::new()).ok());
    let first_envelope = || downbeat_dsp::ENVELOPES.first().and_then(|info| info.settings(Vec::new()).ok());
    let wave = call.wave("wave").cloned().or_else(first_wave);
    let envelope = call.envelope("envelope").cloned().or_else(first_envelope);
    let source = match (call.function.name, wave, envelope) {
        ("synth", Some(wave), Some(envelope)) => Source::Part { notes, wave, envelope },
        (_, Some(wave), _) => Source::Resynthesis { notes, wave },
        _ => return call.give(ClipHandle::stand_in(call, name)),
    };
    call.give(ClipHandle::new(call, name, source))
}

fn play<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some((part, name)) = part(call) else {
        return call.give(ClipHandle::stand_in(call, call.function.name.into()));
    };
    let Some(instrument) = call.instrument("instrument").cloned() else {
        return call.give(ClipHandle::stand_in(call, name));
    };
    let performance = part.performance(call.desk.rate());
    if let Some(objection) = instrument.made().objection(&performance) {
        call.error(call.place("instrument"), objection, |d| d.label(format!("to play {name:?}")));
        return call.give(ClipHandle::stand_in(call, name));
    }
    let source = Source::Played { performance, instrument };
    call.give(ClipHandle::new(call, name, source))
}

/// The part of a call, and its name; a part without notes is warned of. None when there is no such part.
fn part<'c>(call: &'c Call<'_, '_>) -> Option<(&'c PartHandle, String)> {
    let handle = call.part("part")?;
    let part = handle.part()?;
    if part.notes.is_empty() {
        call.warn(format!("the part {:?} has no notes", part.name), |d| d);
    }
    Some((handle, part.name.clone()))
}

fn frames(call: &Call<'_, '_>) -> Frames {
    Frames((call.number("ms") * f64::from(call.desk.rate()) / 1000.0) as u64)
}

fn first_name<'a>(mut names: impl Iterator<Item = &'a str>) -> &'a str {
    names.next().unwrap_or("")
}

impl Sounds {
    /// Opens a recording: what it is, how long it is, and the hash of its bytes.
    fn recording(&self, path: &str, pick: Pick, rate: u32) -> Result<Recording, MediaError> {
        self.known(&self.memory.recordings, path, (pick, rate), |world| {
            let reader = Reader::open(world, path, pick, rate)?;
            let channels = reader.format().channels;
            let frames = match reader.frames() {
                Some(frames) => frames,
                None => downbeat_engine::media::load(world, path, pick, rate)?.frames() as u64,
            };
            let contents = self.contents(path)?;
            Ok(Recording { path: path.into(), contents, pick, channels, frames: Frames(frames) })
        })
    }
}
