// Where the marks of the ruler stand, and what is written at them.

import { after, clock } from "./song.js";

/**
 * A mark: where it stands, how tall it is (1 is the tallest), and what is written at it.
 * @typedef {{frame: number, rank: 1|2|3, label: string}} Tick
 */

/** CSS pixels a label needs, and those between the smallest marks. */
const LABEL = 44;
const BEAT_LABEL = 38;
const SMALL = 7;

/** Seconds between labels, each with the number of small marks' gaps in it. */
const STEPS = [
  [0.005, 5], [0.01, 5], [0.02, 4], [0.05, 5], [0.1, 5], [0.2, 4], [0.5, 5], [1, 5], [2, 4], [5, 5], [10, 5], [15, 3],
  [30, 3], [60, 4], [120, 4], [300, 5], [600, 5], [900, 3], [1800, 3], [3600, 4], [7200, 4],
];

/**
 * The marks of bars and beats in view; those of seconds when the song has no bars.
 * @param {import("./song.js").Song} song
 * @param {import("./view.js").View} view
 * @returns {Tick[]}
 */
export function ticks(song, view) {
  return song.bars.length > 1 ? barTicks(song, view) : secondTicks(song, view);
}

// Every bar has its number, or every 4th (1, 5, 9), 8th, 16th and so on: the first step at which the numbers have room.
function barTicks(song, view) {
  const { bars, beats } = song;
  const from = Math.max(0, after(bars, view.first) - 2);
  const to = after(bars, view.end);
  const spacing = (bars[bars.length - 1] - bars[0]) / (bars.length - 1) / view.scale;
  let step = 1;
  while (step * spacing < LABEL) step *= step === 1 ? 4 : 2;
  const small = [1, step / 4, step / 2].find((n) => Number.isInteger(n) && n > 0 && n * spacing >= SMALL) ?? step;
  const made = [];
  for (let i = from; i < to; i++) {
    if (i % step === 0) made.push({ frame: bars[i], rank: 1, label: String(i + 1) });
    else if (i % small === 0) made.push({ frame: bars[i], rank: 2, label: "" });
  }
  if (step === 1 && beats.length > 0) made.push(...beatTicks(song, view, from));
  return made;
}

// Beats between the bars, with their names where there is room.
function beatTicks({ bars, beats, frames }, view, from) {
  const spacing = (beats[beats.length - 1] - beats[0]) / Math.max(1, beats.length - 1) / view.scale;
  if (spacing < SMALL) return [];
  const made = [];
  for (let i = after(beats, bars[from] - 1); i < beats.length && beats[i] < view.end; i++) {
    const bar = after(bars, beats[i]) - 1;
    const beat = i - after(beats, bars[bar] - 1);
    if (beat > 0) made.push({ frame: beats[i], rank: 2, label: spacing >= BEAT_LABEL ? `${bar + 1}.${beat + 1}` : "" });
    const next = beats[i + 1] ?? frames;
    for (let part = 1; part < 4 && spacing >= 4 * SMALL * 2; part++) {
      made.push({ frame: beats[i] + (part / 4) * (next - beats[i]), rank: 3, label: "" });
    }
  }
  return made;
}

function secondTicks({ rate, frames }, view) {
  const second = rate / view.scale;
  const isLong = frames / rate >= 3600;
  const [step, parts] = STEPS.find(([seconds]) => seconds * second >= LABEL * 1.6) ?? STEPS.at(-1);
  const decimals = step < 0.01 ? 3 : step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const small = step / parts;
  const made = [];
  for (let i = Math.ceil(view.first / rate / small); i * small * rate < Math.min(view.end, frames); i++) {
    const isLabelled = i % parts === 0;
    const label = isLabelled ? clock(i * small, decimals, isLong) : "";
    made.push({ frame: i * small * rate, rank: isLabelled ? 1 : 3, label });
  }
  return made;
}
