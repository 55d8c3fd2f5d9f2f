// Moving through the song with the wheel, by pinching and by dragging; and clicks on lanes, which move the playhead.

import { wheelFactor } from "./drag.js";

/** CSS pixels a pointer has to move before it is a drag. */
const STILL = 5;

/**
 * Zooms and scrolls with the wheel. Over the ruler and the overview the wheel zooms; over lanes it does so with ctrl or
 * alt, or when there are no more lanes to scroll to.
 * @param {HTMLElement} element
 * @param {import("./view.js").View} view
 * @param {() => HTMLElement} track where the song's left edge is
 */
export function wheel(element, view, track) {
  const listen = (event) => {
    const isAcross = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const isZoom = event.ctrlKey || event.altKey || event.metaKey;
    const canScroll = element.scrollHeight > element.clientHeight + 1;
    if (isAcross && !isZoom) view.scroll(event.deltaX || event.deltaY);
    else if (isZoom || !canScroll) view.zoom(wheelFactor(event), event.clientX - track().getBoundingClientRect().left);
    else return;
    event.preventDefault();
  };
  element.addEventListener("wheel", listen, { passive: false });
}

/**
 * Drags and pinches the lanes; a click on one is told.
 * @param {HTMLElement} lanes
 * @param {import("./view.js").View} view
 * @param {(frame: number) => void} click
 */
export function touch(lanes, view, click) {
  /** @type {Map<number, number>} where each pointer is, in CSS pixels from the track's left edge */
  const pointers = new Map();
  let [edge, start, hasMoved] = [0, 0, false];

  lanes.addEventListener("pointerdown", (event) => {
    const track = event.target.closest(".track");
    if (!track || event.button !== 0) return;
    edge = track.getBoundingClientRect().left;
    if (pointers.size === 0) [start, hasMoved] = [event.clientX, false];
    else hasMoved = true;
    pointers.set(event.pointerId, event.clientX - edge);
    lanes.setPointerCapture(event.pointerId);
  });
  lanes.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const x = event.clientX - edge;
    hasMoved ||= Math.abs(event.clientX - start) > STILL;
    if (!hasMoved) return;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) view.scroll(before - x);
    else view.zoom(Math.max(1, Math.abs(x - other)) / Math.max(1, Math.abs(before - other)), other);
    pointers.set(event.pointerId, x);
  });
  lanes.addEventListener("pointerup", (event) => {
    if (pointers.delete(event.pointerId) && !hasMoved) click(view.frame(event.clientX - edge));
  });
  lanes.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
}
