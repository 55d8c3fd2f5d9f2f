//! SoundFonts made by a few lines, to be played by tests.
#![allow(dead_code)] // Every test uses some of it.

use std::f64::consts::TAU;

/// A generator: its number and its amount.
pub type Generator = (u16, i16);

/// A modulator: source, target, amount, what the amount is multiplied by, and the transform.
pub type Modulator = (u16, u16, i16, u16, u16);

/// Turns off that soft notes are darker, as most fonts do.
pub const NOT_DARKER: Modulator = (0x0102, 8, 0, 0x0d02, 0);

/// The tables of a SoundFont as they grow.
#[derive(Default)]
pub struct Builder {
    sound: Vec<u8>,
    samples: Vec<u8>,
    instruments: Vec<u8>,
    instrument_bags: Vec<u8>,
    instrument_generators: Vec<u8>,
    instrument_modulators: Vec<u8>,
    presets: Vec<u8>,
    preset_bags: Vec<u8>,
    preset_generators: Vec<u8>,
}

/// A full-scale sine of 64 frames a turn, 750 Hz at 48 kHz.
pub fn sine(frames: usize) -> Vec<i16> {
    (0..frames).map(|i| (32_000.0 * libm::sin(TAU * i as f64 / 64.0)).round() as i16).collect()
}

fn words(words: &[u16]) -> impl Iterator<Item = u8> {
    words.iter().flat_map(|word| word.to_le_bytes())
}

fn name(name: &str) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

impl Builder {
    /// Adds a sample at 48 kHz whose last frames are its loop, from this one on. Gives its number.
    pub fn sample(&mut self, frames: &[i16], loop_start: usize, key: u8) -> i16 {
        let start = self.sound.len() / 2;
        self.sound.extend(frames.iter().flat_map(|x| x.to_le_bytes()));
        let end = start + frames.len();
        // Silence between samples, as the format asks for.
        self.sound.extend([0; 92]);
        self.samples.extend(name("sample"));
        for place in [start, end, start + loop_start, end, 48_000] {
            self.samples.extend((place as u32).to_le_bytes());
        }
        self.samples.extend([key, 0, 0, 0, 1, 0]);
        (self.samples.len() / 46 - 1) as i16
    }

    /// Adds an instrument of these zones. Gives its number.
    pub fn instrument(&mut self, zones: &[Vec<Generator>]) -> i16 {
        self.modulated(zones, &[])
    }

    /// Adds an instrument of these zones, the first of which has these modulators. Gives its number.
    pub fn modulated(&mut self, zones: &[Vec<Generator>], modulators: &[Modulator]) -> i16 {
        self.instruments.extend(name("instrument"));
        self.instruments.extend(words(&[(self.instrument_bags.len() / 4) as u16]));
        for (number, zone) in zones.iter().enumerate() {
            let counts = [self.instrument_generators.len() / 4, self.instrument_modulators.len() / 10];
            self.instrument_bags.extend(words(&counts.map(|count| count as u16)));
            add(zone, &mut self.instrument_generators);
            for &(source, target, amount, by, transform) in modulators.iter().filter(|_| number == 0) {
                self.instrument_modulators.extend(words(&[source, target, amount as u16, by, transform]));
            }
        }
        (self.instruments.len() / 22 - 1) as i16
    }

    /// Adds a preset of these zones.
    pub fn preset(&mut self, title: &str, bank: u16, program: u16, zones: &[Vec<Generator>]) {
        self.presets.extend(name(title));
        self.presets.extend(words(&[program, bank, (self.preset_bags.len() / 4) as u16]));
        self.presets.extend([0; 12]);
        for zone in zones {
            self.preset_bags.extend(words(&[(self.preset_generators.len() / 4) as u16, 0]));
            add(zone, &mut self.preset_generators);
        }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let ended = |table: &[u8], last: &[u8]| [table, last].concat();
        let bag = |generators: &[u8], modulators: &[u8]| {
            words(&[(generators.len() / 4) as u16, (modulators.len() / 10) as u16]).collect::<Vec<_>>()
        };
        let mut last_preset = [name("EOP").to_vec(), vec![0; 18]].concat();
        last_preset[24..26].copy_from_slice(&((self.preset_bags.len() / 4) as u16).to_le_bytes());
        let last_instrument: Vec<u8> =
            name("EOI").into_iter().chain(words(&[(self.instrument_bags.len() / 4) as u16])).collect();
        let tables = [
            chunk(b"phdr", &ended(&self.presets, &last_preset)),
            chunk(b"pbag", &ended(&self.preset_bags, &bag(&self.preset_generators, &[]))),
            chunk(b"pmod", &[0; 10]),
            chunk(b"pgen", &ended(&self.preset_generators, &[0; 4])),
            chunk(b"inst", &ended(&self.instruments, &last_instrument)),
            chunk(
                b"ibag",
                &ended(&self.instrument_bags, &bag(&self.instrument_generators, &self.instrument_modulators)),
            ),
            chunk(b"imod", &ended(&self.instrument_modulators, &[0; 10])),
            chunk(b"igen", &ended(&self.instrument_generators, &[0; 4])),
            chunk(b"shdr", &ended(&self.samples, &[name("EOS").to_vec(), vec![0; 26]].concat())),
        ];
        let info = [b"INFO".to_vec(), chunk(b"ifil", &[2, 0, 4, 0])].concat();
        let sound = [b"sdta".to_vec(), chunk(b"smpl", &self.sound)].concat();
        let tables = [b"pdta".to_vec(), tables.concat()].concat();
        let lists = [chunk(b"LIST", &info), chunk(b"LIST", &sound), chunk(b"LIST", &tables)].concat();
        chunk(b"RIFF", &[b"sfbk".to_vec(), lists].concat())
    }
}

fn add(zone: &[Generator], generators: &mut Vec<u8>) {
    generators.extend(zone.iter().flat_map(|(oper, amount)| words(&[*oper, *amount as u16]).collect::<Vec<_>>()));
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [id.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat()
}
