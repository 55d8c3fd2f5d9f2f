// The way through the song that playing takes: straight on to the end, or round and round a loop.

/** @typedef {{start: number, end: number}} Loop frames of the song, the end not included */

/** A way through the song from one frame on. Elapsed times and places are frames. */
export class Path {
  /**
   * @param {number} from where it begins
   * @param {?Loop} loop where it turns back, if it comes to the loop's end
   * @param {number} end the song's end
   */
  constructor(from, loop, end) {
    this.from = from;
    this.end = end;
    this.loop = loop && from < Math.min(loop.end, end) ? { start: loop.start, end: Math.min(loop.end, end) } : null;
  }

  /** The frame of the song after so many frames of playing. */
  at(elapsed) {
    const frame = this.from + elapsed;
    if (!this.loop) return Math.min(frame, this.end);
    if (frame < this.loop.end) return frame;
    return this.loop.start + ((frame - this.loop.end) % (this.loop.end - this.loop.start));
  }

  /** How many frames it goes straight on from there: to the loop's end, or to the song's. */
  straight(elapsed) {
    return (this.loop ? this.loop.end : this.end) - this.at(elapsed);
  }

  /** Whether the song is over after so many frames. */
  isOver(elapsed) {
    return !this.loop && this.from + elapsed >= this.end;
  }

  /** The pages of so many frames that playing needs from `elapsed` to `until`, in the order in which they sound. */
  pages(elapsed, until, frames) {
    const numbers = [];
    for (let e = Math.max(elapsed, 0); e < until && !this.isOver(e); ) {
      const frame = this.at(e);
      const number = Math.floor(frame / frames);
      numbers.push(number);
      e += Math.min((number + 1) * frames - frame, this.straight(e));
    }
    return numbers;
  }

  /**
   * How many frames of playing until the next downbeat that is not before `elapsed`. The start of a loop is one. Null
   * when the song has none any more.
   * @param {import("./song.js").Song} song
   */
  downbeat(elapsed, song) {
    const frame = this.at(elapsed);
    const bar = song.downbeat(frame);
    const straight = this.straight(elapsed);
    if (bar !== null && bar - frame < straight) return elapsed + bar - frame;
    return this.loop && song.bars.length > 0 ? elapsed + straight : null;
  }
}
