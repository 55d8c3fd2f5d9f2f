// The ruler: bars and beats, or seconds. Its lower half moves the playhead, its upper half makes a loop.

import { draggable } from "./drag.js";
import { FONT } from "./segments.js";
import { ticks } from "./ticks.js";
import { sharp } from "./wave.js";

/** Where the upper half ends, as a part of the ruler's height. */
const UPPER = 0.42;
/** CSS pixels a pointer has to move before it is a drag. */
const STILL = 4;
/** The shortest loop, in seconds. */
const SHORTEST = 0.1;

/** The ruler over the lanes. */
export class Ruler {
  /**
   * @param {HTMLElement} root
   * @param {import("./view.js").View} view
   * @param {{seek: (frame: number) => void, loop: (loop: ?import("./path.js").Loop) => void}} calls
   */
  constructor(root, view, calls) {
    Object.assign(this, { root, view, calls, song: null, loop: null });
    this.canvas = root.querySelector("canvas");
    this.bar = root.querySelector("#loop-bar");
    this.handles = { start: root.querySelector("#loop-from"), end: root.querySelector("#loop-to") };
    draggable(root, {
      begin: (x, y) => this.begin(x, y),
      move: (drag, x) => this.drag(drag, x),
      end: (drag) => this.finish(drag),
    });
    for (const [edge, handle] of Object.entries(this.handles)) this.makeHandle(edge, handle);
  }

  /** @param {?import("./path.js").Loop} loop */
  setLoop(loop) {
    this.loop = loop;
    this.placeLoop();
  }

  /** Draws the marks in view. */
  draw(song, colors) {
    this.song = song;
    const { canvas, height, ratio } = sharp(this.canvas, this.view.ratio);
    const upper = Math.round(height * UPPER);
    const line = Math.max(1, Math.round(ratio / 2));
    canvas.font = `${Math.round(11 * ratio)}px ${FONT}`;
    canvas.textBaseline = "middle";
    for (const { frame, rank, label } of ticks(song, this.view)) {
      const x = Math.round(this.view.x(frame) * ratio);
      const tall = { 1: height - upper, 2: 0.45 * (height - upper), 3: 0.25 * (height - upper) }[rank];
      canvas.fillStyle = rank === 1 ? colors.faint : colors.line;
      canvas.fillRect(x, height - tall, line, tall);
      canvas.fillStyle = rank === 1 ? colors.text : colors.faint;
      if (label) canvas.fillText(label, x + 5 * ratio, upper + 0.36 * (height - upper));
    }
    this.placeLoop();
  }

  /** Says where the playhead is, to those who listen to the page. */
  tellPlayhead(frame) {
    const words = this.song.words(frame);
    if (words === this.words && this.song.frames === this.told) return;
    [this.words, this.told] = [words, this.song.frames];
    this.root.setAttribute("aria-valuemax", this.song.frames);
    this.root.setAttribute("aria-valuenow", frame);
    this.root.setAttribute("aria-valuetext", words);
  }

  begin(x, y) {
    if (!this.song) return null;
    const frame = this.song.clamp(this.view.frame(x));
    const isLoop = y < this.root.clientHeight * UPPER;
    if (!isLoop) this.calls.seek(frame);
    return { isLoop, x, frame, hasMoved: false };
  }

  drag(drag, x) {
    const frame = this.song.clamp(this.view.frame(Math.max(0, Math.min(x, this.view.width - 1))));
    drag.hasMoved ||= Math.abs(x - drag.x) > STILL;
    if (!drag.isLoop) this.calls.seek(frame);
    else if (drag.hasMoved) {
      const [start, end] = [Math.min(drag.frame, frame), Math.max(drag.frame, frame)];
      drag.loop = this.snapped(start, end);
      this.setLoop(drag.loop);
    }
  }

  finish(drag) {
    if (drag.loop) this.calls.loop(drag.loop);
    else if (drag.isLoop) this.calls.seek(drag.frame);
  }

  // The bars that a drag touches: a bar counts from its middle on, and one at least.
  snapped(start, end) {
    const from = this.song.nearestBar(start);
    let to = this.song.nearestBar(end);
    if (to <= from) to = this.song.step(from, 1, false);
    return this.limited({ start: from, end: to });
  }

  limited({ start, end }) {
    const least = Math.ceil(SHORTEST * this.song.rate);
    const last = this.song.clamp(Math.max(end, start + least));
    return { start: Math.min(start, last - least), end: last };
  }

  makeHandle(edge, handle) {
    let isMoving = false;
    draggable(handle, {
      begin: () => {
        isMoving = false;
        return {};
      },
      move: (_, x) => {
        isMoving = true;
        const box = handle.getBoundingClientRect().left - this.root.getBoundingClientRect().left;
        this.moveEdge(edge, this.song.nearestBar(this.song.clamp(this.view.frame(box + x))), false);
      },
      end: () => isMoving && this.calls.loop(this.loop),
    });
    handle.addEventListener("keydown", (event) => {
      const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!direction) return;
      event.preventDefault();
      event.stopPropagation();
      this.moveEdge(edge, this.song.step(this.loop[edge], direction, event.shiftKey), true);
    });
  }

  // An edge stays on its side of the other one.
  moveEdge(edge, frame, isSettled) {
    const moved = { ...this.loop, [edge]: frame };
    if (moved.end - moved.start < SHORTEST * this.song.rate) return;
    this.setLoop(moved);
    if (isSettled) this.calls.loop(moved);
  }

  placeLoop() {
    this.bar.hidden = !this.loop;
    if (!this.loop || !this.song) return;
    const [left, right] = [this.view.x(this.loop.start), this.view.x(this.loop.end)];
    this.bar.style.transform = `translateX(${left}px)`;
    this.bar.style.width = `${right - left}px`;
    for (const [edge, handle] of Object.entries(this.handles)) {
      handle.setAttribute("aria-valuemax", this.song.frames);
      handle.setAttribute("aria-valuenow", this.loop[edge]);
      handle.setAttribute("aria-valuetext", this.song.words(this.loop[edge]));
    }
  }
}
