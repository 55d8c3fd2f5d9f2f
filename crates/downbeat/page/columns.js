// From tiles of peaks to columns of pixels.

import { BINS, FINEST, centroid, high, length, low, rms } from "./peaks.js";

/**
 * A waveform as columns of device pixels: lowest and highest sample and RMS (full scale 1), centroid (as in tiles). A
 * column past the end of the sound, or not known yet, has a `low` above its `high`.
 * @typedef {{low: Float32Array, high: Float32Array, rms: Float32Array, centroid: Uint8Array}} Columns
 */

/**
 * The columns of a strip.
 * @param {import("./peaks.js").Peaks} peaks
 * @param {number} strip its id
 * @param {number} first the first frame of the first column
 * @param {number} step frames per column
 * @param {number} count
 * @returns {Columns}
 */
export function columns(peaks, strip, first, step, count) {
  const made = {
    low: new Float32Array(count).fill(1),
    high: new Float32Array(count).fill(-1),
    rms: new Float32Array(count),
    centroid: new Uint8Array(count),
  };
  const level = peaks.level(step);
  const end = peaks.frames / 2 ** level;
  let [tile, number] = [null, -1];
  for (let i = 0; i < count; i++) {
    const from = (first + i * step) / 2 ** level;
    const to = from + step / 2 ** level;
    if (to <= 0 || from >= end) continue;
    // All bins that a column touches, and one at least, whichever tiles they are in.
    const start = Math.max(0, Math.floor(from + 1e-6));
    const stop = Math.max(start + 1, Math.min(Math.ceil(to - 1e-6), Math.ceil(end)));
    for (let bin = start; bin < stop; bin = Math.min(stop, (number + 1) * BINS)) {
      if (number !== Math.floor(bin / BINS)) {
        number = Math.floor(bin / BINS);
        tile = peaks.tile(strip, level, bin);
      }
      if (tile) merge(made, i, tile, level, bin, Math.min(stop, (number + 1) * BINS));
    }
    made.rms[i] = Math.sqrt(made.rms[i]);
  }
  if (step < 2 ** FINEST) smooth(made, first, step);
  return made;
}

// Merges bins of a level, which may be coarser in the tile, into a column. The centroid is that of the loudest bin, as
// the mean of two that are far apart is neither.
function merge(made, column, tile, level, from, to) {
  const shift = 2 ** (tile.level - level);
  const start = Math.floor(from / shift) - tile.first;
  const stop = Math.min(length(tile), Math.ceil(to / shift) - tile.first);
  let squares = 0;
  let loudest = -1;
  for (let i = start; i < stop; i++) {
    made.low[column] = Math.min(made.low[column], low(tile, i));
    made.high[column] = Math.max(made.high[column], high(tile, i));
    const power = rms(tile, i) ** 2;
    squares += power;
    if (power > loudest && centroid(tile, i) > 0) {
      loudest = power;
      made.centroid[column] = centroid(tile, i);
    }
  }
  if (stop > start) made.rms[column] = Math.max(made.rms[column], squares / (stop - start));
}

// Columns finer than the finest bins: straight lines from the middle of one bin to the middle of the next, instead of
// steps.
function smooth(made, first, step) {
  const width = 2 ** FINEST / step;
  const count = made.low.length;
  const offset = (first / step) % width;
  for (const name of ["low", "high", "rms"]) {
    const steps = made[name].slice();
    for (let i = 0; i < count; i++) {
      const inBin = ((i + 0.5 + offset) % width) / width - 0.5;
      const other = Math.min(count - 1, Math.max(0, Math.round(i + Math.sign(inBin) * width)));
      const isKnown = made.low[other] <= made.high[other] || name === "rms";
      if (isKnown) made[name][i] = steps[i] + Math.abs(inBin) * (steps[other] - steps[i]);
    }
  }
}
