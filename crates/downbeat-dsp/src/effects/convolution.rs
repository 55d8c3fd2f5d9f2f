//! Convolution with a recorded response: rooms, plates, cabinets.

use super::fir::{Partitioned, Path, partition};
use super::space::flush;
use crate::{Audio, Block, Channels, Effect, Format, Held, Response, ratio};

crate::params! {
    /// The sound of a room, a plate or a loudspeaker, from its recorded response to a click.
    ///
    /// `response` is a clip: `convolution(audio("hall.wav"))`. A mono one answers each side alike. A stereo one answers the
    /// left side on the left and the right side on the right, and makes a mono track stereo. Two stereo clips in a list are
    /// the answers to the left and to the right side of what comes in ("true stereo"), which a file of four channels holds
    /// one after the other: `[audio("hall.wav", channels = [1, 2]), audio("hall.wav", channels = [3, 4])]`. In mono, the
    /// mean of both sides is heard.
    ///
    /// Numbers that move change what goes into the room: it rings on with what it has heard.
    pub struct Convolution: "convolution" {
        /// The response: a clip of at most a minute, or two of them for the two sides of what comes in.
        response: Response = Response::default();
        /// The share of the response: 0 is dry, 1 is the response only.
        mix: f64 = 1.0, in 0.0..=1.0;
        /// What the response is turned up or down by, in decibels.
        gain_db: f64 = 0.0, in -60.0..=60.0;
        /// The time before the response, in milliseconds. It stays fixed while it plays.
        predelay_ms: f64 = 0.0, in 0.0..=500.0 as fixed;
        /// Whether the response is scaled to an energy of 1 (the squares of its samples sum up to 1 on the louder side), so
        /// that noise comes out about as loud as it went in, whatever the file's level. Off, it is taken as it is.
        normalize: bool = true;
    }
}

/// What [`Convolution`] remembers.
#[derive(Clone, PartialEq)]
pub struct ConvolutionState {
    wet: Partitioned,
    /// The dry sound of each channel, which has to wait for as long as the convolution is late: a ring.
    dry: Vec<Vec<f32>>,
    /// Where the rings stand.
    at: usize,
}

impl Held for ConvolutionState {
    fn held(&self) -> usize {
        self.wet.held() + self.dry.held()
    }
}

impl Effect for Convolution {
    type State = ConvolutionState;

    fn latency(&self, format: Format) -> usize {
        partition(self.taps(format.rate))
    }

    fn tail(&self, format: Format) -> usize {
        if self.mix == 0.0 { 0 } else { self.taps(format.rate) - 1 }
    }

    fn spreads(&self) -> bool {
        self.sides().any(|side| side.channels() == Channels::Stereo)
    }

    fn start(&self, format: Format) -> ConvolutionState {
        let (block, channels) = (self.latency(format), format.channels.count());
        ConvolutionState {
            wet: Partitioned::new(&self.paths(format), channels, block),
            dry: vec![vec![0.0; block]; channels],
            at: 0,
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut ConvolutionState, block: &mut Block<'_>) {
        let (wet, dry) = ((self.mix * ratio(self.gain_db)) as f32, (1.0 - self.mix) as f32);
        let mut from = 0;
        while from < block.frames() {
            // The rings are as long as the convolution's blocks, and stand where these do.
            let run = state.wet.wanted().min(block.frames() - from);
            let mut part = block.part(from..from + run);
            for (channel, (plane, ring)) in part.planes().zip(&mut state.dry).enumerate() {
                let (input, output) = state.wet.channel(channel);
                let late = ring[state.at..].iter_mut().zip(output);
                for ((x, input), (late, output)) in plane.iter_mut().zip(input).zip(late) {
                    *input = wet * *x;
                    *x = flush(std::mem::replace(late, dry * *x) + output);
                }
            }
            state.wet.advance(run);
            state.at = (state.at + run) % state.dry.first().map_or(1, Vec::len);
            from += run;
        }
    }
}

impl Convolution {
    /// The sounds that answer the sides of what comes in: one for both, or one for each. There may be none.
    fn sides(&self) -> impl Iterator<Item = &Audio> {
        self.response.0.iter().map(|(_, sound)| sound.audio().as_ref())
    }

    fn predelay(&self, rate: u32) -> usize {
        (self.predelay_ms / 1000.0 * f64::from(rate)).round() as usize
    }

    /// The length of the response with the time before it, in frames, at least 1: up to its last sample that is not zero.
    fn taps(&self, rate: u32) -> usize {
        let last = |plane: &[f32]| plane.iter().rposition(|&x| x != 0.0).map_or(1, |last| last + 1);
        let longest = self.sides().flat_map(Audio::planes).map(last).fold(1, usize::max);
        self.predelay(rate) + longest
    }

    /// The responses from channel to channel, laid out and scaled.
    fn paths(&self, format: Format) -> Vec<Path> {
        let sides: Vec<&Audio> = self.sides().collect();
        let taps = |planes: &[&[f32]]| {
            let mut taps = vec![0.0; self.taps(format.rate)];
            let (_, response) = taps.split_at_mut(self.predelay(format.rate));
            for plane in planes {
                for (tap, x) in response.iter_mut().zip(*plane) {
                    *tap += f64::from(*x) / planes.len() as f64;
                }
            }
            taps
        };
        let path = |from, to, planes: &[&[f32]]| Path { from, to, taps: taps(planes) };
        let mut paths = match (sides.as_slice(), format.channels) {
            ([], _) => (0..format.channels.count()).map(|side| path(side, side, &[&[1.0]])).collect(),
            ([one], Channels::Mono) => vec![path(0, 0, &one.planes().collect::<Vec<_>>())],
            ([one], Channels::Stereo) => vec![path(0, 0, &[one.left()]), path(1, 1, &[one.right()])],
            ([left, right, ..], Channels::Mono) => {
                // What a sound in the middle is answered with, both sides together.
                let mut path = path(0, 0, &[left.left(), left.right(), right.left(), right.right()]);
                path.taps.iter_mut().for_each(|tap| *tap *= 2.0);
                vec![path]
            }
            ([left, right, ..], Channels::Stereo) => vec![
                path(0, 0, &[left.left()]),
                path(0, 1, &[left.right()]),
                path(1, 0, &[right.left()]),
                path(1, 1, &[right.right()]),
            ],
        };
        let scale = self.scale();
        paths.iter_mut().flat_map(|path| &mut path.taps).for_each(|tap| *tap *= scale);
        paths
    }

    /// What the response is multiplied by: see `normalize`.
    fn scale(&self) -> f64 {
        let energy = |plane: &[f32]| plane.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
        let side = |of: fn(&Audio) -> &[f32]| self.sides().map(|audio| energy(of(audio))).sum::<f64>();
        let energy = side(Audio::left).max(side(Audio::right));
        if self.normalize && energy > 0.0 { 1.0 / energy.sqrt() } else { 1.0 }
    }
}
