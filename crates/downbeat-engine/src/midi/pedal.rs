//! The sustain pedal: controller 64, down from the middle of its way.

use super::event::Event;

/// The pedal of one channel.
#[derive(Default)]
pub(super) struct Pedal {
    /// Since which tick it is down, or up.
    moves: Vec<(u64, bool)>,
}

/// The sustain (damper) pedal, in MIDI's table of controllers.
const SUSTAIN: u8 = 64;
/// Reset all controllers, which lets the pedal up (RP-015).
const RESET: u8 = 121;

impl Pedal {
    /// Takes what the channel's controllers say. Half-pedalling is heard as up or down: a value of 64 is down.
    pub fn take(&mut self, tick: u64, event: &Event) {
        let is_down = match *event {
            Event::Control { controller: SUSTAIN, value, .. } => value >= 64,
            Event::Control { controller: RESET, .. } => false,
            _ => return,
        };
        if self.moves.last().is_some_and(|&(last, _)| last == tick) {
            self.moves.pop();
        }
        if self.moves.last().is_some_and(|&(_, before)| before) != is_down {
            self.moves.push((tick, is_down));
        }
    }

    /// Since which tick it is down, or up: one entry a tick, and only where it moves. It is up before the first.
    pub fn moves(&self) -> &[(u64, bool)] {
        &self.moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pedal_goes_down_in_the_middle() {
        let mut pedal = Pedal::default();
        let control = |controller, value| Event::Control { channel: 1, controller, value };
        for (tick, event) in [
            (0, control(64, 63)),
            (10, control(64, 64)),
            (20, control(64, 127)),
            (30, control(1, 0)),
            (40, control(64, 0)),
            (50, control(64, 127)),
            (50, control(64, 0)),
            (60, control(64, 90)),
            (70, control(121, 0)),
        ] {
            pedal.take(tick, &event);
        }
        assert_eq!(pedal.moves(), [(10, true), (40, false), (60, true), (70, false)]);
    }
}
