//! What the tests of the suite share.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// The program.
pub fn downbeat() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_downbeat"));
    command.current_dir(root()).env_remove("NO_COLOR");
    command
}

/// Runs the program and expects this exit code; gives what it printed on standard output and standard error.
pub fn run(args: &[&str], code: i32) -> (String, String) {
    let Output { status, stdout, stderr } = downbeat().args(args).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(code), "downbeat {args:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
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
