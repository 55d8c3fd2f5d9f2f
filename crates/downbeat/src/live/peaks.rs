//! Tiles of waveforms, for a page that draws them: a byte each for the extremes, the level and the brightness of a bin.

use downbeat_engine::live::{Bin, Take};
use downbeat_engine::{RenderError, StripIndex};

/// The bins of a tile.
const TILE: u64 = 1024;

/// What waveforms are drawn from has bins of 2 to this power frames.
const FINEST: u32 = 8;

/// The levels there are: bins of 2 to the power of the level frames.
const LEVELS: std::ops::RangeInclusive<u32> = 4..=22;

/// A tile of a strip: 1024 bins of `2^level` frames, or what there is of them at the end, four bytes a bin. None where there
/// is no such tile, or not yet.
///
/// # Errors
/// Those of the take.
pub fn tile(take: &Take, strip: StripIndex, level: u32, tile: u64) -> Result<Option<Vec<u8>>, RenderError> {
    let Some(first) = tile.checked_mul(TILE).filter(|_| LEVELS.contains(&level)) else { return Ok(None) };
    let end = take.frames().div_ceil(1 << level).min(first.saturating_add(TILE));
    if first >= end {
        return Ok(None);
    }
    let bins =
        if level < FINEST { fine(take, strip, level, first..end)? } else { coarse(take, strip, level, first..end)? };
    Ok(bins.map(|bins| bins.iter().flat_map(bytes).collect()))
}

/// Bins that are made of those there are.
fn coarse(
    take: &Take,
    strip: StripIndex,
    level: u32,
    range: std::ops::Range<u64>,
) -> Result<Option<Vec<Bin>>, RenderError> {
    let each = 1 << (level - FINEST);
    let finest = range.start * each..(range.end * each).min(take.frames().div_ceil(1 << FINEST));
    Ok(take.bins(strip, finest)?.map(|bins| bins.chunks(each as usize).map(joined).collect()))
}

/// Bins that are shorter than those there are: from the samples, and as bright as their surroundings.
fn fine(
    take: &Take,
    strip: StripIndex,
    level: u32,
    range: std::ops::Range<u64>,
) -> Result<Option<Vec<Bin>>, RenderError> {
    let frames = range.start << level..(range.end << level).min(take.frames());
    let around = frames.start >> FINEST..frames.end.div_ceil(1 << FINEST);
    let first = around.start;
    let (Some(excerpt), Some(around)) = (take.read(strip, frames)?, take.bins(strip, around)?) else {
        return Ok(None);
    };
    let audio = excerpt.audio();
    let planes: Vec<&[f32]> = audio.planes().collect();
    let bin = |number: u64| {
        let from = ((number - range.start) << level) as usize;
        let samples = || planes.iter().flat_map(|plane| plane.iter().skip(from).take(1 << level));
        let extreme = |extreme: fn(f32, f32) -> f32| samples().copied().reduce(extreme).unwrap_or(0.0);
        let squares: f64 = samples().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
        let brightness = around.get(((number << level >> FINEST) - first) as usize);
        Bin {
            min: extreme(f32::min),
            max: extreme(f32::max),
            rms: (squares / samples().count().max(1) as f64).sqrt() as f32,
            centroid_hz: brightness.map_or(0.0, |bin| bin.centroid_hz),
        }
    };
    Ok(Some(range.clone().map(bin).collect()))
}

/// Several bins as one. A centroid counts as much as its bin is loud.
fn joined(bins: &[Bin]) -> Bin {
    let mean = |value: fn(&Bin) -> f64| bins.iter().map(value).sum::<f64>() / bins.len() as f64;
    let level = mean(|bin| f64::from(bin.rms));
    let centroid = mean(|bin| f64::from(bin.rms) * f64::from(bin.centroid_hz));
    Bin {
        min: bins.iter().map(|bin| bin.min).fold(f32::INFINITY, f32::min),
        max: bins.iter().map(|bin| bin.max).fold(f32::NEG_INFINITY, f32::max),
        rms: mean(|bin| f64::from(bin.rms) * f64::from(bin.rms)).sqrt() as f32,
        centroid_hz: if level > 0.0 { (centroid / level) as f32 } else { 0.0 },
    }
}

/// A bin as bytes: the extremes at a full scale of 127, the level at one of 255, and the centroid from 1 at 20 Hz to 255 at
/// ten octaves more, 0 in silence.
fn bytes(bin: &Bin) -> [u8; 4] {
    let sample = |x: f32| (x.clamp(-1.0, 1.0) * 127.0).round() as i8 as u8;
    let octaves = libm::log2(f64::from(bin.centroid_hz) / 20.0);
    let is_silent = bin.rms <= 0.0 || bin.centroid_hz <= 0.0;
    let centroid = if is_silent { 0 } else { 1 + (254.0 * octaves / 10.0).round().clamp(0.0, 254.0) as u8 };
    [sample(bin.min), sample(bin.max), (bin.rms.clamp(0.0, 1.0) * 255.0).round() as u8, centroid]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Bin = Bin { min: 0.0, max: 0.0, rms: 0.0, centroid_hz: 0.0 };

    #[test]
    fn bins_become_bytes() {
        let bin = |min, max, rms, centroid_hz| bytes(&Bin { min, max, rms, centroid_hz });
        assert_eq!(bytes(&SILENCE), [0; 4]);
        assert_eq!(bin(-1.0, 1.0, 1.0, 20.0), [129, 127, 255, 1]);
        // Five of ten octaves above 20 Hz.
        assert_eq!(bin(-0.5, 0.25, 0.2, 640.0), [(-64_i8) as u8, 32, 51, 128]);
        assert_eq!(bin(-3.0, 3.0, 3.0, 48_000.0), [129, 127, 255, 255]);
        assert_eq!(bin(0.0, 0.0, 0.1, 5.0)[3], 1);
    }

    #[test]
    fn joined_bins_keep_extremes_and_power() {
        let loud = Bin { min: -0.8, max: 0.5, rms: 0.4, centroid_hz: 1000.0 };
        assert_eq!(joined(&[SILENCE, SILENCE]), SILENCE);
        let both = joined(&[loud, SILENCE]);
        assert_eq!((both.min, both.max, both.centroid_hz), (-0.8, 0.5, 1000.0));
        // Half of the power, and `f32` has seven digits.
        assert!((both.rms - 0.4 * std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-7, "{}", both.rms);
    }
}
