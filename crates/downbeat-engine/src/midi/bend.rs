//! Pitch bend in semitones: the wheel's position times the range that registered parameter 0 sets.

use super::event::Event;

/// The wheel of one channel.
pub(super) struct Wheel {
    /// -8192 to 8191.
    position: i16,
    /// How far the wheel goes, in semitones and hundredths.
    range: (u8, u8),
    /// The registered parameter that data entry goes to: (0, 0) is the range.
    parameter: (u8, u8),
    /// Since which tick the pitch is how many semitones higher.
    bends: Vec<(u64, f64)>,
}

/// No parameter is selected.
const NO_PARAMETER: (u8, u8) = (127, 127);

impl Wheel {
    /// A wheel in the middle, with the range of General MIDI: two semitones.
    pub fn new() -> Self {
        Wheel { position: 0, range: (2, 0), parameter: NO_PARAMETER, bends: Vec::new() }
    }

    /// Takes what the channel's controllers say. Data entry by increments is not heeded.
    pub fn take(&mut self, tick: u64, event: &Event) {
        match *event {
            Event::Bend { value, .. } => self.position = value,
            Event::Control { controller, value, .. } => match controller {
                6 if self.parameter == (0, 0) => self.range.0 = value,
                38 if self.parameter == (0, 0) => self.range.1 = value,
                98 | 99 => self.parameter = NO_PARAMETER,
                100 => self.parameter.1 = value,
                101 => self.parameter.0 = value,
                // Reset all controllers (RP-015) centres the wheel and keeps its range.
                121 => (self.position, self.parameter) = (0, NO_PARAMETER),
                _ => return,
            },
            _ => return,
        }
        self.note_down(tick);
    }

    /// Since which tick the pitch is how many semitones higher: one entry a tick, and only where it changes.
    pub fn bends(&self) -> &[(u64, f64)] {
        &self.bends
    }

    fn note_down(&mut self, tick: u64) {
        let range = f64::from(self.range.0) + f64::from(self.range.1) / 100.0;
        let semitones = f64::from(self.position) / 8192.0 * range;
        if self.bends.last().is_some_and(|&(last, _)| last == tick) {
            self.bends.pop();
        }
        if self.bends.last().map_or(0.0, |&(_, before)| before) != semitones {
            self.bends.push((tick, semitones));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wheel_bends_by_its_range() {
        let mut wheel = Wheel::new();
        let control = |controller, value| Event::Control { channel: 1, controller, value };
        let bend = |value| Event::Bend { channel: 1, value };
        for (tick, event) in [
            (0, bend(0)),
            (10, bend(4096)),
            (20, bend(-8192)),
            (20, bend(8191)),
            // Data entry without a parameter does nothing; with parameter 0 it sets the range at once.
            (30, control(6, 12)),
            (40, control(101, 0)),
            (40, control(100, 0)),
            (40, control(6, 12)),
            (40, control(38, 50)),
            (50, bend(-4096)),
            (60, control(99, 1)),
            (60, control(6, 24)),
            (70, control(121, 0)),
        ] {
            wheel.take(tick, &event);
        }
        let full = 8191.0 / 8192.0;
        assert_eq!(wheel.bends(), [(10, 1.0), (20, full * 2.0), (40, full * 12.5), (50, -6.25), (70, 0.0)]);
    }
}
