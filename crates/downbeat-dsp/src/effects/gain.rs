use crate::{Block, Effect, Format, Held, ratio, scale};

crate::params! {
    /// Makes the sound louder or softer.
    pub struct Gain: "gain" {
        /// The change of level, in decibels: 6 is twice the amplitude, -6 half of it.
        db: f64 = 0.0, in -120.0..=60.0;
    }
}

/// What [`Gain`] remembers: where the gain is, and on its way where to.
#[derive(Clone, PartialEq)]
pub struct GainState {
    db: f64,
    gain: f32,
    target: f32,
    /// The frames until it is there.
    left: u32,
}

impl Held for GainState {}

/// The frames in which a gain goes to where it is set anew: as many as those after which a number that moves is set.
const WAY: u32 = 16;

impl Effect for Gain {
    type State = GainState;

    fn start(&self, _: Format) -> GainState {
        let gain = ratio(self.db) as f32;
        GainState { db: self.db, gain, target: gain, left: 0 }
    }

    #[inline(always)]
    fn process(&self, state: &mut GainState, block: &mut Block<'_>) {
        if self.db != state.db {
            *state = GainState { db: self.db, gain: state.gain, target: ratio(self.db) as f32, left: WAY };
        }
        let mut done = 0;
        while state.left > 0 && done < block.frames() {
            state.gain += (state.target - state.gain) / state.left as f32;
            state.left -= 1;
            state.gain = if state.left == 0 { state.target } else { state.gain };
            block.planes().for_each(|plane| plane[done] *= state.gain);
            done += 1;
        }
        let frames = block.frames();
        scale(&mut block.part(done..frames), state.gain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_at_six_decibels() {
        let mut samples = [0.25, -0.5];
        let gain = Gain { db: crate::decibels(2.0) };
        gain.process(&mut gain.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
        assert_eq!(samples, [0.5, -1.0]);
    }

    #[test]
    fn a_gain_that_is_set_anew_gets_there_in_a_straight_line() {
        let (soft, loud) = (Gain { db: 0.0 }, Gain { db: crate::decibels(17.0) });
        let mut state = soft.start(Format::mono(48_000));
        let mut samples = [1.0; 40];
        soft.process(&mut state, &mut Block::mono(&mut samples[..10]));
        for part in samples[10..].chunks_mut(7) {
            loud.process(&mut state, &mut Block::mono(part));
        }
        for (i, x) in samples.iter().enumerate() {
            let expected = (i as f32 - 8.0).clamp(1.0, 17.0);
            assert!((x - expected).abs() < 1e-5, "{i}: {x}");
        }
    }
}
