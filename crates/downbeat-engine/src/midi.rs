//! The song: Standard MIDI Files, the tempo map, parts and notes.
