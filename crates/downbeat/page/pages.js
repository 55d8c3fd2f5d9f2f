// The pages of sound that were fetched lately. Who plays says what it wants, in order of need; the rest follows.

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

/** A cache of pages of sound. */
export class Pages {
  /** @param {() => void} onArrival called when something has come, or is known not to come */
  constructor(onArrival) {
    this.onArrival = onArrival;
    /** @type {Map<string, Page|"gone">} the least lately used first */
    this.kept = new Map();
    /** @type {Map<string, AbortController>} */
    this.coming = new Map();
    /** @type {Map<string, number>} when what failed may be asked for again */
    this.failed = new Map();
  }

  /**
   * A page; "gone" when the take is there no more; null when it has not come yet.
   * @returns {?Page|"gone"}
   */
  get(version, source, page) {
    const key = name(version, source, page);
    const entry = this.kept.get(key);
    if (!entry) return null;
    this.kept.delete(key);
    this.kept.set(key, entry);
    const willDo = entry === "gone" || entry.isFinal || entry.wasAskedFinal || !version.isFinal;
    return willDo ? entry : null;
  }

  /** Whether a page is not to be counted on: its take is there no more, or it could not be had the last time. */
  isHopeless(version, source, page) {
    return this.get(version, source, page) === "gone" || this.failed.has(name(version, source, page));
  }

  /**
   * Says which pages are wanted now, the most urgent first. What is being fetched and is not among them is given up.
   * @param {Wish[]} wishes
   */
  want(wishes) {
    const wanted = new Map(wishes.map((wish) => [name(wish.version, wish.source, wish.page), wish]));
    for (const [key, controller] of this.coming) if (!wanted.has(key)) controller.abort();
    for (const key of this.failed.keys()) if (!wanted.has(key)) this.failed.delete(key);
    const now = performance.now();
    for (const [key, wish] of wanted) {
      if (this.coming.size >= AT_ONCE) return;
      const isLate = (this.failed.get(key) ?? 0) > now;
      if (isLate || this.coming.has(key) || this.get(wish.version, wish.source, wish.page)) continue;
      this.fetch(key, wish);
    }
  }

  async fetch(key, { version, source, page }) {
    const controller = new AbortController();
    this.coming.set(key, controller);
    try {
      const answer = await fetch(`/audio/${version.take}/${source}/${page}`, { signal: controller.signal });
      if (answer.status === 404) this.keep(key, "gone");
      else if (!answer.ok) throw new Error(answer.statusText);
      else {
        const isFinal = answer.headers.get("x-final") !== "0";
        const frames = new Float32Array(await answer.arrayBuffer());
        this.keep(key, { ...apart(frames), isFinal, wasAskedFinal: version.isFinal });
      }
      this.failed.delete(key);
    } catch (error) {
      if (error.name !== "AbortError") this.failed.set(key, performance.now() + AGAIN);
    }
    this.coming.delete(key);
    this.onArrival();
  }

  keep(key, entry) {
    this.kept.delete(key);
    this.kept.set(key, entry);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
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
