//! Dynamics against their closed forms: static curves, attack and release, what a detector hears.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{
    Audio, Block, Compressor, Detector, Effect, Expander, Format, Gate, Keyed, Transient, decibels, ratio,
};

/// A steady level in each channel, as constant samples: their peak and their RMS are the same.
fn steady(level_db: f64, frames: usize) -> Vec<f32> {
    vec![ratio(level_db) as f32; frames]
}

/// By how many decibels a mono sound is turned up, in each frame.
fn gains_db<E: Effect>(effect: &E, rate: u32, sound: &[f32]) -> Vec<f64> {
    let mut output = sound.to_vec();
    effect.process(&mut effect.start(Format::mono(rate)), &mut Block::mono(&mut output));
    output.iter().zip(sound).map(|(y, x)| decibels(f64::from(*y) / f64::from(*x))).collect()
}

/// After how many milliseconds the first number for which it is true comes.
fn when(numbers: &[f64], rate: u32, is_there: impl Fn(f64) -> bool) -> f64 {
    (numbers.iter().position(|x| is_there(*x)).unwrap() + 1) as f64 * 1e3 / f64::from(rate)
}

/// The output level of a compressor with a soft knee: equation 4 of Giannoulis, Massberg and Reiss (2012).
fn compressed_db(level_db: f64, threshold_db: f64, ratio: f64, knee_db: f64) -> f64 {
    let over = level_db - threshold_db;
    if 2.0 * over < -knee_db {
        level_db
    } else if 2.0 * over.abs() <= knee_db {
        level_db + (1.0 / ratio - 1.0) * (over + knee_db / 2.0) * (over + knee_db / 2.0) / (2.0 * knee_db)
    } else {
        threshold_db + over / ratio
    }
}

/// Logarithm and power are right to 0.00001 dB, and attack and release hold back 0.0006 dB.
const STATIC_DB: f64 = 0.001;

#[test]
fn a_compressor_has_its_static_curve() {
    for detector in [Detector::Peak, Detector::Rms] {
        for (threshold_db, ratio, knee_db) in [(-20.0, 4.0, 0.1), (-30.0, 2.0, 12.0), (-6.0, 1000.0, 6.0)] {
            let compressor = Compressor {
                threshold_db,
                ratio,
                knee_db,
                detector,
                makeup_db: 3.0,
                attack_ms: 2.0,
                release_ms: 2.0,
                ..Compressor::default()
            };
            for level_db in (-60..=12).map(f64::from) {
                // The mean square needs 250 ms to be right to 1e-11, the reduction another 40.
                let gain = *gains_db(&compressor, 48_000, &steady(level_db, 16_000)).last().unwrap();
                let expected = compressed_db(level_db, threshold_db, ratio, knee_db) - level_db + 3.0;
                assert!((gain - expected).abs() < STATIC_DB, "{level_db} dB: {gain} for {expected}");
            }
        }
    }
}

#[test]
fn attack_and_release_take_their_time() {
    for rate in [8000, 44_100, 96_000] {
        for (attack_ms, release_ms) in [(5.0, 80.0), (0.5, 300.0), (60.0, 20.0)] {
            let compressor = Compressor {
                threshold_db: -40.0,
                ratio: 4.0,
                knee_db: 0.0,
                attack_ms,
                release_ms,
                ..Compressor::default()
            };
            // 30 dB above the threshold, and then 10 dB below it: 22.5 dB come and go.
            let length = (2.5 * f64::from(rate)) as usize;
            let mut sound = steady(-10.0, length);
            sound.extend(steady(-50.0, length));
            let gains = gains_db(&compressor, rate, &sound);
            let done = 22.5 * (1.0 - libm::exp(-1.0));
            let attack = when(&gains, rate, |gain| gain <= -done);
            let release = when(&gains[length..], rate, |gain| gain >= done - 22.5);
            // The moment lies between two frames.
            let frame_ms = 1e3 / f64::from(rate);
            assert!((attack / attack_ms - 1.0).abs() < 1e-3 + frame_ms / attack_ms, "{attack} for {attack_ms} ms");
            assert!((release / release_ms - 1.0).abs() < 1e-3 + frame_ms / release_ms, "{release} for {release_ms} ms");
        }
    }
}

#[test]
fn attack_and_release_are_those_they_have_become() {
    // The settings of a block hold from its first frame on, and what was turned down before stays so.
    let sound = steady(0.0, 4800);
    let slow = Compressor { attack_ms: 50.0, knee_db: 0.0, ..Compressor::default() };
    let moved = Compressor { threshold_db: -24.0, ratio: 2.0, ..slow.clone() };
    let mut output = sound.clone();
    let mut state = slow.start(Format::mono(48_000));
    let (head, tail) = output.split_at_mut(2400);
    slow.process(&mut state, &mut Block::mono(head));
    moved.process(&mut state, &mut Block::mono(tail));
    // 18 dB above the threshold for one time constant; then 6 dB more, half of which is turned down.
    let over = 18.0 * (1.0 - libm::exp(-1.0));
    let expected = 0.5 * (24.0 + (over - 24.0) * libm::exp(-1.0));
    let gain = decibels(f64::from(output[4799]));
    assert!((gain + expected).abs() < STATIC_DB, "{gain} for {}", -expected);
}

#[test]
fn looking_ahead_turns_down_before_the_peak() {
    let compressor = Compressor { lookahead_ms: 5.0, attack_ms: 1.0, knee_db: 0.0, ..Compressor::default() };
    let mut sound = steady(-60.0, 4800);
    sound.extend(steady(0.0, 4800));
    let mut output = sound.clone();
    let format = Format::mono(48_000);
    compressor.process(&mut compressor.start(format), &mut Block::mono(&mut output));
    assert_eq!(compressor.latency(format), 240);
    // Five time constants before the peak comes out all but e^-5 of 13.5 dB are there.
    let expected = -13.5 * (1.0 - libm::exp(-241.0 / 48.0));
    assert!((decibels(f64::from(output[4800 + 240])) - expected).abs() < STATIC_DB);
    assert!(decibels(f64::from(output[4800 + 239])) < -73.0);
}

#[test]
fn linked_channels_are_turned_down_alike_and_others_by_themselves() {
    let levels = [-6.0, -30.0];
    for (link, right_db) in [(1.0, -9.0), (0.5, -4.5), (0.0, 0.0)] {
        let compressor = Compressor { link, knee_db: 0.0, attack_ms: 0.0, ..Compressor::default() };
        let mut sound = Audio::stereo(48_000, steady(levels[0], 1000), steady(levels[1], 1000));
        compressor.process(&mut compressor.start(sound.format()), &mut sound.block());
        let gains = [sound.left()[999], sound.right()[999]].map(|x| decibels(f64::from(x)));
        assert!((gains[0] - levels[0] + 9.0).abs() < STATIC_DB, "{gains:?}");
        assert!((gains[1] - levels[1] - right_db).abs() < STATIC_DB, "{gains:?}");
    }
}

#[test]
fn the_mix_is_a_sum_of_sounds() {
    let compressor = Compressor { mix: 0.25, knee_db: 0.0, attack_ms: 0.0, makeup_db: 6.0, ..Compressor::default() };
    let gain = *gains_db(&compressor, 48_000, &steady(-2.0, 100)).last().unwrap();
    let expected = decibels(0.75 + 0.25 * ratio(-12.0 + 6.0));
    assert!((gain - expected).abs() < STATIC_DB);
}

#[test]
fn a_key_is_heard_in_the_place_of_the_sound() {
    let compressor = Compressor { knee_db: 0.0, attack_ms: 0.0, ..Compressor::default() };
    let loud = steady(-6.0, 500);
    let soft = steady(-60.0, 500);
    let heard = |key: &[&[f32]], channels: usize| {
        let mut sound = Audio::mono(48_000, steady(-3.0, 500));
        if channels == 2 {
            sound = sound.into_stereo();
        }
        compressor.run(&mut compressor.start(sound.format()), &mut sound.block(), Some(key));
        [sound.left()[499], sound.right()[499]].map(|x| decibels(f64::from(x)) + 3.0)
    };
    let check = |gains: [f64; 2], expected_db: f64| {
        gains.iter().for_each(|gain| assert!((gain - expected_db).abs() < STATIC_DB, "{gain} for {expected_db}"));
    };
    check(heard(&[&soft], 1), 0.0);
    check(heard(&[&loud], 1), -9.0);
    check(heard(&[&loud], 2), -9.0);
    check(heard(&[&soft, &loud], 2), -9.0);
    // The mean of both channels lies 6 dB lower than the loud one, and a little above that for the soft one.
    let mean_db = decibels((ratio(-6.0) + ratio(-60.0)) / 2.0);
    check(heard(&[&soft, &loud], 1), -0.75 * (mean_db + 18.0));
    check(heard(&[], 2), 0.0);
    // What is missing at the key's end is silence: with no release, nothing is turned down there.
    let instant = Compressor { release_ms: 0.0, ..compressor.clone() };
    let mut sound = steady(-3.0, 500);
    instant.run(&mut instant.start(Format::mono(48_000)), &mut Block::mono(&mut sound), Some(&[&loud[..300]]));
    assert!(sound[299] < 0.3 && sound[300] > 0.7);
}

#[test]
fn what_the_sidechain_cuts_is_not_heard() {
    let tone = |freq_hz: f64| -> Vec<f32> {
        (0..24_000).map(|i| libm::sin(std::f64::consts::TAU * freq_hz * f64::from(i) / 48_000.0) as f32).collect()
    };
    let reduced_db = |cuts: [f64; 2], freq_hz: f64| {
        let compressor = Compressor {
            sidechain_low_cut_hz: cuts[0],
            sidechain_high_cut_hz: cuts[1],
            detector: Detector::Rms,
            knee_db: 0.0,
            ..Compressor::default()
        };
        let tone = tone(freq_hz);
        let mut output = tone.clone();
        compressor.process(&mut compressor.start(Format::mono(48_000)), &mut Block::mono(&mut output));
        let energy = |x: &[f32]| x[12_000..].iter().map(|x| f64::from(x * x)).sum::<f64>();
        -decibels((energy(&output) / energy(&tone)).sqrt())
    };
    // A tone of full scale lies 15 dB above the threshold; at the corner of the cut it is 3 dB less; two octaves beyond,
    // 24 dB less. The mean square ripples a little.
    let close = |got: f64, expected: f64| assert!((got - expected).abs() < 0.05, "{got} for {expected}");
    close(reduced_db([0.0, 20_000.0], 1000.0), 0.75 * 14.99);
    close(reduced_db([1000.0, 20_000.0], 1000.0), 0.75 * 11.98);
    close(reduced_db([0.0, 1000.0], 1000.0), 0.75 * 11.98);
    assert!(reduced_db([4000.0, 20_000.0], 1000.0) == 0.0);
    assert!(reduced_db([0.0, 250.0], 1000.0) == 0.0);
}

/// How long a peak that is held falls from one level to a lower one: 8.7 dB in 10 ms, e^-1.
fn fall_ms(from_db: f64, to_db: f64) -> f64 {
    10.0 * libm::log(ratio(from_db - to_db))
}

#[test]
fn a_gate_opens_holds_and_closes_in_its_time() {
    for (attack_ms, hold_ms, release_ms) in [(1.0, 50.0, 100.0), (20.0, 0.0, 30.0), (0.2, 200.0, 400.0)] {
        let gate = Gate { attack_ms, hold_ms, release_ms, range_db: 60.0, ..Gate::default() };
        let mut sound = steady(-80.0, 4800);
        sound.extend(steady(-30.0, 24_000));
        sound.extend(steady(-80.0, 240_000));
        let gains: Vec<f64> = gains_db(&gate, 48_000, &sound).into_iter().map(ratio).collect();
        let frame_ms = 1.0 / 48.0;
        let closed = ratio(-60.0);
        assert!((gains[4799] / closed - 1.0).abs() < 1e-5);
        assert!((gains[28_000] - 1.0).abs() < 1e-5);
        assert!((gains[268_799] / closed - 1.0).abs() < 1e-5);
        let left = (1.0 - closed) * libm::exp(-1.0);
        let attack = when(&gains[4800..], 48_000, |gain| gain >= 1.0 - left);
        assert!((attack / attack_ms - 1.0).abs() < 1e-3 + frame_ms / attack_ms, "{attack} for {attack_ms} ms");
        let release = when(&gains[28_800..], 48_000, |gain| gain <= closed + left);
        // The level falls to the threshold less the hysteresis, then the hold, then the release.
        let expected = fall_ms(-30.0, -46.0) + hold_ms + release_ms;
        assert!((release - expected).abs() < 1e-3 * release_ms + 2.0 * frame_ms, "{release} for {expected} ms");
    }
}

#[test]
fn a_gate_stays_as_it_is_within_its_hysteresis() {
    let gate = Gate::default();
    let mut sound = steady(-43.0, 9600);
    sound.extend(steady(-30.0, 9600));
    sound.extend(steady(-43.0, 9600));
    let gains = gains_db(&gate, 48_000, &sound);
    assert!(gains[..9600].iter().all(|gain| (gain + 80.0).abs() < 1e-3));
    assert!(gains[19_000..].iter().all(|gain| gain.abs() < 1e-3));
}

#[test]
fn gate_and_expander_hear_a_key() {
    let (loud, soft) = (steady(-10.0, 9600), steady(-70.0, 9600));
    let gate = Gate::default();
    let mut sound = loud.clone();
    gate.run(&mut gate.start(Format::mono(48_000)), &mut Block::mono(&mut sound), Some(&[&soft]));
    assert!((decibels(f64::from(sound[9599])) + 90.0).abs() < STATIC_DB);
    let expander = Expander::default();
    let mut sound = soft.clone();
    expander.run(&mut expander.start(Format::mono(48_000)), &mut Block::mono(&mut sound), Some(&[&loud]));
    assert!((decibels(f64::from(sound[9599])) + 70.0).abs() < STATIC_DB);
}

#[test]
fn an_expander_has_its_static_curve() {
    for (threshold_db, ratio, knee_db, range_db) in [(-40.0, 2.0, 0.1, 120.0), (-30.0, 4.0, 12.0, 40.0)] {
        let expander =
            Expander { threshold_db, ratio, knee_db, range_db, attack_ms: 1.0, release_ms: 1.0, ..Expander::default() };
        for level_db in (-90..=0).map(f64::from) {
            let gain = *gains_db(&expander, 48_000, &steady(level_db, 4800)).last().unwrap();
            // What a limiter would take away of the level with its sign turned round, and `ratio - 1` times that.
            let below = -level_db - compressed_db(-level_db, -threshold_db, f64::INFINITY, knee_db);
            let expected = -(below * (ratio - 1.0)).min(range_db);
            // Logarithms right to a millionth are right to 0.000006 dB times the steepness.
            assert!((gain - expected).abs() < STATIC_DB, "{level_db} dB: {gain} for {expected}");
        }
    }
}

#[test]
fn an_expander_takes_its_time() {
    for (attack_ms, release_ms) in [(2.0, 300.0), (20.0, 500.0)] {
        let expander = Expander { attack_ms, release_ms, knee_db: 0.0, ..Expander::default() };
        let mut sound = steady(-60.0, 96_000);
        sound.extend(steady(-20.0, 48_000));
        sound.extend(steady(-60.0, 96_000));
        let gains = gains_db(&expander, 48_000, &sound);
        // 20 dB below the threshold it turns down by 20 dB.
        let attack = when(&gains[96_000..], 48_000, |gain| gain >= -20.0 * libm::exp(-1.0));
        assert!((attack / attack_ms - 1.0).abs() < 2e-3 + 1.0 / 48.0 / attack_ms, "{attack} for {attack_ms} ms");
        // When the level has fallen, what is missing falls by e in one time constant.
        let missing = |db: f64| when(&gains[144_000..], 48_000, |gain| gain + 20.0 <= db);
        let release = missing(10.0 * libm::exp(-1.0)) - missing(10.0);
        assert!((release / release_ms - 1.0).abs() < 2e-3 + 1.0 / 48.0 / release_ms, "{release} for {release_ms} ms");
    }
}

/// A level that steps from one to another after two seconds.
fn stepped(from_db: f64, to_db: f64) -> Vec<f32> {
    let mut sound = steady(from_db, 96_000);
    sound.extend(steady(to_db, 96_000));
    sound
}

#[test]
fn a_transient_designer_shapes_beginnings_and_what_follows() {
    for db in [6.0, -9.0] {
        let attack = Transient { attack_db: db, sustain_db: 0.0 };
        let gains = gains_db(&attack, 48_000, &stepped(-60.0, -10.0));
        // Steady before and after; all of the gain from the second millisecond on, while the slow follower has more than
        // 12 dB of its 50 to go: 30 ms ln(50/12) = 43 ms.
        assert!(gains[90_000].abs() < STATIC_DB && gains[190_000].abs() < STATIC_DB);
        assert!(gains[96_000 + 96..96_000 + 40 * 48].iter().all(|gain| (gain - db).abs() < STATIC_DB));
        let faded = gains[96_000 + 60 * 48];
        assert!(faded.abs() < db.abs() * 0.9, "{faded} dB after 60 ms");

        let sustain = Transient { attack_db: 0.0, sustain_db: db };
        let gains = gains_db(&sustain, 48_000, &stepped(-10.0, -60.0));
        assert!(gains[90_000].abs() < STATIC_DB && gains[191_999].abs() < 0.2);
        // The level falls by 50 dB in 58 ms. 100 ms after the step the fast follower has nearly come down, and the slow one
        // lacks most of its way.
        assert!((gains[96_000 + 4800] - db).abs() < STATIC_DB);
        // A beginning is not what follows.
        let gains = gains_db(&sustain, 48_000, &stepped(-60.0, -10.0));
        assert!(gains[96_000..].iter().all(|gain| gain.abs() < 0.01));
    }
}

#[test]
fn a_transient_designer_does_the_same_to_soft_and_loud() {
    let designer = Transient { attack_db: 6.0, sustain_db: -6.0 };
    let loud = gains_db(&designer, 48_000, &stepped(-40.0, 0.0));
    let soft = gains_db(&designer, 48_000, &stepped(-70.0, -30.0));
    for (loud, soft) in loud[90_000..].iter().zip(&soft[90_000..]) {
        assert!((loud - soft).abs() < STATIC_DB, "{loud} and {soft}");
    }
}
