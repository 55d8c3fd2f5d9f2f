// What was fetched lately: so much is kept, so much fetched at once, and what could not be had is asked for again
// after a while.

/**
 * A cache of what the program sends.
 * @template T
 */
export class Cache {
  /**
   * @param {number} most entries that are kept
   * @param {number} atOnce entries that are fetched at once
   * @param {number} again milliseconds until something is asked for again that could not be had
   */
  constructor(most, atOnce, again) {
    Object.assign(this, { most, atOnce, again });
    /** @type {Map<string, T>} the least lately used first */
    this.kept = new Map();
    /** @type {Map<string, AbortController>} */
    this.coming = new Map();
    /** @type {Map<string, number>} when what failed may be asked for again */
    this.failed = new Map();
  }

  /** @returns {T|undefined} */
  get(key) {
    const entry = this.kept.get(key);
    if (entry !== undefined) this.keep(key, entry);
    return entry;
  }

  /** Keeps an entry, as the one used last. */
  keep(key, entry) {
    this.kept.delete(key);
    this.kept.set(key, entry);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value);
  }

  /** Whether there is room for another fetch. */
  get isFree() {
    return this.coming.size < this.atOnce;
  }

  /** Whether something is on its way, or it is too soon to ask for it again. */
  isBusy(key) {
    return this.coming.has(key) || (this.failed.get(key) ?? 0) > performance.now();
  }

  /**
   * Fetches an address. False when it could not be had, or was given up.
   * @param {string} key
   * @param {string} url
   * @param {(answer: Response) => Promise<void>} take keeps what has come; it throws where that is of no use
   */
  async fetch(key, url, take) {
    const controller = new AbortController();
    this.coming.set(key, controller);
    try {
      await take(await fetch(url, { signal: controller.signal }));
      this.failed.delete(key);
      return true;
    } catch {
      if (!controller.signal.aborted) this.failed.set(key, performance.now() + this.again);
      return false;
    } finally {
      this.coming.delete(key);
    }
  }
}
