//! What the tests of the suite share.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Optional material beside the repository; tests over it say when it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    println!("not tested: {} is not there", path.display());
    None
}

/// The program; another build of it, if DOWNBEAT says where one is.
pub fn downbeat() -> Command {
    let built = env!("CARGO_BIN_EXE_downbeat");
    let mut command = Command::new(std::env::var_os("DOWNBEAT").unwrap_or_else(|| built.into()));
    command.current_dir(root()).env_remove("NO_COLOR");
    command
}

/// Runs the program at the root and expects this exit code; gives what it printed on standard output and standard error.
pub fn run(args: &[&str], code: i32) -> (String, String) {
    run_in(&root(), args, code)
}

fn run_in(folder: &Path, args: &[&str], code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = downbeat().current_dir(folder).args(args).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(code), "downbeat {args:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

/// A folder for one test, which is gone after it.
pub struct Folder(TempDir);

impl Folder {
    /// With nothing in it.
    pub fn new() -> Self {
        Folder(TempDir::new().unwrap())
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The same as an argument.
    pub fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_string()
    }

    /// Runs the program in it and expects this exit code; gives what it printed on standard output and standard error.
    pub fn run(&self, args: &[&str], code: i32) -> (String, String) {
        run_in(self.0.path(), args, code)
    }

    /// The names of all that is in it.
    pub fn names(&self) -> Vec<String> {
        names(self.0.path())
    }
}

/// The names of all that is in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writes a whole file at once, as most editors do.
pub fn replace(path: &Path, bytes: impl AsRef<[u8]>) {
    let new = path.with_extension("new~");
    std::fs::write(&new, bytes).unwrap();
    std::fs::rename(new, path).unwrap();
}

/// Copies the song of the example "Two Couples" into a folder: its recordings and its MIDI, and its mix as `mix.star`.
pub fn copy_two_couples(folder: &Folder) {
    let song = root().join("examples/two-couples");
    std::fs::create_dir(folder.path("stems")).unwrap();
    let stems = names(&song.join("stems")).into_iter().map(|name| format!("stems/{name}"));
    for name in stems.chain(["two-couples.mid", "mix.star"].map(String::from)) {
        std::fs::copy(song.join(&name), folder.path(&name)).unwrap();
    }
}

/// The samples of a WAV file, channel by channel, at full scale ±1.
pub fn read_wav(path: &Path) -> Vec<Vec<f32>> {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    let samples: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().map(Result::unwrap).collect(),
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1i64 << (spec.bits_per_sample - 1)) as f32;
            reader.samples::<i32>().map(|sample| sample.unwrap() as f32 * scale).collect()
        }
    };
    let channels = usize::from(spec.channels);
    (0..channels).map(|c| samples.iter().skip(c).step_by(channels).copied().collect()).collect()
}

/// 120 bpm, 4/4, 96 ticks a quarter, and one part with a note from 0 to 4 s: two bars.
pub fn song() -> Vec<u8> {
    let track = b"\0\xff\x03\x04Lead\0\xff\x51\x03\x07\xa1\x20\0\xff\x58\x04\x04\x02\x18\x08\0\xc0\x05\0\x90\x3c\x64\x86\x00\x80\x3c\0\0\xff\x2f\0";
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk".to_vec();
    bytes.extend(u32::try_from(track.len()).unwrap().to_be_bytes());
    bytes.extend(track);
    bytes
}
