// Dragging with mouse, pen or finger, told in CSS pixels from an element's left edge.

/**
 * Calls back while a pointer is down on an element. What `begin` gives is handed to the others; null means not to drag.
 * @template T
 * @param {HTMLElement} element
 * @param {object} calls
 * @param {(x: number, y: number) => ?T} calls.begin
 * @param {(drag: T, x: number) => void} calls.move
 * @param {(drag: T, x: number) => void} [calls.end]
 */
export function draggable(element, { begin, move, end }) {
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const box = element.getBoundingClientRect();
    const x = (e) => e.clientX - box.left;
    const drag = begin(x(event), event.clientY - box.top);
    if (drag === null) return;
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
    const moved = (e) => e.pointerId === event.pointerId && move(drag, x(e));
    const ended = (e) => {
      if (e.pointerId !== event.pointerId) return;
      element.removeEventListener("pointermove", moved);
      for (const name of ENDS) element.removeEventListener(name, ended);
      end?.(drag, x(e));
    };
    element.addEventListener("pointermove", moved);
    for (const name of ENDS) element.addEventListener(name, ended);
  });
}

const ENDS = ["pointerup", "pointercancel"];

/** A factor to zoom by for a turn of the wheel: a notch of a mouse is about a quarter. */
export function wheelFactor(event) {
  const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 32 : event.deltaY;
  // Pinching on a touchpad comes as a wheel with ctrl, in small steps.
  return Math.exp(-Math.max(-120, Math.min(120, pixels)) * (event.ctrlKey ? 0.01 : 0.0022));
}

/**
 * Keeps the focus where it is when a button is clicked with the mouse, so that the space bar goes on to play and pause.
 */
export function keepFocus(root) {
  root.addEventListener("mousedown", (event) => {
    if (event.target.closest("button")) event.preventDefault();
  });
}
