// A waveform on a canvas, in one of two styles: peaks with their RMS, or columns coloured by how bright they sound.

import { Brightness } from "./colors.js";

/**
 * @param {CanvasRenderingContext2D} canvas in device pixels
 * @param {import("./columns.js").Columns} columns
 * @param {{top: number, height: number, gain?: number}} rect device pixels, and how many times as large it is drawn
 * @param {"audacity"|"serato"} style
 * @param {Record<string, string>} colors of the theme
 * @param {Brightness} brightness
 */
export function drawWave(canvas, columns, rect, style, colors, brightness) {
  const middle = rect.top + Math.floor(rect.height / 2);
  const half = Math.floor(rect.height / 2) - 1;
  const scale = half * (rect.gain ?? 1);
  const y = (value) => Math.round(middle - value * scale);
  const outer = (i) => bar(canvas, i, y(columns.high[i]), y(columns.low[i]));
  const inner = (i) => {
    const [top, bottom] = [Math.min(columns.rms[i], columns.high[i]), Math.max(-columns.rms[i], columns.low[i])];
    if (top > bottom) bar(canvas, i, y(top), y(bottom));
  };
  if (style === "audacity") {
    canvas.fillStyle = colors.peaks;
    each(columns, outer);
    canvas.fillStyle = colors.rms;
    each(columns, inner);
  } else {
    const steps = Array.from(columns.centroid, (code) => brightness.step(code));
    each(columns, (i) => {
      if (steps[i] !== steps[i - 1] || i === 0) canvas.fillStyle = Brightness.dim(steps[i]);
      outer(i);
    });
    each(columns, (i) => {
      canvas.fillStyle = Brightness.bright(steps[i]);
      inner(i);
    });
  }
}

// Every column in which something is known.
function each(columns, draw) {
  for (let i = 0; i < columns.low.length; i++) if (columns.low[i] <= columns.high[i]) draw(i);
}

// A column of pixels, one pixel high at least.
function bar(canvas, x, top, bottom) {
  canvas.fillRect(x, top, 1, Math.max(1, bottom - top));
}

/**
 * Gives a canvas as many pixels as the screen has where it stands.
 * @returns {{canvas: CanvasRenderingContext2D, width: number, height: number, ratio: number}} device pixels
 */
export function sharp(element, ratio) {
  const width = Math.max(1, Math.round(element.clientWidth * ratio));
  const height = Math.max(1, Math.round(element.clientHeight * ratio));
  if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
  const canvas = element.getContext("2d");
  canvas.clearRect(0, 0, width, height);
  return { canvas, width, height, ratio };
}
