// Segments on a lane: a band that names their chain, and lines where one ends and the next begins.

import { TINTS } from "./colors.js";

/** The height of the band, in CSS pixels. */
export const BAND = 15;
/** CSS pixels between two boundaries below which lines would be a grey mass. */
const CLOSE = 5;

/** Gives each chain of a song its tint: the same on all lanes, in the order in which they come. */
export function tintsOf(song) {
  const tints = new Map();
  for (const { chain } of song.strips.flatMap((strip) => strip.segments)) {
    if (chain !== "" && !tints.has(chain)) tints.set(chain, tints.size % TINTS);
  }
  return tints;
}

/**
 * Draws a strip's segments behind and above its waveform.
 * @param {{canvas: CanvasRenderingContext2D, width: number, height: number, ratio: number}} target
 * @param {import("./song.js").Strip} strip
 * @param {import("./view.js").View} view
 * @param {Map<string, number>} tints
 * @param {Record<string, string>} colors
 */
export function drawSegments(target, strip, view, tints, colors) {
  const { canvas, height, ratio } = target;
  const band = Math.round(BAND * ratio);
  const px = (frame) => Math.round(view.x(frame) * ratio);
  const seen = strip.segments.filter((segment) => segment.end > view.first && segment.start < view.end);
  for (const run of runs(seen)) {
    const [left, right] = [px(run.start), px(run.end)];
    const tint = tints.get(run.chain);
    canvas.fillStyle = tint === undefined ? colors.boundary : colors[`tint-${tint}-ground`];
    canvas.fillRect(left, 0, right - left, band);
    if (run.mute) hatch(canvas, left, band, right - left, height - band, colors.boundary, ratio);
    const words = run.mute ? "muted" : run.chain;
    canvas.fillStyle = tint === undefined ? colors.faint : colors[`tint-${tint}-ink`];
    canvas.font = `${Math.round(10 * ratio)}px ${FONT}`;
    canvas.textBaseline = "middle";
    const room = Math.min(right, target.width) - Math.max(left, 0) - 8 * ratio;
    const label = fitted(canvas, words, room);
    if (label) canvas.fillText(label, Math.max(left, 0) + 5 * ratio, band / 2 + 0.5 * ratio);
  }
  boundaries(target, seen, px, colors, band);
}

export const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

// Neighbours with the same chain, as one: their name stands once.
function runs(segments) {
  const made = [];
  for (const { start, end, chain, mute } of segments) {
    const run = made.at(-1);
    if (run && run.end === start && run.chain === chain && run.mute === mute) run.end = end;
    else made.push({ start, end, chain, mute });
  }
  return made;
}

// Lines where segments end; in the band alone where they are close, and none where they are closer still.
function boundaries({ canvas, width, height, ratio }, segments, px, colors, band) {
  const line = Math.max(1, Math.round(ratio / 2));
  const density = (width / Math.max(1, segments.length)) / ratio;
  if (density < CLOSE) return;
  canvas.fillStyle = colors.line;
  for (const { start } of segments) {
    if (start > 0) canvas.fillRect(px(start), 0, line, density < 3 * CLOSE ? band : height);
  }
}

// Slanted lines, for what is muted.
function hatch(canvas, left, top, width, height, color, ratio) {
  canvas.save();
  canvas.beginPath();
  canvas.rect(left, top, width, height);
  canvas.clip();
  canvas.strokeStyle = color;
  canvas.lineWidth = ratio;
  canvas.beginPath();
  const gap = 7 * ratio;
  const first = Math.floor(Math.max(0, left) / gap) * gap - height;
  for (let x = first; x < Math.min(left + width, canvas.canvas.width); x += gap) {
    canvas.moveTo(x, top + height);
    canvas.lineTo(x + height, top);
  }
  canvas.stroke();
  canvas.restore();
}

// As much of a text as there is room for; nothing when that would say nothing.
function fitted(canvas, text, room) {
  if (room < 14 || text === "") return "";
  if (canvas.measureText(text).width <= room) return text;
  const each = canvas.measureText(text).width / text.length;
  const letters = Math.floor(room / each) - 1;
  return letters < 3 ? "" : text.slice(0, letters).trimEnd() + "…";
}
