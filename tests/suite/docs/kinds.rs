//! The kinds of pictures of effects: what is played through an effect, and what is drawn of that.

use downbeat_dsp::{Processor, effect};
use downbeat_picture::Axis;

use super::curves::{
    LEAD, answer, answer_at, answers, before_and_after, decays, echoes, frequencies, gain_over_time, pitch,
    response_at, sides, static_curves, transfer,
};
use super::graphs::{Graph, Line, line, reference};
use super::signals::{Signal, click, noise};
use super::sounds::{Effects, by_steps, frames, peak, spectrum, tone};

/// What a picture shows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// The gain over frequency.
    Response,
    /// The gain over frequency at three moments: at the start, after so many seconds, and after three times as many.
    Sweep(f64),
    /// The level after a click, over time.
    Echoes,
    /// The same, and how its energy dies away.
    Decay,
    /// What comes of a click, over so many milliseconds.
    Click(f64),
    /// The amplitude out for each amplitude in.
    Transfer,
    /// The level out for each level in, of tones of these frequencies, and the gain when a tone of the first gets loud.
    Levels(&'static [f64]),
    /// What becomes of a sound.
    Sound(Signal),
    /// The pitch of a tone over so many seconds, in cents.
    Pitch(f64),
    /// The spectrum of a tone of 1 kHz.
    Spectrum,
    /// The levels of both sides over a parameter, which stands as `{}` in the call, from the first number to the second.
    Sides(&'static str, f64, f64, Signal),
}

impl Kind {
    /// The kind for an effect that nothing is said about, with its defaults: it is listened to. `None` when it cannot be
    /// called without arguments.
    pub fn of(name: &str) -> Option<Kind> {
        let row = effect(name)?;
        let through = Effects::new(&format!("{name}()")).ok()?;
        if !matches!(row.settings(Vec::new()).ok()?.made(), Processor::Stream(_)) {
            return Some(Kind::Sound(Signal::Struck));
        }
        let noise = noise(frames(0.25));
        let scaled = |factor: f32, samples: &[f32]| samples.iter().map(|x| x * factor).collect::<Vec<f32>>();
        let (soft, loud) = (through.run(&scaled(0.0625, &noise)), through.run(&noise));
        let is_linear = is_near(&scaled(16.0, &soft), &loud);
        let (early, late) = (answer_at(&through, 0, 1.0), answer_at(&through, frames(0.123), 1.0));
        let is_steady = is_near(&early, &late);
        let is_still = is_near(&early, &click(LEAD, 1.0));
        let after = LEAD + frames(0.1);
        let rings = early.len() > after && peak(&early[after..]) > 1e-3 * peak(&early);
        Some(match (is_linear, is_steady) {
            (true, true) if is_still => Kind::Sound(Signal::Struck),
            // A room may move a little.
            (true, _) if rings => Kind::Decay,
            (true, true) => Kind::Response,
            (true, false) => Kind::Sound(Signal::Steady),
            (false, _) => {
                // Without memory it does not matter in which order the samples come.
                let backwards: Vec<f32> = noise.iter().rev().copied().collect();
                let turned: Vec<f32> = through.run(&backwards)[..noise.len()].iter().rev().copied().collect();
                if is_near(&turned, &loud[..noise.len()]) { Kind::Transfer } else { Kind::Levels(&[1000.0]) }
            }
        })
    }

    /// How it was measured, in a sentence.
    pub fn says(&self) -> String {
        match self {
            Kind::Response => "Gain over frequency, measured with a click.".into(),
            Kind::Sweep(step) => {
                format!("Gain over frequency at 0 s, {step} s and {} s, measured with clicks.", 3.0 * step)
            }
            Kind::Echoes => "The level after a click, in decibels from that of the click.".into(),
            Kind::Decay => {
                "Left: the level after a click, in decibels from that of the click. Right: how much of its energy is \
                still to come (M. R. Schroeder, \"New Method of Measuring Reverberation Time\", JASA 37, 1965)."
                    .into()
            }
            Kind::Click(_) => "What comes of a click of amplitude 1 at 0 ms.".into(),
            Kind::Transfer => "Amplitude out over amplitude in, measured with a slow ramp.".into(),
            Kind::Levels(_) => {
                "Left: level out over level in, of steady tones. Right: the gain over time while a tone \
                rises from -50 dBFS to -10 dBFS, for 300 ms, and falls back."
                    .into()
            }
            Kind::Sound(Signal::Steady) => "A slow tone before and after.".into(),
            Kind::Sound(Signal::Struck) => "A loud and a soft stroke before and after.".into(),
            Kind::Sound(Signal::Left) => "A slow tone on the left alone, before and after.".into(),
            Kind::Pitch(_) => "The pitch of a tone of 1 kHz over time, in cents from where it was.".into(),
            Kind::Spectrum => "The spectrum of what comes of a tone of 1 kHz at -6 dBFS.".into(),
            Kind::Sides(name, .., Signal::Left) => {
                format!("The levels of both sides over `{name}`, of a sound that is on the left alone.")
            }
            Kind::Sides(name, ..) => format!("The levels of both sides over `{name}`, of a sound in the middle."),
        }
    }

    /// The plots of effects as a script writes them, each on its own lines.
    pub fn graphs(&self, calls: &[String]) -> Vec<Graph> {
        let through = |call: &String| Effects::new(call).unwrap_or_else(|error| panic!("{call}: {error}"));
        match *self {
            Kind::Response => {
                let gains = |call: &String| line(call, response_at(&through(call), 0));
                vec![frequencies(calls.iter().map(gains).collect())]
            }
            Kind::Sweep(step) => {
                let effects = through(&calls[0]);
                let at = |times: f64| {
                    let from = times * step;
                    line(&format!("{}, after {from} s", calls[0]), response_at(&effects, frames(from)))
                };
                // A quarter and three quarters of a turn are as far from one another as it goes.
                vec![frequencies([0.0, 1.0, 3.0].map(at).into())]
            }
            Kind::Echoes => vec![echoes(&answers(calls), -60.0)],
            Kind::Decay => {
                let answers = answers(calls);
                vec![echoes(&answers, -84.0), decays(&answers)]
            }
            Kind::Click(ms) => {
                let lines: Vec<Line> = calls.iter().map(|call| line(call, answer(&through(call), ms))).collect();
                // As large as what comes of it, for echoes may be faint.
                let all = || lines.iter().flat_map(|line| &line.points).map(|point| point.1);
                let edge = (all().map(f64::abs).fold(0.0, f64::max) * 8.0).ceil() / 8.0;
                let low = if all().any(|x| x < 0.0) { -edge } else { 0.0 };
                let y = Axis::linear("amplitude", low..edge);
                vec![Graph { x: Axis::linear("time (ms)", 0.0..ms), y, lines }]
            }
            Kind::Transfer => vec![transfer(calls.iter().map(|call| (call, through(call))).collect())],
            Kind::Levels(tones) => {
                let effects: Vec<_> = calls.iter().map(|call| (call, through(call))).collect();
                vec![static_curves(&effects, tones), gain_over_time(&effects, tones[0])]
            }
            Kind::Sound(signal) => before_and_after(&calls[0], &through(&calls[0]), signal),
            Kind::Pitch(duration) => vec![pitch(calls.iter().map(|call| (call, through(call))).collect(), duration)],
            Kind::Spectrum => {
                let half: Vec<f32> = tone(1000.0, 1.0).iter().map(|x| 0.5 * x).collect();
                let shown = |samples: &[f32]| by_steps(spectrum(samples, frames(0.5), 16_384), 20.0);
                let mut lines = vec![reference("before", shown(&half))];
                lines.extend(calls.iter().map(|call| line(call, shown(&through(call).run(&half)))));
                let y = Axis::decibels("level (dBFS)", -90.0..6.0);
                vec![Graph { x: Axis::linear("frequency (Hz)", 0.0..5000.0), y, lines }]
            }
            Kind::Sides(name, from, to, signal) => vec![sides(&calls[0], name, from, to, signal)],
        }
    }
}

/// Whether two sounds differ by less than a thousandth of their peak, as far as both go.
fn is_near(a: &[f32], b: &[f32]) -> bool {
    let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    peak(&difference) <= 1e-3 * peak(a).max(peak(b))
}

#[test]
fn effects_are_told_apart_by_ear() {
    let kinds = ["lowpass", "reverb", "soft_clip", "tremolo", "compressor", "reverse", "gain"].map(Kind::of);
    let expected = [
        Kind::Response,
        Kind::Decay,
        Kind::Transfer,
        Kind::Sound(Signal::Steady),
        Kind::Levels(&[1000.0]),
        Kind::Sound(Signal::Struck),
        Kind::Sound(Signal::Struck),
    ];
    assert_eq!(kinds, expected.map(Some));
    assert_eq!(Kind::of("no_such_effect"), None);
}
