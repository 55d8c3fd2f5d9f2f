// The listener's own solo and mute, on top of the script's.

/** Solo and mute by strip. Tells "change"; the program answers with a new take. */
export class Desk extends EventTarget {
  constructor() {
    super();
    this.solo = new Set();
    this.mute = new Set();
    /** How many messages are on their way. */
    this.sending = 0;
  }

  /** Takes over what the program says. True when that differs from what it said before. */
  show({ solo, mute }) {
    const said = JSON.stringify([[...solo].sort(), [...mute].sort()]);
    const isNew = said !== this.said;
    this.said = said;
    // While a click is on its way, what the program said before it does not count.
    if (this.sending === 0) {
      this.solo = new Set(solo);
      this.mute = new Set(mute);
    }
    return isNew;
  }

  isSolo(id) {
    return this.solo.has(id);
  }

  isMuted(id) {
    return this.mute.has(id);
  }

  /** Whether a strip is left over by the listener's mutes. What else a solo silences, the program knows. */
  isHeard(id) {
    return !this.mute.has(id);
  }

  /** @param {"solo"|"mute"} what */
  async toggle(what, id) {
    const set = this[what];
    if (!set.delete(id)) set.add(id);
    this.dispatchEvent(new Event("change"));
    this.sending += 1;
    const body = JSON.stringify({ solo: [...this.solo], mute: [...this.mute] });
    try {
      const answer = await fetch("/desk", { method: "POST", headers: { "content-type": "application/json" }, body });
      if (!answer.ok) throw new Error(answer.statusText);
    } catch {
      // What did not get through is taken back.
      if (!set.delete(id)) set.add(id);
      this.dispatchEvent(new Event("failure"));
      this.dispatchEvent(new Event("change"));
    }
    this.sending -= 1;
  }
}
