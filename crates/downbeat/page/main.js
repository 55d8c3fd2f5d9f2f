// The page of `downbeat watch`: it puts the parts together. `/mix` and its events say what there is (events.js,
// song.js); sound comes in pages (pages.js) and is played in decks (deck.js, player.js) along a path (path.js);
// waveforms come in tiles (peaks.js) and are drawn as columns of pixels (columns.js, wave.js) on lanes that show one
// part of the song (view.js).
//
// For tests, `window.downbeat` tells what is going on (facts.js), and these stay as they are:
//   #play #start #loop #hear-mix #hear-raw #volume     the transport; aria-pressed tells their state
//   #position #time #momentary #short-term #integrated #clip     figures
//   #overview #ruler #loop-bar #loop-from #loop-to #playhead #changeover     the song; `hidden` when there is none
//   .lane[data-strip=ID] .mute .solo .name canvas .flashes i     a lane; .is-silent when it is not heard
//   #style-audacity #style-serato #theme #help #keys #zoom-in #zoom-out #zoom-fit     how it looks
//   #status[data-state] #banner #banner-text #warnings #warning-list #tooltip     what there is to say

import { Brightness, themeColors } from "./colors.js";
import { Desk } from "./desk.js";
import { keepFocus } from "./drag.js";
import { Events } from "./events.js";
import { facts } from "./facts.js";
import { Flashes } from "./flashes.js";
import { touch, wheel } from "./gestures.js";
import { listenToKeys } from "./keys.js";
import { Lanes } from "./lanes.js";
import { Meters, lufs } from "./meters.js";
import { Notices } from "./notices.js";
import { Overview } from "./overview.js";
import { Peaks } from "./peaks.js";
import { Player } from "./player.js";
import { Ruler } from "./ruler.js";
import { Song } from "./song.js";
import { Theme } from "./theme.js";
import { Tooltip } from "./tooltip.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";

/** Milliseconds between two messages that say where the listener is. */
const TELL = 500;
/** The least and the greatest height of a lane, in CSS pixels, and that above which its head has several lines. */
const [LOWEST, TALL, HIGHEST] = [54, 80, 168];
/** The least height in narrow windows, where names have two lines and their buttons a third. */
const LOWEST_NARROW = 66;
/** Behind coloured waveforms. */
const BLACK = "#0a0a0d";
/** Milliseconds after a jump at which that is said. */
const SOON = 100;
/** A factor for a press of a zoom key. */
const ZOOM = 1.6;

const narrow = matchMedia("(max-width: 760px)");
const find = (selector) => document.querySelector(selector);

const view = new View();
const theme = new Theme();
const notices = new Notices();
const events = new Events();
const desk = new Desk();
const player = new Player();
const meters = new Meters();
const brightness = new Brightness();
/** The strips of which something has come that is not drawn yet. */
const arrived = new Set();
const peaks = new Peaks((strip) => arrived.add(strip));
const lanes = new Lanes(find("#lanes"), view, peaks, desk);
const flashes = new Flashes(view);
const tooltip = new Tooltip(find("#tooltip"), lanes, view);
const transport = new Transport(player, view);
const overview = new Overview(find("#overview"), view, peaks);
const ruler = new Ruler(find("#ruler"), view, {
  seek: (frame) => player.seek(frame),
  loop: (loop) => transport.setLoop(loop),
});

/** @type {?Song} what is shown */
let song = null;
/** The version that is shown, as it can be played. */
let shown = null;
/** @type {?AnalyserNode} */
let analyser = null;
/** Whether an edit is being rendered, whether the script has errors. */
let [isRendering, isBroken] = [false, false];
/** The timer of the message that says where a jump has led. */
let telling = 0;
/** The take whose changes lit up last. */
let flashed = null;
let colors = themeColors(theme.name);
/** Those of the lanes: coloured waveforms stand on black in either theme. */
let laneColors = colors;
/** Whether all has to be drawn anew. */
let isStale = true;

events.addEventListener("mix", ({ detail }) => show(detail));
events.addEventListener("rendering", () => {
  [isRendering, isBroken] = [true, false];
});
events.addEventListener("ready", ({ detail: { take, from, to } }) => {
  player.foretell({ connection: events.connection, take, isFinal: false }, from, to);
});
events.addEventListener("error", ({ detail }) => {
  [isRendering, isBroken] = [false, true];
  notices.setErrors(detail.diagnostics, song !== null);
});
events.addEventListener("connected", () => events.connection > 1 && notices.say("Downbeat is there again."));
events.addEventListener("lost", () => notices.say("Downbeat has stopped. What was loaded plays on."));

player.addEventListener("context", () => {
  analyser = new AnalyserNode(player.context, { fftSize: 2048 });
  player.output.connect(analyser);
  transport.connect(player.context, player.output);
  meters.listen(player.output).catch(() => notices.say("This browser has no meters."));
});
player.addEventListener("state", () => {
  if (!player.isPlaying) return;
  meters.restart();
  view.reveal(player.frame);
});
player.addEventListener("seek", () => {
  meters.restart();
  view.reveal(player.frame);
  // Dragging along the ruler is many jumps: where it comes to rest counts.
  clearTimeout(telling);
  telling = setTimeout(tell, SOON);
});
transport.addEventListener("loop", () => {
  ruler.setLoop(player.loop);
  overview.setLoop(player.loop);
  isStale = true;
});
desk.addEventListener("change", () => lanes.showDesk());
desk.addEventListener("failure", () => notices.say("Downbeat did not take the solo or mute."));
view.addEventListener("change", () => {
  isStale = true;
  tooltip.hide();
});
theme.addEventListener("change", restyle);

/** Takes a state of the mix from the program. */
function show(mix) {
  [isRendering, isBroken] = [!mix.rendered, mix.error !== null];
  notices.setErrors(mix.error?.diagnostics ?? [], mix.strips.length > 0);
  notices.setWarnings(mix.diagnostics);
  document.title = `${mix.title} – Downbeat`;
  find("#title").textContent = mix.title;
  find("#script").textContent = mix.script;
  find("#empty").hidden = mix.strips.length > 0;
  if (mix.strips.length === 0) return;
  const before = shown;
  song = new Song(mix);
  shown = { connection: events.connection, take: mix.take, isFinal: mix.rendered };
  const isFirst = before?.connection !== shown.connection;
  const isDesk = desk.show(mix, isFirst) && !isFirst;
  find("#integrated").textContent = lufs(mix.loudness.mix);
  find("#ruler-unit").textContent = song.bars.length > 1 ? "bars" : "time";
  peaks.show(shown, song);
  lanes.show(song);
  layOut();
  player.change(shown, song, isDesk);
  transport.show(song);
  if (!isFirst && !isDesk && flashed !== mix.take && mix.changed.length > 0) {
    flashes.flash(lanes.lanes, song);
    notices.say(`Take ${mix.take}.`);
  }
  // What was there when the page was opened is no edit, also when it is still being rendered.
  if (isFirst || mix.changed.length > 0) flashed = mix.take;
  // A program that was started anew does not know where the listener is.
  if (before && isFirst) tell();
  isStale = true;
}

/** Says where the listener is: what is around there is rendered first. */
function tell() {
  if (!events.isConnected || !song) return;
  const body = JSON.stringify({ frame: player.frame });
  // Nothing hangs on one of these messages.
  fetch("/playhead", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => {});
}

setInterval(() => player.isPlaying && tell(), TELL);

/** Fits lanes and rulers into the window. */
function layOut() {
  if (!song) return;
  tooltip.hide();
  const root = lanes.root;
  const lowest = narrow.matches ? LOWEST_NARROW : LOWEST;
  // Where there are more lanes than have room, as many as are in sight are whole.
  const rows = Math.min(song.strips.length, Math.floor(root.clientHeight / lowest));
  const height = Math.floor(Math.max(lowest, Math.min(HIGHEST, root.clientHeight / Math.max(1, rows))));
  // The pixels that are left over are the master's.
  const rest = root.clientHeight - rows * height;
  root.style.setProperty("--lane-height", `${height}px`);
  root.style.setProperty("--rest", `${rest < rows ? rest : 0}px`);
  root.classList.toggle("is-tall", height > TALL);
  root.classList.toggle("is-long", rows < song.strips.length);
  find("#song").style.setProperty("--gutter", `${root.offsetWidth - root.clientWidth}px`);
  view.resize(find("#ruler").clientWidth, song.frames);
  isStale = true;
}

function restyle() {
  colors = themeColors(theme.name);
  laneColors = theme.style === "serato" ? { ...themeColors("dark"), lane: BLACK } : colors;
  find("#style-audacity").setAttribute("aria-pressed", theme.style === "audacity");
  find("#style-serato").setAttribute("aria-pressed", theme.style === "serato");
  isStale = true;
}

function draw() {
  peaks.begin();
  drawWaves(null);
  ruler.draw(song, colors);
  flashes.place();
  const { loop } = player;
  find("#loop-shade").hidden = !loop;
  if (loop) span(find("#loop-shade"), loop.start, loop.end);
}

/** Draws the waveforms, of some strips only or (null) of all. */
function drawWaves(only) {
  const { style } = theme;
  const tiles = song.strips.map((strip) => peaks.tile(strip.id, peaks.whole, 0));
  // Another range of colours is one for all lanes.
  const isOther = brightness.measure(tiles.filter((tile) => tile?.level === peaks.whole)) && style === "serato";
  lanes.draw(style, laneColors, brightness, isOther ? null : only);
  if (!only || isOther || only.has(song.strips.at(-1).id)) overview.draw(song, style, laneColors, brightness);
}

function span(element, from, to) {
  element.style.transform = `translateX(${view.x(from)}px)`;
  element.style.width = `${(to - from) / view.scale}px`;
}

/** Where the playhead was when it was last drawn. */
let then = 0;

function animate(milliseconds) {
  if (song) {
    const frame = player.frame;
    const wasSeen = then >= view.first && then <= view.end;
    // Who has scrolled away while it plays looks at something: only a playhead that leaves the view turns the page.
    if (player.isPlaying && wasSeen) view.reveal(frame);
    if (isStale) draw();
    else if (arrived.size > 0) drawWaves(arrived);
    isStale = false;
    arrived.clear();
    ruler.tellPlayhead(frame);
    then = frame;
    const x = view.x(frame);
    find("#playhead").hidden = x < -1 || x > view.width + 1;
    find("#playhead").style.transform = `translateX(${Math.round(x * view.ratio) / view.ratio}px)`;
    overview.placeHead(frame);
    transport.showPosition(frame);
    tooltip.follow(frame);
    const at = player.changeover;
    find("#changeover").hidden = at === null;
    if (at !== null) find("#changeover").style.transform = `translateX(${view.x(at)}px)`;
  }
  showStatus();
  meters.draw(colors, view.ratio, milliseconds / 1000);
  requestAnimationFrame(animate);
}

function showStatus() {
  const at = song ? player.changeover : null;
  if (!events.isConnected) {
    if (events.connection === 0) notices.setStatus("connecting", "Connecting");
    else notices.setStatus("lost", "Downbeat has stopped");
  } else if (isBroken) notices.setStatus("broken", "Error in the script");
  else if (isRendering) notices.setStatus("rendering", "Rendering");
  else if (at !== null) notices.setStatus("waiting", `Take ${song.mix.take} ${where(at)}`);
  else if (player.isStarved) notices.setStatus("rendering", "Loading");
  else if (song) notices.setStatus("live", `Take ${song.mix.take}`);
  else notices.setStatus("connecting", "Waiting");
}

function where(frame) {
  const bar = player.now.song.barNumber(frame);
  return bar === null ? "coming" : `at bar ${bar}`;
}

const zoom = (factor) => {
  const x = view.x(player.frame);
  view.zoom(factor, x >= 0 && x <= view.width ? x : view.width / 2);
};
const onLane = (what) => () => {
  const lane = lanes.focused();
  if (lane && lane.strip.kind !== "master") desk.toggle(what, lane.strip.id);
};

listenToKeys({
  " ": () => transport.toggle(),
  ArrowLeft: (event) => transport.step(-1, event.shiftKey),
  ArrowRight: (event) => transport.step(1, event.shiftKey),
  ArrowUp: () => lanes.move(-1),
  ArrowDown: () => lanes.move(1),
  Home: () => player.seek(0),
  End: () => song && player.seek(song.frames),
  l: () => transport.toggleLoop(),
  s: onLane("solo"),
  m: onLane("mute"),
  a: () => theme.setStyle(theme.style === "audacity" ? "serato" : "audacity"),
  r: () => transport.toggleRaw(),
  "+": () => zoom(ZOOM),
  "=": () => zoom(ZOOM),
  "-": () => zoom(1 / ZOOM),
  0: () => view.fit(),
  "?": () => find("#keys").showModal(),
});

const track = () => find("#ruler");
wheel(find("#ruler"), view, track);
wheel(find("#overview"), view, track);
wheel(lanes.root, view, track);
touch(lanes.root, view, (frame) => player.seek(frame));
keepFocus(document.body);
find("#style-audacity").addEventListener("click", () => theme.setStyle("audacity"));
find("#style-serato").addEventListener("click", () => theme.setStyle("serato"));
find("#theme").addEventListener("click", () => theme.toggle());
find("#help").addEventListener("click", () => find("#keys").showModal());
find("#zoom-in").addEventListener("click", () => zoom(ZOOM));
find("#zoom-out").addEventListener("click", () => zoom(1 / ZOOM));
find("#zoom-fit").addEventListener("click", () => view.fit());
lanes.root.addEventListener("scroll", () => (isStale = true));
new ResizeObserver(layOut).observe(find("#song"));
new ResizeObserver(layOut).observe(lanes.root);

window.downbeat = facts({ player, lanes, view, shown: () => shown, analyser: () => analyser });

restyle();
events.open();
requestAnimationFrame(animate);
