//! The folder that a section of a page works in.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;

use crate::support::{downbeat, root};

const EXAMPLE: &str = "examples/two-couples";

/// A folder with the example's stems and song in it.
pub struct Folder(TempDir);

impl Folder {
    /// A new one.
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let from = root().join(EXAMPLE);
        lay_out(&from.join("stems"), &dir.path().join("stems"));
        link_or_copy(&from.join("two-couples.mid"), &dir.path().join("two-couples.mid"));
        Folder(dir)
    }

    /// Adds what a command finds at the root of the repository.
    pub fn add_repository(&self) {
        let example = self.0.path().join(EXAMPLE);
        lay_out(&root().join(EXAMPLE), &example);
        lay_out(&self.0.path().join("stems"), &example.join("stems"));
        fs::create_dir(self.0.path().join("docs")).unwrap();
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    /// The pictures that commands have written below `docs`: their names, as seen from the root, and their bytes.
    pub fn pictures(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(self.0.path().join("docs/pictures")) else { return Vec::new() };
        let picture = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            (format!("docs/pictures/{name}"), fs::read(&path).unwrap())
        };
        entries.map(|entry| picture(entry.unwrap().path())).collect()
    }

    /// Renders the first bars of `mix.star`, or all of it when it has no bars. Gives what it printed.
    pub fn render(&self, script: &str) -> Result<String, String> {
        let range = if script.contains("midi(") { " --to 2" } else { "" };
        let output = downbeat()
            .current_dir(self.0.path())
            .args(format!("render mix.star -o out.wav{range}").split(' '))
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        if !output.status.success() || printed.contains("warning: ") { Err(printed) } else { Ok(printed) }
    }

    /// Runs a command. Gives whether it went well, and all that it said.
    pub fn run(&self, command: &str) -> Result<(bool, String), String> {
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let args = match words.as_slice() {
            ["downbeat", "watch", args @ ..] => return Ok((self.watch(args), String::new())),
            ["cargo", "run", "--release", "--", args @ ..] | ["downbeat", args @ ..] => args,
            // These run this test, or need a network.
            ["cargo", "test" | "install", ..] => return Ok((true, String::new())),
            _ => return Err(format!("`{command}` is not a command that can be tested")),
        };
        let output = downbeat().current_dir(self.0.path()).args(args).output().unwrap();
        let said = [output.stderr, output.stdout].concat();
        Ok((output.status.success(), String::from_utf8(said).unwrap()))
    }

    /// Watches a mix until it is rendered, and tells whether it was.
    fn watch(&self, args: &[&str]) -> bool {
        let mut command = downbeat();
        command.current_dir(self.0.path()).arg("watch").args(args).args(["--json", "--no-browser", "--port", "0"]);
        let mut watching = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(watching.stdout.take().unwrap()).lines().map_while(Result::ok);
        let done = |line: &String| line.contains(r#""event":"rendered""#) || line.contains(r#""event":"error""#);
        let is_rendered = { lines }.find(done).is_some_and(|line| line.contains("rendered"));
        watching.kill().unwrap();
        watching.wait().unwrap();
        is_rendered
    }
}

/// The words of a command, as a shell takes it apart: quotes keep a word together, `#` begins a comment.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Puts the files of one folder into another one, a new one.
fn lay_out(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        // Not those that somebody has rendered there.
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_file() && !name.ends_with(".wav") {
            link_or_copy(&entry.path(), &to.join(name));
        }
    }
}

/// A hard link where the file system can, for the stems are large; a script does not follow other links out of its
/// folder.
fn link_or_copy(from: &Path, to: &Path) {
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).unwrap();
    }
}

#[test]
fn words_are_taken_apart_as_in_a_shell() {
    assert_eq!(words("a -o 'b c'  \"d'e\" # f"), ["a", "-o", "b c", "d'e"]);
    assert_eq!(words("a# '#'"), ["a#", "#"]);
}
