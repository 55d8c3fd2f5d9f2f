// Which part of the song is seen: one viewport for all lanes.

/** Frames per CSS pixel at the closest: finer than the finest peaks there is nothing to see. */
const CLOSEST = 16;

/**
 * The viewport. Its first frame lies on a whole number of device pixels, so that a column of pixels always shows the
 * same frames and a waveform does not shimmer when it scrolls. Tells "change".
 */
export class View extends EventTarget {
  constructor() {
    super();
    /** The first frame seen. */
    this.first = 0;
    /** Frames per CSS pixel. */
    this.scale = 1;
    /** Width in CSS pixels. */
    this.width = 1;
    this.frames = 0;
    this.isFitted = true;
  }

  /** Device pixels per CSS pixel. */
  get ratio() {
    return window.devicePixelRatio || 1;
  }

  /** The frame after the last one seen. */
  get end() {
    return this.first + this.width * this.scale;
  }

  /** Where a frame lies, in CSS pixels from the left edge. */
  x(frame) {
    return (frame - this.first) / this.scale;
  }

  /** The frame at a place in CSS pixels from the left edge. */
  frame(x) {
    return this.first + x * this.scale;
  }

  /** Takes a new width in CSS pixels or a new length of the song in frames; a song seen whole stays so. */
  resize(width, frames) {
    if (width === this.width && frames === this.frames) return;
    this.width = Math.max(1, width);
    this.frames = frames;
    this.set(this.first, this.isFitted ? Infinity : this.scale);
  }

  /** Shows the whole song. */
  fit() {
    this.set(0, Infinity);
  }

  /** Zooms by a factor (above 1: closer) around a place in CSS pixels. */
  zoom(factor, x) {
    const frame = this.frame(x);
    const scale = this.limit(this.scale / factor);
    this.set(frame - x * scale, scale);
  }

  /** Scrolls by CSS pixels. */
  scroll(pixels) {
    this.set(this.first + pixels * this.scale, this.scale);
  }

  /** Shows a part of the song from a frame on, at so many frames per CSS pixel. */
  set(first, scale) {
    this.scale = this.limit(scale);
    this.isFitted = this.scale === this.farthest;
    const last = Math.max(0, this.frames - this.width * this.scale);
    const pixel = this.scale / this.ratio;
    this.first = Math.round(Math.max(0, Math.min(first, last)) / pixel) * pixel;
    this.dispatchEvent(new Event("change"));
  }

  /** Brings a frame into view, if it is not: near the left edge, as one turns a page. */
  reveal(frame) {
    if (frame < this.first || frame >= this.end) this.set(frame - 0.08 * this.width * this.scale, this.scale);
  }

  get farthest() {
    return Math.max(CLOSEST, this.frames / this.width);
  }

  limit(scale) {
    return Math.max(CLOSEST, Math.min(scale, this.farthest));
  }
}
