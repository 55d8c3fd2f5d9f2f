// Tiles of peaks, fetched as they are needed. What is not there yet is shown by coarser tiles, or by those of the take
// before.

import { Cache } from "./cache.js";

/** Bins in a tile. */
export const BINS = 1024;
/** Bytes of a bin: lowest and highest sample, RMS, centroid. */
const BYTES = 4;
/** Levels: a bin of level L has 2^L frames. */
export const FINEST = 4;
const COARSEST = 22;
/** Tiles that are kept: 4 KiB each. */
const KEPT = 4096;
/** How many are fetched at once, beside sound and events: a browser has six connections to a server. */
const AT_ONCE = 3;
/** Milliseconds until a tile is asked for again that was not there. */
const AGAIN = 700;

/**
 * Bins of a tile: `bytes` holds four for each, see `Peaks.tile`.
 * @typedef {{level: number, first: number, bytes: DataView, take: string}} Tile `first` is the first bin's number
 */

/** The tiles that are there. */
export class Peaks {
  /** @param {(strip: number) => void} onArrival called when a tile of a strip has come, or may be asked for again */
  constructor(onArrival) {
    this.onArrival = onArrival;
    /** @type {Cache<Tile>} kept by strip, level and number: the newest that is known, whichever take it is of */
    this.cache = new Cache(KEPT, AT_ONCE, AGAIN);
    this.wanted = new Map();
    /** What is shown: a tile of another one is shown only until the one of this has come. */
    this.take = "";
    this.number = 0;
    this.strips = "";
    this.frames = 0;
  }

  /**
   * Says which take is shown.
   * @param {import("./pages.js").Version} version
   * @param {import("./song.js").Song} song
   */
  show({ connection, take, isFinal }, song) {
    // Tiles are kept by the numbers of strips. Where these are others now, old tiles would show the wrong strip.
    const strips = `${connection}/${song.strips.map(({ name }) => name).join("/")}`;
    if (this.strips !== strips) this.cache.kept.clear();
    Object.assign(this, { strips, number: take, take: `${connection}/${take}/${isFinal}`, frames: song.frames });
    this.cache.failed.clear();
    this.wanted.clear();
  }

  /** The level whose bins are as fine as a column of so many frames, or finer. */
  level(frames) {
    return Math.max(FINEST, Math.min(COARSEST, Math.floor(Math.log2(frames))));
  }

  /** The level at which the whole song is one tile. */
  get whole() {
    return this.level(Math.max(1, (2 * this.frames) / BINS));
  }

  /** Forgets what was wanted: called before the lanes are drawn anew. */
  begin() {
    this.wanted.clear();
  }

  /**
   * The tile that holds a bin, or the next coarser one that is there; null when there is none. What is missing or of an
   * older take is fetched.
   * @returns {?Tile}
   */
  tile(strip, level, bin) {
    const number = Math.floor(bin / BINS);
    const found = this.cache.get(`${strip}/${level}/${number}`);
    if (found?.take !== this.take) this.want(strip, level, number);
    if (found) return found;
    for (let coarser = level + 1; coarser <= COARSEST; coarser++) {
      const other = this.cache.get(`${strip}/${coarser}/${Math.floor(bin / 2 ** (coarser - level) / BINS)}`);
      if (other) return other;
    }
    return null;
  }

  want(strip, level, number) {
    const key = `${strip}/${level}/${number}`;
    if (!this.wanted.has(key)) this.wanted.set(key, { strip, level, number });
    this.next();
  }

  next() {
    for (const [key, wish] of this.wanted) {
      if (!this.cache.isFree) return;
      const id = `${this.take}/${key}`;
      if (this.cache.isBusy(id)) continue;
      this.wanted.delete(key);
      this.fetch(id, key, wish);
    }
  }

  async fetch(id, key, { strip, level, number }) {
    const { take, strips } = this;
    const isThere = await this.cache.fetch(id, `/peaks/${this.number}/${strip}/${level}/${number}`, async (answer) => {
      if (!answer.ok) throw new Error(answer.statusText);
      const bytes = new DataView(await answer.arrayBuffer());
      // An answer that comes late must not stand for a newer take, nor for another strip that has this number now.
      const isLate = take !== this.take && (strips !== this.strips || this.cache.kept.has(key));
      if (!isLate) this.cache.keep(key, { level, first: number * BINS, bytes, take });
    });
    if (isThere) this.onArrival(strip);
    else setTimeout(() => this.onArrival(strip), AGAIN + 10);
    this.next();
  }
}

/** How many bins a tile holds: it is short at the end of the song. */
export function length(tile) {
  return Math.floor(tile.bytes.byteLength / BYTES);
}

/** The lowest sample of a bin, full scale 1. */
export const low = (tile, i) => tile.bytes.getInt8(BYTES * i) / 127;
/** The highest sample of a bin, full scale 1. */
export const high = (tile, i) => tile.bytes.getInt8(BYTES * i + 1) / 127;
/** The RMS of a bin, full scale 1. */
export const rms = (tile, i) => tile.bytes.getUint8(BYTES * i + 2) / 255;
/**
 * Where the spectral centroid of a bin lies: 0 when it is silent, else 1 (20 Hz) to 255 (20 kHz), evenly in octaves.
 */
export const centroid = (tile, i) => tile.bytes.getUint8(BYTES * i + 3);
