//! What every effect promises, tried on every row of the table: a new effect is tested by being there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod rows;

use downbeat_dsp::{Audio, Channels, EFFECTS, Format, Processor, Running, Settings};
use rows::variants;
use std::sync::Arc;

fn every_variant() -> impl Iterator<Item = Settings> {
    EFFECTS.iter().flat_map(variants)
}

/// Every variant that streams, ready to start.
fn streams() -> impl Iterator<Item = (Settings, Arc<dyn downbeat_dsp::Stream>)> {
    every_variant().filter_map(|settings| match settings.made().clone() {
        Processor::Stream(stream) => Some((settings, stream)),
        _ => None,
    })
}

/// Noise that swells and falls between silence and full scale, different in each channel.
fn noise(format: Format, frames: usize) -> Audio {
    let mut seed = 0x2545_f491_u32;
    let mut plane = || {
        let sample = |i: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let swell = (i % 5000) as f32 / 5000.0;
            (seed >> 8) as f32 / (1 << 23) as f32 * swell - swell
        };
        (0..frames).map(sample).collect::<Vec<f32>>()
    };
    match format.channels {
        Channels::Mono => Audio::mono(format.rate, plane()),
        Channels::Stereo => Audio::stereo(format.rate, plane(), plane()),
    }
}

fn run(running: &mut dyn Running, sound: &mut Audio, sizes: impl IntoIterator<Item = usize>) {
    let mut from = 0;
    for size in sizes {
        let to = sound.frames().min(from + size);
        running.process(&mut sound.block_at(from..to));
        from = to;
        if from == sound.frames() {
            return;
        }
    }
}

fn whole(stream: &Arc<dyn downbeat_dsp::Stream>, mut sound: Audio) -> Audio {
    stream.clone().start(sound.format(), 0).process(&mut sound.block());
    sound
}

fn peak(sound: &Audio) -> f32 {
    sound.planes().flatten().fold(0.0, |peak, x| peak.max(x.abs()))
}

fn assert_sane(sound: &Audio, what: &dyn std::fmt::Debug) {
    for x in sound.planes().flatten() {
        assert!(*x == 0.0 || x.is_normal(), "{what:?} gives {x:e}");
    }
}

fn same_bits(a: &Audio, b: &Audio) -> bool {
    a.frames() == b.frames() && a.planes().flatten().map(|x| x.to_bits()).eq(b.planes().flatten().map(|x| x.to_bits()))
}

#[test]
fn names_and_descriptions_are_in_order() {
    for (i, info) in EFFECTS.iter().enumerate() {
        let snake = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        assert!(snake(info.name), "{}", info.name);
        assert!(EFFECTS[..i].iter().all(|other| other.name != info.name), "{} is there twice", info.name);
        let first_line = info.about.lines().next().unwrap_or_default();
        assert!(first_line.trim().ends_with('.'), "{}: {first_line:?}", info.name);
        for (k, param) in info.params().iter().enumerate() {
            assert!(snake(param.name), "{}: {}", info.name, param.name);
            assert!(info.params()[..k].iter().all(|other| other.name != param.name));
            assert!(!param.about.trim().is_empty(), "{}: {} says nothing", info.name, param.name);
            assert_eq!(param.accept(param.default.clone()), Ok(param.default.clone()), "{}", info.name);
        }
    }
}

#[test]
fn any_block_size_gives_the_same_bits() {
    for (settings, stream) in streams() {
        let format = Format::stereo(48_000);
        let input = noise(format, stream.latency(format) + 12_345);
        let expected = whole(&stream, input.clone());
        for size in [1, 3, 64, 1000] {
            let mut output = input.clone();
            run(&mut *stream.clone().start(format, 0), &mut output, std::iter::repeat(size));
            assert!(same_bits(&output, &expected), "{settings} in blocks of {size}");
        }
        let mut seed = 99_u64;
        let splits = std::iter::from_fn(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            Some((seed >> 54) as usize)
        });
        let mut output = input;
        run(&mut *stream.clone().start(format, 0), &mut output, splits);
        assert!(same_bits(&output, &expected), "{settings} in random blocks, empty ones among them");
    }
}

#[test]
fn a_second_run_gives_the_same_bits() {
    for settings in every_variant() {
        let processor = settings.made().clone();
        let input = noise(Format::stereo(44_100), 3000);
        let first = processor.apply(input.clone(), 0);
        assert!(same_bits(&first, &processor.apply(input.clone(), 0)), "{settings}");
        assert!(same_bits(&first, &settings.made().clone().apply(input, 0)), "{settings}, made again");
    }
}

/// A click below every default threshold is answered loudest at one moment: where the click was, once the latency is
/// taken away. It holds for filters of linear phase (loudest in their middle) and for what looks ahead. What has no latency
/// answers from the click on; a recursive filter swells after it.
#[test]
fn latency_is_exact_to_the_frame() {
    for (settings, stream) in streams() {
        let is_default = settings == variants(settings.info())[0];
        for rate in [44_100, 48_000] {
            let format = Format::mono(rate);
            let latency = stream.latency(format);
            if latency == 0 && !is_default {
                continue;
            }
            let frames = 2 * latency + 5000;
            let mut input = Audio::silence(format, frames);
            let at = 1234;
            input.block().planes().for_each(|plane| plane[at] = 0.25);
            let output = whole(&stream, input);
            let loudest = output.left().iter().fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
            if loudest == 0.0 {
                continue;
            }
            // Without latency there is nothing to be made up for: the answer begins with the click, and may swell.
            let answered = |x: &f32| if latency == 0 { *x != 0.0 } else { x.abs() == loudest };
            let mut answers: Vec<usize> = (0..frames).filter(|&i| answered(&output.left()[i])).collect();
            answers.truncate(if latency == 0 { 1 } else { frames });
            assert_eq!(answers, [at + latency], "{settings} at {rate} Hz");
        }
    }
}

#[test]
fn a_later_sound_is_only_later() {
    for (settings, stream) in streams() {
        let format = Format::mono(48_000);
        let sound = noise(format, 4000);
        let lag = stream.latency(format);
        // More silence before it than any effect looks ahead, and a multiple of every frame.
        let at = 1 << 17;
        let heard = |at: usize| {
            let mut input = Audio::silence(format, at + 4000 + lag);
            input.planes_mut().for_each(|plane| plane[at..at + 4000].copy_from_slice(sound.left()));
            let mut output = whole(&stream, input);
            assert!(output.left()[..at].iter().all(|x| *x == 0.0), "{settings} sounds before the sound");
            output.drop_front(at);
            output
        };
        let (sooner, later) = (heard(at), heard(2 * at));
        // The blocks of a spectrum may lie otherwise on the later sound: its rounding, at -140 dB, is all that may differ.
        let most = peak(&sooner) * 1e-7;
        assert!(sooner.left().iter().zip(later.left()).all(|(a, b)| (a - b).abs() <= most), "{settings}");
    }
}

#[test]
fn silence_stays_silence() {
    for settings in every_variant() {
        let processor = settings.made().clone();
        for format in [Format::mono(8000), Format::stereo(48_000)] {
            let output = processor.apply(Audio::silence(format, 5000), 0);
            assert!(output.is_silent(), "{settings}");
            assert!(processor.apply(Audio::silence(format, 0), 0).is_silent(), "{settings} of nothing");
        }
    }
}

#[test]
fn the_tail_ends_when_it_says() {
    for (settings, stream) in streams() {
        for format in [Format::mono(8000), Format::stereo(48_000)] {
            let frames = 6000;
            let mut sound = noise(format, frames);
            let loudest = peak(&sound);
            let end = frames + stream.latency(format) + stream.tail(format);
            sound.resize(end + 3000);
            let mut after = whole(&stream, sound);
            after.drop_front(end);
            assert!(peak(&after) <= loudest * 1e-6, "{settings}: {} is left at {end}", peak(&after));
        }
    }
}

#[test]
fn every_sample_is_a_normal_number() {
    for settings in every_variant() {
        let processor = settings.made().clone();
        for format in [Format::mono(8000), Format::stereo(44_100), Format::mono(384_000)] {
            let mut sound = noise(format, 6000);
            assert_sane(&processor.apply(sound.clone(), 0), &settings);
            // Far beyond full scale: still finite.
            sound.planes_mut().flatten().for_each(|x| *x *= 1e6);
            assert_sane(&processor.apply(sound, 0), &settings);
        }
    }
}

#[test]
fn what_rings_dies_without_denormals() {
    for info in EFFECTS {
        let settings = info.settings(Vec::new()).unwrap();
        let Processor::Stream(stream) = settings.made().clone() else { continue };
        let format = Format::stereo(48_000);
        // Four times the fall of 120 dB, and some: beyond the -400 dB at which states are set to zero.
        let frames = 6000 + 5 * (stream.latency(format) + stream.tail(format));
        let ringing = |mut sound: Audio| {
            sound.resize(frames);
            let mut running = stream.clone().start(format, 0);
            running.process(&mut sound.block());
            assert_sane(&sound, &settings);
            running
        };
        let (mut louder, mut running) = (noise(format, 6000), ringing(noise(format, 6000)));
        louder.planes_mut().flatten().for_each(|x| *x *= 0.7);
        let other = ringing(louder);
        assert!(running.same(&*other), "{settings} forgets what it has heard");
        let mut silence = Audio::silence(format, 1000);
        running.process(&mut silence.block());
        assert!(silence.is_silent(), "{settings}");
    }
}

#[test]
fn a_checkpoint_goes_on_identically() {
    for (settings, stream) in streams() {
        let format = Format::stereo(48_000);
        let (mut head, tail) = (noise(format, 5001), noise(format, 4000));
        let mut running = stream.clone().start(format, 0);
        running.process(&mut head.block());
        let mut copy = running.checkpoint();
        assert!(copy.same(&*running) && running.same(&*copy), "{settings}");
        let (mut one, mut other) = (tail.clone(), tail.clone());
        running.process(&mut one.block());
        if stream.latency(format) + stream.tail(format) > 0 {
            assert!(!copy.same(&*running), "{settings}: has memory, and has heard more since");
        }
        copy.process(&mut other.block());
        assert!(same_bits(&one, &other) && copy.same(&*running), "{settings}");
        let elsewhere = EFFECTS.iter().find(|info| info.name != settings.info().name);
        let other_effect = elsewhere.unwrap().settings(Vec::new()).unwrap().made().clone();
        if let Processor::Stream(other_effect) = other_effect {
            assert!(!other_effect.start(format, 0).same(&*running));
        }
    }
}

/// States after silences of different lengths hold the same samples, but may stand elsewhere in their blocks.
#[test]
fn what_says_it_is_the_same_goes_on_identically() {
    for (settings, stream) in streams() {
        let format = Format::mono(48_000);
        let after = |silence: usize| {
            let mut running = stream.clone().start(format, 0);
            running.process(&mut Audio::silence(format, silence).block());
            running
        };
        let sound = noise(format, 4000 + 2 * stream.latency(format));
        for (sooner, later) in [(1, 2), (200, 203), (5000, 5001), (70_000, 80_000)] {
            let (mut sooner, mut later) = (after(sooner), after(later));
            if sooner.same(&*later) {
                let (mut one, mut other) = (sound.clone(), sound.clone());
                sooner.process(&mut one.block());
                later.process(&mut other.block());
                assert!(same_bits(&one, &other), "{settings}");
            }
        }
    }
}

#[test]
fn mono_in_both_channels_is_mono() {
    for settings in every_variant() {
        let processor = settings.made().clone();
        let mono = noise(Format::mono(48_000), 7000);
        let (one, both) = (processor.apply(mono.clone(), 0), processor.apply(mono.into_stereo(), 0));
        assert_eq!(both.channels(), Channels::Stereo);
        let is_spread = both.left() != both.right();
        assert!(same_bits(&one.into_stereo(), &both) || (is_spread && processor.spreads()), "{settings}");
    }
}

#[test]
fn a_clip_of_any_length_comes_back_as_long_as_announced() {
    for settings in every_variant() {
        let processor = settings.made().clone();
        for frames in [0, 1, 2, 3, 10, 100, 1024, 2049] {
            let output = processor.apply(noise(Format::stereo(48_000), frames), 0);
            let may_shorten = matches!(processor, Processor::Clip(_));
            assert!(output.frames() >= frames || may_shorten, "{settings} loses frames of {frames}");
            let part = match &processor {
                Processor::Clip(effect) => effect.part(output.format(), frames),
                _ => None,
            };
            assert!(output.frames() > 0 || frames == 0 || part.is_some(), "{settings} leaves nothing of {frames}");
            if let Some(part) = part {
                let mut expected = noise(Format::stereo(48_000), frames);
                expected.resize(part.end);
                expected.drop_front(part.start);
                assert!(same_bits(&output, &expected), "{settings} of {frames}");
            }
            assert_eq!(output.frames(), processor.frames(output.format(), frames), "{settings} of {frames}");
            assert_sane(&output, &settings);
        }
    }
}

#[test]
fn what_is_measured_in_pieces_is_the_same() {
    for settings in every_variant() {
        let Processor::Measured(measured) = settings.made().clone() else { continue };
        let sound = noise(Format::stereo(48_000), 5000);
        let mut at_once = measured.clone().meter(sound.format());
        at_once.measure(&sound);
        let mut in_pieces = measured.meter(sound.format());
        for from in (0..5000).step_by(777) {
            let mut piece = sound.clone();
            piece.resize(5000.min(from + 777));
            piece.drop_front(from);
            in_pieces.measure(&piece);
        }
        assert_eq!(at_once.gain(), in_pieces.gain(), "{settings}");
    }
}
