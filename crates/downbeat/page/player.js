// What plays: one deck, or two while one version of the mix changes over into the next. Everything that moves the music
// (play, seek, loop, an edit) is the same step: a new deck fades in while the old one fades out.

import { Deck } from "./deck.js";
import { Pages } from "./pages.js";
import { Path } from "./path.js";
import { wishes } from "./wishes.js";

/** Seconds of sound that are scheduled ahead. */
export const AHEAD = 3.5;
/** Seconds between a decision and the first frame that can still follow it. */
const MARGIN = 0.03;
/** Seconds of fading where the listener asked for something now. */
const FADE = 0.008;
/** Seconds of fading from one version into the next. */
export const CHANGEOVER = 0.02;
/**
 * Seconds before a changeover at which it is settled: more than a second, as pages in the background tick so seldom.
 */
const SETTLED = 1.2;
/** Seconds of the new version that have to be there at a changeover. */
const NEEDED = 0.5;
/** Milliseconds after which the audio of a song that is paused goes to rest: all meters have fallen by then. */
const REST = 5000;
/** Milliseconds between two looks at what is to be scheduled. */
const TICK = 40;

/**
 * Plays versions of the mix. Frames are those of the song, unless they are called the context's. Tells "context" when
 * there is another audio context, "state" when it plays, pauses or waits, and "seek" when it has jumped.
 */
export class Player extends EventTarget {
  constructor() {
    super();
    this.pages = new Pages(() => this.tick());
    this.isPlaying = false;
    /** Where the song stands while nothing sounds. */
    this.position = 0;
    /** @type {?import("./path.js").Loop} */
    this.loop = null;
    /** @type {import("./pages.js").Source} what the listener asked for */
    this.source = "mix";
    /** @type {import("./pages.js").Source} what is heard: the same, as soon as it is there */
    this.heard = "mix";
    /** @type {import("./deck.js").Gains} */
    this.gains = { mix: 1, raw: 1 };
    /** @type {?Deck} what is heard */
    this.deck = null;
    /** @type {?Deck} what is about to be heard, its fade being settled */
    this.next = null;
    /** @type {?{version: object, song: object, isAtOnce: boolean}} what is to be heard next */
    this.waiting = null;
    /** @type {?{from: number, to: number, version: object}} what could be played before the song says so */
    this.foretold = null;
    /** What is heard: {version, song}. */
    this.now = null;
  }

  /**
   * Goes over to a version: at the next downbeat while playing, at once otherwise.
   * @param {import("./pages.js").Version} version
   * @param {import("./song.js").Song} song
   * @param {boolean} isAtOnce not to wait for a downbeat, for what the listener did at the desk
   */
  change(version, song, isAtOnce) {
    this.foretold = null;
    if (!this.context || this.context.sampleRate !== song.rate) return this.open(version, song);
    this.unsettle();
    const isSame = (other) => other.connection === version.connection && other.take === version.take;
    if (this.deck && isSame(this.deck.version) && !this.deck.isProvisional) {
      // The same sound, whose facts have changed.
      this.deck.version = version;
      this.adopt(version, song);
    } else if (this.deck) {
      const isStillAtOnce = this.waiting !== null && this.waiting.isAtOnce && isSame(this.waiting.version);
      this.waiting = { version, song, isAtOnce: isAtOnce || isStillAtOnce };
    } else this.adopt(version, song);
    this.tick();
  }

  /** Fetches what a version has around the playhead, which can be heard later. */
  foretell(version, from, to) {
    this.foretold = { version, from, to };
    this.tick();
  }

  /** Plays from where the song stands; from the start when it is over. */
  play() {
    if (!this.now || this.isPlaying) return;
    if (this.position >= this.now.song.frames) this.position = 0;
    clearTimeout(this.rest);
    this.context.resume();
    this.isPlaying = true;
    this.timer = setInterval(() => this.tick(), TICK);
    this.tell("state");
    this.tick();
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    clearInterval(this.timer);
    this.release();
    this.settleWaiting();
    // Whoever does not listen any more should not have their loudspeakers kept awake.
    const { context } = this;
    this.rest = setTimeout(() => context.state === "running" && context.suspend(), REST);
    this.tell("state");
  }

  /** Goes to a frame of the song. */
  seek(frame) {
    if (!this.now) return;
    this.release();
    this.position = this.now.song.clamp(frame);
    this.tell("seek");
    this.tick();
  }

  /**
   * Sets the loop, or takes it away. What plays beyond its end goes back to its start.
   * @param {?import("./path.js").Loop} loop
   */
  setLoop(loop) {
    this.loop = loop;
    if (this.isPlaying && this.deck) {
      const frame = this.frame;
      if (loop && frame >= loop.end) return this.seek(loop.start);
      this.unsettle();
      const at = this.soon();
      this.replace(new Path(this.deck.place(at), loop, this.now.song.frames), at);
    }
    this.tick();
  }

  /** Lets the mix or the recordings be heard, at once if they are there, by these gains. */
  hear(source, gains) {
    this.source = source;
    this.gains = gains;
    this.tick();
  }

  /** The frame of the song that comes out of the loudspeakers now. */
  get frame() {
    if (!this.deck) return this.position;
    const late = (this.context.outputLatency || this.context.baseLatency || 0) * this.context.sampleRate;
    const heard = this.context.currentTime * this.context.sampleRate - late;
    return Math.round(this.deck.place(Math.min(heard, this.deck.scheduled(this.heard))));
  }

  /** Whether it would play, but waits for pages. */
  get isStarved() {
    return this.isPlaying && !this.deck;
  }

  /** The frame of the song at which the change that waits will be heard; null when it is not known. */
  get changeover() {
    if (this.next) return this.next.place(this.next.at + this.next.fade);
    if (!this.waiting || !this.deck) return null;
    return this.deck.place(this.moment());
  }

  tick() {
    if (!this.context || !this.now) return;
    const now = this.soon();
    this.promote();
    if (this.isPlaying) {
      if (this.deck && !this.deck.has(this.heard, this.contextFrame())) this.starve();
      if (!this.deck) this.begin(now);
      if (this.deck) this.fill(now);
      if (this.waiting && this.deck) this.settle(now);
      if (this.isOver()) this.finish();
    }
    this.pages.want(wishes(this, now));
  }

  isOver() {
    if (!this.deck) return this.position >= this.now.song.frames;
    return this.deck.path.isOver(this.contextFrame() - this.deck.at);
  }

  // Schedules what has come.
  fill(now) {
    const until = now + AHEAD * this.now.song.rate;
    const decks = this.next ? [this.deck, this.next] : [this.deck];
    for (const deck of decks) for (const source of ["mix", "raw"]) deck.fill(source, now, until);
    if (!this.deck.has(this.source, now)) return;
    this.heard = this.source;
    for (const deck of decks) deck.hear(this.heard, this.gains);
  }

  // The first frame of the context that can still be scheduled without being late.
  soon() {
    return this.contextFrame() + Math.ceil(MARGIN * this.context.sampleRate);
  }

  contextFrame() {
    return Math.ceil(this.context.currentTime * this.context.sampleRate);
  }

  // A context has one rate for all its life, so a song of another rate gets a new one.
  open(version, song) {
    const seconds = this.now ? this.frame / this.now.song.rate : 0;
    const wasPlaying = this.isPlaying;
    this.pause();
    clearTimeout(this.rest);
    this.context?.close();
    this.context = new AudioContext({ sampleRate: song.rate, latencyHint: "interactive" });
    this.output = new GainNode(this.context);
    this.adopt(version, song);
    this.position = song.clamp(seconds * song.rate);
    this.tell("context");
    if (wasPlaying) this.play();
    else this.tick();
  }

  adopt(version, song) {
    this.waiting = null;
    this.now = { version, song };
    this.position = song.clamp(this.position);
  }

  // Begins to play where the song stands, as soon as its first page is there.
  begin(at) {
    this.heard = this.source;
    const isThere = ({ version, song }) => {
      const page = this.pages.get(version, this.heard, Math.floor(this.position / song.page));
      return page !== null && page !== "gone";
    };
    // After a jump the version that waits is heard if it is there, and otherwise the one before, until the next
    // downbeat.
    if (this.waiting && isThere(this.waiting)) this.settleWaiting();
    if (!isThere(this.now)) return;
    this.deck = this.make(new Path(this.position, this.loop, this.now.song.frames), at, FADE);
  }

  make(path, at, fade, { version, song } = this.now) {
    const frames = Math.round(fade * song.rate);
    const { context, output, pages, heard, gains } = this;
    return new Deck(context, output, pages, version, song, path, at, frames, heard, gains);
  }

  // Another path from a frame of the context on.
  replace(path, at) {
    const deck = this.make(path, at, FADE);
    this.fade(this.deck, at, deck.fade);
    this.deck = deck;
  }

  // Fades a deck out, and drops it when that is done.
  fade(deck, at, frames) {
    deck.fadeOut(at, frames);
    const seconds = (at + frames) / deck.song.rate - this.context.currentTime;
    setTimeout(() => deck.drop(), 1000 * (seconds + 0.1));
  }

  // Lets go of what sounds, and stays where the song is.
  release() {
    this.unsettle();
    if (!this.deck) return;
    this.position = this.frame;
    this.fade(this.deck, this.soon(), Math.round(FADE * this.now.song.rate));
    this.deck = null;
  }

  // Nothing is left to play: the song waits where it is.
  starve() {
    this.position = this.deck.place(this.deck.scheduled(this.heard));
    this.unsettle();
    this.deck.drop();
    this.deck = null;
    this.tell("state");
  }

  finish() {
    this.pause();
    this.position = this.now.song.frames;
    this.tell("seek");
  }

  settleWaiting() {
    if (this.waiting) this.adopt(this.waiting.version, this.waiting.song);
  }

  /** The frame of the context at which the change that waits can be heard. */
  moment() {
    const fade = Math.round(CHANGEOVER * this.now.song.rate);
    const earliest = this.soon() + fade - this.deck.at;
    const downbeat = this.waiting.isAtOnce ? null : this.deck.path.downbeat(earliest, this.now.song);
    const moment = this.deck.at + (downbeat ?? earliest);
    // Better off the beat than a hole in the music.
    return Math.min(moment, Math.max(this.deck.at + earliest, this.deck.lasts(this.heard)));
  }

  // Settles the change that waits, if its moment is near and its pages are there. Otherwise it waits for the next
  // moment.
  settle(now) {
    const { version, song } = this.waiting;
    const { rate } = song;
    const fade = Math.round(CHANGEOVER * rate);
    const at = this.moment() - fade;
    if (at > now + SETTLED * rate) return;
    const path = new Path(this.deck.place(at), this.loop, song.frames);
    const needed = path.pages(0, NEEDED * rate, song.page).map((page) => this.pages.get(version, this.heard, page));
    if (needed.some((page) => !page || page === "gone")) return;
    const deck = this.make(path, at, CHANGEOVER, this.waiting);
    deck.fill(this.heard, now, now + AHEAD * rate);
    this.deck.fadeOut(at, fade);
    this.next = deck;
    this.settled = this.waiting;
    this.waiting = null;
  }

  // Takes back a changeover that has not begun.
  unsettle() {
    this.promote();
    if (!this.next) return;
    this.next.drop();
    this.deck.stay();
    this.waiting ??= this.settled;
    this.next = null;
  }

  // What was about to be heard is heard.
  promote() {
    if (!this.next || this.contextFrame() < this.next.at) return;
    const old = this.deck;
    const seconds = (this.next.at + this.next.fade) / old.song.rate - this.context.currentTime;
    setTimeout(() => old.drop(), 1000 * (Math.max(seconds, 0) + 0.1));
    this.deck = this.next;
    this.next = null;
    this.now = { version: this.settled.version, song: this.settled.song };
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
