//! Keys: the hash of what a job does and of the keys of its inputs. Equal keys, equal sound.

use std::fmt;

/// The name of a result: two jobs with the same key give the same bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Key(*blake3::hash(bytes).as_bytes())
    }

    /// The key of all that can be read.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(reader: impl std::io::Read) -> std::io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(reader)?;
        Ok(Key(*hasher.finalize().as_bytes()))
    }

    /// The key's bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The first eight hexadecimal digits: enough to tell jobs apart by eye.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Puts together the key of a job, part by part. Every part is length-prefixed, so that no two lists of parts meet.
pub(crate) struct KeyMaker(blake3::Hasher);

impl KeyMaker {
    pub(crate) fn new(kind: &str) -> Self {
        let mut maker = KeyMaker(blake3::Hasher::new());
        maker.bytes(kind.as_bytes());
        maker
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }

    pub(crate) fn real(&mut self, number: f64) -> &mut Self {
        self.number(number.to_bits())
    }

    pub(crate) fn key(&mut self, key: Key) -> &mut Self {
        self.bytes(key.bytes())
    }

    pub(crate) fn finish(&self) -> Key {
        Key(*self.0.finalize().as_bytes())
    }
}
