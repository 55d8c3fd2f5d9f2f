// The listener's own solo and mute, on top of the script's.

/**
 * Solo and mute, by the names of strips, as their numbers are those of a take. Tells "change"; the program answers with a
 * new take. One message is under way at a time; what has come in meanwhile goes with the next.
 */
export class Desk extends EventTarget {
  constructor() {
    super();
    this.solo = new Set();
    this.mute = new Set();
    /** What the program said or took last, and the number of the last message that it took. */
    this.known = this.state;
    this.number = 0;
    /** The state of the mix that is seen. */
    this.mix = null;
    /** Whether a message is under way, and whether there is more to say than it does. */
    [this.isSending, this.isBehind] = [false, false];
  }

  /**
   * Takes over what the program says. True when that differs from what it said before.
   * @param {object} mix the JSON of /mix
   * @param {boolean} isFirst whether another run of the program says it, which numbers messages anew
   */
  show(mix, isFirst) {
    this.mix = mix;
    if (isFirst) this.number = 0;
    // It may have said this before it took the last message.
    if (mix.desk_number < this.number) return false;
    const [solo, mute] = [mix.desk.solo, mix.desk.mute].map((ids) => ids.map((id) => this.name(id)).sort());
    this.known = { solo, mute };
    const said = JSON.stringify(this.known);
    const isNew = said !== this.said;
    this.said = said;
    // While a click is on its way, what the program said before it does not count.
    if (!this.isSending) this.state = this.known;
    return isNew;
  }

  isSolo(id) {
    return this.solo.has(this.name(id));
  }

  isMuted(id) {
    return this.mute.has(this.name(id));
  }

  /** Whether a strip is left over by the listener's mutes. What else a solo silences, the program knows. */
  isHeard(id) {
    return !this.isMuted(id);
  }

  /** @param {"solo"|"mute"} what */
  toggle(what, id) {
    const [set, name] = [this[what], this.name(id)];
    if (!set.delete(name)) set.add(name);
    this.dispatchEvent(new Event("change"));
    this.isBehind = true;
    if (!this.isSending) this.tell();
  }

  /** Tells the program the newest state, until there is no newer one. */
  async tell() {
    this.isSending = true;
    let isTaken = false;
    while (this.isBehind) {
      this.isBehind = false;
      const { state } = this;
      const number = await send(this.mix, state).catch(() => null);
      isTaken = number !== null;
      if (isTaken) [this.known, this.number] = [state, number];
    }
    this.isSending = false;
    if (isTaken) return;
    // What did not get through is taken back.
    this.state = this.known;
    this.dispatchEvent(new Event("failure"));
    this.dispatchEvent(new Event("change"));
  }

  get state() {
    return { solo: [...this.solo], mute: [...this.mute] };
  }

  set state({ solo, mute }) {
    this.solo = new Set(solo);
    this.mute = new Set(mute);
  }

  name(id) {
    return this.mix.strips.find((strip) => strip.id === id)?.name;
  }
}

/** Sends a state of the desk, by the numbers of the take that is seen. The number that the program gave it; null when it did not take it. */
async function send(mix, state) {
  let answer = await post(mix, state);
  // That take is long gone; the newest may number its strips in another way.
  if (answer.status === 404) answer = await post(await (await fetch("/mix")).json(), state);
  return answer.ok ? Number(answer.headers.get("x-desk-number")) : null;
}

function post({ take, strips }, { solo, mute }) {
  const numbers = (names) => strips.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  const body = JSON.stringify({ take, solo: numbers(solo), mute: numbers(mute) });
  return fetch("/desk", { method: "POST", headers: { "content-type": "application/json" }, body });
}
