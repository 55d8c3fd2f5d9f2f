//! Modulation wheel, volume, pan and expression: controllers 1, 7, 10 and 11, in their coarse byte. Their fine ones (33, 39,
//! 42, 43) are less than can be heard, and are left out.

use downbeat_dsp::Controls;

use super::event::Event;

/// The controllers of one channel.
#[derive(Default)]
pub(super) struct Controllers {
    now: Controls,
    /// Since which tick they stand where.
    moves: Vec<(u64, Controls)>,
}

impl Controllers {
    /// Takes what the channel's controllers say.
    pub fn take(&mut self, tick: u64, event: &Event) {
        let Event::Control { controller, value, .. } = *event else { return };
        match controller {
            1 => self.now.modulation = value,
            7 => self.now.volume = value,
            10 => self.now.pan = value,
            11 => self.now.expression = value,
            // Reset all controllers leaves volume and pan as they are (RP-015).
            121 => {
                let Controls { modulation, expression, .. } = Controls::START;
                self.now = Controls { modulation, expression, ..self.now };
            }
            _ => return,
        }
        if self.moves.last().is_some_and(|&(last, _)| last == tick) {
            self.moves.pop();
        }
        if self.moves.last().map_or(Controls::START, |&(_, before)| before) != self.now {
            self.moves.push((tick, self.now));
        }
    }

    /// Since which tick they stand where: one entry a tick, and only where one of them moves. Before the first they stand
    /// where General MIDI has them.
    pub fn moves(&self) -> &[(u64, Controls)] {
        &self.moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_controller_moves_by_itself_until_a_reset() {
        let mut channel = Controllers::default();
        let control = |controller, value| Event::Control { channel: 1, controller, value };
        for (tick, event) in [
            // Where they stand at first is no move.
            (0, control(7, 100)),
            (0, control(10, 64)),
            (5, control(7, 80)),
            (5, control(11, 90)),
            (10, control(10, 0)),
            (20, control(1, 127)),
            // What is no other value, the fine bytes, and other controllers.
            (30, control(1, 127)),
            (30, control(39, 5)),
            (30, control(64, 127)),
            (35, Event::Bend { channel: 1, value: 5 }),
            (40, control(121, 0)),
            (50, control(7, 127)),
            (50, control(7, 80)),
            (60, control(7, 100)),
            (60, control(10, 64)),
            (70, control(121, 0)),
        ] {
            channel.take(tick, &event);
        }
        let at = |modulation, volume, pan, expression| Controls { modulation, volume, pan, expression };
        assert_eq!(
            channel.moves(),
            [
                (5, at(0, 80, 64, 90)),
                (10, at(0, 80, 0, 90)),
                (20, at(127, 80, 0, 90)),
                (40, at(0, 80, 0, 127)),
                (60, Controls::START),
            ]
        );
    }
}
