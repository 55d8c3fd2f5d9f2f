//! What a script is told when something is wrong with it: one golden file for each mistake.
//!
//! `UPDATE_GOLDEN=1 cargo test -p downbeat-script` writes the texts anew; read each before it is committed.

mod common;

use std::fs;
use std::path::Path;

use common::{Memory, run_in, text};
use downbeat_script::{Limits, Options};

#[test]
fn every_mistake_is_told_like_this() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/errors");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut scripts: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    for path in scripts.iter().filter(|path| path.extension().is_some_and(|extension| extension == "star")) {
        let script = fs::read_to_string(path).unwrap();
        let found = told(&script);
        let golden = path.with_extension("txt");
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if found != expected {
            if update {
                fs::write(&golden, &found).unwrap();
            } else {
                wrong.push(format!("{}\n--- expected\n{expected}\n--- found\n{found}", path.display()));
            }
        }
        count += 1;
    }
    assert!(count > 40, "there are {count} scripts only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What a script prints and is told. A first line `# --set NAME=VALUE` gives it a setting from outside.
fn told(script: &str) -> String {
    let settings = script.lines().filter_map(|line| line.strip_prefix("# --set ")?.split_once('='));
    let settings = settings.map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let limits = Limits { steps: 1_000_000, ..Limits::default() };
    let mut folder = Memory::folder();
    folder.put("a.star", "load(\"b.star\", \"b\")\na = 1\n");
    folder.put("b.star", "load(\"a.star\", \"a\")\nb = 1\n");
    folder.put("broken.star", "def quiet(strip):\n    return strip.fadr(db = -6)\n\nx = 1 +\n");
    folder.put("faulty.star", "def quiet(strip):\n    return strip.fader(dB = -6)\n");
    let evaluation = run_in(folder, script, &Options { settings, limits, ..Options::default() });
    let told = text(&evaluation);
    assert_eq!(evaluation.session.is_none(), told.contains("error: "), "{told}");
    let prints: String = evaluation.prints.iter().map(|line| format!("{line}\n")).collect();
    // Nobody wants blanks at the ends of lines in a file that is kept.
    let lines: Vec<&str> = told.lines().map(str::trim_end).collect();
    format!("{prints}{}\n", lines.join("\n").trim_end())
}
