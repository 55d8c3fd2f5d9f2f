//! The file itself: RIFF chunks, and the nine tables of the "hydra" (chapter 7) put together.

use std::sync::Arc;

use super::modulator::Modulator;
use super::zone::{GENERATORS, Generator, Sample, Zone, defaults};
use super::{Contents, Preset, SoundFontError};

/// Takes a file apart. Its name, its hash and its bytes are left empty.
pub(super) fn parse(bytes: &[u8]) -> Result<Contents, SoundFontError> {
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"sfbk") {
        return Err(SoundFontError::NotASoundFont(what_else(bytes)));
    }
    let (mut sound, mut tables) = (None, None);
    let should = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize + 8;
    let breaks_off = |error| match bytes.len() {
        are if are < should => SoundFontError::BreaksOff { should, are },
        _ => error,
    };
    for (id, list) in chunks(&bytes[12..]).map_err(breaks_off)? {
        match (id, list.get(..4)) {
            (b"LIST", Some(b"sdta")) => sound = find(&chunks(&list[4..])?, b"smpl"),
            (b"LIST", Some(b"pdta")) => tables = Some(chunks(&list[4..])?),
            _ => {}
        }
    }
    let sound = sound.ok_or_else(|| damaged("it has no samples"))?;
    let tables = tables.ok_or_else(|| damaged("it has no presets"))?;
    if sound.starts_with(b"OggS") {
        return Err(SoundFontError::Compressed);
    }
    // Where the chunk is that was found.
    let frames = sound.len() / 2;
    let begin = sound.as_ptr().addr() - bytes.as_ptr().addr();
    let sound = begin..begin + sound.len();
    let table = |id: &[u8; 4], size: usize| {
        let table = find(&tables, id).ok_or_else(|| damaged(format!("the table {} is missing", id.escape_ascii())))?;
        if table.len() % size != 0 || table.is_empty() {
            return Err(damaged(format!("the table {} has {} bytes", id.escape_ascii(), table.len())));
        }
        Ok(table.chunks_exact(size).map(Record).collect::<Vec<_>>())
    };

    let samples = table(b"shdr", 46)?;
    let samples = but_last(&samples).iter().map(|record| sample(record, frames)).collect::<Result<Vec<_>, _>>()?;
    let (bags, lists) = (table(b"ibag", 4)?, Lists { generators: table(b"igen", 4)?, modulators: table(b"imod", 10)? });
    let mut instruments = Vec::new();
    for (record, next) in pairs(&table(b"inst", 22)?) {
        let bags = slice(&bags, record.word(20), next.word(20), "inst")?;
        instruments.push(zones(bags, &lists, Generator::Sample, samples.len(), defaults())?);
    }
    let (bags, lists) = (table(b"pbag", 4)?, Lists { generators: table(b"pgen", 4)?, modulators: table(b"pmod", 10)? });
    let mut presets = Vec::new();
    for (record, next) in pairs(&table(b"phdr", 38)?) {
        let bags = slice(&bags, record.word(24), next.word(24), "phdr")?;
        presets.push(Preset {
            name: record.name(),
            program: record.word(20) as u32,
            bank: record.word(22) as u32,
            zones: zones(bags, &lists, Generator::Instrument, instruments.len(), [0; GENERATORS])?,
        });
    }
    Ok(Contents { name: String::new(), digest: [0; 32], bytes: Vec::new(), presets, instruments, samples, sound })
}

/// What bytes are that are no SoundFont, by how they begin.
fn what_else(bytes: &[u8]) -> &'static str {
    match (bytes.get(..4).unwrap_or(bytes), bytes.get(8..12)) {
        ([], _) => "an empty file",
        (b"RIFF" | b"RF64", Some(b"WAVE")) => "a recording (WAV)",
        (b"RIFF", Some(b"DLS ")) => "a DLS file",
        (b"RIFF", Some(b"RMID")) | (b"MThd", _) => "a MIDI file",
        (b"fLaC" | b"OggS" | b"FORM", _) => "a recording",
        (b"PK\x03\x04" | b"Rar!" | b"7z\xbc\xaf", _) => "a packed archive",
        (b"<!DO" | b"<htm" | b"<HTM", _) => "a web page",
        _ => "something else",
    }
}

/// A row of a table.
struct Record<'a>(&'a [u8]);

impl Record<'_> {
    fn word(&self, at: usize) -> usize {
        self.0.get(at..at + 2).map_or(0, |bytes| usize::from(bytes[0]) | usize::from(bytes[1]) << 8)
    }

    fn long(&self, at: usize) -> usize {
        self.word(at) | self.word(at + 2) << 16
    }

    fn byte(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    fn name(&self) -> String {
        let name = &self.0[..self.0.len().min(20)];
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        String::from_utf8_lossy(&name[..end]).trim().to_string()
    }
}

fn damaged(what: impl Into<String>) -> SoundFontError {
    SoundFontError::Damaged(what.into())
}

/// A chunk of a RIFF list: four letters and what is in it.
type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

/// The chunks of a RIFF list.
fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, SoundFontError> {
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while let Some((id, after)) = rest.split_first_chunk::<4>() {
        let (size, body) = after.split_first_chunk::<4>().ok_or_else(|| damaged("it breaks off within a header"))?;
        let size = u32::from_le_bytes(*size) as usize;
        let chunk = body.get(..size).ok_or_else(|| {
            damaged(format!("the chunk {} should have {size} bytes, and {} are there", id.escape_ascii(), body.len()))
        })?;
        chunks.push((id, chunk));
        // Chunks of an odd length are filled up.
        rest = body.get(size + size % 2..).unwrap_or(&[]);
    }
    Ok(chunks)
}

fn find<'a>(chunks: &[Chunk<'a>], id: &[u8; 4]) -> Option<&'a [u8]> {
    chunks.iter().find(|chunk| chunk.0 == id).map(|chunk| chunk.1)
}

/// The last record of a table says only where the one before it ends.
fn but_last<T>(records: &[T]) -> &[T] {
    records.split_last().map_or(&[], |(_, records)| records)
}

fn pairs<'t, 'a>(records: &'t [Record<'a>]) -> impl Iterator<Item = (&'t Record<'a>, &'t Record<'a>)> {
    records.iter().zip(records.iter().skip(1))
}

/// Records from one to another.
fn slice<'t, 'a>(
    records: &'t [Record<'a>],
    from: usize,
    to: usize,
    table: &str,
) -> Result<&'t [Record<'a>], SoundFontError> {
    // One more is looked at, to know where the last of them ends.
    let all = records.get(from..to.saturating_add(1)).filter(|all| !all.is_empty());
    all.ok_or_else(|| damaged(format!("a record of {table} points to {from} to {to} of {}", records.len())))
}

fn sample(record: &Record<'_>, all: usize) -> Result<Sample, SoundFontError> {
    let [start, end, loop_start, loop_end, rate] = [20, 24, 28, 32, 36].map(|at| record.long(at));
    // SF3 marks what is compressed so.
    if record.word(44) & 0x10 != 0 {
        return Err(SoundFontError::Compressed);
    }
    // Samples in the ROM of a sound card (8000 hexadecimal in the type) are not in the file.
    let is_rom = record.word(44) & 0x8000 != 0;
    let (start, end) = if is_rom { (0, 0) } else { (start, end) };
    if start > end || end > all {
        let name = record.name();
        return Err(damaged(format!("the sample {name:?} goes from {start} to {end}, and there are {all} frames")));
    }
    // Rates that are none are found in old files, in samples that nobody plays.
    let rate = (rate as u32).clamp(400, 1_000_000);
    let correction_cents = record.byte(41) as i8;
    Ok(Sample { start, end, loop_start, loop_end, rate, key: record.byte(40), correction_cents, all })
}

/// What zones are made of: the generators, and the modulators, that bags count.
struct Lists<'a> {
    generators: Vec<Record<'a>>,
    modulators: Vec<Record<'a>>,
}

/// The zones between bags. The first is for all the others when it does not end in the generator of a target (7.3, 7.7).
fn zones(
    bags: &[Record<'_>],
    lists: &Lists<'_>,
    target: Generator,
    targets: usize,
    defaults: [i16; GENERATORS],
) -> Result<Vec<Arc<Zone>>, SoundFontError> {
    let everything = 0..=127;
    let mut global = Zone {
        keys: everything.clone(),
        velocities: everything,
        target: usize::MAX,
        generators: defaults,
        modulators: Vec::new(),
    };
    let mut zones = Vec::new();
    for (number, (bag, next)) in pairs(bags).enumerate() {
        let mut zone = global.clone();
        for generator in between(&lists.generators, bag.word(0), next.word(0), "generators")? {
            let (oper, amount) = (generator.word(0), generator.word(2));
            let range = generator.byte(2)..=generator.byte(3);
            match oper {
                _ if oper == Generator::Keys as usize => zone.keys = range,
                _ if oper == Generator::Velocities as usize => zone.velocities = range,
                _ if oper == target as usize => zone.target = amount,
                // What is not known is left out (8.1.2).
                0..GENERATORS => zone.generators[oper] = amount as u16 as i16,
                _ => {}
            }
        }
        for modulator in between(&lists.modulators, bag.word(2), next.word(2), "modulators")? {
            let modulator = Modulator {
                source: modulator.word(0) as u16,
                target: modulator.word(2),
                amount: modulator.word(4) as u16 as i16,
                amount_source: modulator.word(6) as u16,
                transform: modulator.word(8) as u16,
            };
            // Those that move another modulator are left out.
            if modulator.target < GENERATORS {
                zone.modulators.retain(|other| !modulator.supersedes(other));
                zone.modulators.push(modulator);
            }
        }
        match zone.target {
            usize::MAX if number == 0 => global = zone,
            // A later zone without a target is left out (7.3).
            usize::MAX => {}
            target if target >= targets => {
                return Err(damaged(format!("a zone points to number {target} of {targets}")));
            }
            _ => zones.push(Arc::new(zone)),
        }
    }
    Ok(zones)
}

/// The records of a zone.
fn between<'t, 'a>(
    records: &'t [Record<'a>],
    from: usize,
    to: usize,
    what: &str,
) -> Result<&'t [Record<'a>], SoundFontError> {
    let all = records.get(from..to);
    all.ok_or_else(|| damaged(format!("a zone has the {what} {from} to {to} of {}", records.len())))
}
