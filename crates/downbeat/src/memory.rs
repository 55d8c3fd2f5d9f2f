//! How memory is got from the system.
//!
//! Sound goes through fresh memory by the hundred megabytes, and the system clears all of it first: page by page, that takes
//! longer than much of the work on the sound. So it is asked for in large pages, which are cleared many at a time.

use mimalloc::MiMalloc;

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
