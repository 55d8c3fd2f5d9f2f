//! SoundFonts against a second implementation, rustysynth, note by note.
//!
//! It works in blocks of 64 frames and interpolates between samples in straight lines; notes are put on its blocks, and
//! sines are slow. What it does otherwise on purpose is said where it is met.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod fonts;

use std::f64::consts::TAU;
use std::sync::Arc;

use downbeat_dsp::{Controls, Params, Performance, PlayedNote, SoundFont, SoundFontPlayer, instrument};
use fonts::{Builder, Generator, NOT_DARKER, sine};
use rustysynth::{Synthesizer, SynthesizerSettings};

const RATE: u32 = 48_000;
const LOOPS: Generator = (54, 1);
/// By how many decibels an envelope falls in its time: 100 in the specification (8.1.2, 36 to 38), 9.226 nepers there.
const FALLS_DB: [f64; 2] = [100.0, 9.226 * 20.0 * std::f64::consts::LOG10_E];

/// A note: its first frame, how many it is held, key and velocity. Frames are multiples of 64.
type Note = (usize, usize, u8, u8);
/// A move of a controller: its frame, a multiple of 64; its number, and where it goes.
type Move = (usize, u8, u8);
type Sound = [Vec<f32>; 2];

/// A font of one zone with these generators over a looped sine, 750 Hz at key 60.
fn font(generators: &[Generator]) -> Vec<u8> {
    let mut font = Builder::default();
    let sample = font.sample(&sine(6400), 6400 - 64, 60);
    let instrument = font.modulated(&[[generators, &[LOOPS, (53, sample)]].concat()], &[NOT_DARKER]);
    font.preset("One", 0, 0, &[vec![(41, instrument)]]);
    font.bytes()
}

/// Both sounds of these notes: ours and theirs.
fn both(font: &[u8], notes: &[Note], frames: usize) -> [Sound; 2] {
    [ours(font, notes, &[], frames), theirs(font, notes, &[], frames)]
}

fn ours(font: &[u8], notes: &[Note], moves: &[Move], frames: usize) -> Sound {
    let file = SoundFont::parse("test.sf2", [0; 32], font).unwrap();
    let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
    let notes = notes.iter().map(|&(start, held, key, velocity)| PlayedNote {
        start: start as u64,
        frames: held as u64,
        key,
        freq_hz: 440.0 * libm::exp2((f64::from(key) - 69.0) / 12.0),
        velocity,
        bends: Arc::new([]),
    });
    let mut now = Controls::START;
    let controls = moves.iter().map(|&(at, number, value)| {
        *match number {
            1 => &mut now.modulation,
            7 => &mut now.volume,
            10 => &mut now.pan,
            _ => &mut now.expression,
        } = value;
        (at as u64, now)
    });
    let controls = controls.collect();
    let performance = Performance { notes: notes.collect(), controls, ..Performance::default() };
    let row = instrument("soundfont").unwrap().settings(settings.values()).unwrap();
    let mut sound = [vec![0.0; frames], vec![0.0; frames]];
    let [left, right] = &mut sound;
    row.made().player(&performance, RATE).fill_sides(left, right);
    sound
}

fn theirs(mut font: &[u8], notes: &[Note], moves: &[Move], frames: usize) -> Sound {
    let mut settings = SynthesizerSettings::new(RATE as i32);
    settings.enable_reverb_and_chorus = false;
    let font = Arc::new(rustysynth::SoundFont::new(&mut font).unwrap());
    let mut synthesizer = Synthesizer::new(&font, &settings).unwrap();
    synthesizer.set_master_volume(1.0);
    // Volume and expression at their full, in both of their bytes.
    for controller in [7, 39, 11, 43] {
        synthesizer.process_midi_message(0, 0xb0, controller, 127);
    }
    let mut sound = [vec![0.0; frames], vec![0.0; frames]];
    for block in 0..frames / 64 {
        for &(_, number, value) in moves.iter().filter(|moved| moved.0 == block * 64) {
            synthesizer.process_midi_message(0, 0xb0, number.into(), value.into());
            if number == 7 || number == 11 {
                // With the same in its fine byte, 127 is the top, and 0 the bottom.
                synthesizer.process_midi_message(0, 0xb0, i32::from(number) + 32, value.into());
            }
        }
        for &(start, held, key, velocity) in notes {
            if start + held == block * 64 {
                synthesizer.note_off(0, key.into());
            }
            if start == block * 64 {
                synthesizer.note_on(0, key.into(), velocity.into());
            }
        }
        let [left, right] = sound.each_mut().map(|side| &mut side[block * 64..][..64]);
        synthesizer.render(left, right);
    }
    sound
}

/// The amplitude and the phase, in turns, of a frequency, seen through a Hann window.
fn line(sound: &[f32], freq_hz: f64) -> (f64, f64) {
    let mut sums = [0.0; 2];
    for (i, x) in sound.iter().enumerate() {
        let window = 1.0 - libm::cos(TAU * (i as f64 + 0.5) / sound.len() as f64);
        let angle = TAU * freq_hz / f64::from(RATE) * i as f64;
        sums[0] += f64::from(*x) * window * libm::cos(angle);
        sums[1] -= f64::from(*x) * window * libm::sin(angle);
    }
    (2.0 * libm::hypot(sums[0], sums[1]) / sound.len() as f64, libm::atan2(sums[1], sums[0]) / TAU)
}

/// By how many cents a tone is above a frequency, of how its phase goes on from one window to another one.
fn cents(sound: &[f32], from: usize, [window, apart]: [usize; 2], freq_hz: f64) -> f64 {
    let phase = |from: usize| line(&sound[from..from + window], freq_hz).1;
    let turns = phase(from + apart) - phase(from) - freq_hz / f64::from(RATE) * apart as f64;
    let hz = (turns - turns.round()) * f64::from(RATE) / apart as f64;
    1200.0 * libm::log2(1.0 + hz / freq_hz)
}

fn decibels(x: f64) -> f64 {
    20.0 * libm::log10(x.max(1e-9))
}

/// The level of a stretch in decibels.
fn level(sound: &[f32], from: usize, frames: usize) -> f64 {
    let energy: f64 = sound[from..from + frames].iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    10.0 * libm::log10((energy / frames as f64).max(1e-18))
}

fn hertz(key: f64) -> f64 {
    750.0 * libm::exp2((key - 60.0) / 12.0)
}

#[test]
fn pitches_are_the_same() {
    for (generators, raised) in [
        (vec![], 0.0),
        (vec![(51, -7), (52, 31)], -6.69),
        (vec![(58, 55)], 5.0),
        // Half of the keys' steps: as far as the root is away.
        (vec![(56, 50)], f64::NAN),
    ] {
        let font = font(&generators);
        for key in [40, 53, 60, 66, 72] {
            let raised = if f64::is_nan(raised) { 0.5 * (60.0 - f64::from(key)) } else { raised };
            let freq_hz = hertz(f64::from(key) + raised);
            let [ours, theirs] = both(&font, &[(0, 38_400, key, 127)], 38_400);
            let heard = [&ours, &theirs].map(|sound| cents(&sound[0], 2_000, [9_600, 24_000], freq_hz));
            // Their ratio of frequencies is a float32, and cut to 24 bits.
            assert!(heard[0].abs() < 1e-3 && heard[1].abs() < 0.01, "{generators:?}, key {key}: {heard:?} cents");
        }
    }
}

#[test]
fn levels_and_sides_are_the_same() {
    let cases = [vec![], vec![(48, 120)], vec![(17, -500)], vec![(17, 300)], vec![(17, 130), (48, 55)]];
    for generators in cases {
        let font = font(&generators);
        for velocity in [127, 100, 64, 30, 12] {
            let sounds = both(&font, &[(0, 19_200, 60, velocity)], 19_200);
            let [ours, theirs] = sounds.map(|sides| sides.map(|side| level(&side, 6_400, 6_400)));
            for (ours, theirs) in ours.into_iter().zip(theirs).filter(|pair| pair.0 > -100.0 || pair.1 > -60.0) {
                // The middle of their pan is 0.003 of 50 to the right.
                assert!((ours - theirs).abs() < 0.005, "{generators:?}, velocity {velocity}: {ours} and {theirs} dB");
            }
        }
    }
}

#[test]
fn controllers_move_levels_and_sides_as_far() {
    // What is played while controllers move, and a note that begins in the end, on two fonts.
    let moves = [
        (0, 7, 90),
        (6_400, 11, 80),
        (12_800, 10, 20),
        (19_200, 7, 127),
        (25_600, 10, 90),
        (32_000, 11, 127),
        (38_400, 10, 0),
        (44_800, 7, 12),
        (44_800, 10, 64),
    ];
    for generators in [vec![], vec![(17, 100), (48, 55)]] {
        let font = font(&generators);
        let notes = [(0, 64_000, 60, 100), (44_800, 19_200, 72, 127)];
        let [ours, theirs] = [ours(&font, &notes, &moves, 64_000), theirs(&font, &notes, &moves, 64_000)];
        // They are at 127 what a font is by itself, we are at 100: a part without messages is as loud as the font.
        let apart = decibels(1.27) * 2.0;
        for from in (0..44_800).step_by(6_400) {
            for side in 0..2 {
                // The middle of a stretch, after every glide.
                let [ours, theirs] = [&ours, &theirs].map(|sides| level(&sides[side], from + 1_280, 3_840));
                assert!((ours - theirs - apart).abs() < 0.005 || theirs < -60.0, "{from}: {ours} and {theirs} dB");
            }
        }
        for freq_hz in [750.0, 1500.0] {
            for side in 0..2 {
                let heard = [&ours, &theirs].map(|sides| decibels(line(&sides[side][48_000..60_800], freq_hz).0));
                assert!((heard[0] - heard[1] - apart).abs() < 0.005, "{freq_hz} Hz: {heard:?} dB");
            }
        }
    }
}

#[test]
fn the_modulation_wheel_brings_as_much_vibrato() {
    let cents_of_one_hertz = 6900.0 - 1200.0 * libm::log2(440.0);
    for depth in [0, 60] {
        let font = font(&[(6, depth), (24, cents_of_one_hertz.round() as i16)]);
        for wheel in [0, 64, 127] {
            let (notes, moves) = ([(0, 64_000, 60, 127)], [(0, 1, wheel)]);
            let sounds = [ours(&font, &notes, &moves, 64_000), theirs(&font, &notes, &moves, 64_000)];
            for (at, swing) in [(0.25, 1.0), (0.5, 0.0), (0.75, -1.0)] {
                // 50 cents of 128 steps.
                let up = (f64::from(depth) + 50.0 * f64::from(wheel) / 128.0) * swing / 100.0;
                let from = (at * f64::from(RATE)) as usize - 720;
                let heard = [&sounds[0], &sounds[1]].map(|s| cents(&s[0], from, [960, 480], hertz(60.0 + up)));
                // At a top the mean over 20 ms is 1 % of the swing below it.
                assert!(heard.iter().all(|cents| cents.abs() < 2.0), "{wheel} at {at} s: {heard:?} cents");
                assert!((heard[0] - heard[1]).abs() < 1.0, "{wheel} at {at} s: {heard:?} cents");
            }
        }
    }
}

#[test]
fn volume_envelopes_take_the_same_times() {
    // Delay 1/8 s, attack 1/4 s, hold 1/8 s, decay 1 s to 30 dB down, release 1/2 s; hold and decay longer below key 60.
    let (delay, attack) = ((33, -3600), (34, -2400));
    let font = font(&[delay, attack, (35, -3600), (36, 0), (37, 300), (38, -1200), (39, 50), (40, 100)]);
    for key in [60, 48] {
        let stretched = [600.0, 1200.0].map(|by| libm::exp2(by * (60.0 - f64::from(key)) / 12.0 / 1200.0));
        let held = 96_000 + 64 * 250;
        let sounds = both(&font, &[(0, held, key, 127)], 160_000);
        // Ramps of 100 dB a second are 0.13 dB in one of their blocks; theirs are one of them behind in an attack.
        for (sound, falls_db) in sounds.iter().map(|sides| &sides[0]).zip(FALLS_DB) {
            let at = |seconds: f64| level(sound, (seconds * f64::from(RATE)) as usize - 320, 640);
            let full = at(0.375 + 0.0625);
            assert!(level(sound, 0, 5_900) < -120.0, "the delay");
            assert!((at(0.25) - full - decibels(0.5)).abs() < 0.2, "half of the attack: {}", at(0.25) - full);
            let hold = 0.125 * stretched[0];
            assert!((at(0.375 + hold - 0.01) - full).abs() < 0.01, "the end of the hold");
            let fallen = at(0.375 + hold + 0.2 * stretched[1]) - full;
            assert!((fallen + 0.2 * falls_db).abs() < 0.2, "a fifth of the decay, key {key}: {fallen} of {falls_db}");
            let end = held as f64 / f64::from(RATE);
            assert!((at(end - 0.05) - full + 30.0).abs() < 0.01, "sustain: {}", at(end - 0.05) - full);
            let released = at(end + 0.1) - full + 30.0;
            assert!((released + 0.2 * falls_db).abs() < 0.35, "a fifth of the release: {released} of {falls_db}");
        }
    }
}

#[test]
fn modulation_moves_the_pitch_as_far() {
    // An envelope that is sustained at 40 % of 700 cents, and holds its full for a second before.
    let envelope = font(&[(7, 700), (27, 0), (28, -3600), (29, 600)]);
    let [ours, theirs] = both(&envelope, &[(0, 96_000, 60, 127)], 96_000).map(|sides| {
        let [held, sustained] =
            [(24_000, 7.0), (72_000, 2.8)].map(|(at, up)| cents(&sides[0], at, [960, 9_600], hertz(60.0 + up)));
        [held, sustained]
    });
    assert!(ours.iter().all(|cents| cents.abs() < 1e-3) && theirs.iter().all(|cents| cents.abs() < 0.01));

    // Vibratos that begin after 1/8 s, up, and come to their ends after a quarter of a turn, at 1 Hz.
    for (depth, delay, frequency) in [(6, 23, 24), (5, 21, 22)] {
        let cents_of_one_hertz = 6900.0 - 1200.0 * libm::log2(440.0);
        let swinging = font(&[(depth, 200), (delay, -3600), (frequency, cents_of_one_hertz.round() as i16)]);
        let sounds = both(&swinging, &[(0, 96_000, 60, 127)], 96_000);
        for (at, up) in [(0.25, 1.0), (0.5, 1.0), (0.625, 0.0), (0.75, -1.0), (1.5, 1.0)] {
            // Two windows of 20 ms that begin 10 ms apart around the moment. Their oscillator stands still for 64 frames.
            let from = (at * f64::from(RATE)) as usize - 720;
            let heard = [&sounds[0], &sounds[1]].map(|sides| cents(&sides[0], from, [960, 480], hertz(60.0 + up)));
            assert!((heard[0] - heard[1]).abs() < 1.0, "{at} s: {heard:?} cents");
            assert!(heard[0].abs() < 1.0, "{at} s: {heard:?} cents");
        }
    }
}

#[test]
fn filters_let_through_the_same() {
    for corner_hz in [500.0, 1500.0, 4000.0_f64] {
        let corner = (1200.0 * libm::log2(corner_hz / 440.0) + 6900.0).round() as i16;
        for resonance_db in [0, 3, 10, 20] {
            let font = font(&[(8, corner), (9, 10 * resonance_db)]);
            for key in [36, 52, 60, 66, 76] {
                let freq_hz = hertz(f64::from(key));
                let sounds = both(&font, &[(0, 38_400, key, 127)], 38_400);
                let [ours, theirs] = sounds.map(|sides| decibels(line(&sides[0][9_600..28_800], freq_hz).0));
                // Lines between samples take off (pi f / rate)² / 3 at the most: 0.16 dB at 1890 Hz. And their Q is an
                // approximation that leaves peaks within 3 %.
                let straight = 20.0 * libm::log10(1.0 + libm::pow(TAU * freq_hz / f64::from(RATE), 2.0) / 12.0);
                let tolerance = 0.01 + straight + if resonance_db == 0 { 0.0 } else { decibels(1.03) };
                assert!(
                    (ours - theirs).abs() < tolerance,
                    "{freq_hz} Hz through {corner_hz} Hz at {resonance_db} dB: {ours} and {theirs} dB"
                );
            }
        }
    }
}

#[test]
fn an_exclusive_class_and_the_end_of_a_sample_are_met_alike() {
    let mut builder = Builder::default();
    let sample = builder.sample(&sine(6400), 6400 - 64, 60);
    let key =
        |key: i16, mode: i16, class: i16| vec![(43, key | key << 8), (54, mode), (57, class), (58, key), (53, sample)];
    let kit = builder.instrument(&[key(42, 0, 1), key(46, 1, 1), key(50, 3, 0)]);
    builder.preset("Kit", 0, 0, &[vec![(41, kit)]]);
    let font = builder.bytes();
    // The open hat is cut by the closed one, whose sample ends; the last sound leaves its loop when it is let go.
    let notes = [(0, 64_000, 46, 127), (12_800, 9_600, 42, 127), (32_000, 12_800, 50, 127)];
    let mut ends = Vec::new();
    for sides in both(&font, &notes, 64_000) {
        let open = level(&sides[0], 6_400, 3_200);
        // We fade what is cut for 12 ms, 576 frames; they cut at once. Their release takes 10 ms or more, ours 5.
        let closed = level(&sides[0], 14_080, 4_480);
        assert!((open - closed).abs() < 0.01, "{open} {closed}");
        let silent = |from: usize, to: usize| sides[0][from..to].iter().all(|x| x.abs() < 1e-6);
        assert!(silent(20_000, 32_000) && silent(56_000, 64_000));
        ends.push([20_000, 56_000].map(|before| sides[0][..before].iter().rposition(|x| x.abs() > 1e-3).unwrap()));
    }
    let [ours, theirs] = [ends[0], ends[1]];
    assert!(ours.into_iter().zip(theirs).all(|(ours, theirs)| ours.abs_diff(theirs) < 640), "{ours:?} {theirs:?}");
}
