//! The plots of effects: each plays something through them, and draws what comes of it.

use downbeat_dsp::{Audio, decibels, ratio};
use downbeat_picture::Axis;

use super::graphs::{Graph, Line, amplitude_axis, decibel_axis, line, reference};
use super::signals::{Signal, click};
use super::sounds::{Effects, RATE, frames, levels, peak, response, rms, seconds, tone};

/// The amplitude of clicks: small, so that what bends loud sounds does not bend them.
const CLICK: f32 = 1.0 / 1024.0;

/// Gains over the frequencies that are heard.
pub fn frequencies(lines: Vec<Line>) -> Graph {
    let heard = |line: Line| {
        let points = line.points.into_iter().filter(|(hertz, _)| (15.0..21_000.0).contains(hertz)).collect();
        Line { points, ..line }
    };
    let lines: Vec<Line> = lines.into_iter().map(heard).collect();
    Graph { x: Axis::log("frequency (Hz)", 20.0..20_000.0), y: decibel_axis("gain (dB)", &lines), lines }
}

/// What stands before a click, as filters without delay answer before it.
pub const LEAD: usize = 8192;

/// The gains of an effect after so many frames, as if it stood still from there on.
pub fn response_at(effects: &Effects, frame: usize) -> Vec<(f64, f64)> {
    let gain = decibels(f64::from(1.0 / CLICK));
    response(&answer_at(effects, frame, CLICK)).into_iter().map(|(hertz, db)| (hertz, db + gain)).collect()
}

/// What answers to a click that comes so many frames after the sound has begun, from `LEAD` frames before the click on.
pub fn answer_at(effects: &Effects, frame: usize, amplitude: f32) -> Vec<f32> {
    // What moves begins to move with the first sound: with another click, whose own answer is taken away.
    let mut both = click(LEAD + frame, amplitude);
    both[LEAD] = amplitude;
    let both = effects.run(&both);
    if frame == 0 {
        return both;
    }
    let first = effects.run(&click(LEAD, amplitude));
    let first = first.into_iter().chain(std::iter::repeat(0.0));
    both.iter().zip(first).map(|(both, first)| both - first).skip(frame).collect()
}

/// What comes of a click, for each call.
pub fn answers(calls: &[String]) -> Vec<(&String, Audio)> {
    let answer = |call| Effects::new(call).unwrap().stereo(click(0, 1.0), click(0, 1.0));
    calls.iter().map(|call| (call, answer(call))).collect()
}

/// The level of the louder side over time, down to the lowest.
pub fn echoes(answers: &[(&String, Audio)], low: f64) -> Graph {
    let last = |plane: &[f32]| plane.iter().rposition(|x| decibels(f64::from(x.abs())) > low);
    let end = answers.iter().flat_map(|(_, audio)| [last(audio.left()), last(audio.right())]).flatten().max();
    let end = (seconds(end.unwrap_or(0)) * 10.0).ceil() / 10.0;
    let end = end.clamp(0.1, 4.0);
    let step = frames(end / 160.0);
    let line = |(call, audio): &(&String, Audio)| {
        let pairs = audio.left().chunks(step).zip(audio.right().chunks(step)).enumerate();
        let level = |(i, (left, right))| ((seconds(step) * (i as f64 + 0.5)), decibels(peak(left).max(peak(right))));
        line(call, pairs.map(level).collect())
    };
    let lines: Vec<Line> = answers.iter().map(line).collect();
    let y = Axis::decibels("level (dB)", low..decibel_axis("", &lines).range.end);
    Graph { x: Axis::linear("time (s)", 0.0..end), y, lines }
}

/// The energy from each moment on, of both sides.
pub fn decays(answers: &[(&String, Audio)]) -> Graph {
    const LOW: f64 = -60.0;
    let line = |(_, audio): &(&String, Audio)| {
        let pairs = audio.left().iter().zip(audio.right());
        let powers: Vec<f64> = pairs.map(|(l, r)| f64::from(l * l) + f64::from(r * r)).collect();
        let whole: f64 = powers.iter().sum();
        let mut left = whole;
        // The level of an energy is half of that of an amplitude.
        let level = |(i, power): (usize, f64)| {
            let db = 0.5 * decibels(left / whole);
            left -= power;
            (seconds(i), db)
        };
        line("", powers.into_iter().enumerate().map(level).take_while(|point| point.1 > LOW).collect())
    };
    let lines: Vec<Line> = answers.iter().map(line).collect();
    let end = lines.iter().filter_map(|line| line.points.last()).map(|point| point.0).fold(0.1, f64::max);
    let x = Axis::linear("time (s)", 0.0..(end * 10.0).ceil() / 10.0);
    Graph { x, y: Axis::decibels("energy to come (dB)", LOW..0.0), lines }
}

/// The samples that a click becomes, each as long as it lasts, so that single ones can be seen.
pub fn answer(effects: &Effects, ms: f64) -> Vec<(f64, f64)> {
    let samples = effects.run(&click(0, 1.0));
    let at = |i: usize| seconds(i) * 1000.0;
    let shown = samples.iter().enumerate().take_while(|(i, _)| at(*i) < ms);
    shown.flat_map(|(i, &x)| [(at(i), f64::from(x)), (at(i + 1), f64::from(x))]).collect()
}

pub fn transfer(effects: Vec<(&String, Effects)>) -> Graph {
    // From 0 to -1, up to 1 and back, so slowly that no filter around the bend is heard.
    let quarter = frames(0.25);
    let triangle = |i: usize| {
        let x = i as f32 / quarter as f32;
        if x < 1.0 {
            -x
        } else if x < 3.0 {
            x - 2.0
        } else {
            4.0 - x
        }
    };
    let ramp: Vec<f32> = (0..4 * quarter).map(triangle).collect();
    let curve = |(call, effects): (&String, Effects)| {
        let out = effects.run(&ramp);
        let rising = ramp.iter().zip(&out).skip(quarter).take(2 * quarter);
        line(call, rising.map(|(&x, &y)| (f64::from(x), f64::from(y))).collect())
    };
    let mut lines = vec![reference("out = in", vec![(-1.0, -1.0), (1.0, 1.0)])];
    lines.extend(effects.into_iter().map(curve));
    let y = amplitude_axis("amplitude out", &lines);
    Graph { x: Axis::linear("amplitude in", -1.0..1.0), y, lines }
}

pub fn static_curves(effects: &[(&String, Effects)], tones: &[f64]) -> Graph {
    const RANGE: (i32, i32) = (-60, 12);
    let mut lines = vec![reference("out = in", vec![(-60.0, -60.0), (12.0, 12.0)])];
    for (call, effects) in effects {
        for &hertz in tones {
            let tone = tone(hertz, 0.8);
            let level = |db: i32| {
                let gain = ratio(f64::from(db)) as f32;
                let out = effects.run(&tone.iter().map(|x| x * gain).collect::<Vec<f32>>());
                // When the level has settled; a sine's RMS is 3 dB below its peak.
                (f64::from(db), decibels(rms(&out[frames(0.6)..frames(0.8)]) * std::f64::consts::SQRT_2))
            };
            let name = if tones.len() > 1 { format!("{call}, {hertz} Hz") } else { call.to_string() };
            lines.push(line(&name, (RANGE.0..=RANGE.1).map(level).collect()));
        }
    }
    let axis = |name| Axis::decibels(name, f64::from(RANGE.0)..f64::from(RANGE.1));
    Graph { x: axis("level in (dBFS)"), y: axis("level out (dBFS)"), lines }
}

pub fn gain_over_time(effects: &[(&String, Effects)], hertz: f64) -> Graph {
    // What is shown begins when all has settled. The tone comes and goes within 20 ms: no filter rings louder than it.
    let (before, from, to, end) = (0.5, 0.6, 0.9, 1.5);
    let level = |i: usize| {
        let part = ((seconds(i) - from) / 0.02).clamp(0.0, 1.0) - ((seconds(i) - to) / 0.02).clamp(0.0, 1.0);
        ratio(-50.0 + 40.0 * part) as f32
    };
    let sound: Vec<f32> = tone(hertz, end).iter().enumerate().map(|(i, x)| x * level(i)).collect();
    let curve = |(_, effects): &(&String, Effects)| {
        // A whole number of periods.
        let step = frames((0.004 * hertz).ceil() / hertz);
        let (was, is) = (levels(&sound, step), levels(&effects.run(&sound), step));
        let gains = was.iter().zip(&is).map(|(was, is)| ((was.0 - before) * 1000.0, is.1 - was.1));
        line("", gains.filter(|(ms, _)| *ms >= 0.0).collect())
    };
    let lines: Vec<Line> = effects.iter().map(curve).collect();
    let y = decibel_axis("gain (dB)", &lines);
    Graph { x: Axis::linear("time (ms)", 0.0..(end - before) * 1000.0), y, lines }
}

pub fn before_and_after(call: &str, effects: &Effects, signal: Signal) -> Vec<Graph> {
    let [left, right] = signal.sides();
    let out = effects.stereo(left.clone(), right.clone());
    let points = |samples: &[f32]| -> Vec<(f64, f64)> {
        samples.iter().enumerate().map(|(i, &x)| (seconds(i), f64::from(x))).collect()
    };
    // What has died away is not shown.
    let last = out.planes().filter_map(|plane| plane.iter().rposition(|x| x.abs() > 1e-3)).max().unwrap_or(0);
    let longest = (last + 1).max(left.len()).min(frames(4.0));
    let graph = |side: &str, before: &[f32], after: &[f32]| {
        let lines = vec![reference("before", points(before)), line(&format!("{call}{side}"), points(after))];
        let y = amplitude_axis("amplitude", &lines);
        Graph { x: Axis::linear("time (s)", 0.0..seconds(longest)), y, lines }
    };
    if out.left() == out.right() && left == right {
        vec![graph("", &left, out.left())]
    } else {
        vec![graph(", left", &left, out.left()), graph(", right", &right, out.right())]
    }
}

pub fn pitch(effects: Vec<(&String, Effects)>, duration: f64) -> Graph {
    const HERTZ: f64 = 1000.0;
    let tone = tone(HERTZ, duration + 0.2);
    let mut lines = Vec::new();
    for (call, effects) in effects {
        let out = effects.stereo(tone.clone(), tone.clone());
        let sides = if out.left() == out.right() { vec![""] } else { vec![", left", ", right"] };
        for (side, plane) in sides.iter().zip(out.planes()) {
            lines.push(line(&format!("{call}{side}"), cents(plane, HERTZ)));
        }
    }
    let all = lines.iter().flat_map(|line| &line.points).filter(|point| point.0 > 0.1);
    let most = all.map(|point| point.1.abs()).fold(0.0, f64::max);
    let edge = (most / 10.0).ceil() * 10.0;
    // After the first tenth of a second, in which the tone begins.
    let shift = |(seconds, cents): (f64, f64)| (seconds - 0.1, cents);
    let lines = lines.into_iter().map(|line| Line { points: line.points.into_iter().map(shift).collect(), ..line });
    Graph {
        x: Axis::linear("time (s)", 0.0..duration),
        y: Axis::linear("pitch (cents)", -edge..edge),
        lines: lines.collect(),
    }
}

/// The pitch of a tone over time in cents from `hertz`, by how long eight of its periods are.
fn cents(samples: &[f32], hertz: f64) -> Vec<(f64, f64)> {
    let crossing = |(i, pair): (usize, &[f32])| {
        let (a, b) = (f64::from(pair[0]), f64::from(pair[1]));
        (a < 0.0 && b >= 0.0).then(|| (i as f64 + a / (a - b)) / f64::from(RATE))
    };
    let crossings: Vec<f64> = samples.windows(2).enumerate().filter_map(crossing).collect();
    let cents = |hz: f64| decibels(hz / hertz) / decibels(2.0) * 1200.0;
    crossings.windows(9).step_by(4).map(|run| ((run[0] + run[8]) / 2.0, cents(8.0 / (run[8] - run[0])))).collect()
}

pub fn sides(call: &str, name: &'static str, from: f64, to: f64, signal: Signal) -> Graph {
    const STEPS: i32 = 240;
    let [left, right] = signal.sides();
    let whole = decibels(rms(&left).max(rms(&right)));
    let level = |i: i32| {
        let value = from + (to - from) * f64::from(i) / f64::from(STEPS);
        let effects = Effects::new(&call.replace("{}", &value.to_string())).unwrap();
        let out = effects.stereo(left.clone(), right.clone());
        let db = |plane: &[f32]| decibels(rms(plane)) - whole;
        [(value, db(out.left())), (value, db(out.right()))]
    };
    let levels: Vec<[(f64, f64); 2]> = (0..=STEPS).map(level).collect();
    let side = |i: usize, name: &str| line(name, levels.iter().map(|pair| pair[i]).collect());
    let lines = vec![side(0, "left"), side(1, "right")];
    let high = decibel_axis("", &lines).range.end;
    Graph { x: Axis::linear(name, from..to), y: Axis::decibels("level (dB)", -36.0..high), lines }
}
