// The transport: play, loop, mix or raw, volume, and where the song is.

import { signed } from "./meters.js";

/** Bars of a loop at the playhead, and its seconds when there are no bars. */
const LOOP_BARS = 4;
const LOOP_SECONDS = 8;
/** @type {import("./deck.js").Gains} */
const AS_THEY_ARE = { mix: 1, raw: 1 };
/** Volume at which nothing is heard, in dB. */
const OFF = -48;

/** Buttons and figures above the song. Tells "loop" when there is another one. */
export class Transport extends EventTarget {
  /**
   * @param {import("./player.js").Player} player
   * @param {import("./view.js").View} view
   */
  constructor(player, view) {
    super();
    Object.assign(this, { player, view, song: null, gains: AS_THEY_ARE, isComparing: false });
    const find = (id) => document.querySelector(`#${id}`);
    this.buttons = { play: find("play"), loop: find("loop"), mix: find("hear-mix"), raw: find("hear-raw") };
    this.figures = { position: find("position"), time: find("time"), match: find("match") };
    this.volume = find("volume");
    this.buttons.play.addEventListener("click", () => this.toggle());
    this.buttons.loop.addEventListener("click", () => this.toggleLoop());
    this.buttons.mix.addEventListener("click", () => this.hear("mix"));
    this.buttons.raw.addEventListener("click", () => this.hear("raw"));
    find("start").addEventListener("click", () => player.seek(0));
    this.volume.addEventListener("input", () => this.applyVolume());
    for (const name of ["state", "seek"]) player.addEventListener(name, () => this.showState());
    player.addEventListener("state", () => !player.isPlaying && this.hear(player.source));
  }

  /** Takes a new state of the song. */
  show(song) {
    const { loop } = this.player;
    this.song = song;
    if (loop && loop.end > song.frames) this.setLoop(null);
    this.match(song.mix.loudness);
    this.hear(this.player.source);
    this.showState();
  }

  // Turns the louder of mix and recordings down to the other one, so that nothing is above its own level.
  match({ mix, raw }) {
    const isKnown = mix !== null && raw !== null;
    const [louder, other] = mix > raw ? ["mix", "raw"] : ["raw", "mix"];
    const db = -Math.abs(mix - raw);
    // While a take is being rendered its loudness is not known: that of the one before is near.
    if (isKnown) this.gains = { ...AS_THEY_ARE, [louder]: 10 ** (db / 20) };
    this.figures.match.textContent = isKnown ? `${louder} ${signed(db)} dB` : "";
    this.figures.match.title = isKnown ? `What makes ${louder} as loud as ${other}, while you compare` : "";
  }

  /** Connects what plays to the loudspeakers. */
  connect(context, output) {
    this.gain = new GainNode(context);
    output.connect(this.gain).connect(context.destination);
    this.applyVolume();
  }

  toggle() {
    if (this.player.isPlaying) this.player.pause();
    else this.player.play();
  }

  /** @param {import("./pages.js").Source} source */
  hear(source) {
    // Who only listens to the mix hears it as it is; who compares does so until they pause at the mix.
    this.isComparing = source === "raw" || (this.isComparing && this.player.isPlaying);
    this.player.hear(source, this.isComparing ? this.gains : AS_THEY_ARE);
    this.buttons.mix.setAttribute("aria-pressed", source === "mix");
    this.buttons.raw.setAttribute("aria-pressed", source === "raw");
  }

  toggleRaw() {
    this.hear(this.player.source === "mix" ? "raw" : "mix");
  }

  /** A bar or a beat on or back. */
  step(direction, byBeat) {
    if (this.song) this.player.seek(this.song.step(this.player.frame, direction, byBeat));
  }

  /** Loops the bars that are in view, or those from the playhead on when the whole song is; or loops no more. */
  toggleLoop() {
    if (!this.song) return;
    this.setLoop(this.player.loop ? null : this.view.isFitted ? this.loopHere() : this.loopInView());
  }

  /** @param {?import("./path.js").Loop} loop */
  setLoop(loop) {
    this.player.setLoop(loop);
    this.buttons.loop.setAttribute("aria-pressed", loop !== null);
    this.dispatchEvent(new Event("loop"));
  }

  /** Shows where the song is. */
  showPosition(frame) {
    if (!this.song) return;
    const place = this.song.place(frame);
    write(this.figures.position, place ? `${place.bar}.${place.beat}` : "–");
    write(this.figures.time, this.song.time(frame, 3));
  }

  showState() {
    const { isPlaying } = this.player;
    // Its name stays: that it is pressed says the rest.
    this.buttons.play.setAttribute("aria-pressed", isPlaying);
  }

  // Some bars, from the start of the one that the playhead is in.
  loopHere() {
    const { song, player } = this;
    // At the song's end it is the end that is looped: a second of it at least.
    const start = song.barStart(Math.min(player.frame, Math.max(0, song.frames - song.rate)));
    const bar = song.barNumber(start);
    const end = bar === null ? start + LOOP_SECONDS * song.rate : song.bars[bar - 1 + LOOP_BARS];
    return { start, end: Math.min(end ?? song.frames, song.frames) };
  }

  // The bars that are in view from their start to their end; the view itself without bars, or within one.
  loopInView() {
    const { song, view } = this;
    const [first, end] = [song.clamp(view.first), song.clamp(view.end)];
    const bars = [...song.bars, song.frames].filter((bar) => bar >= first && bar <= end);
    return bars.length > 1 ? { start: bars[0], end: bars.at(-1) } : { start: first, end };
  }

  applyVolume() {
    const db = Number(this.volume.value);
    this.volume.setAttribute("aria-valuetext", db <= OFF ? "off" : `${db} dB`);
    if (this.gain) this.gain.gain.setTargetAtTime(db <= OFF ? 0 : 10 ** (db / 20), this.gain.context.currentTime, 0.01);
  }
}

function write(figure, text) {
  const element = figure.firstElementChild;
  if (element.textContent !== text) element.textContent = text;
}
