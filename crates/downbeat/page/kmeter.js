// Measures what is heard, in the audio thread: the peak of each channel, and the energy of the K-weighted sound in hops
// of a tenth of a second, from which loudness is made (ITU-R BS.1770-4, annex 1).

/** Seconds between two messages with peaks. */
const PEAKS_EVERY = 0.02;
/** Seconds of a hop. Momentary and short-term loudness are whole numbers of hops. */
const HOP = 0.1;

/**
 * Two biquads in a row, a high shelf for the head and a highpass. The standard gives coefficients for 48 kHz; those for
 * other rates come from the analogue prototypes behind them by the bilinear transform (constants from Brecht De Man,
 * "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018).
 */
class KWeighting {
  constructor(rate) {
    const warp = (freq) => Math.tan(Math.PI * Math.min(freq / rate, 0.49));
    let [k, q] = [warp(1681.974450955533), 0.7071752369554196];
    const high = 10 ** (3.999843853973347 / 20);
    const band = high ** 0.4996667741545416;
    let a0 = 1 + k / q + k * k;
    this.shelf = [
      (high + (band * k) / q + k * k) / a0, (2 * (k * k - high)) / a0, (high - (band * k) / q + k * k) / a0,
      (2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0,
    ];
    [k, q] = [warp(38.13547087602444), 0.5003270373238773];
    a0 = 1 + k / q + k * k;
    this.highpass = [1, -2, 1, (2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0];
    this.state = new Float64Array(4);
  }

  /** The energy (sum of squares) of a stretch after the filter. */
  energy(samples, from, to) {
    const [b0, b1, b2, a1, a2] = this.shelf;
    const [, , , c1, c2] = this.highpass;
    let [s, t, u, v] = this.state;
    let sum = 0;
    for (let i = from; i < to; i++) {
      const x = samples[i];
      const y = b0 * x + s;
      s = b1 * x - a1 * y + t;
      t = b2 * x - a2 * y;
      const z = y + u;
      u = -2 * y - c1 * z + v;
      v = y - c2 * z;
      sum += z * z;
    }
    this.state.set([s, t, u, v]);
    return sum;
  }
}

/** Sends {peaks: [left, right]}, and {energy} with the mean square of a hop, both channels together. */
class Meter extends AudioWorkletProcessor {
  constructor() {
    super();
    this.filters = [new KWeighting(sampleRate), new KWeighting(sampleRate)];
    this.peaks = [0, 0];
    this.since = 0;
    this.hop = Math.round(HOP * sampleRate);
    this.energy = 0;
    this.measured = 0;
  }

  process([input]) {
    const length = input[0]?.length ?? 128;
    for (let channel = 0; channel < 2; channel++) {
      const samples = input[channel] ?? SILENCE;
      for (let i = 0; i < length; i++) this.peaks[channel] = Math.max(this.peaks[channel], Math.abs(samples[i]));
    }
    let from = 0;
    while (from < length) {
      const to = Math.min(length, from + this.hop - this.measured);
      this.filters.forEach((filter, channel) => {
        this.energy += filter.energy(input[channel] ?? SILENCE, from, to);
      });
      this.measured += to - from;
      from = to;
      if (this.measured === this.hop) {
        this.port.postMessage({ energy: this.energy / this.hop });
        [this.energy, this.measured] = [0, 0];
      }
    }
    this.since += length;
    if (this.since >= PEAKS_EVERY * sampleRate) {
      this.port.postMessage({ peaks: this.peaks });
      [this.peaks, this.since] = [[0, 0], 0];
    }
    return true;
  }
}

const SILENCE = new Float32Array(1024);

registerProcessor("downbeat-meter", Meter);
