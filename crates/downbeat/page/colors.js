// The colours of the theme for what is drawn on canvases, and the colours of brightness.

import { centroid, length, rms } from "./peaks.js";

/** The names of the theme's colours that canvases use, without their two dashes. */
const NAMES = [
  "lane", "grid", "line", "text", "faint", "peaks", "rms", "accent", "meter", "meter-high", "clip", "boundary", "cut",
];
/** How many tints there are for segments with effects. */
export const TINTS = 7;

/**
 * Reads a theme's colours off the style sheet, as the canvas understands them.
 * @param {"dark"|"light"} theme
 * @returns {Record<string, string>} by name; `tint-N-ground` and `tint-N-ink` besides
 */
export function themeColors(theme) {
  const tints = Array.from({ length: TINTS }, (_, i) => [`tint-${i}-ground`, `tint-${i}-ink`]).flat();
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.colorScheme = theme;
  document.body.append(probe);
  const colors = {};
  for (const name of [...NAMES, ...tints]) {
    probe.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colors;
}

/**
 * From red over yellow, green and cyan to blue, for what is low, middle and high: the picture's colours of brightness.
 */
const SPECTRAL = [
  0xff2a2a, 0xff5a1f, 0xff8c1a, 0xf5bb20, 0xd6dd2b, 0x93dd33, 0x3fd64a, 0x1fd289, 0x1fc9c4, 0x28a9ea, 0x3a83fb,
  0x4a62ff,
];
/** Steps of the palette: more are not told apart, and neighbours of one colour are drawn in one go. */
const STEPS = 64;
/** What sounds, but has no centroid. */
const GREY = "#606060";

/** The palette twice: bright for what is within the RMS, darker for the peaks around it. */
const BRIGHT = palette(1);
const DIM = palette(0.6);

function palette(factor) {
  return Array.from({ length: STEPS }, (_, i) => {
    const at = (i / (STEPS - 1)) * (SPECTRAL.length - 1);
    const [a, b] = [SPECTRAL[Math.floor(at)], SPECTRAL[Math.ceil(at)]];
    const mixed = [16, 8, 0].map((shift) => {
      const [from, to] = [(a >> shift) & 255, (b >> shift) & 255];
      return Math.round((from + (to - from) * (at % 1)) * factor);
    });
    return `rgb(${mixed.join(" ")})`;
  });
}

/** How far below the loudest bin one may be, as a factor, to count for the range of colours: -50 dB. */
const FAINT = 10 ** (-50 / 20);
/** The parts of all bins that may lie below and above the range: single clicks must not stretch it. */
const OUTSIDE = 0.01;
/** The least range: an octave, in the steps of a tile (254 for ten octaves). */
const OCTAVE = 25.4;

/** The colours of brightness over a song's own range: evenly in octaves from its darkest to its brightest sound. */
export class Brightness {
  constructor() {
    this.low = 1;
    this.high = 255;
  }

  /**
   * Finds the range. True when it is another one.
   * @param {import("./peaks.js").Tile[]} tiles each strip's whole sound
   */
  measure(tiles) {
    const counts = new Uint32Array(256);
    for (const tile of tiles) {
      const bins = Array.from({ length: length(tile) }, (_, i) => i);
      const loudest = bins.reduce((most, i) => Math.max(most, rms(tile, i)), 0);
      for (const i of bins) if (rms(tile, i) > loudest * FAINT) counts[centroid(tile, i)]++;
    }
    counts[0] = 0;
    const all = counts.reduce((sum, count) => sum + count, 0);
    if (all === 0) return false;
    const quantile = (part) => {
      let sum = 0;
      return counts.findIndex((count) => (sum += count) > part * all);
    };
    const [low, high] = [quantile(OUTSIDE), quantile(1 - OUTSIDE)];
    const [middle, half] = [(low + high) / 2, Math.max(OCTAVE, high - low) / 2];
    const isSame = this.low === middle - half && this.high === middle + half;
    this.low = middle - half;
    this.high = middle + half;
    return !isSame;
  }

  /** The step of the palette for a centroid as tiles have it; -1 for none. */
  step(code) {
    if (code === 0) return -1;
    const level = (code - this.low) / (this.high - this.low);
    return Math.round(Math.max(0, Math.min(1, level)) * (STEPS - 1));
  }

  static bright(step) {
    return BRIGHT[step] ?? GREY;
  }

  static dim(step) {
    return DIM[step] ?? GREY;
  }
}
