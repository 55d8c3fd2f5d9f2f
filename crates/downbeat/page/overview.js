// The whole song in a strip, and in it a window on what the lanes show.

import { columns } from "./columns.js";
import { draggable } from "./drag.js";
import { drawWave, sharp } from "./wave.js";

/** The overview above the ruler. */
export class Overview {
  /**
   * @param {HTMLElement} root
   * @param {import("./view.js").View} view
   * @param {import("./peaks.js").Peaks} peaks
   */
  constructor(root, view, peaks) {
    Object.assign(this, { root, view, peaks });
    this.canvas = root.querySelector("canvas");
    this.window = root.querySelector("#window");
    this.head = root.querySelector("#overview-head");
    this.loop = root.querySelector("#overview-loop");
    /** @type {?import("./path.js").Loop} */
    this.looped = null;
    draggable(root, { begin: (x) => this.begin(x), move: (offset, x) => this.show(this.frame(x) - offset) });
    root.addEventListener("keydown", (event) => {
      const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!direction) return;
      event.preventDefault();
      event.stopPropagation();
      view.scroll(0.25 * direction * view.width);
    });
  }

  /** Draws the master's waveform, the window and the loop. */
  draw(song, style, colors, brightness) {
    const master = song.strips.at(-1);
    const target = sharp(this.canvas, this.view.ratio);
    if (!master) return;
    const step = song.frames / target.width;
    const made = columns(this.peaks, master.id, 0, step, target.width);
    drawWave(target.canvas, made, { top: 0, height: target.height }, style, colors, brightness);
    this.placeWindow();
    this.placeLoop();
  }

  placeWindow() {
    const { first, end, frames } = this.view;
    const part = (frame) => (100 * frame) / Math.max(1, frames);
    this.window.style.left = `${part(first)}%`;
    this.window.style.width = `${Math.min(100, part(Math.min(end, frames) - first))}%`;
    this.root.classList.toggle("is-whole", this.view.isFitted);
    const room = Math.max(1, frames - (end - first));
    this.root.setAttribute("aria-valuenow", Math.round((100 * first) / room));
  }

  placeHead(frame) {
    this.head.style.transform = `translateX(${(frame / Math.max(1, this.view.frames)) * this.root.clientWidth}px)`;
  }

  /** @param {?import("./path.js").Loop} loop */
  setLoop(loop) {
    this.looped = loop;
    this.placeLoop();
  }

  placeLoop() {
    const { looped, view, loop } = this;
    loop.hidden = !looped;
    if (!looped) return;
    loop.style.left = `${(100 * looped.start) / view.frames}%`;
    loop.style.width = `${(100 * (looped.end - looped.start)) / view.frames}%`;
  }

  frame(x) {
    return (x / this.root.clientWidth) * this.view.frames;
  }

  // Within the window it is taken where it was grasped; elsewhere it jumps there first.
  begin(x) {
    const frame = this.frame(x);
    const { first, end } = this.view;
    if (frame >= first && frame < end) return frame - first;
    this.show(frame - (end - first) / 2);
    return (end - first) / 2;
  }

  show(first) {
    this.view.set(first, this.view.scale);
  }
}
