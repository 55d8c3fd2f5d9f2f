// What is known of a segment, or of a strip, beside the pointer or beside the lane that has the focus.

import { level } from "./lanes.js";
import { hasBand } from "./segments.js";

/** The tooltip of the lanes. */
export class Tooltip {
  /**
   * @param {HTMLElement} root the tooltip
   * @param {import("./lanes.js").Lanes} lanes
   * @param {import("./view.js").View} view
   */
  constructor(root, lanes, view) {
    Object.assign(this, { root, lanes, view });
    for (const name of ["pointermove", "click"]) lanes.root.addEventListener(name, (event) => this.point(event));
    lanes.root.addEventListener("pointerleave", () => this.hide());
    lanes.root.addEventListener("scroll", () => this.hide());
    lanes.root.addEventListener("focusin", (event) => {
      if (event.target.matches(".lane:focus-visible")) this.describe(this.frame);
    });
    lanes.root.addEventListener("focusout", () => this.hide());
    /** Where the playhead is. */
    this.frame = 0;
  }

  /** Follows the playhead on the lane that has the focus by keyboard. */
  follow(frame) {
    const before = this.frame;
    this.frame = frame;
    if (this.pointed || before === frame) return;
    if (document.activeElement?.matches(".lane:focus-visible")) this.describe(frame);
  }

  point(event) {
    const lane = this.lanes.lanes.find(({ element }) => element.contains(event.target));
    const isOnHead = lane && event.target.closest(".head") && !event.target.closest("button");
    const isTouch = event.pointerType === "touch";
    // A finger scrolls; what it taps on is told. A mouse has told already when it clicks.
    if (event.type === "click" && !isTouch) return;
    if (isOnHead && (!isTouch || event.type === "click")) return this.tellHead(lane, event.clientX);
    const track = event.target.closest(".track");
    if (!track || isTouch) return this.hide();
    const box = track.getBoundingClientRect();
    const index = this.segment(lane.strip, this.view.frame(event.clientX - box.left));
    if (index < 0) return this.hide();
    this.release();
    this.pointed = lane;
    this.tellSegment(lane, index, event.clientX, box);
  }

  // The segment under the playhead, for those without a pointer.
  describe(frame) {
    const lane = this.lanes.focused();
    const index = lane ? this.segment(lane.strip, frame) : -1;
    if (index < 0) return this.hide();
    const box = lane.element.querySelector(".track").getBoundingClientRect();
    this.tellSegment(lane, index, box.left + this.view.x(frame), box);
    this.described = lane.element;
    this.described.setAttribute("aria-describedby", this.root.id);
  }

  // The index of the segment at a frame; -1 where there is nothing to say.
  segment(strip, frame) {
    return hasBand(strip) ? this.lanes.song.segmentAt(strip, frame) : -1;
  }

  tellSegment(lane, index, x, box) {
    const segment = lane.strip.segments[index];
    const song = this.lanes.song;
    this.show(`${lane.strip.id}/${index}/${song.mix.take}`, () => ofSegment(segment, index, song), x, box);
    this.mark(lane, segment);
  }

  // What a head may have no room for.
  tellHead(lane, x) {
    this.hide();
    const name = lane.element.querySelector(".name");
    const isClipped = name.scrollWidth > name.clientWidth || name.scrollHeight > name.clientHeight + 2;
    if (lane.strip.inserts.length === 0 && !isClipped) return;
    this.pointed = lane;
    this.show(null, () => ofStrip(lane.strip), x, lane.element.querySelector(".head").getBoundingClientRect());
  }

  // Shows lines above or below a box; they are made anew when they have another key.
  show(key, lines, x, box) {
    if (this.key !== key || key === null) this.root.replaceChildren(...lines());
    this.key = key;
    this.root.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const above = box.top - height - 6;
    const left = Math.max(8, Math.min(innerWidth - width - 8, x - width / 2));
    this.root.style.transform = `translate(${Math.round(left)}px, ${Math.round(above > 8 ? above : box.bottom + 6)}px)`;
  }

  mark(lane, { start, end }) {
    const mark = lane.element.querySelector(".pointed");
    if (this.marked && this.marked !== mark) this.marked.hidden = true;
    this.marked = mark;
    const [left, right] = [Math.max(-2, this.view.x(start)), Math.min(this.view.width + 2, this.view.x(end))];
    mark.hidden = right <= left;
    mark.style.transform = `translateX(${left}px)`;
    mark.style.width = `${right - left}px`;
  }

  hide() {
    this.pointed = null;
    this.key = null;
    this.root.hidden = true;
    if (this.marked) this.marked.hidden = true;
    this.release();
  }

  // What is shown from now on does not describe the lane that has the focus.
  release() {
    this.described?.removeAttribute("aria-describedby");
  }
}

function ofSegment({ start, bar, chain, mute }, index, song) {
  const place = [`Segment ${index + 1}`, bar === null ? "" : `bar ${bar}`, song.time(start, 2)];
  const lines = [line("b", place.filter(Boolean).join(" · ")), line("code", chain === "" ? "as it is" : chain)];
  return mute ? [...lines, line("em", "muted")] : lines;
}

function ofStrip({ name, fader, inserts }) {
  const head = [name, fader && level(fader)].filter(Boolean).join(" · ");
  return [line("b", head), ...inserts.map((insert) => line("code", insert))];
}

function line(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
