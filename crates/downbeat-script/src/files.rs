//! Paths in scripts, and what to say when there is no such file.

use downbeat_engine::WorldError;

use crate::diagnostic::Diagnostic;

/// A path as it is written in a script, seen from the mix's folder: relative paths start at the script's own folder.
pub(crate) fn resolve(script: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_string();
    }
    let folder = script.rfind('/').map_or("", |slash| &script[..=slash]);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            // What leads out of the mix's folder is kept: the world decides about it.
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// Adds the files that were probably meant.
pub(crate) fn not_found(diagnostic: Diagnostic, error: &WorldError) -> Diagnostic {
    match error {
        WorldError::NotFound { similar, .. } => match similar.as_slice() {
            [] => diagnostic.hint("paths are relative to the folder of the script that names them"),
            [nearest, others @ ..] => {
                let diagnostic = diagnostic.label(format!("did you mean {nearest:?}?"));
                if others.is_empty() {
                    return diagnostic;
                }
                let others: Vec<String> = others.iter().take(5).map(|path| format!("{path:?}")).collect();
                diagnostic.hint(format!("there are also {}", others.join(", ")))
            }
        },
        WorldError::Outside { .. } => diagnostic.hint("allow its folder with --allow-read DIR"),
        WorldError::Io { .. } => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_folder_of_the_script() {
        for (script, path, resolved) in [
            ("mix.star", "a.wav", "a.wav"),
            ("lib/drums.star", "kick.wav", "lib/kick.wav"),
            ("lib/drums.star", "../kick.wav", "kick.wav"),
            ("mix.star", "../kick.wav", "../kick.wav"),
            ("a/b/mix.star", "./c/../../x//y.wav", "a/x/y.wav"),
            ("mix.star", "/stems/kick.wav", "/stems/kick.wav"),
            ("/home/me/mix.star", "kick.wav", "/home/me/kick.wav"),
        ] {
            assert_eq!(resolve(script, path), resolved);
        }
    }
}
