//! Part of Downbeat.
