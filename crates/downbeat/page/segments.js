// Segments on a lane: a band that names their chain, and lines where one ends and the next begins.

import { TINTS } from "./colors.js";

/** The height of the band, in CSS pixels. */
export const BAND = 15;
/** CSS pixels between two boundaries below which lines would be a grey mass. */
const CLOSE = 5;
/** CSS pixels of a segment below which its chain is not shown. */
const CLOSEST = 2;
/** Between an effect and the one after it. */
export const NEXT = " › ";

/** A chain, or inserts, without settings: what there is room for. */
export function brief(chain) {
  let depth = 0;
  const outside = [...chain].filter((letter) => {
    if ("([".includes(letter)) depth += 1;
    const isOutside = depth === 0;
    if (")]".includes(letter)) depth -= 1;
    return isOutside;
  });
  return outside.join("").replace(/,\s*|\s*>\s*/g, NEXT);
}

/** Whether a strip has segments to tell apart: a recording that is one piece and as it is needs no band. */
export function hasBand({ segments }) {
  return segments.length > 1 || segments.some(({ chain, mute }) => chain !== "" || mute);
}

/** Gives each chain of a song, without its settings, a tint: the same on all lanes, in the order in which they come. */
export function tintsOf(song) {
  const tints = new Map();
  for (const { chain } of song.strips.flatMap((strip) => strip.segments)) {
    const name = brief(chain);
    if (name !== "" && !tints.has(name)) tints.set(name, tints.size % TINTS);
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
  const { canvas, width, height, ratio } = target;
  const band = Math.round(BAND * ratio);
  const px = (frame) => Math.round(view.x(frame) * ratio);
  const seen = strip.segments.filter((segment) => segment.end > view.first && segment.start < view.end);
  if (seen.length === 0) return;
  // Where hundreds lie side by side, each a pixel or less, no chain can be told any more.
  const areTold = width / seen.length >= CLOSEST * ratio;
  const shown = runs(areTold ? seen : [{ ...ends(seen), chain: "", mute: false }]);
  for (const { start, end, name, mute } of shown) {
    const [left, right] = [px(start), px(end)];
    canvas.fillStyle = tints.has(name) ? colors[`tint-${tints.get(name)}-ground`] : colors.boundary;
    canvas.fillRect(left, 0, right - left, band);
    if (mute) hatch(canvas, left, band, right - left, height - band, colors.boundary, ratio);
  }
  boundaries(target, seen, px, colors, band);
  canvas.font = `${Math.round(10 * ratio)}px ${FONT}`;
  canvas.textBaseline = "middle";
  for (const { start, end, name, mute } of shown) {
    const [left, right] = [Math.max(0, px(start)), Math.min(px(end), target.width)];
    const label = fitted(canvas, mute ? "muted" : name, right - left - 8 * ratio);
    if (label === "") continue;
    const ground = tints.has(name) ? colors[`tint-${tints.get(name)}-ground`] : colors.boundary;
    const x = left + 5 * ratio;
    // Nothing runs through a label.
    canvas.fillStyle = ground;
    canvas.fillRect(x, 0, canvas.measureText(label).width, band);
    canvas.fillStyle = tints.has(name) ? colors[`tint-${tints.get(name)}-ink`] : colors.faint;
    canvas.fillText(label, x, band / 2 + 0.5 * ratio);
  }
}

export const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

// From the start of the first of some segments to the end of the last.
function ends(segments) {
  return { start: segments[0].start, end: segments.at(-1).end };
}

// Neighbours whose chains have the same name, as one: it stands once.
function runs(segments) {
  const made = [];
  for (const { start, end, chain, mute } of segments) {
    const run = made.at(-1);
    const name = mute ? "" : brief(chain);
    if (run && run.end === start && run.name === name && run.mute === mute) run.end = end;
    else made.push({ start, end, name, mute });
  }
  return made;
}

// Lines where segments end; in the band alone where they are close, and none where they are closer still.
function boundaries({ canvas, width, height, ratio }, segments, px, colors, band) {
  const line = Math.max(1, Math.round(ratio / 2));
  const density = (width / Math.max(1, segments.length)) / ratio;
  if (density < CLOSE) return;
  canvas.fillStyle = colors.cut;
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

// As many of a chain's effects as there is room for, each with its whole name; a mark after the last says that it goes
// on. Nothing where not even the first has room.
function fitted(canvas, text, room) {
  const names = text.split(NEXT);
  for (let count = names.length; count > 0; count--) {
    const label = names.slice(0, count).join(NEXT) + (count < names.length ? NEXT.trimEnd() : "");
    if (canvas.measureText(label).width <= room) return label;
  }
  return "";
}
