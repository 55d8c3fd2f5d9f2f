"""Downbeat's features beside librosa's on a recording: how far apart the values are, and how long each takes on one thread.

    .venv/bin/python benches/peers/features.py [--runs 10] FILE...

See README.md for the setup. A difference is the worst of all frames that are not silent (an RMS above 1e-4), as a part of
librosa's value; of onsets and beats it says how many there are, and how many of librosa's have one of ours within 50 ms. A
time is the best of the runs, for samples that are loaded already. `--values 0` leaves out what needs `downbeat analyze`.
"""
import os

for variable in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import librosa
import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
FEATURE = librosa.feature
FRAMEWISE = (
    "rms spectral_centroid spectral_bandwidth spectral_rolloff spectral_flatness zero_crossing_rate onset_strength"
).split()
EVENTS = ("onset_times", "beats")
SILENCE = 1e-4


def calls(y, rate):
    """What librosa is asked, by the names that Downbeat has for it."""
    return {
        "rms": lambda: FEATURE.rms(y=y)[0],
        "spectral_centroid": lambda: FEATURE.spectral_centroid(y=y, sr=rate)[0],
        "spectral_bandwidth": lambda: FEATURE.spectral_bandwidth(y=y, sr=rate)[0],
        "spectral_rolloff": lambda: FEATURE.spectral_rolloff(y=y, sr=rate)[0],
        "spectral_flatness": lambda: FEATURE.spectral_flatness(y=y)[0],
        "spectral_contrast": lambda: FEATURE.spectral_contrast(y=y, sr=rate),
        "spectral_contrast_64": lambda: FEATURE.spectral_contrast(y=y, sr=rate),
        "zero_crossing_rate": lambda: FEATURE.zero_crossing_rate(y)[0],
        "mel": lambda: FEATURE.melspectrogram(y=y, sr=rate),
        "mel_db": lambda: librosa.power_to_db(FEATURE.melspectrogram(y=y, sr=rate)),
        "chroma_untuned": lambda: FEATURE.chroma_stft(y=y, sr=rate, tuning=0.0),
        "chroma": lambda: FEATURE.chroma_stft(y=y, sr=rate),
        "onset_strength": lambda: librosa.onset.onset_strength(y=y, sr=rate),
        "onset_times": lambda: librosa.onset.onset_detect(y=y, sr=rate, units="time"),
        "beats": lambda: librosa.beat.beat_track(y=y, sr=rate, units="time")[1],
    }


def best(call, runs):
    """The shortest of some runs in milliseconds, after one that does not count, and what came out."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        out = call()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3, out


def printed(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)


def difference(name, ours, theirs, loud):
    """How far apart the values of a feature are, in words."""
    if name in EVENTS:
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        near = sum(bool(len(ours)) and np.abs(ours - moment).min() < 0.05 for moment in theirs)
        return f"{len(ours)} / {len(theirs)}, {near} near"
    ours = np.asarray(ours["values"])
    if ours.shape != theirs.shape:
        return f"{len(ours)} frames, not {len(theirs)}"
    scale = np.abs(theirs) if name != "onset_strength" else np.full_like(theirs, max(theirs.max(), 1e-30))
    off = np.abs(ours - theirs)
    return f"{np.max(off / np.where(off > 0, np.maximum(scale, 1e-30), 1), where=loud, initial=0):.1e}"


def compare(path, runs, with_values):
    y, rate = librosa.load(path, sr=None, mono=True)
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, y, rate, subtype="FLOAT")
        ours = printed([*"cargo run -q --release -p downbeat-dsp --example feature_times --".split(), file.name, str(runs)])
        values = {}
        if with_values:
            names = ",".join((*FRAMEWISE, *EVENTS))
            command = [*"cargo run -q --release -p downbeat -- analyze".split(), file.name, "--json", "--features", names]
            values = printed(command)
    loud = FEATURE.rms(y=y)[0] > SILENCE
    print(f"\n{path}: {len(y) / rate:.1f} s at {rate} Hz, {loud.sum()} of {len(loud)} frames not silent\n")
    print(f"| {'feature':18} | {'difference':22} | librosa ms | ours ms | ratio |")
    print(f"|{'-' * 20}|{'-' * 24}|{'-' * 11}:|{'-' * 8}:|{'-' * 6}:|")
    for name, call in calls(y, rate).items():
        librosa_ms, theirs = best(call, runs)
        ours_ms = ours[name] / 1e6
        apart = difference(name, values[name], theirs, loud) if name in values else "-"
        print(f"| {name:18} | {apart:22} | {librosa_ms:10.1f} | {ours_ms:7.2f} | {librosa_ms / ours_ms:5.1f} |", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="+", metavar="FILE")
    arguments.add_argument("--runs", type=int, default=10)
    arguments.add_argument("--values", type=int, default=1)
    given = arguments.parse_args()
    for path in given.files:
        compare(path, given.runs, bool(given.values))


if __name__ == "__main__":
    main()
