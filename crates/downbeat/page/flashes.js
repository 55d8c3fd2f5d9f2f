// What an edit has changed lights up on its lanes, and fades.

/** Milliseconds a flash is seen. The style sheet lets it fade in this time. */
const SEEN = 1600;
/** CSS pixels between two flashes below which they are one. */
const CLOSE = 3;

/** The flashes of the last edit. */
export class Flashes {
  /** @param {import("./view.js").View} view */
  constructor(view) {
    this.view = view;
    /** @type {{root: HTMLElement, ranges: [number, number][]}[]} */
    this.shown = [];
  }

  /**
   * Lights up ranges of frames on lanes.
   * @param {{element: HTMLElement, strip: import("./song.js").Strip}[]} lanes
   * @param {import("./song.js").Song} song
   */
  flash(lanes, song) {
    this.clear();
    for (const { element, strip } of lanes) {
      const ranges = strip.kind === "master" ? song.mix.changed : strip.changed;
      if (ranges.length > 0) this.shown.push({ root: element.querySelector(".flashes"), ranges });
    }
    this.place();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clear(), SEEN);
  }

  /** Puts the flashes where their frames are in view now. */
  place() {
    for (const { root, ranges } of this.shown) {
      const spans = merged(ranges.map(([from, to]) => [this.view.x(from), this.view.x(to)]), this.view.width);
      while (root.children.length < spans.length) root.append(document.createElement("i"));
      while (root.children.length > spans.length) root.lastChild.remove();
      spans.forEach(([left, right], i) => {
        root.children[i].style.left = `${left}px`;
        root.children[i].style.width = `${Math.max(2, right - left)}px`;
      });
    }
  }

  clear() {
    for (const { root } of this.shown) root.replaceChildren();
    this.shown = [];
  }
}

// Spans within the view, those that nearly touch as one.
function merged(spans, width) {
  const made = [];
  for (const [from, to] of spans) {
    const [left, right] = [Math.max(0, from), Math.min(width, to)];
    if (right <= left) continue;
    const before = made.at(-1);
    if (before && left - before[1] < CLOSE) before[1] = Math.max(before[1], right);
    else made.push([left, right]);
  }
  return made;
}
