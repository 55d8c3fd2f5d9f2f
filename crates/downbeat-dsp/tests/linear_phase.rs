//! Filters of linear phase against their specification, measured on their answer to a click.

use std::f64::consts::TAU;

use downbeat_dsp::{Block, Effect, FirBand, Format, LinearPhase, decibels, ratio};

/// The answer to a click, from its first frame to its last one; the click itself would lie in the middle.
fn response(filter: &LinearPhase, rate: u32) -> Vec<f32> {
    let format = Format::mono(rate);
    let (latency, tail) = (filter.latency(format), filter.tail(format));
    let mut samples = vec![0.0; latency + tail + 1];
    samples[0] = 1.0;
    filter.process(&mut filter.start(format), &mut Block::mono(&mut samples));
    assert!(samples[..latency - tail].iter().all(|x| *x == 0.0 || x.abs() < 1e-15), "nothing comes before its time");
    samples.split_off(latency - tail)
}

/// The gain at a frequency, with its sign: what a symmetric response has in place of a phase.
fn gain(response: &[f32], freq_hz: f64, rate: u32) -> f64 {
    let middle = response.len() / 2;
    let after = response[middle + 1..].iter().zip(1..);
    let step = TAU * freq_hz / f64::from(rate);
    f64::from(response[middle]) + 2.0 * after.map(|(&h, m)| f64::from(h) * libm::cos(step * f64::from(m))).sum::<f64>()
}

/// The middles of the transitions.
fn edges(filter: &LinearPhase) -> Vec<f64> {
    match filter.kind {
        FirBand::Lowpass | FirBand::Highpass => vec![filter.freq_hz],
        FirBand::Bandpass | FirBand::Bandstop => vec![filter.freq_hz, filter.high_hz],
    }
}

/// Whether a frequency is to pass; none within a transition.
fn passes(filter: &LinearPhase, hz: f64) -> Option<bool> {
    let edges = edges(filter);
    if edges.iter().any(|edge| (hz - edge).abs() < filter.width_hz / 2.0) {
        return None;
    }
    let low = matches!(filter.kind, FirBand::Lowpass | FirBand::Bandstop);
    Some(low == (edges.iter().filter(|edge| hz > **edge).count() != 1))
}

/// Specifications of every kind, with few taps and with many.
fn filters() -> impl Iterator<Item = LinearPhase> {
    let kinds = [FirBand::Lowpass, FirBand::Highpass, FirBand::Bandpass, FirBand::Bandstop];
    kinds.into_iter().flat_map(|kind| {
        let demands =
            [(2000.0, 40.0, 0.1), (2000.0, 80.0, 1.0), (500.0, 20.0, 3.0), (500.0, 100.0, 0.001), (300.0, 60.0, 0.02)];
        demands.into_iter().map(move |(width_hz, stop_db, ripple_db)| LinearPhase {
            kind,
            freq_hz: 1500.0,
            high_hz: 5000.0,
            width_hz,
            stop_db,
            ripple_db,
        })
    })
}

#[test]
fn it_keeps_to_its_specification_everywhere() {
    for rate in [44_100, 96_000] {
        for filter in filters() {
            let response = response(&filter, rate);
            // Sixteen frequencies a lobe, and the edges of all bands.
            let count = 8 * response.len();
            let even = (0..=count).map(|i| f64::from(rate) / 2.0 * i as f64 / count as f64);
            let ends =
                edges(&filter).into_iter().flat_map(|edge| [-0.5, 0.5].map(|side| edge + side * filter.width_hz));
            // Each tap is rounded to 32 bits, by 2^-24 of itself at most.
            let rounding = response.iter().map(|h| f64::from(h.abs())).sum::<f64>() / f64::from(1 << 24);
            for hz in even.chain(ends) {
                let gain = gain(&response, hz, rate);
                match passes(&filter, hz) {
                    Some(true) => {
                        let most = 1.0 - ratio(-filter.ripple_db) + rounding;
                        assert!((gain - 1.0).abs() <= most, "{filter:?} at {rate} Hz: {gain} at {hz} Hz");
                    }
                    Some(false) => {
                        let db = decibels(gain.abs() - rounding);
                        assert!(db <= -filter.stop_db, "{filter:?} at {rate} Hz: {db} dB at {hz} Hz");
                    }
                    None => assert!((-0.2..1.2).contains(&gain)),
                }
            }
        }
    }
}

#[test]
fn half_of_the_amplitude_passes_in_the_middle_of_a_transition() {
    for filter in filters() {
        let response = response(&filter, 48_000);
        // An ideal edge under a symmetric window gives one half, but for the ripple that the other edge and the mirror
        // images add.
        let most = ratio(-filter.stop_db).min(1.0 - ratio(-filter.ripple_db));
        for edge in edges(&filter) {
            let gain = gain(&response, edge, 48_000);
            assert!((gain - 0.5).abs() <= most + 1e-6, "{filter:?}: {gain} at {edge} Hz");
        }
    }
}

#[test]
fn all_frequencies_are_delayed_alike() {
    for filter in filters() {
        let response = response(&filter, 48_000);
        assert_eq!(response.len() % 2, 1);
        let few = response.len() < 320;
        for (a, b) in response.iter().zip(response.iter().rev()) {
            // Tap by tap it is symmetric to the last bit; through the spectrum to the rounding of 64 bits, and then to 32.
            let most = if few { 0.0 } else { 1e-15 + f32::EPSILON * a.abs() };
            assert!((a - b).abs() <= most, "{filter:?}: {a} and {b}");
        }
    }
}

#[test]
fn it_is_about_as_long_as_kaiser_says() {
    for filter in filters() {
        let db = decibels(1.0 / ratio(-filter.stop_db).min(1.0 - ratio(-filter.ripple_db)));
        let kaiser = (db - 7.95) / 2.285 / (TAU * filter.width_hz / 48_000.0) + 1.0;
        let taps = response(&filter, 48_000).len() as f64;
        // His formula is good to two taps or a few per cent, and two edges add up to 6 dB of ripple.
        let most = (db + 6.0 - 7.95) / (db - 7.95) * 1.03 * kaiser + 3.0;
        assert!((0.97 * kaiser..most).contains(&taps), "{filter:?}: {taps} for {kaiser}");
    }
}

#[test]
fn beyond_half_the_rate_all_passes_or_nothing() {
    let above = |kind| LinearPhase { kind, freq_hz: 6000.0, ..LinearPhase::default() };
    let (all, nothing) = (response(&above(FirBand::Lowpass), 8000), response(&above(FirBand::Highpass), 8000));
    let middle = all.len() / 2;
    for (i, (all, nothing)) in all.iter().zip(&nothing).enumerate() {
        // A single tap through the spectrum, to the rounding of 64 bits.
        assert!((f64::from(*all) - f64::from(u8::from(i == middle))).abs() < 1e-14, "{i}: {all}");
        assert!(nothing.abs() < 1e-14);
    }
}
