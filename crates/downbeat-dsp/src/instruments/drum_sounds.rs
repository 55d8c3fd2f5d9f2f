//! The sounds of the drum kit, as data: the keys of General MIDI's percussion map (GM Level 1, 35 to 81), each made of a few
//! layers.
//!
//! Membranes are sines that fall in pitch, wires and beads are noise through a filter, cymbals and bells are six square
//! waves that have nothing to do with each other, through a filter. The frequencies of these six are those of the
//! TR-808's cymbal.

use super::filter::VoiceFilter;

/// The sound of a key.
pub(super) struct Drum {
    pub key: u8,
    /// Those of the same group silence each other.
    pub choke: Option<u8>,
    pub layers: &'static [Layer],
}

/// One part of a drum's sound.
#[derive(Clone, Copy)]
pub(super) struct Layer {
    pub source: Source,
    /// The amplitude it starts with.
    pub level: f64,
    /// When it begins.
    pub delay_ms: f64,
    /// How long it takes to fall to nothing.
    pub decay_ms: f64,
}

/// Where the sound of a layer comes from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// A sine at `hz`, which begins `lift` times as high and falls to it with this time constant.
    Tone { hz: f64, lift: f64, fall_ms: f64 },
    /// White noise through a filter.
    Noise { filter: VoiceFilter, hz: f64, resonance: f64 },
    /// Six square waves, `pitch` times those of the TR-808, through a filter.
    Metal { pitch: f64, filter: VoiceFilter, hz: f64 },
    /// Two square waves through a bandpass, as a cowbell.
    Bell { hz: [f64; 2], filter_hz: f64 },
}

/// The frequencies of the metal in hertz.
pub(super) const METAL_HZ: [f64; 6] = [205.3, 304.4, 369.6, 522.7, 540.0, 800.0];
/// The most layers of a drum.
pub(super) const MOST_LAYERS: usize = 4;

/// The sound of a key; none for one that is no drum.
pub(super) fn drum(key: u8) -> Option<&'static Drum> {
    KIT.binary_search_by_key(&key, |drum| drum.key).ok().map(|index| &KIT[index])
}

const HATS: Option<u8> = Some(1);
const WHISTLES: Option<u8> = Some(2);
const GUIROS: Option<u8> = Some(3);
const CUICAS: Option<u8> = Some(4);
const TRIANGLES: Option<u8> = Some(5);

const fn tone(level: f64, hz: f64, lift: f64, fall_ms: f64, decay_ms: f64) -> Layer {
    Layer { source: Source::Tone { hz, lift, fall_ms }, level, delay_ms: 0.0, decay_ms }
}

const fn noise(level: f64, filter: VoiceFilter, hz: f64, resonance: f64, decay_ms: f64) -> Layer {
    Layer { source: Source::Noise { filter, hz, resonance }, level, delay_ms: 0.0, decay_ms }
}

const fn metal(level: f64, pitch: f64, filter: VoiceFilter, hz: f64, decay_ms: f64) -> Layer {
    Layer { source: Source::Metal { pitch, filter, hz }, level, delay_ms: 0.0, decay_ms }
}

const fn bell(level: f64, low: f64, high: f64, filter_hz: f64, decay_ms: f64) -> Layer {
    Layer { source: Source::Bell { hz: [low, high], filter_hz }, level, delay_ms: 0.0, decay_ms }
}

const fn after(delay_ms: f64, layer: Layer) -> Layer {
    Layer { delay_ms, ..layer }
}

const fn drum_of(key: u8, layers: &'static [Layer]) -> Drum {
    Drum { key, choke: None, layers }
}

const fn choked(key: u8, choke: Option<u8>, layers: &'static [Layer]) -> Drum {
    Drum { key, choke, layers }
}

use VoiceFilter::{Bandpass as BAND, Highpass as HIGH, Lowpass as LOW};

/// By key.
static KIT: &[Drum] = &[
    // Acoustic bass drum, bass drum 1.
    drum_of(35, &[tone(0.95, 46.0, 3.0, 18.0, 650.0), noise(0.25, LOW, 900.0, 0.1, 25.0)]),
    drum_of(36, &[tone(0.95, 52.0, 4.5, 14.0, 450.0), noise(0.3, LOW, 2500.0, 0.1, 12.0)]),
    // Side stick.
    drum_of(37, &[tone(0.45, 480.0, 1.0, 10.0, 45.0), noise(0.6, BAND, 1900.0, 0.7, 35.0)]),
    // Acoustic snare.
    drum_of(
        38,
        &[
            tone(0.5, 185.0, 1.4, 12.0, 180.0),
            tone(0.25, 330.0, 1.3, 10.0, 110.0),
            noise(0.6, HIGH, 1500.0, 0.2, 260.0),
        ],
    ),
    // Hand clap: three bursts, and the room.
    drum_of(
        39,
        &[
            noise(1.4, BAND, 1100.0, 0.6, 14.0),
            after(11.0, noise(1.4, BAND, 1100.0, 0.6, 14.0)),
            after(22.0, noise(1.4, BAND, 1100.0, 0.6, 14.0)),
            after(33.0, noise(1.5, BAND, 1100.0, 0.6, 230.0)),
        ],
    ),
    // Electric snare.
    drum_of(40, &[tone(0.55, 220.0, 1.8, 15.0, 140.0), noise(0.65, HIGH, 900.0, 0.1, 220.0)]),
    // Toms from low to high, closed, pedal and open hi-hat between them.
    drum_of(41, &[tone(0.85, 82.0, 1.7, 45.0, 750.0), noise(0.15, LOW, 1200.0, 0.2, 40.0)]),
    choked(42, HATS, &[metal(0.75, 1.0, HIGH, 7500.0, 90.0), noise(0.25, HIGH, 8000.0, 0.1, 60.0)]),
    drum_of(43, &[tone(0.85, 98.0, 1.7, 42.0, 700.0), noise(0.15, LOW, 1300.0, 0.2, 40.0)]),
    choked(44, HATS, &[metal(0.6, 1.0, HIGH, 6500.0, 60.0), noise(0.25, HIGH, 6000.0, 0.1, 45.0)]),
    drum_of(45, &[tone(0.85, 120.0, 1.7, 38.0, 620.0), noise(0.15, LOW, 1500.0, 0.2, 35.0)]),
    choked(46, HATS, &[metal(0.75, 1.0, HIGH, 7000.0, 700.0), noise(0.2, HIGH, 8000.0, 0.1, 500.0)]),
    drum_of(47, &[tone(0.8, 147.0, 1.7, 35.0, 560.0), noise(0.15, LOW, 1700.0, 0.2, 35.0)]),
    drum_of(48, &[tone(0.8, 175.0, 1.7, 32.0, 500.0), noise(0.15, LOW, 1900.0, 0.2, 30.0)]),
    // Crash cymbal 1.
    drum_of(
        49,
        &[
            metal(0.6, 1.45, BAND, 5200.0, 1900.0),
            noise(0.45, HIGH, 4500.0, 0.2, 1600.0),
            noise(0.3, BAND, 2500.0, 0.1, 120.0),
        ],
    ),
    drum_of(50, &[tone(0.8, 208.0, 1.7, 30.0, 450.0), noise(0.15, LOW, 2100.0, 0.2, 30.0)]),
    // Ride cymbal 1, Chinese cymbal, ride bell, tambourine, splash.
    drum_of(51, &[metal(0.6, 1.7, BAND, 6500.0, 1400.0), tone(0.1, 3100.0, 1.0, 10.0, 350.0)]),
    drum_of(52, &[metal(0.8, 0.9, BAND, 3600.0, 1300.0), noise(0.5, HIGH, 3000.0, 0.4, 1000.0)]),
    drum_of(53, &[bell(0.45, 1580.0, 2390.0, 4200.0, 900.0), metal(0.3, 1.7, BAND, 6500.0, 900.0)]),
    drum_of(54, &[metal(0.7, 2.3, HIGH, 8000.0, 220.0), after(18.0, noise(0.35, HIGH, 7000.0, 0.4, 140.0))]),
    drum_of(55, &[metal(0.6, 1.8, BAND, 6200.0, 650.0), noise(0.45, HIGH, 5500.0, 0.2, 600.0)]),
    // Cowbell.
    drum_of(56, &[bell(0.8, 540.0, 800.0, 900.0, 320.0)]),
    // Crash cymbal 2, vibraslap, ride cymbal 2.
    drum_of(57, &[metal(0.6, 1.25, BAND, 4600.0, 2200.0), noise(0.45, HIGH, 3800.0, 0.2, 1900.0)]),
    drum_of(58, &[bell(0.5, 2210.0, 2380.0, 2600.0, 650.0), noise(0.5, BAND, 2500.0, 0.8, 550.0)]),
    drum_of(59, &[metal(0.6, 1.55, BAND, 5600.0, 1700.0), tone(0.08, 2600.0, 1.0, 10.0, 300.0)]),
    // Bongos, congas.
    drum_of(60, &[tone(0.7, 420.0, 1.15, 12.0, 190.0), noise(0.2, BAND, 2200.0, 0.4, 18.0)]),
    drum_of(61, &[tone(0.75, 300.0, 1.15, 15.0, 240.0), noise(0.2, BAND, 1700.0, 0.4, 20.0)]),
    drum_of(62, &[tone(0.6, 345.0, 1.1, 8.0, 90.0), noise(0.35, BAND, 2000.0, 0.4, 25.0)]),
    drum_of(63, &[tone(0.75, 330.0, 1.1, 15.0, 340.0), noise(0.15, BAND, 1500.0, 0.4, 20.0)]),
    drum_of(64, &[tone(0.8, 220.0, 1.1, 18.0, 420.0), noise(0.15, BAND, 1200.0, 0.4, 20.0)]),
    // Timbales, agogos.
    drum_of(65, &[tone(0.6, 520.0, 1.2, 15.0, 300.0), bell(0.2, 1230.0, 1790.0, 2500.0, 200.0)]),
    drum_of(66, &[tone(0.65, 370.0, 1.2, 18.0, 380.0), bell(0.2, 940.0, 1330.0, 1900.0, 240.0)]),
    drum_of(67, &[bell(0.6, 1050.0, 1560.0, 1500.0, 330.0)]),
    drum_of(68, &[bell(0.6, 790.0, 1170.0, 1100.0, 380.0)]),
    // Cabasa, maracas.
    drum_of(69, &[noise(0.8, BAND, 7500.0, 0.4, 55.0), after(25.0, noise(0.6, BAND, 8500.0, 0.4, 70.0))]),
    drum_of(70, &[noise(0.7, HIGH, 6500.0, 0.3, 55.0)]),
    // Whistles, short and long.
    choked(71, WHISTLES, &[tone(0.5, 2350.0, 1.02, 20.0, 160.0), noise(0.12, BAND, 2400.0, 0.8, 160.0)]),
    choked(72, WHISTLES, &[tone(0.5, 2300.0, 1.02, 30.0, 700.0), noise(0.12, BAND, 2350.0, 0.8, 700.0)]),
    // Guiros, short and long.
    choked(73, GUIROS, &[noise(0.9, BAND, 3200.0, 0.7, 70.0), after(35.0, noise(0.7, BAND, 3600.0, 0.7, 60.0))]),
    choked(
        74,
        GUIROS,
        &[
            noise(0.8, BAND, 2800.0, 0.7, 110.0),
            after(80.0, noise(0.8, BAND, 3200.0, 0.7, 130.0)),
            after(170.0, noise(0.8, BAND, 3700.0, 0.7, 180.0)),
        ],
    ),
    // Claves, wood blocks.
    drum_of(75, &[tone(0.8, 2480.0, 1.0, 10.0, 75.0)]),
    drum_of(76, &[tone(0.7, 1180.0, 1.1, 6.0, 90.0), tone(0.25, 2870.0, 1.0, 10.0, 40.0)]),
    drum_of(77, &[tone(0.75, 830.0, 1.1, 7.0, 110.0), tone(0.25, 2050.0, 1.0, 10.0, 45.0)]),
    // Cuicas, muted and open.
    choked(78, CUICAS, &[tone(0.6, 520.0, 0.7, 30.0, 150.0), noise(0.12, BAND, 1500.0, 0.6, 90.0)]),
    choked(79, CUICAS, &[tone(0.6, 390.0, 1.7, 70.0, 320.0), noise(0.12, BAND, 1200.0, 0.6, 160.0)]),
    // Triangles, muted and open.
    choked(80, TRIANGLES, &[tone(0.35, 4120.0, 1.0, 10.0, 110.0), tone(0.3, 6730.0, 1.0, 10.0, 90.0)]),
    choked(
        81,
        TRIANGLES,
        &[
            tone(0.3, 4120.0, 1.0, 10.0, 1800.0),
            tone(0.28, 6730.0, 1.0, 10.0, 1500.0),
            tone(0.2, 9160.0, 1.0, 10.0, 900.0),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_general_midi_is_there_once_and_in_order() {
        assert!(KIT.iter().map(|drum| drum.key).eq(35..=81));
        assert!(KIT.iter().all(|drum| (1..=MOST_LAYERS).contains(&drum.layers.len())));
        assert!(drum(34).is_none() && drum(82).is_none());
    }
}
