//! What a process takes: memory, threads and open files. Known on Linux alone.

use std::fs;

/// At one moment.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Resident memory, bytes.
    pub resident: u64,
    pub threads: usize,
    pub files: usize,
}

impl Figures {
    /// Of a process; None where the system does not tell.
    pub fn of(process: u32) -> Option<Self> {
        let folder = format!("/proc/{process}");
        let status = fs::read_to_string(format!("{folder}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let resident = 1024 * line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
        let count = |of: &str| Some(fs::read_dir(format!("{folder}/{of}")).ok()?.count());
        Some(Figures { resident, threads: count("task")?, files: count("fd")? })
    }
}

/// The middle of some numbers.
pub fn median(numbers: impl Iterator<Item = u64>) -> u64 {
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    numbers[numbers.len() / 2]
}
