//! `downbeat midi`: what is in a MIDI file.

use downbeat_engine::midi::{Note, Part, Song};
use downbeat_engine::time::Seconds;
use serde_json::{Value, json};

use crate::args::Midi;
use crate::exit::Fail;
use crate::input::read_song;
use crate::table::{Align, Table, clock};
use crate::terminal::{Terminal, print};

/// Prints a MIDI file, for people or as JSON.
pub fn run(args: &Midi, terminal: &Terminal) -> Result<(), Fail> {
    let song = read_song(&args.file, terminal)?;
    if args.json { print(&format!("{:#}\n", as_json(&song))) } else { print(&as_text(&song)) }
}

fn as_text(song: &Song) -> String {
    let list = |items: Vec<String>| {
        let more = items.len().saturating_sub(8);
        let shown = items.into_iter().take(8).collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown}, and {more} more") } else { shown }
    };
    let at = |moment: Seconds| if moment.0 == 0.0 { String::new() } else { format!(" from {}", clock(moment.0)) };
    let tempi = song.tempo_changes().iter().map(|(since, bpm)| format!("{bpm:.3} bpm{}", at(*since))).collect();
    let metres = song
        .time_signatures()
        .iter()
        .map(|(since, metre)| format!("{}/{}{}", metre.numerator, metre.denominator, at(*since)))
        .collect();
    let mut text = format!(
        "length  {}\ntempo   {}\nmetre   {}\nbars    {} ({} beats)\n\n",
        clock(song.end().0),
        list(tempi),
        list(metres),
        song.downbeats().len(),
        song.beats().len(),
    );
    let mut table = Table::new(&[
        ("", Align::Right),
        ("part", Align::Left),
        ("notes", Align::Right),
        ("range", Align::Left),
        ("from", Align::Right),
        ("to", Align::Right),
        ("instrument", Align::Left),
    ]);
    for (number, part) in song.parts().iter().enumerate() {
        let pitches = || part.notes.iter().map(|note| note.pitch);
        let range = match (pitches().min(), pitches().max()) {
            (Some(low), Some(high)) => format!("{}-{}", key_name(low), key_name(high)),
            _ => String::new(),
        };
        table.row(vec![
            (number + 1).to_string(),
            part.name.clone(),
            part.notes.len().to_string(),
            range,
            part.notes.first().map_or_else(String::new, |note| clock(note.start.0)),
            clock(part.end().0),
            if part.drum { "drums".to_string() } else { format!("program {}", part.program + 1) },
        ]);
    }
    text += &table.to_string();
    text
}

/// The name of a key: 60 is C4.
fn key_name(pitch: u8) -> String {
    const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
    format!("{}{}", NAMES[usize::from(pitch % 12)], i32::from(pitch / 12) - 1)
}

fn as_json(song: &Song) -> Value {
    let seconds = |moments: &[Seconds]| moments.iter().map(|moment| moment.0).collect::<Vec<_>>();
    json!({
        "tempo_changes": song.tempo_changes().iter().map(|(since, bpm)| json!([since.0, bpm])).collect::<Vec<_>>(),
        "time_signatures": song
            .time_signatures()
            .iter()
            .map(|(since, metre)| json!([since.0, metre.numerator, metre.denominator]))
            .collect::<Vec<_>>(),
        "beats": seconds(song.beats()),
        "downbeats": seconds(song.downbeats()),
        "parts": song.parts().iter().map(part_json).collect::<Vec<_>>(),
        "end": song.end().0,
    })
}

fn part_json(part: &Part) -> Value {
    let note = |note: &Note| json!([note.start.0, note.end.0, note.pitch, note.velocity]);
    json!({
        "name": part.name,
        "program": part.program,
        "drum": part.drum,
        "notes": part.notes.iter().map(note).collect::<Vec<_>>(),
    })
}
