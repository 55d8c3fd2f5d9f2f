//! Clips as values of parameters: impulse responses and samples. They are made while the script runs, each once, and held
//! in memory as long as it is rendered, so they have to be short.

use std::sync::Arc;

use downbeat_dsp::{Audio, Kind, ParamInfo, Sound, Sounds as Held, Value as Setting};
use downbeat_engine::Key;
use downbeat_engine::session::{Clip, Step};
use starlark::values::Value;
use starlark::values::dict::DictRef;

use crate::accept::{Refusal, items, kind_of, plain};
use crate::basics::pitch_of;
use crate::clips::ClipHandle;
use crate::unknown::Unknown;

/// The longest sound that a parameter holds, in seconds.
const LONGEST_S: u64 = 60;
/// The most samples that one parameter holds, in all channels: 256 MiB.
const MOST_SAMPLES: u64 = 64 << 20;

/// The sounds of a value, for a parameter that takes some.
pub(crate) fn held(info: &ParamInfo, value: Value<'_>) -> Result<Setting, Refusal> {
    let clips = match info.kind {
        Kind::Samples => sampled(info, value)?,
        _ => answers(value)?.into_iter().map(|clip| (None, clip)).collect(),
    };
    let samples = |clip: &ClipHandle| clip.frames() * clip.clip.format(clip.rate).channels.count() as u64;
    let most = clips.iter().map(|(_, clip)| samples(clip)).fold(0, u64::saturating_add);
    if let Some((_, long)) = clips.iter().find(|(_, clip)| clip.frames() > LONGEST_S * u64::from(clip.rate)) {
        let seconds = long.frames() as f64 / f64::from(long.rate);
        return Err(Refusal::Wrong {
            message: format!("{:?} is {seconds:.1} s long, too long for `{}`", long.name, info.name),
            label: format!("it takes up to {LONGEST_S} s"),
            hint: Some("these sounds are held in memory; cut the file to what is heard of it".into()),
        });
    }
    if most > MOST_SAMPLES {
        let mebibytes = |samples: u64| samples * 4 / (1 << 20);
        return Err(Refusal::Wrong {
            message: format!("`{}` is given {} MiB of sound", info.name, mebibytes(most)),
            label: format!("it takes up to {} MiB", mebibytes(MOST_SAMPLES)),
            hint: Some("these sounds are held in memory; take fewer, or mono ones".into()),
        });
    }
    let sounds = clips.iter().map(|(key, clip)| Ok((*key, sound(clip)?))).collect::<Result<Vec<_>, Refusal>>()?;
    info.accept(Setting::Sounds(Held::new(sounds))).map_err(|error| Refusal::Wrong {
        message: error.to_string(),
        label: "not this".into(),
        hint: None,
    })
}

/// A clip, or two in a list.
fn answers(value: Value<'_>) -> Result<Vec<ClipHandle>, Refusal> {
    match items(value) {
        Some(items) if (1..=2).contains(&items.len()) => items.into_iter().map(clip).collect(),
        Some(items) => Err(Refusal::WrongKind { found: format!("a list of {}", items.len()), hint: None }),
        None => Ok(vec![clip(value)?]),
    }
}

/// A clip, clips in a list by the notes in their names, or clips in a dictionary by notes.
fn sampled(info: &ParamInfo, value: Value<'_>) -> Result<Vec<(Option<u8>, ClipHandle)>, Refusal> {
    if let Some(dict) = DictRef::from_value(value) {
        return dict.iter().map(|(note, value)| Ok((Some(key(note)?), clip(value)?))).collect();
    }
    let Some(items) = items(value) else { return Ok(vec![(None, clip(value)?)]) };
    let clips = items.into_iter().map(clip).collect::<Result<Vec<_>, _>>()?;
    if clips.is_empty() {
        return Err(Refusal::WrongKind { found: "a list of nothing".into(), hint: None });
    }
    let keyed = |clip: ClipHandle| match key_in_name(&clip.name) {
        Some(key) => Ok((Some(key), clip)),
        None => Err(Refusal::Wrong {
            message: format!("there is no note in the name {:?}", clip.name),
            label: format!("`{}` finds no key for it", info.name),
            hint: Some("name files as C3.wav or snare_38.wav, or say the notes: {\"C3\": clip, 38: clip}".into()),
        }),
    };
    clips.into_iter().map(keyed).collect()
}

/// A value that has to be a clip.
fn clip(value: Value<'_>) -> Result<ClipHandle, Refusal> {
    if Unknown::from_value(value).is_some() {
        return Err(Refusal::FollowsFromAnother);
    }
    match ClipHandle::from_value(value) {
        Some(clip) if clip.stand_in => Err(Refusal::FollowsFromAnother),
        Some(clip) => Ok(clip.clone()),
        None => {
            let hint = value.unpack_str().map(|_| format!("to load a recording, write audio({})", value.to_repr()));
            Err(Refusal::WrongKind { found: kind_of(value), hint })
        }
    }
}

/// A MIDI key, by its name or its number.
fn key(note: Value<'_>) -> Result<u8, Refusal> {
    let pitch = match plain(note) {
        Some(Setting::Whole(pitch)) => Some(pitch),
        Some(Setting::Choice(name)) => pitch_of(&name),
        _ => None,
    };
    pitch.and_then(|pitch| u8::try_from(pitch).ok()).filter(|key| *key <= 127).ok_or_else(|| Refusal::Wrong {
        message: format!("{} is not a note", note.to_repr()),
        label: "in the keys of this dictionary".into(),
        hint: Some("notes are names such as \"C4\" and \"F#2\", or MIDI keys from 0 to 127".into()),
    })
}

/// The MIDI key that the name of a file ends in: the last of its words that is a note or a number up to 127. Words are what
/// stands between blanks, underscores, hyphens and dots.
fn key_in_name(name: &str) -> Option<u8> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_number = |word: &str| !word.is_empty() && word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    let pitch = |word: &str| if is_number(word) { word.parse().ok() } else { pitch_of(word) };
    let words = stem.split([' ', '_', '-', '.']);
    words.rev().find_map(|word| u8::try_from(pitch(word)?).ok().filter(|key| *key <= 127))
}

/// The sound of a clip.
fn sound(clip: &ClipHandle) -> Result<Sound, Refusal> {
    let make = |audio: Arc<Audio>| Sound::new(&written(&clip.clip), digest(&audio), audio);
    clip.sounds.held(&clip.clip, clip.rate, make).ok_or_else(|| Refusal::Wrong {
        message: clip.sounds.take_trouble().unwrap_or_else(|| format!("{:?} cannot be made", clip.name)),
        label: "while this is read".into(),
        hint: None,
    })
}

/// A clip as a script writes it.
fn written(clip: &Clip) -> String {
    let mut text = clip.source.to_string();
    for step in &clip.chain {
        match step {
            Step::Insert(settings) => text += &format!(".insert({settings})"),
            parallel @ Step::Parallel { .. } => text += &format!(".{parallel}"),
        }
    }
    text
}

/// A hash of the rate, the channels and every sample.
fn digest(audio: &Audio) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(16 + 4 * audio.frames() * audio.channels().count());
    bytes.extend(audio.rate().to_le_bytes());
    bytes.extend((audio.channels().count() as u32).to_le_bytes());
    audio.planes().flatten().for_each(|x| bytes.extend(x.to_bits().to_le_bytes()));
    *Key::of(&bytes).bytes()
}

#[cfg(test)]
mod tests {
    use super::key_in_name;

    #[test]
    fn names_of_files_have_notes_in_them() {
        for (name, key) in [
            ("C3.wav", Some(48)),
            ("060.wav", Some(60)),
            ("snare_38.wav", Some(38)),
            ("Piano F#2 soft.flac", Some(42)),
            ("pad-Bb-1.wav", Some(1)),
            ("upright.A4.v2.wav", Some(69)),
            ("kick.wav", None),
            ("take_2024.wav", None),
            ("hit 128.wav", None),
        ] {
            assert_eq!(key_in_name(name), key, "{name}");
        }
    }
}
