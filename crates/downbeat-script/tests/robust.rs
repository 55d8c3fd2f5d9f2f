//! Whatever a script says, there is an answer: no panic, no endless loop, and either a session or an error.

mod common;

use std::sync::Arc;

use common::{Memory, run_in};
use downbeat_script::{Limits, Options, evaluate_effects};
use proptest::prelude::*;

fn survives(script: &str) {
    let limits = Limits { steps: 20_000, memory: 64 << 20, depth: 50 };
    let evaluation = run_in(Memory::folder(), script, &Options { limits, ..Options::default() });
    let error = evaluation.diagnostics.iter().any(downbeat_script::Diagnostic::is_error);
    assert_eq!(evaluation.session.is_none(), error, "{script}");
    // Rendering walks over every span.
    common::text(&evaluation);
}

/// Words of the language and of scripts, right and wrong.
const WORDS: &[&str] = &[
    "track",
    "audio",
    "\"drums.wav\"",
    "\"song.mid\"",
    "\"x\"",
    "midi",
    "song",
    "bars",
    "bar",
    "cut",
    "insert",
    "parallel",
    "soft_clip",
    "reverse",
    "gain",
    "drive",
    "db",
    "=",
    "==",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "!",
    "for",
    "in",
    "if",
    "else",
    "elif",
    ":",
    "\n",
    "\n    ",
    "\t",
    "def",
    "return",
    "load",
    "1",
    "0",
    "-1",
    "2.5",
    "1e308",
    "99999999999999999999",
    "True",
    "None",
    "not",
    "and",
    "lambda",
    "f\"{",
    "}\"",
    "'",
    "\"",
    "\\",
    "#",
    "master",
    "fader",
    "pan",
    "send",
    "bus",
    "place",
    "at",
    "seconds",
    "beats",
    "samples",
    "sum",
    "round",
    "math",
    "pi",
    "pow",
    "sweep",
    "tone",
    "synth",
    "play",
    "plucked",
    "part",
    "square",
    "adsr",
    "session",
    "rate",
    "option",
    "ü",
    "“",
    "while",
    "import",
    "is",
    "range",
    "len",
    "*",
    "**",
    "onsets",
    "beats_of",
    "downbeats_of",
    "tempo_of",
    "every",
    "snap",
    "song.downbeats",
    "[::2]",
    "x",
    "y",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn word_soup_is_survived(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..40)) {
        survives(&words.join(" "));
    }

    #[test]
    fn lines_with_holes_are_survived(keep in proptest::collection::vec(any::<bool>(), 320), at in 0usize..300, c in any::<char>()) {
        const SCRIPT: &str = "song = midi(\"song.mid\")\nhats = track(\"Hats\", audio(\"drums.wav\"))\n\
            plate = bus(\"Plate\", soft_clip(2))\nfor bar in hats.cut(song.beats, fade = ms(5)):\n    if bar.peak_db > -14:\n\
            \x20       bar.insert([reverse(), soft_clip(drive = 7)]).parallel(gain(db = -3), dry = False)\n\
            hats.send(plate, db = -12).place(sweep(65, 261, ms = 50), at = song.bar(2) + beats(0.5))\n";
        let chars = SCRIPT.chars().enumerate().filter(|(i, _)| *i > keep.len() || keep[*i % keep.len()] || i % 7 != 0);
        let holes: String = chars.map(|(_, c)| c).collect();
        survives(&holes);
        let swapped: String = SCRIPT.chars().enumerate().map(|(i, old)| if i == at { c } else { old }).collect();
        survives(&swapped);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,60}") {
        survives(&text);
        let _ = evaluate_effects(&text, Arc::new(Memory::folder()), 48_000);
    }
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("not ", ""), ("lambda: ", ""), ("f(", ")")] {
        let script = format!("x = {}1{}", open.repeat(20_000), close.repeat(20_000));
        survives(&script);
    }
    survives(&format!("x = 1{}", " + 1".repeat(20_000)));
    survives(&format!("x = y{}", ".a".repeat(20_000)));
    survives(&(0..2_000).map(|depth| format!("{}if True:\n", " ".repeat(depth))).collect::<String>());
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let mut folder = Memory::folder();
    folder.put("mix.star", vec![b'x', b'\n', 0xff, 0xfe]);
    let evaluation = downbeat_script::evaluate("mix.star", std::sync::Arc::new(folder), &Options::default());
    assert_eq!(evaluation.diagnostics[0].message, "`mix.star` is not a text in UTF-8: line 2 has a byte that is none");
}

#[test]
fn limits_hold() {
    let memory = run_in(
        Memory::folder(),
        "x = []\nfor i in range(10000000):\n    x.append(\"a\" * 1000)\n",
        &Options { limits: Limits { memory: 32 << 20, ..Limits::default() }, ..Options::default() },
    );
    assert_eq!(memory.diagnostics[0].message, "the script takes more than 32 MiB of memory");
    let steps = run_in(
        Memory::folder(),
        "load(\"lib.star\", \"half\")\ndef f():\n    for i in range(100000000):\n        pass\nf()\n",
        &Options { limits: Limits { steps: 100_000, ..Limits::default() }, ..Options::default() },
    );
    assert!(steps.diagnostics[0].message.contains("more than 100000 steps"), "{:?}", steps.diagnostics);
}
