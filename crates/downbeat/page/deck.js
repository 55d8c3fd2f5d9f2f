// One version of the mix in motion along one path: its pages, cut into buffers that start on exact frames.

/** Seconds in which the ear goes over from the mix to the recordings and back. */
const SWITCH = 0.015;

/** @typedef {{mix: number, raw: number}} Gains factors by which each source is played */

/**
 * Plays a version from a frame of the audio context on. Both sources, the mix and the recordings, run side by side, so
 * that one can be heard instead of the other at any moment. Two decks whose fades lie over one another are a crossfade:
 * fades are straight lines, because what is faded over is the same music, and straight lines add up to one.
 */
export class Deck {
  /**
   * @param {BaseAudioContext} context whose rate is the song's
   * @param {AudioNode} output
   * @param {import("./pages.js").Pages} pages
   * @param {import("./pages.js").Version} version
   * @param {import("./song.js").Song} song
   * @param {import("./path.js").Path} path
   * @param {number} at the frame of the context at which it starts
   * @param {number} fade frames in which it fades in
   * @param {import("./pages.js").Source} source what is heard
   * @param {Gains} gains
   */
  constructor(context, output, pages, version, song, path, at, fade, source, gains) {
    Object.assign(this, { context, pages, version, song, path, at, fade });
    this.gain = new GainNode(context, { gain: 0 });
    this.gain.connect(output);
    this.gain.gain.setValueAtTime(0, at / song.rate);
    this.gain.gain.linearRampToValueAtTime(1, (at + fade) / song.rate);
    const levels = levelsOf(source, gains);
    this.voices = { mix: this.voice(levels.mix), raw: this.voice(levels.raw) };
    /** Whether a provisional page has gone into it. */
    this.isProvisional = false;
  }

  voice(level) {
    const gain = new GainNode(this.context, { gain: level });
    gain.connect(this.gain);
    return { gain, level, elapsed: 0, nodes: new Set() };
  }

  /** The frame of the context up to which a source is scheduled without a gap. */
  scheduled(source) {
    return this.at + this.voices[source].elapsed;
  }

  /** The frame of the context up to which a source can be counted on: the program does not go on with old takes. */
  lasts(source) {
    const { elapsed } = this.voices[source];
    if (this.path.isOver(elapsed)) return Infinity;
    const page = Math.floor(this.path.at(elapsed) / this.song.page);
    return this.pages.isHopeless(this.version, source, page) ? this.scheduled(source) : Infinity;
  }

  /** Whether a source can be heard from a frame of the context on. */
  has(source, frame) {
    return this.scheduled(source) > frame || this.path.isOver(this.voices[source].elapsed);
  }

  /** The frame of the song at a frame of the context. */
  place(frame) {
    return this.path.at(Math.max(0, frame - this.at));
  }

  /**
   * Schedules what has come of a source.
   * @param {import("./pages.js").Source} source
   * @param {number} now the frame of the context before which nothing can start any more
   * @param {number} until the frame of the context up to which it is wanted
   */
  fill(source, now, until) {
    const voice = this.voices[source];
    // What comes late joins in where the music is by now.
    if (this.scheduled(source) < now) voice.elapsed = now - this.at;
    while (this.scheduled(source) < until && !this.path.isOver(voice.elapsed)) {
      const frame = this.path.at(voice.elapsed);
      const number = Math.floor(frame / this.song.page);
      const page = this.pages.get(this.version, source, number);
      if (!page || page === "gone") return;
      const offset = frame - number * this.song.page;
      const length = Math.min(page.left.length - offset, this.path.straight(voice.elapsed));
      // A page that is shorter than the song says: its take has changed on the way.
      if (length <= 0) return;
      this.start(voice, page, offset, length);
      if (!page.isFinal) this.isProvisional = true;
    }
  }

  start(voice, page, offset, length) {
    const { rate } = this.song;
    const buffer = new AudioBuffer({ numberOfChannels: 2, length, sampleRate: rate });
    buffer.copyToChannel(page.left.subarray(offset, offset + length), 0);
    buffer.copyToChannel(page.right.subarray(offset, offset + length), 1);
    const node = new AudioBufferSourceNode(this.context, { buffer });
    node.connect(voice.gain);
    voice.nodes.add(node);
    node.onended = () => {
      node.disconnect();
      voice.nodes.delete(node);
    };
    node.start((this.at + voice.elapsed) / rate);
    voice.elapsed += length;
  }

  /**
   * The pages a source still needs from now to a frame of the context, in the order in which they sound.
   * @returns {import("./pages.js").Wish[]}
   */
  wishes(source, now, until) {
    const from = Math.max(this.scheduled(source), now) - this.at;
    const numbers = this.path.pages(from, until - this.at, this.song.page);
    return numbers.map((page) => ({ version: this.version, source, page }));
  }

  /** Lets another source be heard, or the same one at another level. */
  hear(source, gains) {
    const now = this.context.currentTime;
    const levels = levelsOf(source, gains);
    for (const [name, voice] of Object.entries(this.voices)) {
      if (voice.level === levels[name]) continue;
      voice.level = levels[name];
      const gain = voice.gain.gain;
      gain.cancelScheduledValues(now);
      gain.setValueAtTime(gain.value, now);
      gain.linearRampToValueAtTime(voice.level, now + SWITCH);
    }
  }

  /**
   * Fades out between two frames of the context, from wherever its fade in has got; the deck is to be dropped after
   * that.
   */
  fadeOut(at, fade) {
    const from = this.hold();
    const begin = Math.max(at, from);
    this.gain.gain.linearRampToValueAtTime(this.level(begin), begin / this.song.rate);
    this.gain.gain.linearRampToValueAtTime(0, (begin + fade) / this.song.rate);
  }

  /** Takes back a fade that has not begun. */
  stay() {
    const from = this.hold();
    this.gain.gain.linearRampToValueAtTime(1, Math.max(from, this.at + this.fade) / this.song.rate);
  }

  // Forgets the fades that were to come, and gives the frame of the context from which new ones begin.
  hold() {
    const from = Math.max(this.at, Math.ceil(this.context.currentTime * this.song.rate));
    this.gain.gain.cancelScheduledValues(0);
    this.gain.gain.setValueAtTime(this.level(from), from / this.song.rate);
    return from;
  }

  // How far the fade in has got at a frame of the context.
  level(frame) {
    return this.fade === 0 ? 1 : Math.max(0, Math.min(1, (frame - this.at) / this.fade));
  }

  /** Stops at once and lets go of everything. */
  drop() {
    for (const voice of Object.values(this.voices)) {
      for (const node of voice.nodes) {
        node.onended = null;
        node.stop();
        node.disconnect();
      }
      voice.gain.disconnect();
    }
    this.gain.disconnect();
  }
}

// How loud both sources are, as factors, while one of them is heard.
function levelsOf(source, gains) {
  return { mix: 0, raw: 0, [source]: gains[source] };
}
