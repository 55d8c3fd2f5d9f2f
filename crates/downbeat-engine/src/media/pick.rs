//! Which channels of a recording are wanted: Downbeat mixes mono and stereo, files may have more.

use downbeat_dsp::Channels;

use super::MediaError;
use super::info::{Info, speaker};

/// A choice of channels.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub enum Pick {
    /// Mono and stereo as they are; more channels are an error.
    #[default]
    AsIs,
    /// One channel, counted from 1, as mono.
    Channel(usize),
    /// Two channels, counted from 1, as left and right.
    Pair(usize, usize),
    /// The downmix of a known layout to stereo by ITU-R BS.775-4, annex 4; mono and stereo stay as they are.
    /// Nothing is scaled down, so that the front keeps its level; loud surround sound may pass full scale.
    Downmix,
}

/// How planes of a file become one plane or two.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Routing {
    /// All planes, in order.
    All,
    /// One plane, from 0.
    One(usize),
    /// Two planes, from 0.
    Two(usize, usize),
    /// Weighted sums: for each plane its gain to the left and to the right.
    Matrix(Vec<[f32; 2]>),
}

impl Routing {
    /// Resolves a choice for a file, and says whether the result is mono or stereo.
    pub(super) fn new(path: &str, info: &Info, pick: Pick) -> Result<(Self, Channels), MediaError> {
        let check = |channel: usize| match channel.checked_sub(1).filter(|&plane| plane < info.channels) {
            Some(plane) => Ok(plane),
            None => Err(MediaError::NoSuchChannel { path: path.to_string(), channel, choices: choices(info) }),
        };
        match pick {
            Pick::AsIs | Pick::Downmix if info.channels == 1 => Ok((Routing::All, Channels::Mono)),
            Pick::AsIs | Pick::Downmix if info.channels == 2 => Ok((Routing::All, Channels::Stereo)),
            Pick::AsIs => Err(MediaError::ChannelsNotPicked {
                path: path.to_string(),
                channels: info.channels,
                choices: choices(info),
            }),
            Pick::Channel(channel) => Ok((Routing::One(check(channel)?), Channels::Mono)),
            Pick::Pair(left, right) => Ok((Routing::Two(check(left)?, check(right)?), Channels::Stereo)),
            Pick::Downmix => match downmix(info) {
                Some(matrix) => Ok((Routing::Matrix(matrix), Channels::Stereo)),
                None => Err(MediaError::NoDownmix {
                    path: path.to_string(),
                    channels: info.channels,
                    choices: choices(info),
                }),
            },
        }
    }

    /// Appends the routed planes to `out`, which has one plane or two.
    pub(super) fn apply(&self, planes: &[Vec<f32>], out: &mut [Vec<f32>]) {
        match self {
            Routing::All => out.iter_mut().zip(planes).for_each(|(out, plane)| out.extend_from_slice(plane)),
            &Routing::One(plane) => out[0].extend_from_slice(&planes[plane]),
            &Routing::Two(left, right) => {
                out[0].extend_from_slice(&planes[left]);
                out[1].extend_from_slice(&planes[right]);
            }
            Routing::Matrix(gains) => {
                for (side, out) in out.iter_mut().enumerate() {
                    let start = out.len();
                    out.resize(start + planes[0].len(), 0.0);
                    for (plane, gain) in planes.iter().zip(gains).filter(|(_, gain)| gain[side] != 0.0) {
                        let gain = gain[side];
                        out[start..].iter_mut().zip(plane).for_each(|(out, x)| *out += gain * x);
                    }
                }
            }
        }
    }
}

/// What can be chosen, in words.
fn choices(info: &Info) -> String {
    let downmix = if downmix(info).is_some() { ", or a downmix" } else { "" };
    match info.channels {
        1 => "channel 1".to_string(),
        n => format!("one channel from 1 to {n}, or a pair of these{downmix}"),
    }
}

/// The gains to left and right of each channel, when all of them are known.
///
/// ITU-R BS.775-4, annex 4, table 2: the centre and each surround channel come in at -3 dB, a single surround channel
/// at -6 dB on both sides, and the low-frequency effects stay out.
fn downmix(info: &Info) -> Option<Vec<[f32; 2]>> {
    const HALF_POWER: f32 = std::f32::consts::FRAC_1_SQRT_2;
    let mask = info.speakers.filter(|mask| mask.count_ones() as usize == info.channels)?;
    let bits = (0..32).map(|bit| 1 << bit).filter(|bit| mask & bit != 0);
    bits.map(|bit| match bit {
        speaker::FRONT_LEFT => Some([1.0, 0.0]),
        speaker::FRONT_RIGHT => Some([0.0, 1.0]),
        speaker::FRONT_CENTRE => Some([HALF_POWER, HALF_POWER]),
        speaker::LOW_FREQUENCY => Some([0.0, 0.0]),
        speaker::BACK_LEFT | speaker::SIDE_LEFT => Some([HALF_POWER, 0.0]),
        speaker::BACK_RIGHT | speaker::SIDE_RIGHT => Some([0.0, HALF_POWER]),
        speaker::BACK_CENTRE => Some([0.5, 0.5]),
        _ => None,
    })
    .collect()
}
