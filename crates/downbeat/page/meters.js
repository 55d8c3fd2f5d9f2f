// The master's meters: peak with hold and clip light, momentary and short-term loudness.

import { FONT } from "./segments.js";
import { sharp } from "./wave.js";

/** What the scale shows, dBFS, and where on it: the upper decibels have more room. */
const SCALE = [[-60, 0], [-40, 0.18], [-20, 0.52], [-12, 0.7], [-6, 0.84], [0, 1]];
const MARKS = [-48, -36, -24, -18, -12, -6, -3, 0];
const LABELS = [-48, -24, -12, -6, 0];
/** The height of the scale, in CSS pixels. */
const SCALE_HEIGHT = 14;
/** The bar turns to the warmer colour above this, dBFS. */
const HIGH = -6;
/** How fast the bar falls, in dB per second: 20 dB in 1.7 s (IEC 60268-18). */
const FALL = 20 / 1.7;
/** Seconds for which the highest peak is held. */
const HOLD = 1.5;
/** Hops of 100 ms in momentary and short-term loudness (EBU Tech 3341). */
const MOMENTARY = 4;
const SHORT_TERM = 30;
/** Loudness below which none is shown: the absolute gate of BS.1770. */
const GATE = -70;

/** The meters at the right of the transport. */
export class Meters {
  constructor() {
    this.canvas = document.querySelector("#meter");
    this.clip = document.querySelector("#clip");
    this.momentary = document.querySelector("#momentary");
    this.shortTerm = document.querySelector("#short-term");
    this.clip.addEventListener("click", () => this.reset());
    this.levels = [-Infinity, -Infinity];
    this.holds = [-Infinity, -Infinity].map((db) => ({ db, at: 0 }));
    this.highest = -Infinity;
    this.hops = [];
    this.then = 0;
  }

  /** Measures a node. Rejects where there are no audio worklets. */
  async listen(node) {
    const { context } = node;
    await context.audioWorklet.addModule("/kmeter.js");
    const meter = new AudioWorkletNode(context, "downbeat-meter", {
      numberOfOutputs: 0, channelCount: 2, channelCountMode: "explicit",
    });
    node.connect(meter);
    meter.port.onmessage = ({ data }) => (data.peaks ? this.takePeaks(data.peaks) : this.takeHop(data.energy));
  }

  /** Starts the windows of loudness anew: what was heard before a jump does not count. */
  restart() {
    this.hops = [];
  }

  /** Forgets the highest peak. */
  reset() {
    this.highest = -Infinity;
    this.showClip();
  }

  takePeaks(peaks) {
    const now = performance.now() / 1000;
    peaks.forEach((peak, i) => {
      const db = 20 * Math.log10(peak);
      this.levels[i] = Math.max(this.levels[i], db);
      if (db >= this.holds[i].db || now - this.holds[i].at > HOLD) this.holds[i] = { db, at: now };
      if (db > this.highest) {
        this.highest = db;
        this.showClip();
      }
    });
  }

  takeHop(energy) {
    this.hops.push(energy);
    if (this.hops.length > SHORT_TERM) this.hops.shift();
    this.momentary.textContent = loudness(this.hops.slice(-MOMENTARY));
    this.shortTerm.textContent = loudness(this.hops);
  }

  showClip() {
    const isOver = this.highest > 0;
    this.clip.classList.toggle("is-over", isOver);
    this.clip.textContent = this.highest < -99 ? "–∞" : signed(this.highest);
    this.clip.setAttribute("aria-label", isOver ? "Clip light: clipped. Reset" : "Highest peak, no clipping. Reset");
  }

  /** Draws the bars as they are now. */
  draw(colors, ratio, seconds) {
    const highest = Math.max(...this.levels, ...this.holds.map(({ db }) => db));
    const isSame = this.colors === colors && this.canvas.clientWidth === this.width;
    // Bars that lie still are drawn once.
    if (highest < SCALE[0][0] && isSame && this.isResting) return;
    this.isResting = highest < SCALE[0][0];
    [this.colors, this.width] = [colors, this.canvas.clientWidth];
    const fallen = Math.min(1, Math.max(0, seconds - this.then)) * FALL;
    this.then = seconds;
    const { canvas, width, height } = sharp(this.canvas, ratio);
    const [gap, scaleHeight] = [Math.round(2 * ratio), Math.round(SCALE_HEIGHT * ratio)];
    const bar = Math.floor((height - gap - scaleHeight) / 2);
    const x = (db) => Math.round(along(db) * (width - 1));
    this.levels.forEach((level, i) => {
      drawBar({ canvas, width, ratio, top: i * (bar + gap), height: bar }, x, level, this.holds[i].db, colors);
      this.levels[i] = level - fallen;
    });
    drawScale({ canvas, width, ratio, top: height - scaleHeight, height: scaleHeight }, x, colors);
  }
}

function drawBar({ canvas, width, ratio, top, height }, x, level, hold, colors) {
  canvas.fillStyle = colors.boundary;
  canvas.fillRect(0, top, width, height);
  canvas.fillStyle = colors.meter;
  canvas.fillRect(0, top, x(Math.min(level, HIGH)), height);
  canvas.fillStyle = level > 0 ? colors.clip : colors["meter-high"];
  if (level > HIGH) canvas.fillRect(x(HIGH), top, x(level) - x(HIGH), height);
  canvas.fillStyle = hold > 0 ? colors.clip : hold > HIGH ? colors["meter-high"] : colors.text;
  const pen = Math.max(1, Math.round(1.5 * ratio));
  if (hold > SCALE[0][0]) canvas.fillRect(Math.min(x(hold), width - pen), top, pen, height);
}

function drawScale({ canvas, width, ratio, top, height }, x, colors) {
  const pen = Math.max(1, Math.round(ratio / 2));
  canvas.fillStyle = colors.faint;
  canvas.font = `${Math.round(9 * ratio)}px ${FONT}`;
  canvas.textBaseline = "alphabetic";
  for (const mark of MARKS) canvas.fillRect(Math.min(x(mark), width - pen), top + ratio, pen, 2 * ratio);
  for (const mark of LABELS) {
    canvas.textAlign = mark === 0 ? "right" : "center";
    canvas.fillText(String(mark).replace("-", "−"), mark === 0 ? width : x(mark), top + height - ratio);
  }
}

/** A number with its sign and one decimal, with the minus of typesetters. */
export function signed(number) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(1)}`;
}

/** Loudness in LUFS, or a dash. */
export function lufs(value) {
  return value === null || value < GATE ? "–" : value.toFixed(1).replace("-", "−");
}

// Formula 2 of BS.1770-4, over hops of equal length. Energies are sums over both channels.
function loudness(hops) {
  const mean = hops.reduce((sum, energy) => sum + energy, 0) / hops.length;
  return lufs(-0.691 + 10 * Math.log10(mean));
}

function along(db) {
  const [[lowest], [highest]] = [SCALE[0], SCALE.at(-1)];
  const within = Math.max(lowest, Math.min(highest, db));
  const i = Math.max(1, SCALE.findIndex(([mark]) => mark >= within));
  const [[from, a], [to, b]] = [SCALE[i - 1], SCALE[i]];
  return a + ((within - from) / (to - from)) * (b - a);
}
