//! Grids of what sounds: the functions that find onsets, beats and downbeats in a clip.

use downbeat_dsp::features::{Across, OnsetEnvelope, OnsetPicking, onset_backtrack, onset_detect};
use starlark::values::Value;

use crate::call::{Call, Place};
use crate::clips::ClipHandle;
use crate::function::{Function, Param, Run, Takes};
use crate::grid::{Count, GridHandle};
use crate::strips::TrackHandle;
use crate::time::Moment;
use crate::unknown::Unknown;

/// The functions.
pub(crate) fn functions() -> Vec<Function> {
    let what = || {
        Param::new(
            "what",
            Takes::Sound,
            "A track or a clip. A track is heard as the clip that it was given, before its segments and effects. The \
             channels are heard together.",
        )
    };
    let backtrack = |about| Param::switch("backtrack", about).or(true);
    vec![
        Function::new(
            "onsets",
            "Where something begins in a sound, as librosa finds it. To cut there: `hats.cut(onsets(hats))`. Where nothing \
             is found the grid is empty.",
            [
                what(),
                Param::number(
                    "delta",
                    0.0,
                    1.0,
                    "How far an onset stands out from what is around it, as a part of the strongest one. The smaller, the \
                     more onsets.",
                )
                .or(0.07),
                Param::new("wait", Takes::Duration, "After an onset, the next is later by more than this.")
                    .or_else("ms(30)"),
                backtrack("Whether to go back from each onset to where it begins, so that a cut falls before the attack."),
            ],
            "a grid",
            Run::Plain(onsets),
        ),
        Function::new(
            "beats_of",
            "The beats of a sound, as librosa finds them: where one would tap one's foot. Where nothing begins the grid is \
             empty.",
            [
                what(),
                Param::number("bpm", 20.0, 400.0, "The tempo in beats a minute, if it is known, such as song.tempo.")
                    .or_else("None"),
                backtrack("Whether to go back from each beat to where what begins on it begins, so that a cut falls before it."),
            ],
            "a grid",
            Run::Plain(beats_of),
        ),
        Function::new(
            "downbeats_of",
            "The beats that begin a bar, estimated from accents, from changes of the sound and from bars that are alike. \
             The grid's `confidence` says how sure that is, and a warning when it is more likely wrong than right.",
            [
                what(),
                Param::new(
                    "beats",
                    Takes::Grid,
                    "The beats, if they are known: song.beats, or beats_of(what, bpm = 90). None looks for them.",
                )
                .or_else("None"),
            ],
            "a grid with `confidence` and `beats_per_bar`",
            Run::Plain(downbeats_of),
        ),
        Function::new(
            "tempo_of",
            "The tempo of a sound, in beats a minute: the mean over the beats of `beats_of`.",
            [what()],
            "a number",
            Run::Plain(tempo_of),
        ),
    ]
}

/// What is listened to, with its name for messages.
struct Sound {
    clip: ClipHandle,
    name: String,
}

/// The sound of the parameter `what`. Nothing when there is none, which was reported.
fn sound(call: &Call<'_, '_>) -> Option<Sound> {
    let what = call.value("what")?;
    let sound = match TrackHandle::from_value(what) {
        Some(track) => {
            let clip = call.desk.mix.borrow().clips.get(&track.index).cloned();
            if clip.is_none() {
                call.error(call.place("what"), format!("the track {:?} has no clip to listen to", track.name), |d| {
                    d.hint(format!("give it one: track({:?}, audio(\"file.wav\"))", track.name))
                });
            }
            Sound { clip: clip?, name: track.name.to_string() }
        }
        None => ClipHandle::from_value(what).map(|clip| Sound { clip: clip.clone(), name: clip.name.clone() })?,
    };
    // What stands for a sound that could not be read has no onsets, and the fault was told.
    (!sound.clip.stand_in).then_some(sound)
}

/// Reports that a sound cannot be made. What went wrong with it is known to the sounds.
fn unheard<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let trouble = call.desk.sounds.take_trouble().unwrap_or_else(|| "this sound cannot be made".into());
    call.error(call.place("what"), trouble, |d| d.label(format!("needed for `{}`", call.function.name)))
}

fn onsets<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some(Sound { clip, name }) = sound(call) else { return call.give(Unknown {}) };
    let Some(envelope) = clip.sounds.onset_envelope(&clip.clip, clip.rate, Across::Mean) else { return unheard(call) };
    let wait_s =
        call.duration("wait").map_or(OnsetPicking::default().wait_s, |wait| Moment::START.after(wait).seconds());
    let delta = call.number("delta") as f32;
    let picking = OnsetPicking { delta, wait_s, ..OnsetPicking::default() };
    let peaks = onset_detect(&envelope, &picking);
    if peaks.is_empty() {
        let any = !onset_detect(&envelope, &OnsetPicking { delta: 0.0, ..picking }).is_empty();
        return call.give(GridHandle::empty(if any {
            format!("no onset in {name:?} stands out by `delta` = {delta}: the smaller it is, the more are found")
        } else {
            nothing_begins(&name)
        }));
    }
    let frames = if call.switch("backtrack") { before_attacks(&peaks, &envelope) } else { peaks };
    call.give(GridHandle::new(moments(call, &frames, &envelope)))
}

fn beats_of<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some(sound) = sound(call) else { return call.give(Unknown {}) };
    let bpm = call.is_given("bpm").then(|| call.number("bpm"));
    let Some(beats) = FoundBeats::in_sound(call, &sound, bpm) else { return unheard(call) };
    let moments = if call.switch("backtrack") { beats.cuts } else { beats.taps };
    call.give(if moments.is_empty() {
        GridHandle::empty(nothing_begins(&sound.name))
    } else {
        GridHandle::new(moments)
    })
}

/// The beats of a sound, one for one.
struct FoundBeats {
    /// Where one would tap.
    taps: Vec<Moment>,
    /// Where to cut, so that what begins on the beat is behind the cut.
    cuts: Vec<Moment>,
}

impl FoundBeats {
    fn in_sound(call: &Call<'_, '_>, Sound { clip, .. }: &Sound, bpm: Option<f64>) -> Option<FoundBeats> {
        /// Where nothing begins within this time before a beat, there is no attack to cut before.
        const NEAR_S: f64 = 0.06;
        let beats = clip.sounds.beats(&clip.clip, clip.rate, bpm)?;
        let envelope = clip.sounds.onset_envelope(&clip.clip, clip.rate, Across::Mean)?;
        let near = |&(cut, tap): &(usize, usize)| envelope.seconds(tap - cut) <= NEAR_S;
        let cuts = before_attacks(&beats.frames, &envelope).into_iter().zip(beats.frames.iter().copied());
        let cuts: Vec<usize> = cuts.map(|pair| if near(&pair) { pair.0 } else { pair.1 }).collect();
        Some(FoundBeats { taps: moments(call, &beats.frames, &envelope), cuts: moments(call, &cuts, &envelope) })
    }
}

fn downbeats_of<'v>(call: &Call<'v, '_>) -> Value<'v> {
    /// An estimate below this is more likely wrong than right.
    const SURE: f64 = 0.5;
    let Some(sound) = sound(call) else { return call.give(Unknown {}) };
    // What is known is in its place; what was found is counted where it is heard, and cut before.
    let (cuts, taps) = match call.grid("beats") {
        Some(beats) if beats.moments.is_empty() => return call.give(uncounted(beats.advice().to_string())),
        Some(beats) => (beats.moments.to_vec(), beats.moments.to_vec()),
        None => match FoundBeats::in_sound(call, &sound, None) {
            Some(beats) => (beats.cuts, beats.taps),
            None => return unheard(call),
        },
    };
    let taps = Vec::from_iter(taps.iter().map(Moment::seconds));
    let Sound { clip, name } = &sound;
    match clip.sounds.downbeats(&clip.clip, clip.rate, &taps) {
        None => unheard(call),
        Some(None) if taps.is_empty() => call.give(uncounted(nothing_begins(name))),
        Some(None) => call.give(uncounted(format!("{name:?} has too few beats to find bars in: there must be eight"))),
        Some(Some(found)) => {
            let (beats_per_bar, confidence) = (found.beats_per_bar, found.confidence);
            if confidence < SURE {
                call.warn(format!("the downbeats of {name:?} are more likely wrong than right"), |d| {
                    d.label(format!("{beats_per_bar} beats to a bar, with a confidence of {confidence:.2}")).hint(
                        "listen to them, or say what is known: the beats, `beats = song.beats`, or all, \
                         `beats_of(track)[2::4]`",
                    )
                });
            }
            let moments = found.beats.iter().filter_map(|beat| cuts.get(*beat).cloned());
            let count = Some(Count { beats_per_bar, confidence });
            call.give(GridHandle { count, ..GridHandle::new(moments.collect()) })
        }
    }
}

fn tempo_of<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some(sound) = sound(call) else { return call.give(Unknown {}) };
    let Some(beats) = FoundBeats::in_sound(call, &sound, None) else { return unheard(call) };
    match beats.taps.as_slice() {
        [first, .., last] => {
            let steps = beats.taps.len() - 1;
            call.give(60.0 * steps as f64 / (last.seconds() - first.seconds()))
        }
        _ => call.error(Place::Name, format!("{:?} has no tempo: it has no beats", sound.name), |d| {
            d.hint("say it in its place; of a song it is song.tempo")
        }),
    }
}

/// From each frame back to a frame before what begins there, one for one.
///
/// The rise of a frame is that of the samples before it, by half a window: an attack may lie in the last samples before the
/// frame of the minimum, where the window weighs them too little to be heard. A frame earlier it cannot.
fn before_attacks(frames: &[usize], envelope: &OnsetEnvelope) -> Vec<usize> {
    let minima = onset_backtrack(frames, &envelope.strength);
    minima.into_iter().map(|frame| frame.saturating_sub(1)).collect()
}

/// Frames of an envelope as moments of the song.
fn moments(call: &Call<'_, '_>, frames: &[usize], envelope: &OnsetEnvelope) -> Vec<Moment> {
    let clock = call.desk.clock();
    frames.iter().map(|frame| Moment::of_frame((frame * envelope.hop) as u64, clock.clone())).collect()
}

/// The estimate of downbeats where there is nothing to count.
fn uncounted(advice: String) -> GridHandle {
    GridHandle { count: Some(Count { beats_per_bar: 0, confidence: 0.0 }), ..GridHandle::empty(advice) }
}

fn nothing_begins(name: &str) -> String {
    format!(
        "nothing begins in {name:?}: it is silent, or it never changes; song.downbeats or every(seconds = 2) need no sound"
    )
}
