//! Convolution with long responses: cut into partitions of one length, each through its spectrum.
//!
//! Overlap-save with a delay line of spectra (F. Wefers, "Partitioned convolution algorithms for real-time auralization",
//! 2015, chapter 5): a block is transformed once, its spectrum is multiplied by that of every partition when its turn
//! comes, and the sum is transformed back once. As in `overlap_save.rs`, blocks lie where they lie in the sound, so that the
//! size of what comes in makes no difference. One side may answer another: a room has a response from each to each.

use std::sync::Arc;

use super::fft::{Fft, Room, Spectrum};
use crate::Held;

/// The least and the most frames of a partition. Measured: below, the transforms cost more than they save; above, they
/// no longer fit into a processor's second cache.
const SHORTEST: usize = 256;
const LONGEST: usize = 16_384;
/// Partitions are made shorter until there are about so many.
const PARTITIONS: usize = 4;
/// How many frequencies are summed at once over all partitions: they stay in a processor's first cache.
const STRETCH: usize = 512;

/// How many frames a partition of a response of that many has, by which the output lags, too.
pub fn partition(taps: usize) -> usize {
    (taps / PARTITIONS).next_power_of_two().clamp(SHORTEST, LONGEST)
}

/// The response of one channel that comes out to one that goes in.
pub struct Path {
    /// The channel that goes in.
    pub from: usize,
    /// The channel that comes out.
    pub to: usize,
    /// The response.
    pub taps: Vec<f64>,
}

/// A convolution in motion.
#[derive(Clone)]
pub struct Partitioned {
    fft: Arc<Fft>,
    kernels: Arc<[Kernel]>,
    inputs: Vec<Input>,
    /// For each channel, the block before, convolved.
    outputs: Vec<Vec<f32>>,
    /// How many frames of the current block are in.
    filled: usize,
    /// Where the newest spectrum stands in the rings.
    newest: usize,
    /// Where transforms work, and what the partitions add up to.
    room: Room,
    sum: Spectrum,
}

impl Held for Partitioned {
    fn held(&self) -> usize {
        self.inputs.held() + self.outputs.held() + self.room.held() + self.sum.held()
    }
}

/// The spectra of a path's partitions; those that are silent are left out.
#[derive(PartialEq)]
struct Kernel {
    from: usize,
    to: usize,
    /// Each with how many blocks it comes late.
    partitions: Vec<(usize, Spectrum)>,
}

/// What is kept of a channel that goes in.
#[derive(Clone, PartialEq)]
struct Input {
    /// The block before, then the current one.
    samples: Vec<f32>,
    /// The spectra of the last blocks, in a ring; none for silence.
    ring: Vec<Heard>,
}

impl Held for Input {
    fn held(&self) -> usize {
        self.samples.held() + self.ring.held()
    }
}

#[derive(Clone)]
struct Heard {
    is_silent: bool,
    spectrum: Spectrum,
}

impl Held for Heard {
    fn held(&self) -> usize {
        self.spectrum.held()
    }
}

/// What a silent block left in the memory of its spectrum is not heard.
impl PartialEq for Heard {
    fn eq(&self, other: &Self) -> bool {
        self.is_silent == other.is_silent && (self.is_silent || self.spectrum == other.spectrum)
    }
}

/// The transform follows from the lengths, and the rest is scratch paper.
impl PartialEq for Partitioned {
    fn eq(&self, other: &Self) -> bool {
        (self.filled, self.newest) == (other.filled, other.newest)
            && self.inputs == other.inputs
            && self.outputs == other.outputs
            && (Arc::ptr_eq(&self.kernels, &other.kernels) || self.kernels == other.kernels)
    }
}

impl Partitioned {
    /// Before the first frame of so many channels. All paths have partitions of `block` frames, a power of two.
    pub fn new(paths: &[Path], channels: usize, block: usize) -> Self {
        let fft = Fft::new(2 * block);
        let kernels: Vec<Kernel> = paths.iter().map(|path| Kernel::new(path, block, &fft)).collect();
        let latest = kernels.iter().flat_map(|kernel| &kernel.partitions).map(|(late, _)| late + 1).max().unwrap_or(1);
        let nothing = Spectrum { re: vec![0.0; block + 1], im: vec![0.0; block + 1] };
        // Used once, it has all the memory that it needs.
        let mut room = Room::default();
        fft.inverse_from(&nothing, &mut room).for_each(drop);
        let heard = Heard { is_silent: true, spectrum: nothing.clone() };
        let input = Input { samples: vec![0.0; 2 * block], ring: vec![heard; latest] };
        Partitioned {
            fft: Arc::new(fft),
            kernels: kernels.into(),
            inputs: vec![input; channels],
            outputs: vec![vec![0.0; block]; channels],
            filled: 0,
            newest: 0,
            room,
            sum: nothing,
        }
    }

    /// How many frames can go in until the current block is whole.
    pub fn wanted(&self) -> usize {
        self.outputs.first().map_or(usize::MAX, |output| output.len() - self.filled)
    }

    /// Where the next frames of a channel go in, and those that come out meanwhile, a block late: as many as are
    /// [wanted](Partitioned::wanted).
    pub fn channel(&mut self, channel: usize) -> (&mut [f32], &[f32]) {
        let output = &self.outputs[channel];
        (&mut self.inputs[channel].samples[output.len() + self.filled..], &output[self.filled..])
    }

    /// So many frames have gone into every channel. When the block is whole with them, it is convolved.
    #[inline(always)]
    pub fn advance(&mut self, frames: usize) {
        self.filled += frames;
        let Some(block) = self.outputs.first().map(Vec::len).filter(|block| *block == self.filled) else { return };
        self.filled = 0;
        let depth = self.inputs.first().map_or(1, |input| input.ring.len());
        self.newest = (self.newest + 1) % depth;
        for input in &mut self.inputs {
            let heard = &mut input.ring[self.newest];
            heard.is_silent = input.samples.iter().all(|&x| x == 0.0);
            if !heard.is_silent {
                let samples = input.samples.iter().map(|&x| f64::from(x));
                self.fft.forward_into(samples, &mut self.room, &mut heard.spectrum);
            }
            input.samples.copy_within(block.., 0);
        }
        for channel in 0..self.outputs.len() {
            self.convolve(channel);
        }
    }

    /// Makes the next output of a channel.
    #[inline(always)]
    fn convolve(&mut self, channel: usize) {
        let Partitioned { fft, kernels, inputs, outputs, newest, room, sum, .. } = self;
        let output = &mut outputs[channel];
        let paths = || kernels.iter().filter(|kernel| kernel.to == channel);
        let heard = |kernel: &Kernel, late: usize| {
            let ring = &inputs[kernel.from].ring;
            let heard = &ring[(*newest + ring.len() - late) % ring.len()];
            (!heard.is_silent).then_some(&heard.spectrum)
        };
        let sounds = |kernel: &Kernel| kernel.partitions.iter().any(|(late, _)| heard(kernel, *late).is_some());
        if !paths().any(sounds) {
            output.fill(0.0);
            return;
        }
        let bins = sum.re.len();
        for from in (0..bins).step_by(STRETCH) {
            let stretch = from..bins.min(from + STRETCH);
            sum.re[stretch.clone()].fill(0.0);
            sum.im[stretch.clone()].fill(0.0);
            for kernel in paths() {
                for (late, partition) in &kernel.partitions {
                    if let Some(heard) = heard(kernel, *late) {
                        add_product(sum, heard, partition, stretch.clone());
                    }
                }
            }
        }
        for (to, from) in output.iter_mut().zip(fft.inverse_from(sum, room).skip(bins - 1)) {
            *to = from as f32;
        }
    }
}

impl Kernel {
    fn new(path: &Path, block: usize, fft: &Fft) -> Self {
        let parts = path.taps.chunks(block).enumerate().filter(|(_, part)| part.iter().any(|&tap| tap != 0.0));
        let spectrum = |part: &[f64]| {
            let mut padded = part.to_vec();
            padded.resize(2 * block, 0.0);
            fft.forward(&padded)
        };
        let partitions = parts.map(|(late, part)| (late, spectrum(part))).collect();
        Kernel { from: path.from, to: path.to, partitions }
    }
}

/// Adds the product of two spectra to a third, for a stretch of the frequencies.
#[inline(always)]
fn add_product(sum: &mut Spectrum, a: &Spectrum, b: &Spectrum, stretch: std::ops::Range<usize>) {
    let a = a.re[stretch.clone()].iter().zip(&a.im[stretch.clone()]);
    let b = b.re[stretch.clone()].iter().zip(&b.im[stretch.clone()]);
    let sum = sum.re[stretch.clone()].iter_mut().zip(&mut sum.im[stretch]);
    for (((re, im), (a_re, a_im)), (b_re, b_im)) in sum.zip(a).zip(b) {
        *re += a_re * b_re - a_im * b_im;
        *im += a_re * b_im + a_im * b_re;
    }
}
