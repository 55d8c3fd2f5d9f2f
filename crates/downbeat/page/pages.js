// The pages of sound that were fetched lately. Who plays says what it wants, in order of need; the rest follows.

import { Cache } from "./cache.js";

/**
 * A state of the mix to hear.
 * @typedef {object} Version
 * @property {number} connection which run of the program it belongs to: takes are counted anew in each
 * @property {number} take
 * @property {boolean} isFinal whether provisional pages will do no more
 * @typedef {"mix"|"raw"} Source
 * @typedef {{version: Version, source: Source, page: number}} Wish
 * @typedef {{left: Float32Array, right: Float32Array, isFinal: boolean}} Page
 */

/** How many pages are kept: 64 pages of 65536 stereo frames are 32 MiB. */
const KEPT = 64;
/**
 * How many are fetched at once. A browser has six connections to a server, and events, peaks and the desk need theirs.
 */
const AT_ONCE = 2;
/** Milliseconds until a page is asked for again that could not be had. */
const AGAIN = 500;

/** The pages of sound that are there. */
export class Pages {
  /** @param {() => void} onArrival called when something has come, or is known not to come */
  constructor(onArrival) {
    this.onArrival = onArrival;
    /** @type {Cache<Page|"gone">} */
    this.cache = new Cache(KEPT, AT_ONCE, AGAIN);
  }

  /**
   * A page; "gone" when the take is there no more; null when it has not come yet.
   * @returns {?Page|"gone"}
   */
  get(version, source, page) {
    const entry = this.cache.get(name(version, source, page));
    if (!entry) return null;
    const willDo = entry === "gone" || entry.isFinal || entry.wasAskedFinal || !version.isFinal;
    return willDo ? entry : null;
  }

  /** Whether a page is not to be counted on: its take is there no more, or it could not be had the last time. */
  isHopeless(version, source, page) {
    return this.get(version, source, page) === "gone" || this.cache.failed.has(name(version, source, page));
  }

  /**
   * Says which pages are wanted now, the most urgent first. What is being fetched and is not among them is given up.
   * @param {Wish[]} wishes
   */
  want(wishes) {
    const { coming, failed } = this.cache;
    const wanted = new Map(wishes.map((wish) => [name(wish.version, wish.source, wish.page), wish]));
    for (const [key, controller] of coming) if (!wanted.has(key)) controller.abort();
    for (const key of failed.keys()) if (!wanted.has(key)) failed.delete(key);
    for (const [key, wish] of wanted) {
      if (!this.cache.isFree) return;
      if (!this.cache.isBusy(key) && !this.get(wish.version, wish.source, wish.page)) this.fetch(key, wish);
    }
  }

  async fetch(key, { version, source, page }) {
    await this.cache.fetch(key, `/audio/${version.take}/${source}/${page}`, async (answer) => {
      if (answer.status === 404) return this.cache.keep(key, "gone");
      if (!answer.ok) throw new Error(answer.statusText);
      const isFinal = answer.headers.get("x-final") !== "0";
      const frames = new Float32Array(await answer.arrayBuffer());
      this.cache.keep(key, { ...apart(frames), isFinal, wasAskedFinal: version.isFinal });
    });
    this.onArrival();
  }
}

function name({ connection, take }, source, page) {
  return `${connection}/${take}/${source}/${page}`;
}

/** Interleaved stereo as two channels. */
function apart(frames) {
  const left = new Float32Array(frames.length >> 1);
  const right = new Float32Array(frames.length >> 1);
  for (let i = 0; i < left.length; i++) {
    left[i] = frames[2 * i];
    right[i] = frames[2 * i + 1];
  }
  return { left, right };
}
