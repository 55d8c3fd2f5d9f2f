"""Downbeat's effects beside pedalboard's: how many nanoseconds each takes for a sample of a channel, on one thread.

    .venv/bin/python benches/peers/effects.py [--seconds 10] [--runs 5]

See README.md for the setup. Both sides get stereo noise at 48 kHz with a standard deviation of 0.2 and the same settings; a
time is the best of the runs.
"""
import os

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pedalboard as pb

ROOT = Path(__file__).resolve().parents[2]
RATE = 48_000


def room():
    """The answer of a room of a second: noise that falls by 52 dB in it."""
    noise = np.random.default_rng(1).standard_normal((1, RATE)) * np.exp(-np.arange(RATE) / 8000)
    return (noise * 0.05).astype(np.float32)


PEERS = {
    "gain": pb.Gain(3),
    "compressor": pb.Compressor(-20, 4, 5, 100),
    "limiter": pb.Limiter(-6, 100),
    "gate": pb.NoiseGate(-40),
    "freeverb": pb.Reverb(),
    "delay": pb.Delay(0.25, 0.3, 0.5),
    "chorus": pb.Chorus(),
    "phaser": pb.Phaser(),
    "saturate, no oversampling": pb.Distortion(20),
    "hard_clip, no oversampling": pb.Clipping(-6),
    "peak_filter": pb.PeakFilter(1000, 6, 1),
    "low_shelf": pb.LowShelfFilter(200, 6, 0.7),
    "ladder, 24 dB": pb.LadderFilter(pb.LadderFilter.Mode.LPF24, 800, 0.3),
    "bit_crush": pb.Bitcrush(8),
    "convolution, 1 s": pb.Convolution(room(), 1.0, RATE),
    "pitch_shift": pb.PitchShift(3),
    "time_stretch": lambda noise, rate: pb.time_stretch(noise, rate, stretch_factor=1 / 1.5),
}


def best(effect, noise, runs):
    """The shortest of some runs in seconds, after one that does not count."""
    effect(noise, RATE)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        effect(noise, RATE)
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=10)
    arguments.add_argument("--runs", type=int, default=5)
    given = arguments.parse_args()
    build = ["cargo", "run", "-q", "--release", "-p", "downbeat-dsp", "--example", "effect_times", "--"]
    command = [*build, str(given.seconds), str(given.runs)]
    ours = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)
    frames = given.seconds * RATE
    noise = (np.random.default_rng(0).standard_normal((2, frames)) * 0.2).astype(np.float32)
    print(f"| effect | pedalboard {pb.__version__}, ns | ours, ns | ratio |")
    print("|---|---|---|---|")
    for name, effect in PEERS.items():
        theirs = best(effect, noise, given.runs) / (2 * frames) * 1e9
        print(f"| `{name.split(',')[0]}`{name[len(name.split(',')[0]):]} | {theirs:.2f} | {ours[name]:.2f} | {theirs / ours[name]:.1f} |")


main()
