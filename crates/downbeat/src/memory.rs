//! How memory is got from the system, and given back.
//!
//! Sound goes through fresh memory by the hundred megabytes, and the system clears all of it first: page by page, that takes
//! longer than much of the work on the sound. So it is asked for in large pages, which are cleared many at a time.

use mimalloc::MiMalloc;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The memory is reserved when the first of it is needed, which is before `main`.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = in_large_pages;

#[cfg(target_os = "linux")]
extern "C" fn in_large_pages() {
    // SAFETY: it writes one number of the allocator's own table of options, and nothing else runs yet.
    unsafe { libmimalloc_sys::mi_option_set(libmimalloc_sys::mi_option_large_os_pages, 1) }
}

/// How many bytes the program takes of the computer's memory, where the system tells.
pub fn resident() -> Option<u64> {
    let process = get_current_pid().ok()?;
    let mut system = System::new();
    let memory = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), true, memory);
    system.process(process).map(sysinfo::Process::memory)
}

/// Gives back what this thread has free. By itself it does so when it next needs some, and one that rests holds on to it.
pub fn give_back() {
    // SAFETY: it frees nothing that is in use, and may be called at any time by any thread.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
