//! Any bytes as a SoundFont. What is read can be played: every preset, soft and loud, high and low, bent, let go.
#![no_main]

use downbeat_dsp::{Controls, Params, Performance, PlayedNote, SoundFont, SoundFontPlayer, instrument};
use libfuzzer_sys::fuzz_target;

/// A few bytes can promise minutes of release; this many frames tell enough.
const ENOUGH: usize = 2048;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = SoundFont::parse("font.sf2", [0; 32], bytes) else { return };
    let notes = [(0, 700, 127, 60), (100, 300, 1, 0), (300, 1000, 64, 127), (300, 1000, 90, 60)];
    let notes = notes.map(|(start, frames, velocity, key)| {
        let freq_hz = 440.0 * 2.0_f64.powf((f64::from(key) - 69.0) / 12.0);
        PlayedNote { start, frames, key, freq_hz, velocity, bends: [].into() }
    });
    let bends = [(500, 1.1), (900, 0.3)].into();
    let loud = Controls { modulation: 127, volume: 127, pan: 0, expression: 1 };
    let controls = [(0, Controls { pan: 127, ..Controls::START }), (400, loud), (401, Controls::START)].into();
    let performance = Performance { notes: notes.into(), bends, controls, ..Performance::default() };
    let presets: Vec<_> = file.presets().map(|(bank, program, _)| (bank, program)).take(3).collect();
    for (bank, program) in presets {
        let settings = SoundFontPlayer { file: file.clone(), bank, program, ..SoundFontPlayer::default() };
        let row = instrument("soundfont").expect("it is in the table");
        // Numbers beyond those of MIDI are refused.
        let Ok(settings) = row.settings(settings.values()) else { continue };
        let [mut left, mut right] = [vec![0.0; ENOUGH], vec![0.0; ENOUGH]];
        settings.made().player(&performance, 48_000).fill_sides(&mut left, &mut right);
        assert!(left.iter().chain(&right).all(|x| x.is_finite()));
    }
});
