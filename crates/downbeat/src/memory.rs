//! How memory is got from the system, and given back.
//!
//! Sound goes through fresh memory by the hundred megabytes, and the system clears all of it first: page by page, that takes
//! longer than much of the work on the sound. So it is asked for in large pages, which are cleared many at a time.

use std::ffi::{c_int, c_long};

use libmimalloc_sys::{mi_option_large_os_pages, mi_option_set};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// After how many milliseconds free memory goes back to the system. The place of `mi_option_purge_delay` among the options in
/// `mimalloc.h` of mimalloc 2.
const PURGE_DELAY: c_int = 15;

/// The memory is reserved when the first of it is needed, which is before `main`.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = in_large_pages;

#[cfg(target_os = "linux")]
extern "C" fn in_large_pages() {
    set(mi_option_large_os_pages, 1);
}

/// Gives back what is free at once, from now on. Else each thread gives back what it freed when it next needs some, and threads
/// that rest for long would hold on to it. To be called before other threads are started.
pub fn give_back_at_once() {
    set(PURGE_DELAY, 0);
}

fn set(option: c_int, value: c_long) {
    // SAFETY: it writes one number of the allocator's own table of options, and no other thread is there yet to read it.
    unsafe { mi_option_set(option, value) }
}
