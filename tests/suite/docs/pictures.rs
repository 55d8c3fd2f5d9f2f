//! Which picture an effect has on its page. One that is not in the list gets the picture that suits what it is heard to do,
//! with its defaults; a line in the list says it better.

use downbeat_dsp::EFFECTS;

use super::graphs::svg;
use super::kinds::Kind::{
    self, Click, Decay, Echoes, Levels, Pitch, Response, Sides, Sound, Spectrum, Sweep, Transfer,
};
use super::signals::Signal::{Left, Steady, Struck};

/// A picture a line: its kind, and the calls that are drawn, the first of the effect it is for.
const TELLING: &[(Kind, &[&str])] = &[
    (Sound(Struck), &["trim(start_ms = 500, length_ms = 250)"]),
    (Sound(Struck), &["varispeed(speed = 2)"]),
    (Sound(Struck), &["time_stretch(factor = 1.5)"]),
    (Spectrum, &["pitch_shift(semitones = 7)", "pitch_shift(semitones = -12)"]),
    (Sound(Steady), &["stutter(slice_ms = 200)"]),
    (Sound(Steady), &["rhythm_gate(pattern = \"x.xx\", step_ms = 100)"]),
    (Decay, &["convolution(play(note, drum_kit()), mix = 1)"]),
    (Transfer, &["gain(db = 6)", "gain(db = -6)"]),
    (Sound(Struck), &["normalize()"]),
    (Sound(Steady), &["fade(in_ms = 150, out_ms = 400)"]),
    (Levels(&[1000.0]), &["compressor()", "compressor(threshold_db = -30, ratio = 10, knee_db = 0, release_ms = 200)"]),
    (Levels(&[1000.0]), &["limiter()", "limiter(ceiling_db = -18, release_ms = 300)"]),
    (Levels(&[1000.0]), &["gate()", "gate(threshold_db = -30, range_db = 24, release_ms = 50)"]),
    (Levels(&[1000.0]), &["expander()", "expander(threshold_db = -24, ratio = 4)"]),
    (Levels(&[1000.0, 100.0, 6000.0]), &["multiband()"]),
    (Sound(Struck), &["transient(attack_db = 6, sustain_db = -12)"]),
    (Levels(&[8000.0, 1000.0]), &["deesser()"]),
    (Transfer, &["peak_compressor()", "peak_compressor(threshold = 0.25, makeup = 1)"]),
    (Sound(Steady), &["frame_compressor(threshold = 0.2)"]),
    (Transfer, &["soft_clip()", "soft_clip(drive = 1)"]),
    (Transfer, &["saturate()", "saturate(curve = \"tube\")", "saturate(drive_db = 0)"]),
    (Transfer, &["hard_clip()"]),
    (Transfer, &["wavefold()", "wavefold(shape = \"triangle\")"]),
    (Transfer, &["bit_crush(bits = 3)"]),
    (Spectrum, &["ring_mod()"]),
    (Sound(Steady), &["auto_pan(rate_hz = 2)"]),
    (Pitch(0.6), &["vibrato()"]),
    (Pitch(2.0), &["chorus(mix = 1)"]),
    (Sweep(1.0), &["flanger()"]),
    (Sweep(0.5), &["phaser()"]),
    (Sides("position", -1.0, 1.0, Steady), &["pan(position = {})"]),
    (Sides("amount", 0.0, 2.0, Left), &["width(amount = {})"]),
    (Sides("side_db", -24.0, 12.0, Left), &["mid_side(side_db = {})"]),
    (Sound(Left), &["mono()"]),
    (Transfer, &["invert()"]),
    (Click(4.0), &["delay_samples(samples = 96)"]),
    (Response, &["lowpass()", "lowpass(q = 4)"]),
    (Response, &["highpass()", "highpass(freq_hz = 200, q = 4)"]),
    (Response, &["bandpass()", "bandpass(q = 4)"]),
    (Response, &["notch()", "notch(freq_hz = 1000, q = 1)"]),
    (Response, &["peak_filter(gain_db = 9)", "peak_filter(gain_db = 9, q = 4)", "peak_filter(gain_db = -9)"]),
    (Response, &["low_shelf(gain_db = 9)", "low_shelf(gain_db = -9)"]),
    (Response, &["high_shelf(gain_db = 9)", "high_shelf(gain_db = -9)"]),
    (Response, &["tilt(gain_db = 6)", "tilt(gain_db = -6)"]),
    (Response, &["eq(low_cut_hz = 40, peak2_db = -5, peak4_db = 3, high_shelf_db = 6)"]),
    (Response, &["parallel(allpass())", "parallel(allpass(q = 4))"]),
    (Response, &["butterworth()", "butterworth(order = 8)", "butterworth(kind = \"high\")"]),
    (Response, &["ladder()", "ladder(resonance = 0.8)", "ladder(mode = \"bpf12\", resonance = 0.8)"]),
    (Response, &["comb()"]),
    (Response, &["dc_block()", "dc_block(freq_hz = 100)"]),
    (Response, &["fir_lowpass()", "fir_lowpass(order = 512)"]),
    (Response, &["fir_highpass()", "fir_highpass(order = 1024)"]),
    (Response, &["linear_phase()", "linear_phase(kind = \"bandpass\")"]),
    (Click(2000.0), &["fir_delay()"]),
    (Echoes, &["delay()"]),
    (Decay, &["reverb()", "reverb(decay_s = 0.6, mix = 1)"]),
    (Decay, &["freeverb()", "freeverb(room_size = 0.9)"]),
    (Decay, &["schroeder_reverb()", "schroeder_reverb(gain1 = 0.5, gain2 = 0.4)"]),
];

/// What stands on a page.
pub struct Figure {
    /// The text of the SVG file.
    pub svg: String,
    /// How it was measured.
    pub caption: String,
}

/// The picture of an effect, if there can be one without a line in the list.
pub fn of_effect(name: &str) -> Option<Figure> {
    let line = TELLING.iter().find(|(_, calls)| named(calls[0]) == name);
    let (kind, calls) = match line {
        Some((kind, calls)) => (*kind, calls.iter().map(ToString::to_string).collect()),
        None => (Kind::of(name)?, vec![format!("{name}()")]),
    };
    Some(Figure { svg: svg(&kind.graphs(&calls)), caption: kind.says() })
}

/// The name of the effect that a call is of.
fn named(call: &str) -> &str {
    let call = call.strip_prefix("parallel(").unwrap_or(call);
    call.split_once('(').map_or(call, |(name, _)| name)
}

#[test]
fn every_line_of_the_list_is_for_an_effect_and_no_effect_has_two() {
    let mut names: Vec<&str> = TELLING.iter().map(|(_, calls)| named(calls[0])).collect();
    let unknown = names.iter().find(|name| EFFECTS.iter().all(|info| info.name != **name));
    assert_eq!(unknown, None);
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
