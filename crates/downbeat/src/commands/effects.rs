//! `downbeat effects`: the table of effects, read aloud.

use downbeat_dsp::{EFFECTS, EffectInfo, Reach};

use super::rows::{Entry, tell};
use crate::args::Effects;
use crate::exit::Fail;

/// Lists the effects, or explains one.
pub fn run(args: &Effects) -> Result<(), Fail> {
    let entry = |info: &EffectInfo| Entry {
        stands_on: Some(places(info.reach)),
        moves: matches!(info.reach, Reach::Anywhere | Reach::Either),
        ..Entry::new(info, kind(info.reach))
    };
    let entries: Vec<Entry> = EFFECTS.iter().map(entry).collect();
    tell(&entries, "effect", args.name.as_deref(), args.json)
}

fn kind(reach: Reach) -> &'static str {
    match reach {
        Reach::Anywhere => "stream",
        Reach::Clips => "clip",
        Reach::Either => "either",
        Reach::Measured => "measured",
    }
}

fn places(reach: Reach) -> &'static str {
    match reach {
        Reach::Anywhere => "clips, segments, tracks, buses and the master",
        Reach::Clips => "clips and segments, because it needs the whole clip",
        Reach::Either => "clips and segments, and on tracks, buses and the master where its settings let it stream",
        Reach::Measured => "clips, segments and tracks; it measures the whole sound first",
    }
}
