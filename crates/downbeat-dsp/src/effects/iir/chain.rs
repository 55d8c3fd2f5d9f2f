//! Sections in series, in motion.
//!
//! A recursion is slow frame by frame: each output waits for the one before. So eight frames are worked on at once.
//! Their outputs are what the state at their beginning rings on to, plus what the inputs of these frames add, and both
//! are sums that wait for nothing; from one group to the next there is one product of the state with A^8. The groups lie
//! where the first frame puts them, whatever the blocks are: of a group that a block cuts, the inputs are kept, and the
//! rest is worked out when it comes, by the very same sums.

use super::Design;
use super::section::{Section, State, dot};
use crate::{Block, Held};

/// The frames of a group.
const GROUP: usize = 8;
/// Half of them: as many 64-bit numbers as the widest registers hold.
const HALF: usize = GROUP / 2;
/// Every so many frames, states that have rung down to -400 dB become zero, before they get so small (denormal) that
/// computing with them is slow.
const STRETCH: usize = 32;

/// The sections of a design in series and what they remember, for one or two channels.
#[derive(Clone, PartialEq)]
pub struct Chain<D> {
    design: D,
    rate: u32,
    stages: Vec<Stage>,
    /// What each stage remembers of each channel, at the beginning of the group.
    states: Vec<[State; 2]>,
    /// The inputs of the group so far, of each channel; zero from there on.
    held: [[f32; GROUP]; 2],
    /// The position in the stretch.
    at: usize,
}

impl<D> Held for Chain<D> {
    fn held(&self) -> usize {
        self.stages.held() + self.states.held()
    }
}

impl<D: Design> Chain<D> {
    /// A chain before its first frame.
    pub fn new(design: &D, rate: u32) -> Self {
        let stages: Vec<Stage> = design.sections(rate).map(Stage::new).collect();
        let states = vec![[[0.0; 2]; 2]; stages.len()];
        Chain { design: design.clone(), rate, stages, states, held: [[0.0; GROUP]; 2], at: 0 }
    }

    /// Filters in place. A design that differs from the one before takes over from here on, with what is remembered.
    #[inline(always)]
    pub fn process(&mut self, design: &D, block: &mut Block<'_>) {
        if self.design != *design {
            self.retune(design);
        }
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.run([left, right]),
            (Some(left), None) => self.run([left]),
            _ => {}
        }
    }

    /// Takes what is remembered to the frame that comes next, and goes on from there with other sections.
    fn retune(&mut self, design: &D) {
        for frame in 0..self.at % GROUP {
            for (channel, held) in self.held.iter().enumerate() {
                let mut x = f64::from(held[frame]);
                for (stage, states) in self.stages.iter().zip(&mut self.states) {
                    x = stage.section.step(x, &mut states[channel]);
                }
            }
        }
        (self.held, self.at) = ([[0.0; GROUP]; 2], 0);
        self.design = design.clone();
        self.stages.clear();
        self.stages.extend(design.sections(self.rate).map(Stage::new));
        self.states.resize(self.stages.len(), [[0.0; 2]; 2]);
    }

    #[inline(always)]
    fn run<const CHANNELS: usize>(&mut self, mut planes: [&mut [f32]; CHANNELS]) {
        let frames = planes[0].len();
        let mut from = 0;
        while from < frames {
            let to = frames.min(from + STRETCH - self.at);
            let whole = (to - from) / GROUP * GROUP;
            if !self.at.is_multiple_of(GROUP) || whole == 0 {
                let to = to.min(from + GROUP - self.at % GROUP);
                self.part(planes.each_mut().map(|plane| &mut plane[from..to]));
                from = to;
            } else {
                self.groups(planes.each_mut().map(|plane| plane[from..from + whole].as_chunks_mut().0));
                (self.at, from) = (self.at + whole, from + whole);
            }
            if self.at == STRETCH {
                self.at = 0;
                self.states.as_flattened_mut().iter_mut().for_each(flush);
            }
        }
    }

    /// Filters whole groups.
    #[inline(always)]
    fn groups<const CHANNELS: usize>(&mut self, groups: [&mut [[f32; GROUP]]; CHANNELS]) {
        // One stage is the common case: its state can stay in registers.
        if let ([stage], [states]) = (self.stages.as_slice(), self.states.as_mut_slice()) {
            let mut local = [*states];
            through(std::array::from_ref(stage), &mut local, groups);
            *states = local[0];
        } else {
            through(&self.stages, &mut self.states, groups);
        }
    }

    /// Filters frames that lie within one group.
    #[inline(always)]
    fn part<const CHANNELS: usize>(&mut self, planes: [&mut [f32]; CHANNELS]) {
        let at = self.at % GROUP;
        let to = at + planes[0].len();
        for (channel, plane) in planes.into_iter().enumerate() {
            let held = &mut self.held[channel];
            held[at..to].copy_from_slice(plane);
            let mut x = widen(held);
            for (stage, states) in self.stages.iter().zip(&mut self.states) {
                let mut state = states[channel];
                x = stage.group(x, &mut state);
                if to == GROUP {
                    states[channel] = state;
                }
            }
            plane.copy_from_slice(&narrow(&x)[at..to]);
            if to == GROUP {
                *held = [0.0; GROUP];
            }
        }
        self.at += to - at;
    }
}

/// Lets whole groups go through all stages.
#[inline(always)]
fn through<const CHANNELS: usize>(
    stages: &[Stage],
    states: &mut [[State; 2]],
    mut groups: [&mut [[f32; GROUP]]; CHANNELS],
) {
    for i in 0..groups[0].len() {
        for (channel, groups) in groups.iter_mut().enumerate() {
            let mut x = widen(&groups[i]);
            for (stage, states) in stages.iter().zip(&mut *states) {
                x = stage.group(x, &mut states[channel]);
            }
            groups[i] = narrow(&x);
        }
    }
}

/// As 64-bit numbers, half by half.
#[inline(always)]
fn widen(x: &[f32; GROUP]) -> [[f64; HALF]; 2] {
    let mut wide = [[0.0; HALF]; 2];
    for (wide, x) in wide.as_flattened_mut().iter_mut().zip(x) {
        *wide = f64::from(*x);
    }
    wide
}

/// As 32-bit numbers; those that would be denormal are zero.
#[inline(always)]
fn narrow(y: &[[f64; HALF]; 2]) -> [f32; GROUP] {
    let mut narrow = [0.0; GROUP];
    for (narrow, y) in narrow.iter_mut().zip(y.as_flattened()) {
        let y = *y as f32;
        *narrow = if y.abs() < f32::MIN_POSITIVE { 0.0 } else { y };
    }
    narrow
}

/// Zero for what has rung down to -400 dB. Both numbers at once: each alone may pass through zero while the other rings.
fn flush(state: &mut State) {
    if state.iter().all(|s| s.abs() < 1e-20) {
        *state = [0.0; 2];
    }
}

/// A section with what eight of its steps come to.
#[derive(Clone, PartialEq)]
struct Stage {
    section: Section,
    /// What each number of the state at the beginning gives to the outputs, half by half.
    ringing: [[[f64; HALF]; 2]; 2],
    /// What each input of a half gives to the outputs of its own half: nothing before it.
    sooner: [[f64; HALF]; HALF],
    /// What each input of the first half gives to the outputs of the second one.
    later: [[f64; HALF]; HALF],
    /// What each input gives to the state at the end.
    gathered: [State; GROUP],
    /// What each number of the state at the beginning gives to the state at the end: the columns of A^8.
    kept: [State; 2],
}

impl Held for Stage {}

impl Stage {
    fn new(section: Section) -> Self {
        let from = |mut state: State, first: f64| {
            let outputs: [f64; GROUP] =
                std::array::from_fn(|n| section.step(if n == 0 { first } else { 0.0 }, &mut state));
            (outputs, state)
        };
        let ([of_s, of_t], kept) = {
            let ((of_s, kept_s), (of_t, kept_t)) = (from([1.0, 0.0], 0.0), from([0.0, 1.0], 0.0));
            ([of_s, of_t], [kept_s, kept_t])
        };
        let half = |outputs: &[f64; GROUP], at: usize| std::array::from_fn(|n| outputs[at + n]);
        let ringing = [of_s, of_t].map(|outputs| [half(&outputs, 0), half(&outputs, HALF)]);
        let (response, _) = from([0.0; 2], 1.0);
        let sooner = std::array::from_fn(|j| std::array::from_fn(|n| if n < j { 0.0 } else { response[n - j] }));
        let later = std::array::from_fn(|j| half(&response, HALF - j));
        let mut gathered = [section.b; GROUP];
        for j in (0..GROUP - 1).rev() {
            gathered[j] = section.a.map(|row| dot(row, gathered[j + 1]));
        }
        Stage { section, ringing, sooner, later, gathered, kept }
    }

    /// The outputs of a group, half by half; the state goes on to the next group.
    #[inline(always)]
    fn group(&self, x: [[f64; HALF]; 2], state: &mut State) -> [[f64; HALF]; 2] {
        let [s, t] = *state;
        let mut y = [[0.0; HALF]; 2];
        for ((y, of_s), of_t) in y.iter_mut().zip(&self.ringing[0]).zip(&self.ringing[1]) {
            for ((y, of_s), of_t) in y.iter_mut().zip(of_s).zip(of_t) {
                *y = of_s * s + of_t * t;
            }
        }
        for (x, y) in x.iter().zip(&mut y) {
            for (x, sooner) in x.iter().zip(&self.sooner) {
                add(y, sooner, *x);
            }
        }
        for (x, later) in x[0].iter().zip(&self.later) {
            add(&mut y[1], later, *x);
        }
        let mut end = [0.0; 2];
        for (x, gathered) in x.as_flattened().iter().zip(&self.gathered) {
            add(&mut end, gathered, *x);
        }
        let [of_s, of_t] = self.kept;
        *state = [(of_s[0] * s + of_t[0] * t) + end[0], (of_s[1] * s + of_t[1] * t) + end[1]];
        y
    }
}

/// Adds numbers, each multiplied by `factor`.
#[inline(always)]
fn add<const N: usize>(sums: &mut [f64; N], numbers: &[f64; N], factor: f64) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += number * factor;
    }
}
