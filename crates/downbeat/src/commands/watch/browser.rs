//! Opens the page in the listener's browser.

use std::process::{Command, Stdio};

/// How that is called on this machine.
const OPENERS: &[(&str, &[&str])] = if cfg!(target_os = "macos") {
    &[("open", &[])]
} else if cfg!(windows) {
    // The first word in quotes would be a title.
    &[("cmd", &["/C", "start", ""])]
} else {
    &[("xdg-open", &[]), ("gio", &["open"])]
};

/// Opens a page, if there is something to open it with. It is no harm if not: its address stands on the terminal.
pub fn open(url: &str) {
    let open = |(program, args): &(&str, &[&str])| {
        let mut command = Command::new(program);
        command.args(*args).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().ok()
    };
    if let Some(mut browser) = OPENERS.iter().find_map(open) {
        // Somebody has to wait for its end; it may be the browser itself.
        std::thread::spawn(move || browser.wait());
    }
}
