//! How memory is got from the system.
//!
//! Sound goes through fresh memory by the hundred megabytes, and the system clears all of it first, page by page: after an
//! edit that takes longer than the sound itself. So it is asked for in large pages, which are cleared many at a time; and
//! while a mix is watched, memory that is free again is kept for the next edit.

use std::ffi::{c_int, c_long};

use libmimalloc_sys::{mi_option_large_os_pages, mi_option_set};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// After how many milliseconds free memory goes back to the system; ten times that, if it is in large pieces. The place of
/// `mi_option_purge_delay` among the options in `mimalloc.h` of mimalloc 2.
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

/// Keeps free memory for a second from now on: usually it goes back in the midst of the work that needs it again.
pub fn keep() {
    set(PURGE_DELAY, 100);
}

fn set(option: c_int, value: c_long) {
    // SAFETY: it writes one number of the allocator's own table of options, at any time and from any thread; options that
    // there are not are left alone.
    unsafe { mi_option_set(option, value) }
}
