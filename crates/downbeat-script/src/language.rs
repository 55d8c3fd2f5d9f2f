//! The names of the language: all tables put together, and the globals made of them, once a process.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use starlark::environment::{Globals, GlobalsBuilder, LibraryExtension};

use crate::function::Function;
use crate::object::Callable;
use crate::strips::MasterHandle;
use crate::{basics, clips, effects, every, expect, follow, math, motion, onsets, song, strips};

/// A chapter of the reference: functions that belong together.
pub(crate) struct Chapter {
    pub(crate) title: &'static str,
    pub(crate) functions: Vec<Function>,
}

/// All functions, by chapter.
pub(crate) static CHAPTERS: LazyLock<Vec<Chapter>> = LazyLock::new(|| {
    let chapter = |title, functions| Chapter { title, functions };
    vec![
        chapter("Session, time and options", basics::functions()),
        chapter("Song", song::functions()),
        chapter("Clips", clips::functions()),
        chapter("Grids", [every::function()].into_iter().chain(onsets::functions()).collect()),
        chapter("Tracks and buses", strips::functions()),
        chapter("Expectations", vec![expect::function()]),
        chapter("Effects", effects::effect_functions().collect()),
        chapter("Motion", motion::functions().into_iter().chain([follow::function()]).collect()),
        chapter("Instruments", effects::instrument_functions().collect()),
        chapter("Waves and envelopes", effects::wave_functions().collect()),
        chapter("Numbers", math::functions()),
    ]
});

/// The functions of the namespace `math`.
pub(crate) static MATH: LazyLock<Vec<Function>> = LazyLock::new(math::namespace);

/// The globals of a mix.
pub(crate) fn globals() -> &'static Globals {
    static GLOBALS: LazyLock<Globals> = LazyLock::new(|| {
        use LibraryExtension::{Print, SetType, StructType, Typing};
        let mut builder = GlobalsBuilder::extended_by(&[Print, SetType, StructType, Typing]);
        for function in CHAPTERS.iter().flat_map(|chapter| &chapter.functions) {
            builder.set(function.name, Callable { function, receiver: None });
        }
        builder.set("master", MasterHandle {});
        builder.namespace("math", |builder| {
            for function in MATH.iter() {
                builder.set(function.name, Callable { function, receiver: None });
            }
            math::constants(builder);
        });
        builder.build()
    });
    &GLOBALS
}

/// All global names, for completion and for the search for undefined ones.
pub fn names() -> &'static BTreeSet<String> {
    static NAMES: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| globals().names().map(|name| name.as_str().to_string()).collect());
    &NAMES
}

/// The function of that name.
pub(crate) fn function(name: &str) -> Option<&'static Function> {
    CHAPTERS.iter().flat_map(|chapter| &chapter.functions).find(|function| function.name == name)
}
