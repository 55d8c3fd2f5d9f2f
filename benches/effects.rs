//! How long each effect takes, in samples per second, over two seconds of stereo.
//!
//! Each row renders blocks of 4096 frames with latency and tail left alone, or the whole clip for effects that need it.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use downbeat_dsp::{Audio, EFFECTS, Format, Processor, Settings, Value, effect};

const RATE: u32 = 48_000;
const FRAMES: usize = 100_000;
const BLOCK: usize = 4096;

fn main() {
    divan::main();
}

/// Every effect of the table with its defaults.
#[divan::bench(args = EFFECTS.iter().map(|info| info.name))]
fn defaults(bencher: Bencher<'_, '_>, name: &str) {
    bench(bencher, name, &[]);
}

/// The settings of the 2021 mix.
#[divan::bench(args = ["peak_compressor", "frame_compressor", "schroeder_reverb", "fir_delay", "fir_lowpass", "soft_clip", "fade"])]
fn mix_of_2021(bencher: Bencher<'_, '_>, name: &str) {
    use Value::{Number, Switch, Whole};
    let values: &[(&str, Value)] = match name {
        "peak_compressor" => &[("threshold", Number(0.3)), ("makeup", Number(1.0))],
        "frame_compressor" => &[("threshold", Number(0.3)), ("ratio", Number(0.4)), ("makeup", Number(1.5))],
        "schroeder_reverb" => &[("double", Switch(true))],
        "fir_delay" => &[("wrap", Switch(true))],
        "fir_lowpass" => {
            &[("order", Whole(21)), ("pass_hz", Number(450.0)), ("stop_hz", Number(550.0)), ("wrap", Switch(true))]
        }
        "soft_clip" => &[("drive", Number(23.0))],
        _ => &[("in_samples", Whole(1024)), ("out_samples", Whole(1024))],
    };
    bench(bencher, name, values);
}

/// Where convolution goes through the spectrum instead of tap by tap.
#[divan::bench(args = [20, 100, 200, 256, 320, 322, 400, 514, 1000, 8000])]
fn lowpass_by_order(bencher: Bencher<'_, '_>, order: i64) {
    bench(bencher, "fir_lowpass", &[("order", Value::Whole(order))]);
}

/// Echoes one by one.
#[divan::bench(args = [2, 8, 32, 128, 1000])]
fn delay_by_impulses(bencher: Bencher<'_, '_>, impulses: i64) {
    bench(bencher, "fir_delay", &[("impulses", Value::Whole(impulses))]);
}

/// Making a filter: what each segment pays once.
#[divan::bench(args = [21, 64, 400, 8192])]
fn lowpass_design(bencher: Bencher<'_, '_>, order: i64) {
    let Processor::Stream(stream) = processor("fir_lowpass", &[("order", Value::Whole(order))]) else { return };
    bencher.bench(|| stream.clone().start(Format::mono(RATE), 0));
}

fn bench(bencher: Bencher<'_, '_>, name: &str, values: &[(&str, Value)]) {
    let (processor, input) = (processor(name, values), noise());
    let samples = ItemsCount::new(2 * FRAMES);
    bencher.counter(samples).with_inputs(|| input.clone()).bench_values(|sound| black_box(run(&processor, sound)));
}

fn run(processor: &Processor, mut sound: Audio) -> Audio {
    let Processor::Stream(stream) = processor else { return processor.apply(sound, 0) };
    let mut running = stream.clone().start(sound.format(), 0);
    for from in (0..sound.frames()).step_by(BLOCK) {
        running.process(&mut sound.block_at(from..sound.frames().min(from + BLOCK)));
    }
    sound
}

fn processor(name: &str, values: &[(&str, Value)]) -> Processor {
    let settings: Option<Settings> = effect(name).and_then(|info| {
        let value = |name| values.iter().find(|(given, _)| *given == name).map(|(_, value)| value.clone());
        let values = info.params().iter().map(|param| value(param.name).unwrap_or(param.default.clone())).collect();
        info.settings(values).ok()
    });
    settings.map(|settings| settings.made().clone()).unwrap_or_else(|| panic!("{name} cannot be made"))
}

/// Loud noise, the same each time.
fn noise() -> Audio {
    let mut seed = 1_u32;
    let mut plane = || {
        let sample = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed as f32 / u32::MAX as f32 * 2.0 - 1.0
        };
        (0..FRAMES).map(sample).collect::<Vec<f32>>()
    };
    Audio::stereo(RATE, plane(), plane())
}
