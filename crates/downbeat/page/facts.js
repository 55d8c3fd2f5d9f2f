// What tests may know.

/**
 * The facts of `window.downbeat`, to be read only. Frames are those of the song.
 * @param {object} parts
 * @param {import("./player.js").Player} parts.player
 * @param {import("./lanes.js").Lanes} parts.lanes
 * @param {import("./view.js").View} parts.view
 * @param {() => ?import("./pages.js").Version} parts.shown
 * @param {() => ?AnalyserNode} parts.analyser
 */
export function facts({ player, lanes, view, shown, analyser }) {
  return Object.freeze({
    /** The take that is heard (that would be heard, while nothing plays). */
    get take() {
      return player.now?.version.take ?? null;
    },
    /** The take that is shown. */
    get shown() {
      return shown()?.take ?? null;
    },
    /** Whether it plays, and does not wait for pages. */
    get playing() {
      return player.isPlaying && !player.isStarved;
    },
    /** The frame that comes out of the loudspeakers now. */
    get frame() {
      return player.frame;
    },
    /** "mix" or "raw": what is heard. */
    get source() {
      return player.heard;
    },
    /** The loop, {start, end}; null when there is none. */
    get loop() {
      return player.loop;
    },
    get context() {
      return player.context ?? null;
    },
    /** The node that all sound goes through, before the volume. */
    get output() {
      return player.output ?? null;
    },
    /** An analyser of all sound, before the volume. */
    get analyser() {
      return analyser();
    },
    get lanes() {
      return lanes.lanes.map(({ strip }) => ({ id: strip.id, name: strip.name, kind: strip.kind }));
    },
    /** What is seen: the first frame, frames per CSS pixel, width in CSS pixels. */
    get view() {
      return { first: view.first, scale: view.scale, width: view.width };
    },
    /** The frame at which the change that waits will be heard; null when none does. */
    get changeover() {
      return player.changeover;
    },
  });
}
