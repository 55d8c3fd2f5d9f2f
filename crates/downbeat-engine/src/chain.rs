//! A chain of effects made ready to run over whole clips: what segments and clips do.

use std::ops::Range;
use std::sync::Arc;

use downbeat_dsp::{Audio, Block, Format, Levels, Meter, Processor, Running, Stream};

use crate::session::Step;

/// One step of a chain, ready to run.
pub(crate) enum Stage {
    Insert(Processor),
    Parallel { paths: Vec<Vec<Stage>>, dry: bool },
}

/// Takes the effects of a chain.
pub(crate) fn prepare(chain: &[Step]) -> Vec<Stage> {
    let stage = |step: &Step| match step {
        Step::Insert(settings) => Stage::Insert(settings.made().clone()),
        Step::Parallel { paths, dry } => {
            Stage::Parallel { paths: paths.iter().map(|path| prepare(path)).collect(), dry: *dry }
        }
    };
    chain.iter().map(stage).collect()
}

impl Step {
    /// Whether it makes two channels that differ of two that are the same.
    pub(crate) fn spreads(&self) -> bool {
        match self {
            Step::Insert(settings) => settings.made().spreads(),
            Step::Parallel { paths, .. } => paths.iter().flatten().any(Step::spreads),
        }
    }
}

/// Whether a chain made ready does.
pub(crate) fn spreads(stages: &[Stage]) -> bool {
    stages.iter().any(|stage| match stage {
        Stage::Insert(processor) => processor.spreads(),
        Stage::Parallel { paths, .. } => paths.iter().any(|path| spreads(path)),
    })
}

/// How many frames come out of the chain for a clip of that many.
pub(crate) fn frames(stages: &[Stage], format: Format, clip: usize) -> usize {
    stages.iter().fold(clip, |length, stage| match stage {
        Stage::Insert(processor) => processor.frames(format, length),
        Stage::Parallel { paths, dry } => {
            let dry = if *dry { length } else { 0 };
            paths.iter().map(|path| frames(path, format, length)).fold(dry, usize::max)
        }
    })
}

/// The frames of a clip of that many that the chain works on, if its first stage does nothing but take these.
pub(crate) fn part(stages: &[Stage], format: Format, clip: usize) -> Option<Range<usize>> {
    match stages.first()? {
        Stage::Insert(Processor::Clip(effect)) => effect.part(format, clip),
        _ => None,
    }
}

/// The most frames a clip of that many has on its way through the chain: room to be made beforehand.
pub(crate) fn room(stages: &[Stage], format: Format, clip: usize) -> usize {
    let (_, most) = stages.iter().fold((clip, clip), |(length, most), stage| match stage {
        Stage::Insert(processor) => {
            let after = processor.frames(format, length);
            (after, most.max(after + processor.latency(format)))
        }
        parallel @ Stage::Parallel { .. } => {
            let after = frames(std::slice::from_ref(parallel), format, length);
            (after, most.max(after))
        }
    });
    most
}

/// Runs a clip through the chain. Its first frame is the frame `at` of the song, for what moves. Silence stays silence
/// (every effect promises that), so it is not worked on.
pub(crate) fn run(stages: &[Stage], mut clip: Audio, at: i64) -> Audio {
    if stages.is_empty() {
        return clip;
    }
    if clip.is_silent() {
        clip.resize(frames(stages, clip.format(), clip.frames()));
        return clip;
    }
    for stage in stages {
        clip = match stage {
            Stage::Insert(processor) => processor.apply(clip, at),
            Stage::Parallel { paths, dry } => {
                let copy = |path: &[Stage]| clip.copy_with_room(room(path, clip.format(), clip.frames()));
                let wet = paths.iter().map(|path| run(path, copy(path), at)).collect::<Vec<_>>();
                let mut sum = if *dry { clip } else { Audio::silence(clip.format(), 0) };
                for path in &wet {
                    sum.resize(sum.frames().max(path.frames()));
                    add(&mut sum.block(), path, 0, 1.0);
                }
                sum
            }
        };
    }
    clip
}

/// Streaming effects in series, in motion. The first frame that enters them is the frame `at` of the song; what an effect
/// lags behind, those after it get later.
pub(crate) fn started(effects: &[Arc<dyn Stream>], format: Format, at: i64) -> Vec<Box<dyn Running>> {
    let mut at = at;
    let start = |effect: &Arc<dyn Stream>| {
        let running = effect.clone().start(format, at);
        at -= effect.latency(format) as i64;
        running
    };
    effects.iter().map(start).collect()
}

/// Runs a sound through a chain, and measures the result.
pub fn process(chain: &[Step], clip: Audio) -> (Audio, Levels) {
    let result = run(&prepare(chain), clip, 0);
    let mut meter = Meter::new(result.format());
    meter.measure(&result);
    let levels = meter.levels();
    (result, levels)
}

/// Adds `clip`, times `gain`, to `sum` so that it starts at frame `at` (which may be negative). What lies outside of
/// `sum` is left out. Mono is added to both channels of a stereo sum.
pub(crate) fn add(sum: &mut Block<'_>, clip: &Audio, at: i64, gain: f32) {
    let skip = usize::try_from(-at).unwrap_or(0).min(clip.frames());
    let start = usize::try_from(at).unwrap_or(0).min(sum.frames());
    for (plane, source) in sum.planes().zip([clip.left(), clip.right()]) {
        for (y, x) in plane[start..].iter_mut().zip(&source[skip..]) {
            *y += gain * x;
        }
    }
}
