//! The session: what a script has asked for, as plain data. It can be compared and printed, and no sound is in it but the
//! short ones that settings hold (impulse responses, samples), which are known by their content.

use std::collections::BTreeSet;
use std::sync::Arc;

use downbeat_dsp::{
    Channels, Control, EnvelopeSettings, InstrumentSettings, PanLaw, Performance, PlayedNote, Settings, WaveSettings,
};

use crate::expectation::Expectation;
use crate::key::Key;
use crate::media::Pick;
use crate::plan::Routes;
use crate::time::Frames;

/// A place in the script that made something. What the number stands for is the script's business.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Origin(pub u32);

/// A whole mix.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// Frames per second of everything in it.
    pub rate: u32,
    /// Where the mix ends; `None` lets everything ring out.
    pub length: Option<Frames>,
    /// Where the bars begin, for rendering from bar to bar.
    pub bars: Vec<Frames>,
    /// Where the beats of the song's metre fall, those that begin a bar among them.
    pub beats: Vec<Frames>,
    /// The tracks, in the order of the script.
    pub tracks: Vec<Track>,
    /// The buses, in the order of the script.
    pub buses: Vec<Bus>,
    /// Where everything comes together.
    pub master: Strip,
    /// Strips that are handled together.
    pub groups: Vec<Group>,
    /// How loud the mix should be in the end.
    pub loudness: Option<Target>,
    /// What its strips are expected to measure, in the order of the script.
    pub expectations: Vec<Expectation>,
}

/// One of the strips of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StripIndex {
    /// A track, by its index.
    Track(usize),
    /// A bus, by its index.
    Bus(usize),
    /// The master.
    Master,
}

/// Strips that are handled together, each of which goes its own way. What is set here is added to what each has of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// Tracks and buses.
    pub strips: Vec<StripIndex>,
    /// By how much all of their faders are moved, in decibels.
    pub fader_db: Control,
    /// All are silenced.
    pub mute: bool,
    /// All are solo.
    pub solo: bool,
}

/// One track: a clip from the start of the song, cut or not, and clips placed on it at other times.
#[derive(Clone, PartialEq, Debug)]
pub struct Track {
    /// The name, unique among tracks and buses.
    pub name: String,
    /// What plays from the start, if anything.
    pub clip: Option<Arc<Clip>>,
    /// How the clip is cut.
    pub cut: Option<Cut>,
    /// Clips placed at times of their own.
    pub placed: Vec<Placed>,
    /// Inserts, fader, pan and sends.
    pub strip: Strip,
    /// The line of the script that made it.
    pub origin: Origin,
}

/// A bus: it sums what is sent to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Bus {
    /// The name, unique among tracks and buses.
    pub name: String,
    /// Inserts, fader, pan and sends.
    pub strip: Strip,
    /// The line of the script that made it.
    pub origin: Origin,
}

/// A sound before it is on a track: its source, and what was done to it as a whole.
#[derive(Clone, PartialEq, Debug)]
pub struct Clip {
    /// Where the sound comes from.
    pub source: Source,
    /// What is done to it.
    pub chain: Chain,
}

/// Where a sound comes from. Lengths and positions are at the session's rate.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// A recording.
    Recording(Recording),
    /// A steady tone.
    Tone {
        /// Its shape.
        wave: WaveSettings,
        /// Its frequency in Hz.
        freq_hz: f64,
        /// Its length.
        frames: Frames,
        /// Its amplitude.
        level: f64,
    },
    /// A sine whose frequency moves linearly.
    Sweep {
        /// The frequency at the start, in Hz.
        from_hz: f64,
        /// The frequency at the end, in Hz.
        to_hz: f64,
        /// Its length.
        frames: Frames,
        /// Its amplitude.
        level: f64,
    },
    /// A MIDI part, played by a wave under an envelope.
    Part {
        /// The notes, by their start.
        notes: Arc<[PlayedNote]>,
        /// The shape of the tone.
        wave: WaveSettings,
        /// The level of a note over time.
        envelope: EnvelopeSettings,
    },
    /// A MIDI part, played by an instrument.
    Played {
        /// The notes, and what wheel, pedal and other controllers do.
        performance: Performance,
        /// What plays it.
        instrument: InstrumentSettings,
    },
    /// A MIDI part as pretty_midi synthesises it.
    Resynthesis {
        /// The notes, by their start.
        notes: Arc<[PlayedNote]>,
        /// The shape of the tone.
        wave: WaveSettings,
    },
}

/// A recording as a mix uses it.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// The file, relative to the mix.
    pub path: String,
    /// The hash of the file's bytes.
    pub contents: Key,
    /// Which of its channels.
    pub pick: Pick,
    /// Mono or stereo, after the pick.
    pub channels: Channels,
    /// The length at the session's rate.
    pub frames: Frames,
}

/// Effects one after the other.
pub type Chain = Vec<Step>;

/// One step of a chain.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// The sound goes through the effect.
    Insert(Settings),
    /// The sound goes through each of the paths at once, and what comes out is added up.
    Parallel {
        /// The paths.
        paths: Vec<Chain>,
        /// Whether the sound itself is added, too.
        dry: bool,
    },
}

/// How a track is cut into segments.
#[derive(Clone, PartialEq, Debug)]
pub struct Cut {
    /// How neighbours are joined.
    pub join: Join,
    /// The segments in order. The first starts at 0, each ends where the next starts, the last with the clip.
    pub segments: Vec<Segment>,
}

/// How two neighbouring segments are joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// A linear crossfade of that many frames, centred on the boundary. The timeline stays.
    Crossfade(Frames),
    /// Each segment is faded in and out over that many frames and pulled that much further to the left than the one
    /// before, so that neighbours overlap and the music becomes shorter.
    Pull(Frames),
}

/// A stretch of a track with effects of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    /// Where it starts in the clip.
    pub start: Frames,
    /// What is done to it.
    pub chain: Chain,
    /// Whether it is left out.
    pub mute: bool,
}

/// A clip at a time of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// The clip.
    pub clip: Arc<Clip>,
    /// Where it starts, in frames; what lies before 0 is not heard.
    pub at: i64,
    /// Its gain, in decibels.
    pub gain_db: f64,
}

/// A channel strip: inserts, then fader and pan, then the way out.
#[derive(Clone, PartialEq, Debug)]
pub struct Strip {
    /// The effects, in order, before the fader.
    pub inserts: Vec<Settings>,
    /// The fader, in decibels.
    pub fader_db: Control,
    /// Where it stands between left and right.
    pub position: Position,
    /// What its pan does to both sides.
    pub pan_law: PanLaw,
    /// Silenced.
    pub mute: bool,
    /// Silences all that neither comes from a solo strip nor goes to one.
    pub solo: bool,
    /// Copies that go to buses.
    pub sends: Vec<Send>,
    /// Where it goes: a bus by its index, or the master.
    pub output: Option<usize>,
}

impl Default for Strip {
    fn default() -> Self {
        Strip {
            inserts: Vec::new(),
            fader_db: Control::Still(0.0),
            position: Position::Pan(Control::Still(0.0)),
            pan_law: PanLaw::Power,
            mute: false,
            solo: false,
            sends: Vec::new(),
            output: None,
        }
    }
}

/// Where a strip stands between left and right.
#[derive(Clone, PartialEq, Debug)]
pub enum Position {
    /// From -1 (left) to 1 (right), by a pan law.
    Pan(Control),
    /// Two gains of one's own, as amplitude ratios.
    Levels {
        /// The gain to the left.
        left: f64,
        /// The gain to the right.
        right: f64,
    },
}

impl Position {
    /// The gains to the left and to the right at a moment, in frames of the song.
    pub fn gains(&self, law: PanLaw, at: f64) -> [f64; 2] {
        self.gains_with(law, |pan| pan.value(at))
    }

    /// The same, when the pan has the value that is given for it.
    pub(crate) fn gains_with(&self, law: PanLaw, value: impl FnOnce(&Control) -> f64) -> [f64; 2] {
        match self {
            Position::Pan(pan) => law.gains(value(pan)),
            Position::Levels { left, right } => [*left, *right],
        }
    }
}

/// How loud a mix should be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Target {
    /// The integrated loudness, in LUFS.
    pub lufs: f64,
    /// The highest true peak there may be, in dBTP. What would rise above it is limited.
    pub ceiling_db: f64,
}

/// A copy of a strip's sound that goes to a bus.
#[derive(Clone, PartialEq, Debug)]
pub struct Send {
    /// The bus, by its index.
    pub bus: usize,
    /// Its level, in decibels.
    pub db: Control,
    /// Whether it is taken before the fader (and without pan).
    pub pre_fader: bool,
}

impl Session {
    /// An empty session.
    pub fn new(rate: u32) -> Self {
        Session {
            rate,
            length: None,
            bars: Vec::new(),
            beats: Vec::new(),
            tracks: Vec::new(),
            buses: Vec::new(),
            master: Strip::default(),
            groups: Vec::new(),
            loudness: None,
            expectations: Vec::new(),
        }
    }

    /// One of its strips.
    pub fn strip(&self, index: StripIndex) -> &Strip {
        match index {
            StripIndex::Track(track) => &self.tracks[track].strip,
            StripIndex::Bus(bus) => &self.buses[bus].strip,
            StripIndex::Master => &self.master,
        }
    }

    /// The name of a strip.
    pub fn name(&self, index: StripIndex) -> &str {
        match index {
            StripIndex::Track(track) => &self.tracks[track].name,
            StripIndex::Bus(bus) => &self.buses[bus].name,
            StripIndex::Master => "Master",
        }
    }

    /// All of its strips: tracks, buses, the master.
    pub fn strips(&self) -> impl Iterator<Item = StripIndex> + use<> {
        let tracks = (0..self.tracks.len()).map(StripIndex::Track);
        tracks.chain((0..self.buses.len()).map(StripIndex::Bus)).chain([StripIndex::Master])
    }

    /// The groups that a strip belongs to.
    pub fn groups_of(&self, index: StripIndex) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.strips.contains(&index))
    }

    /// The strips that are heard in the mix: not muted, on a way to the master, and not silenced by a solo.
    pub fn heard(&self) -> BTreeSet<StripIndex> {
        Routes::new(self).heard()
    }

    /// The strips of a circle in which sound would go, in the order of the sound; the last is the first again. A session that
    /// has one cannot be rendered.
    pub fn circle(&self) -> Option<Vec<StripIndex>> {
        Routes::new(self).circle()
    }

    /// The recordings that are heard, with nothing done to them: the raw material, to be compared with the mix. A
    /// session without recordings gives its other clips.
    pub fn raw(&self) -> Session {
        let audible = self.heard();
        let heard = || {
            let tracks = self.tracks.iter().enumerate();
            tracks.filter(|(index, _)| audible.contains(&StripIndex::Track(*index))).map(|(_, track)| track)
        };
        let is_recording = |clip: &Clip| matches!(clip.source, Source::Recording(_));
        let recorded = heard().any(|track| track.clip.as_deref().is_some_and(is_recording));
        let tracks = heard().filter_map(|track| {
            let clip = track.clip.as_deref().filter(|clip| !recorded || is_recording(clip))?;
            Some(Track {
                name: track.name.clone(),
                clip: Some(Arc::new(Clip { source: clip.source.clone(), chain: Chain::new() })),
                cut: None,
                placed: Vec::new(),
                strip: Strip::default(),
                origin: track.origin,
            })
        });
        Session {
            tracks: tracks.collect(),
            length: self.length,
            bars: self.bars.clone(),
            beats: self.beats.clone(),
            ..Session::new(self.rate)
        }
    }
}
