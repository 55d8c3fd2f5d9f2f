//! Which crate may use which: anything else is an error of structure.

use std::process::Command;

use crate::support::root;

/// The edges there may be, and no other.
const ALLOWED: &[(&str, &[&str])] = &[
    ("downbeat-dsp", &[]),
    ("downbeat-engine", &["downbeat-dsp"]),
    ("downbeat-picture", &["downbeat-dsp"]),
    ("downbeat-script", &["downbeat-dsp", "downbeat-engine"]),
    ("downbeat", &["downbeat-dsp", "downbeat-engine", "downbeat-picture", "downbeat-script"]),
];

#[test]
fn crates_use_only_what_they_may() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_string());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut seen = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = ALLOWED.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("who is {name}?"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if used.starts_with("downbeat") && dependency["kind"] != "dev" {
                assert!(allowed.contains(&used), "{name} may not use {used}");
            }
        }
        seen.push(name.to_string());
    }
    assert_eq!(seen.len(), ALLOWED.len(), "{seen:?}");
}

/// Threads, files, the clock and the environment each have their one place.
#[test]
fn the_machine_is_touched_in_one_place_only() {
    let rules: &[(&str, &[&str], &[&str])] = &[
        ("downbeat-dsp", &["std::fs", "std::thread", "std::time", "std::env", "rayon"], &[]),
        ("downbeat-engine", &["std::fs", "std::time", "std::env"], &[]),
        ("downbeat-engine", &["rayon", "std::thread"], &["render"]),
        ("downbeat-picture", &["std::fs", "std::thread", "std::time", "std::env"], &[]),
        ("downbeat-script", &["std::fs", "std::time", "std::env", "rayon"], &[]),
    ];
    for (name, forbidden, except) in rules {
        let source = root().join("crates").join(name).join("src");
        for file in files_below(&source) {
            let inside = file.strip_prefix(&source).unwrap();
            if except.iter().any(|folder| inside.starts_with(folder)) {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in *forbidden {
                assert!(!code.contains(word), "{} uses {word}", file.display());
            }
        }
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
