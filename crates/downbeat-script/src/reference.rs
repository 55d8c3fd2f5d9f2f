//! The reference of the language as data: every function, method and field, as it is declared.

use std::sync::LazyLock;

use crate::clips::ClipHandle;
use crate::effects::{EffectHandle, EnvelopeHandle, InstrumentHandle, WaveHandle};
use crate::expect::ReadingHandle;
use crate::function::{Function, Takes};
use crate::grid::GridHandle;
use crate::language::{CHAPTERS, MATH};
use crate::object::Object;
use crate::routing::GroupHandle;
use crate::segments::SegmentHandle;
use crate::song::{NoteHandle, PartHandle, SongHandle};
use crate::strips::{BusHandle, MasterHandle, TrackHandle};
use crate::time::{Duration, Moment};

/// A part of the reference: functions that belong together, or a kind of value.
#[derive(Clone, PartialEq, Debug)]
pub struct Chapter {
    /// What it is about.
    pub title: &'static str,
    /// In a sentence or two.
    pub about: &'static str,
    /// What is read without brackets.
    pub fields: Vec<FieldEntry>,
    /// What is called.
    pub functions: Vec<FunctionEntry>,
}

/// A field.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldEntry {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
}

/// A function or a method.
#[derive(Clone, PartialEq, Debug)]
pub struct FunctionEntry {
    /// Its name; of a method without what stands before the dot.
    pub name: &'static str,
    /// How it is called, with defaults: `fader(db)`.
    pub signature: String,
    /// What it does.
    pub about: &'static str,
    /// The parameters, in order.
    pub params: Vec<ParamEntry>,
    /// What it gives back.
    pub gives: &'static str,
}

/// A parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct ParamEntry {
    /// Its keyword.
    pub name: &'static str,
    /// What it takes, with its range.
    pub takes: String,
    /// Its default, as it is written in a script; `None` when it has to be given.
    pub default: Option<String>,
    /// What it is.
    pub about: &'static str,
}

/// The whole reference: functions by chapter, then every kind of value with its fields and methods.
pub fn reference() -> Vec<Chapter> {
    let chapters = CHAPTERS.iter().map(|chapter| Chapter {
        title: chapter.title,
        about: "",
        fields: Vec::new(),
        functions: chapter.functions.iter().map(entry).collect(),
    });
    let math = Chapter {
        title: "math",
        about: "Functions written math.sin(x) and so on, and the constants math.pi, math.e and math.tau.",
        fields: Vec::new(),
        functions: MATH.iter().map(entry).collect(),
    };
    chapters.chain([math]).chain(KINDS.iter().map(|kind| (kind.chapter)())).collect()
}

/// The names of the fields and methods of a kind of value.
pub(crate) fn members(kind: &str) -> Option<Vec<&'static str>> {
    KINDS.iter().find(|known| known.name == kind).map(|known| (known.members)())
}

struct Kind {
    name: &'static str,
    members: fn() -> Vec<&'static str>,
    chapter: fn() -> Chapter,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    vec![
        kind::<TrackHandle>(),
        kind::<SegmentHandle>(),
        kind::<ClipHandle>(),
        kind::<BusHandle>(),
        kind::<MasterHandle>(),
        kind::<ReadingHandle>(),
        kind::<SongHandle>(),
        kind::<PartHandle>(),
        kind::<NoteHandle>(),
        kind::<GridHandle>(),
        kind::<GroupHandle>(),
        kind::<Moment>(),
        kind::<Duration>(),
        kind::<EffectHandle>(),
        kind::<WaveHandle>(),
        kind::<EnvelopeHandle>(),
        kind::<InstrumentHandle>(),
    ]
});

fn kind<T: Object>() -> Kind {
    Kind {
        name: T::KIND,
        members: || {
            let members = T::members();
            let fields = members.fields.iter().map(|field| field.name);
            fields.chain(members.methods.iter().map(|method| method.name)).collect()
        },
        chapter: || Chapter {
            title: T::KIND,
            about: T::ABOUT,
            fields: T::members().fields.iter().map(|f| FieldEntry { name: f.name, about: f.about }).collect(),
            functions: T::members().methods.iter().map(entry).collect(),
        },
    }
}

fn entry(function: &Function) -> FunctionEntry {
    let params = function.params.iter().map(|param| ParamEntry {
        name: param.name,
        takes: match &param.takes {
            Takes::Setting(info) => info.kind.to_string(),
            takes => takes.words(),
        },
        default: param.default.clone(),
        about: param.about,
    });
    FunctionEntry {
        name: function.name,
        signature: function.signature(),
        about: function.about.trim(),
        params: params.collect(),
        gives: function.gives,
    }
}
