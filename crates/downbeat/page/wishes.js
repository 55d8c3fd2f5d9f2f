// Which pages a player needs, in the order of need.

import { Path } from "./path.js";
import { AHEAD, CHANGEOVER } from "./player.js";

/** Seconds of what is heard that come before anything else. */
const SAFE = 2;

/**
 * What is heard comes first; then what the listener asked for, what an edit has changed, and the source that is not
 * heard.
 * @param {import("./player.js").Player} player
 * @param {number} now the first frame of the context that can still be scheduled
 * @returns {import("./pages.js").Wish[]}
 */
export function wishes(player, now) {
  const { rate } = player.now.song;
  const { deck, next, heard, source } = player;
  if (!deck) return [...from(player, 1), ...from(player, AHEAD * rate), ...foretold(player, source)];
  const decks = next ? [deck, next] : [deck];
  const of = (what, seconds) => decks.flatMap((one) => one.wishes(what, now, now + seconds * rate));
  return [
    ...of(heard, SAFE),
    ...(source === heard ? [] : of(source, SAFE)),
    ...ahead(player, heard),
    ...of(heard, AHEAD),
    ...foretold(player, heard),
    ...of(heard === "mix" ? "raw" : "mix", AHEAD),
  ];
}

// The pages of the first frames from where nothing sounds yet, of the version that waits and of the one before.
function from({ position, loop, waiting, now, source }, frames) {
  return [waiting, now].flatMap((one) => {
    if (!one) return [];
    return along(new Path(position, loop, one.song.frames), frames, one.version, source, one.song);
  });
}

// Pages for a version to come, at its next moment and at the one after it.
function ahead(player, source) {
  const { waiting, deck, loop } = player;
  if (!waiting) return [];
  const { version, song } = waiting;
  const first = player.moment();
  const second = deck.path.downbeat(first + 1 - deck.at, player.now.song);
  const moments = second === null ? [first] : [first, deck.at + second];
  return moments.flatMap((moment) => {
    const start = deck.place(moment - Math.round(CHANGEOVER * song.rate));
    return along(new Path(start, loop, song.frames), song.rate, version, source, song);
  });
}

// The pages around the playhead of what is foretold.
function foretold(player, source) {
  if (!player.foretold) return [];
  const { version, from, to } = player.foretold;
  const { song } = player.now;
  const path = new Path(Math.max(from, player.frame), null, Math.min(to, song.frames));
  return along(path, AHEAD * song.rate, version, source, song);
}

// The pages of the first frames of a path.
function along(path, frames, version, source, song) {
  return path.pages(0, frames, song.page).map((page) => ({ version, source, page }));
}
