//! A SoundFont under the part's own volume, pan, expression and modulation wheel: how far each moves what, against the
//! formulas of the specification, and that no move is a click.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod fonts;

use std::f64::consts::{FRAC_PI_4, TAU};
use std::sync::Arc;

use downbeat_dsp::{
    Controls, Params, Performance, PlayedNote, SoundFont, SoundFontPlayer, decibels, instrument, ratio,
};
use fonts::{Builder, Generator, Modulator, sine};

const RATE: u32 = 48_000;
/// A move takes 10 ms, and ends with the control step of 32 frames that it ends in.
const GLIDE: usize = 480;
const LAST_STEP: usize = 32;
const START: Controls = Controls::START;

type Moves = [(u64, Controls)];
type Sides = [Vec<f32>; 2];

/// A font of one zone with these generators and modulators, over a loop of these frames.
fn font(frames: &[i16], generators: &[Generator], modulators: &[Modulator]) -> SoundFontPlayer {
    let mut font = Builder::default();
    let sample = font.sample(frames, 0, 60);
    let instrument = font.modulated(&[[generators, &[(54, 1), (53, sample)]].concat()], modulators);
    font.preset("One", 0, 0, &[vec![(41, instrument)]]);
    SoundFontPlayer { file: SoundFont::parse("test.sf2", [0; 32], font.bytes()).unwrap(), ..SoundFontPlayer::default() }
}

/// A level that stands still: what is heard of it is the gain.
fn still(generators: &[Generator], modulators: &[Modulator]) -> SoundFontPlayer {
    font(&[16_384; 640], generators, modulators)
}

/// A note of 40,000 frames at the sample's own key, in blocks of this many frames.
fn in_blocks(settings: &SoundFontPlayer, moves: &Moves, block: usize) -> Sides {
    let freq_hz = 440.0 * libm::exp2(-9.0 / 12.0);
    let note = PlayedNote { start: 0, frames: 40_000, key: 60, freq_hz, velocity: 127, bends: Arc::new([]) };
    let performance = Performance { notes: [note].into(), controls: moves.into(), ..Performance::default() };
    let row = instrument("soundfont").unwrap().settings(settings.values()).unwrap();
    let mut player = row.made().player(&performance, RATE);
    let mut sound = [vec![9.0; 40_000], vec![9.0; 40_000]];
    let [left, right] = &mut sound;
    for (left, right) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
        player.fill_sides(left, right);
    }
    sound
}

fn played(settings: &SoundFontPlayer, moves: &Moves) -> Sides {
    in_blocks(settings, moves, 40_000)
}

fn same_bits(a: &Sides, b: &Sides) -> bool {
    a.iter().flatten().map(|x| x.to_bits()).eq(b.iter().flatten().map(|x| x.to_bits()))
}

/// How much louder the left side is in a frame than without any message, in decibels. Rounding to 32 bits is 1e-6 dB.
fn louder(settings: &SoundFontPlayer, moves: &Moves, frame: usize) -> f64 {
    let [with, without] = [moves, &[]].map(|moves| f64::from(played(settings, moves)[0][frame]));
    decibels(with / without)
}

#[test]
fn volume_and_expression_are_the_squares_of_what_they_say() {
    let settings = still(&[(48, 250)], &[]);
    for v in [1, 5, 20, 63, 64, 80, 100, 101, 126, 127] {
        // 96 dB of the concave curve (9.5), where 40 log10 comes to -84 dB at 1; and relative to where GM begins.
        let squared = |of: f64| 40.0 * libm::log10(f64::from(v) / of);
        let volume = louder(&settings, &[(0, Controls { volume: v, ..START })], 9_000);
        assert!((volume - squared(100.0)).abs() < 1e-5, "volume {v}: {volume} dB");
        let expression = louder(&settings, &[(0, Controls { expression: v, ..START })], 9_000);
        assert!((expression - squared(127.0)).abs() < 1e-5, "expression {v}: {expression} dB");
        let both = louder(&settings, &[(0, Controls { volume: v, expression: v, ..START })], 9_000);
        assert!((both - squared(100.0) - squared(127.0)).abs() < 1e-5 || v == 1, "both {v}: {both} dB");
    }
    // At 0 the curve is at its end; both together go down to 144 dB, as all that attenuates (8.1.3, 48).
    let closed = |volume, expression| louder(&settings, &[(0, Controls { volume, expression, ..START })], 9_000);
    let at_100 = 40.0 * libm::log10(127.0 / 100.0);
    assert!((closed(0, 127) + 96.0 - at_100).abs() < 1e-5 && (closed(100, 0) + 96.0).abs() < 1e-5);
    assert!((closed(0, 0) + 144.0).abs() < 1e-3, "{}", closed(0, 0));
}

#[test]
fn the_pan_moves_a_sound_from_where_the_font_has_it() {
    for generator in [-500, -250, 0, 130, 500] {
        let settings = still(&[(17, generator)], &[]);
        for v in [0, 1, 32, 63, 64, 65, 96, 127] {
            let sound = played(&settings, &[(0, Controls { pan: v, ..START })]);
            // Half of the way to either side, in steps of 64 (8.4.6), added to the font's in tenths of a percent.
            let pan = (f64::from(generator) + 500.0 * (f64::from(v) - 64.0) / 64.0).clamp(-500.0, 500.0);
            let angle = (pan / 500.0 + 1.0) * FRAC_PI_4;
            for (side, exact) in sound.iter().zip([libm::cos(angle), libm::sin(angle)]) {
                let heard = f64::from(side[9_000]) / 0.5;
                assert!((heard - exact).abs() < 1e-7, "{generator} and {v}: {heard} instead of {exact}");
            }
        }
    }
}

#[test]
fn what_says_nothing_changes_no_bit() {
    let settings = font(&sine(640), &[(17, 130), (6, 30), (13, 20), (22, 1000)], &[]);
    let before = played(&settings, &[]);
    assert!(same_bits(&played(&settings, &[(0, START)]), &before), "where they stand anyway");
    let moves = [(0, Controls { volume: 1, ..START }), (7_777, Controls { modulation: 99, pan: 0, ..START })];
    assert!(!same_bits(&played(&settings, &moves), &before));
    let alone = SoundFontPlayer { controllers: false, ..settings };
    assert!(same_bits(&played(&alone, &moves), &before), "controllers = False");
}

#[test]
fn any_block_size_gives_the_same_bits() {
    let settings = font(&sine(640), &[(17, 130), (24, 1000), (38, 1200)], &[]);
    let at = |k: u8| Controls { modulation: k, volume: 20 + k, pan: 127 - k, expression: 127 - k / 2 };
    let moves: Vec<_> = (0..100).map(|k| (u64::from(k) * 317, at(k))).collect();
    let whole = played(&settings, &moves);
    for block in [1, 7, 32, 33, 1_000] {
        assert!(same_bits(&in_blocks(&settings, &moves, block), &whole), "blocks of {block}");
    }
}

#[test]
fn a_move_is_a_straight_line_of_ten_milliseconds() {
    let settings = still(&[], &[]);
    // On no grid, in the middle of another move, and up.
    let softer = |volume| Controls { volume, ..START };
    for (moves, from, to) in [
        (vec![(5_003, softer(20))], 100, 20),
        (vec![(5_003, softer(0))], 100, 0),
        (vec![(0, softer(10)), (5_003, softer(127))], 10, 127),
    ] {
        let sound = &played(&settings, &moves)[0];
        let [from, to] = [from, to].map(|v| {
            let fallen_db = (40.0 * libm::log10(127.0 / f64::from(v))).min(96.0) - 40.0 * libm::log10(1.27);
            0.5 * std::f64::consts::FRAC_1_SQRT_2 * ratio(-fallen_db)
        });
        for (frame, x) in sound.iter().enumerate() {
            // A frame is where the line is after it.
            let part = (frame as f64 - 5_002.0).clamp(0.0, GLIDE as f64) / GLIDE as f64;
            let exact = from + part * (to - from);
            // Only the last step of the way may be a little longer, or shorter: there the move ends with it.
            let is_last_step = (5_003 + GLIDE - LAST_STEP..5_003 + GLIDE + LAST_STEP).contains(&frame);
            let tolerance = if is_last_step { LAST_STEP as f64 / GLIDE as f64 * (from - to).abs() } else { 0.0 };
            assert!((f64::from(*x) - exact).abs() < 1e-7 + tolerance, "frame {frame}: {x} instead of {exact}");
        }
    }
}

#[test]
fn moves_make_no_clicks() {
    // A low tone, whose own curve is gentle: 750 Hz two octaves down.
    let settings = font(&sine(640), &[(51, -24)], &[]);
    let omega = TAU * 187.5 / f64::from(RATE);
    // An expression that falls and rises in steps of 8, every 5 ms or all at once; and a pan across the middle.
    let ramp = (0..16_u8).map(|k| Controls { expression: 127 - 8 * k, ..START });
    let back = (0..16_u8).map(|k| Controls { expression: 7 + 8 * k, ..START });
    let drawn: Vec<_> = ramp.chain(back).zip((2_001..).step_by(240)).map(|(c, at)| (at, c)).collect();
    let jump = vec![(5_001, Controls { expression: 30, ..START }), (9_001, START)];
    let across = vec![(5_001, Controls { pan: 0, ..START }), (9_001, Controls { pan: 127, ..START })];
    for moves in [drawn, jump, across] {
        for side in played(&settings, &moves) {
            let slope = 1.0 / GLIDE as f64;
            let curve = |w: &[f32]| (f64::from(w[0]) - 2.0 * f64::from(w[1]) + f64::from(w[2])).abs();
            // It begins with a corner, as does the sample; and the end of the note is a fade of its own.
            let most = side[10..39_000].windows(3).map(curve).fold(0.0, f64::max);
            // Of a product of a sine and a line: its own curve, twice both slopes, and the line's corner, which may be at
            // a peak. A step of 0.7 without a glide would be a curve of 0.7.
            let allowed = omega * omega + 2.0 * omega * slope + 2.0 * slope;
            assert!(most < allowed, "{most} of {allowed}");
            assert!(most > 0.5 * omega * omega, "something is heard");
        }
    }
}

#[test]
fn notes_begin_where_the_controllers_stand() {
    // A move in the very frame of the note is no glide, and neither is one before it.
    let settings = still(&[], &[]);
    let quiet = Controls { volume: 50, pan: 0, ..START };
    let sound = played(&settings, &[(0, quiet)]);
    assert_eq!(sound[0][0], sound[0][20_000]);
    assert!((decibels(f64::from(sound[0][0]) * 2.0) - 40.0 * libm::log10(0.5)).abs() < 1e-5);
    assert_eq!(sound[1][0], 0.0);
}

#[test]
fn a_font_may_have_modulators_of_its_own() {
    let quiet = [(0, Controls { volume: 50, ..START })];
    // The default for the volume turned off, and half of it.
    assert_eq!(louder(&still(&[], &[(0x0587, 48, 0, 0, 0)]), &quiet, 9_000), 0.0);
    let half = louder(&still(&[], &[(0x0587, 48, 480, 0, 0)]), &quiet, 9_000);
    assert!((half - 20.0 * libm::log10(0.5)).abs() < 1e-5, "{half}");
    // The wheel to the level by 128 tenths of a decibel, and to the pan besides.
    let wheel = [(0, Controls { modulation: 64, ..START })];
    let softer = still(&[], &[(0x0081, 48, 128, 0, 0)]);
    assert!((louder(&softer, &wheel, 9_000) + 6.4).abs() < 1e-5);
    let aside = played(&still(&[], &[(0x0081, 17, 1000, 0, 0)]), &wheel);
    assert!(aside[0][9_000].abs() < 1e-7 && (aside[1][9_000] - 0.5).abs() < 1e-7);
    // The wheel to a tremolo of 10 dB at 1 Hz: a quarter of a turn after the beginning it is at its top.
    let at_one_hertz = 6900.0 - 1200.0 * libm::log2(440.0);
    let trembling = still(&[(22, at_one_hertz.round() as i16)], &[(0x0081, 13, 200, 0, 0)]);
    let top = louder(&trembling, &wheel, 12_000);
    // Its frequency is rounded to a cent, and the step of the tremolo is 32 frames: 0.03 dB.
    assert!((top - 10.0).abs() < 0.03, "{top}");
    assert_eq!(played(&trembling, &[])[0][12_000], played(&trembling, &[])[0][0]);
}

/// Numbers that no message can have, and moves that are in no order.
#[test]
fn what_makes_no_sense_is_survived() {
    let most = Controls { modulation: 255, volume: 255, pan: 255, expression: 255 };
    let settings = font(&sine(640), &[], &[(0x0081, 13, i16::MAX, 0, 0), (0x0287, 48, i16::MIN, 0x028a, 0)]);
    for moves in [vec![(9_000, most), (100, START), (u64::MAX, most)], vec![(0, most), (0, START), (0, most)]] {
        let sound = played(&settings, &moves);
        assert!(sound.iter().flatten().all(|x| x.is_finite()));
    }
}
