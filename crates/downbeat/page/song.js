// The song as /mix tells it, and what is asked of it all the time: bars, beats, places, times.

/**
 * @typedef {object} Strip
 * @property {number} id
 * @property {"track"|"bus"|"master"} kind
 * @property {string} name
 * @property {boolean} heard
 * @property {string[]} inserts
 * @property {string} fader
 * @property {{start: number, end: number, bar: ?number, chain: string, mute: boolean}[]} segments
 * @property {[number, number][]} changed
 */

/** What /mix says, with its bars and beats looked up. All times are frames. */
export class Song {
  /** @param {object} mix the JSON of /mix */
  constructor(mix) {
    this.mix = mix;
    this.rate = mix.rate;
    this.frames = mix.frames;
    this.page = mix.page;
    this.bars = mix.bars;
    this.beats = mix.beats;
    /** @type {Strip[]} */
    this.strips = mix.strips;
  }

  /** The bar and the beat (from 1, with its fraction) at a frame; null before the first bar and without bars. */
  place(frame) {
    const bar = last(this.bars, frame);
    if (bar < 0) return null;
    const beat = last(this.beats, frame);
    const first = after(this.beats, this.bars[bar] - 1);
    if (beat < first) return { bar: bar + 1, beat: 1 };
    return { bar: bar + 1, beat: beat - first + 1 };
  }

  /** The start of the first bar that begins at this frame or later; null after the last one. */
  downbeat(frame) {
    return this.bars[after(this.bars, frame - 1)] ?? null;
  }

  /** The start of the bar that a frame is in, that of the first bar before it; the frame itself without bars. */
  barStart(frame) {
    return this.bars.length === 0 ? frame : this.bars[Math.max(0, last(this.bars, frame))];
  }

  /** The nearest start of a bar, or the song's end; the frame itself without bars. */
  nearestBar(frame) {
    if (this.bars.length === 0) return frame;
    const before = this.barStart(frame);
    const next = this.downbeat(frame) ?? this.frames;
    return frame - before <= next - frame ? before : next;
  }

  /**
   * A bar (or a beat) on or back. Going back within a quarter of a second after a bar's start leads to the bar before,
   * so that pressing twice while playing gets further back.
   * @param {number} frame
   * @param {1|-1} direction
   * @param {boolean} byBeat
   */
  step(frame, direction, byBeat) {
    const grid = byBeat && this.beats.length > 0 ? this.beats : this.bars;
    if (grid.length === 0) return this.clamp(frame + direction * (byBeat ? 1 : 5) * this.rate);
    if (direction > 0) return this.clamp(grid[after(grid, frame)] ?? this.frames);
    const slack = Math.min(this.rate / 4, (grid[1] - grid[0] || this.rate) / 2);
    return this.clamp(grid[last(grid, frame - slack)] ?? 0);
  }

  /** The number of the bar that begins at a frame; null when none does. */
  barNumber(frame) {
    const bar = last(this.bars, frame);
    return bar >= 0 && this.bars[bar] === frame ? bar + 1 : null;
  }

  clamp(frame) {
    return Math.max(0, Math.min(this.frames, Math.round(frame)));
  }

  /** The index of the segment of a strip at a frame: the last one where several overlap, -1 where there is none. */
  segmentAt(strip, frame) {
    return strip.segments.findLastIndex(({ start, end }) => start <= frame && frame < end);
  }

  /** A frame as minutes, seconds and so many decimals; with hours in songs that long. */
  time(frame, decimals = 0) {
    return clock(frame / this.rate, decimals, this.frames / this.rate >= 3600);
  }

  /** A frame in words, for those who listen to the page: "bar 5, beat 2, 0:09". */
  words(frame) {
    const place = this.place(frame);
    const time = this.time(frame);
    return place ? `bar ${place.bar}, beat ${place.beat}, ${time}` : time;
  }
}

/** Seconds as 1:02.345. */
export function clock(seconds, decimals, withHours) {
  const unit = 10 ** decimals;
  // Cut, not rounded, so that a clock never shows a time that has not come yet; the tiny sum is for floating point.
  const whole = Math.floor(seconds * unit + 1e-6);
  const part = decimals ? "." + String(whole % unit).padStart(decimals, "0") : "";
  const all = Math.floor(whole / unit);
  const two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(all / 60);
  const rest = two(all % 60) + part;
  return withHours ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}` : `${minutes}:${rest}`;
}

/** The index of the first number of a sorted list that is above a value; the list's length when none is. */
export function after(list, value) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the last number of a sorted list that is not above a value; -1 when all are. */
export function last(list, value) {
  return after(list, value) - 1;
}
