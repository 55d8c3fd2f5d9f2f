//! `downbeat play`, as far as it goes without an output.

use crate::support::run;

#[test]
fn help_says_how_to_play() {
    let (help, _) = run(&["play", "--help"], 0);
    for part in ["--from", "--loop", "--device", "--list-devices", "Ctrl-C"] {
        assert!(help.contains(part), "{part}");
    }
    let (_, message) = run(&["play"], 2);
    assert!(message.contains("MIX.star|FILE"), "{message}");
}

#[test]
#[cfg(not(feature = "playback"))]
fn without_playback_it_says_how_to_get_it_and_what_there_is_instead() {
    for args in [&["play", "mix.star"][..], &["play", "--list-devices"]] {
        let (output, message) = run(args, 1);
        assert_eq!(output, "");
        for part in ["built without playback", "--features playback", "libasound2-dev", "downbeat watch"] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
#[cfg(feature = "playback")]
fn with_playback_mistakes_are_told_before_anything_plays() {
    let (_, message) = run(&["play", "nowhere.wav"], 2);
    assert!(message.contains("nowhere.wav"), "{message}");
}
