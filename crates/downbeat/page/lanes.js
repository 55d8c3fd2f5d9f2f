// The lanes: one a track, a bus and the master, each with its head, its segments and its waveform.

import { columns } from "./columns.js";
import { high, length, low } from "./peaks.js";
import { BAND, FONT, NEXT, brief, drawSegments, hasBand, tintsOf } from "./segments.js";
import { drawWave, sharp } from "./wave.js";

/** How many times as large faint strips are drawn, at most. */
const LARGER = [8, 4, 2];

/** The lanes under the ruler. */
export class Lanes {
  /**
   * @param {HTMLElement} root
   * @param {import("./view.js").View} view
   * @param {import("./peaks.js").Peaks} peaks
   * @param {import("./desk.js").Desk} desk
   */
  constructor(root, view, peaks, desk) {
    Object.assign(this, { root, view, peaks, desk });
    /** @type {{element: HTMLElement, strip: import("./song.js").Strip}[]} */
    this.lanes = [];
    this.tints = new Map();
  }

  /**
   * Shows a song's strips. Those that stay keep their elements, and with them the focus, wherever they are now: names
   * tell, as numbers are those of a take.
   */
  show(song) {
    const focus = document.activeElement;
    const name = ({ kind, name }) => `${kind} ${name}`;
    const old = new Map(this.lanes.map(({ element, strip }) => [name(strip), element]));
    this.song = song;
    this.tints = tintsOf(song);
    this.lanes = song.strips.map((strip) => {
      const element = old.get(name(strip)) ?? makeLane(this.desk);
      old.delete(name(strip));
      element.dataset.strip = strip.id;
      fillHead(element, strip);
      return { element, strip };
    });
    for (const element of old.values()) element.remove();
    this.lanes.forEach(({ element }, i) => {
      if (this.root.children[i] !== element) this.root.insertBefore(element, this.root.children[i] ?? null);
    });
    // What is moved loses it.
    if (this.root.contains(focus) && focus !== document.activeElement) focus.focus({ preventScroll: true });
    this.showDesk();
  }

  /** Shows which lanes are soloed and muted, and which are heard. */
  showDesk() {
    for (const { element, strip } of this.lanes) {
      press(element.querySelector(".solo"), this.desk.isSolo(strip.id));
      press(element.querySelector(".mute"), this.desk.isMuted(strip.id));
      element.classList.toggle("is-silent", !strip.heard || !this.desk.isHeard(strip.id));
    }
  }

  /**
   * Draws what is in view.
   * @param {?Set<number>} only the strips that have changed; null for all
   */
  draw(style, colors, brightness, only) {
    // What is out of sight is not drawn: a session can have many lanes.
    const box = this.root.getBoundingClientRect();
    for (const { element, strip } of this.lanes) {
      const place = element.getBoundingClientRect();
      if (place.bottom < box.top || place.top > box.bottom || (only && !only.has(strip.id))) continue;
      this.drawLane(sharp(element.querySelector("canvas"), this.view.ratio), strip, style, colors, brightness);
    }
  }

  drawLane(target, strip, style, colors, brightness) {
    const { view, song } = this;
    const { canvas, width, height, ratio } = target;
    canvas.fillStyle = colors.lane;
    canvas.fillRect(0, 0, Math.min(width, Math.ceil(view.x(song.frames) * ratio)), height);
    drawBars(target, song, view, colors.grid);
    if (hasBand(strip)) drawSegments(target, strip, view, this.tints, colors);
    const top = hasBand(strip) ? Math.round(BAND * ratio) : 0;
    const made = columns(this.peaks, strip.id, view.first, view.scale / ratio, width);
    const gain = strip.kind === "master" ? 1 : gainOf(this.peaks, strip.id);
    drawWave(canvas, made, { top, height: height - top, gain }, style, colors, brightness);
    if (gain > 1) drawGain(target, `×${gain}`, colors);
  }

  /** The lane that has the focus, or in which the focus is. */
  focused() {
    return this.lanes.find(({ element }) => element.contains(document.activeElement)) ?? null;
  }

  /** Moves the focus to the next lane or the one before. */
  move(direction) {
    const current = this.lanes.findIndex(({ element }) => element.contains(document.activeElement));
    const first = direction > 0 ? 0 : this.lanes.length - 1;
    const next = current < 0 ? first : Math.max(0, Math.min(this.lanes.length - 1, current + direction));
    this.lanes[next]?.element.focus();
    this.lanes[next]?.element.scrollIntoView({ block: "nearest" });
  }
}

/** Each lane holds its head and its track: the canvas, flashes and the mark of the segment that is pointed at. */
function makeLane(desk) {
  const element = document.createElement("section");
  const toggle = (what) => () => desk.toggle(what, Number(element.dataset.strip));
  element.className = "lane";
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.append(
    make("div", "head", [
      make("span", "name"),
      make("span", "buttons", [
        button("mute", "M", toggle("mute")),
        button("solo", "S", toggle("solo")),
      ]),
      make("span", "inserts"),
      make("span", "fader"),
    ]),
    make("div", "track", [make("canvas"), make("div", "pointed"), make("div", "flashes")]),
  );
  element.querySelector(".pointed").hidden = true;
  return element;
}

function fillHead(element, strip) {
  element.classList.remove("track-lane", "bus-lane", "master-lane");
  element.classList.add(`${strip.kind}-lane`);
  element.querySelector(".name").textContent = strip.name;
  element.querySelector(".fader").textContent = level(strip.fader);
  element.querySelector(".inserts").textContent = strip.inserts.map(brief).join(NEXT);
  const words = [strip.name, strip.kind, strip.fader, ...strip.inserts].filter(Boolean);
  element.setAttribute("aria-label", words.join(", "));
  for (const name of ["mute", "solo"]) {
    const button = element.querySelector(`.${name}`);
    // The master is what is heard: there is nothing beside it.
    button.hidden = strip.kind === "master";
    button.setAttribute("aria-label", `${name === "mute" ? "Mute" : "Solo"} ${strip.name}`);
  }
}

/** A fader's level as on a desk: above 0 it has its sign, too. */
export function level(fader) {
  return fader.replace(/^(?=[1-9]|0\.\d)/, "+").replace("-", "−");
}

function press(button, isPressed) {
  button.setAttribute("aria-pressed", isPressed);
}

function make(tag, className = "", children = []) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function button(className, text, onClick) {
  const element = make("button", className, [text]);
  element.title = `${className === "mute" ? "Mute (M)" : "Solo (S)"}`;
  element.addEventListener("click", onClick);
  return element;
}

// How many times as large a strip is drawn. It is seen as it comes to its fader, where its level says little yet; so a
// faint one is drawn larger, by doublings, so that what an edit does to its level is still seen.
function gainOf(peaks, id) {
  const tile = peaks.tile(id, peaks.whole, 0);
  if (!tile) return 1;
  let peak = 0;
  for (let i = 0; i < length(tile); i++) peak = Math.max(peak, high(tile, i), -low(tile, i));
  return LARGER.find((gain) => gain * peak <= 1) ?? 1;
}

function drawGain({ canvas, width, height, ratio }, text, colors) {
  canvas.font = `${Math.round(9.5 * ratio)}px ${FONT}`;
  canvas.textBaseline = "middle";
  const [right, middle] = [width - 5 * ratio, height - 8 * ratio];
  const left = right - canvas.measureText(text).width;
  canvas.fillStyle = colors.lane;
  canvas.fillRect(left - 2 * ratio, middle - 6 * ratio, right - left + 4 * ratio, 12 * ratio);
  canvas.fillStyle = colors.faint;
  canvas.fillText(text, left, middle);
}

// Bars behind the waveform, as far as they are not too close.
function drawBars({ canvas, height, ratio }, song, view, color) {
  const spacing = song.bars.length > 1 ? (song.bars.at(-1) - song.bars[0]) / (song.bars.length - 1) / view.scale : 0;
  let step = 1;
  while (spacing > 0 && spacing * step < 12) step *= 4;
  canvas.fillStyle = color;
  for (let i = 0; spacing > 0 && i < song.bars.length; i += step) {
    const x = view.x(song.bars[i]);
    if (x > 0 && x < view.width) canvas.fillRect(Math.round(x * ratio), 0, Math.max(1, Math.round(ratio / 2)), height);
  }
}
