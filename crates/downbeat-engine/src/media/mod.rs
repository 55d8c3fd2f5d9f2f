//! Recordings: decoding, encoding, resampling.
