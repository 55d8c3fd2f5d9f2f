// What is known of a segment, beside the pointer or beside the lane that has the focus.

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
    lanes.root.addEventListener("pointermove", (event) => this.point(event));
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
    const track = event.target.closest(".track");
    if (!track || event.pointerType === "touch") return this.hide();
    const lane = this.lanes.lanes.find(({ element }) => element.contains(track));
    const box = track.getBoundingClientRect();
    const index = this.segment(lane.strip, this.view.frame(event.clientX - box.left));
    if (index < 0) return this.hide();
    this.pointed = lane;
    this.show(lane, index, event.clientX, box);
  }

  // The segment under the playhead, for those without a pointer.
  describe(frame) {
    const lane = this.lanes.focused();
    const index = lane ? this.segment(lane.strip, frame) : -1;
    if (index < 0) return this.hide();
    const box = lane.element.querySelector(".track").getBoundingClientRect();
    this.show(lane, index, box.left + this.view.x(frame), box);
  }

  // The index of the segment at a frame; -1 where there is nothing to say.
  segment(strip, frame) {
    return hasBand(strip) ? this.lanes.song.segmentAt(strip, frame) : -1;
  }

  show(lane, index, x, box) {
    const segment = lane.strip.segments[index];
    const key = `${lane.strip.id}/${index}/${this.lanes.song.mix.take}`;
    if (this.key !== key) {
      this.key = key;
      this.root.replaceChildren(...contents(segment, index, this.lanes.song));
    }
    this.root.hidden = false;
    this.mark(lane, segment);
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
  }
}

function contents(segment, index, song) {
  const bar = segment.bar === null ? null : `bar ${segment.bar}`;
  const place = [`Segment ${index + 1}`, bar, song.time(segment.start, 2)];
  const head = document.createElement("b");
  head.textContent = place.filter(Boolean).join(" · ");
  const chain = document.createElement("code");
  chain.textContent = segment.chain === "" ? "as it is" : segment.chain;
  const lines = [head, chain];
  if (segment.mute) {
    const mute = document.createElement("em");
    mute.textContent = "muted";
    lines.push(mute);
  }
  return lines;
}
