//! Any bytes as a recording: WAV, and every other format that is recognised by its first bytes.
#![no_main]

use std::io::Cursor;

use downbeat_engine::media::Decoder;
use downbeat_engine::{Bytes, World, WorldError};
use libfuzzer_sys::fuzz_target;

/// A few bytes can promise hours of silence; this many frames tell enough.
const ENOUGH: usize = 1 << 18;

struct OneFile(Vec<u8>);

impl World for OneFile {
    fn open(&self, _path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

fuzz_target!(|bytes: Vec<u8>| {
    let Ok(mut decoder) = Decoder::open(&OneFile(bytes), "recording") else { return };
    let channels = decoder.info().channels;
    let mut frames = 0;
    let mut planes = Vec::new();
    while frames < ENOUGH {
        planes.iter_mut().for_each(Vec::clear);
        match decoder.read(&mut planes, 4096) {
            Ok(read @ 1..) => {
                assert!(read <= 4096 && planes.len() == channels);
                assert!(planes.iter().all(|plane| plane.len() == read && plane.iter().all(|x| x.is_finite())));
                frames += read;
            }
            _ => return,
        }
    }
});
