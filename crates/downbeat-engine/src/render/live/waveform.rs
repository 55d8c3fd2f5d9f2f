//! What waveforms are drawn from, page by page.

use std::sync::Arc;

use downbeat_dsp::{Audio, Column, Pyramid};

use super::score::{Score, start};
use super::store::{Bin, Made};
use crate::render::RenderError;

/// How many frames a bin has.
pub(super) const BIN: usize = 256;

impl Score {
    /// What a waveform of a page is drawn from.
    pub(super) fn bins(&self, line: usize, page: usize) -> Result<Option<Arc<[Bin]>>, RenderError> {
        let Some(key) = self.names(line).key(page) else { return Ok(None) };
        if let Some(bins) = self.store.made(key).and_then(|made| made.bins) {
            return Ok(Some(bins));
        }
        let Some(sound) = self.page(line, page)? else { return Ok(None) };
        if let Some(bins) = self.store.made(key).and_then(|made| made.bins) {
            return Ok(Some(bins));
        }
        let bins: Arc<[Bin]> = waveform(&sound).into();
        let state = self.names(line).state(page + 1).unwrap_or_else(start);
        self.store.put_made(key, Made { state, bins: Some(bins.clone()) });
        Ok(Some(bins))
    }
}

/// The bins of a page.
pub(super) fn waveform(sound: &Audio) -> Vec<Bin> {
    let count = sound.frames().div_ceil(BIN);
    let mut pyramid = Pyramid::with_centroid(sound.rate(), sound.channels().count()).expecting(u64::MAX);
    pyramid.add(sound);
    let range = 0.0..(count * BIN) as f64;
    let centroids = pyramid.centroids(range.clone(), count);
    let bin =
        |(column, centroid_hz): (Column, f32)| Bin { min: column.low, max: column.high, rms: column.rms, centroid_hz };
    pyramid.columns(range, count).into_iter().zip(centroids).map(bin).collect()
}
