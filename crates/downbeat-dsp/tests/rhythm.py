"""Prints librosa's rhythm of the sound that rhythm.rs makes, as rhythm.json: python rhythm.py > rhythm.json

Made with librosa 0.11.0, numpy 2.4 and scipy 1.17.
"""
import json

import librosa
import numpy as np

from noise import noise

RATE = 22_050
BEAT = 10_336


def decay(since, length):
    left = 1.0 - since / length
    return left * left if 0 <= since < length else 0.0


def sample(i):
    beat, since = i // BEAT, i % BEAT
    kick = abs(since % 400 / 200.0 - 1.0) * 2.0 - 1.0
    sound = 0.7 * kick * decay(since, 4000) if beat % 8 != 5 else 0.0
    if beat % 2 == 1:
        sound += 0.4 * noise(i) * decay(since, 2500)
    sound += 0.15 * noise(i + 7) * decay(since - 5168, 900)
    if beat % 4 == 3:
        sound += 0.3 * noise(i + 3) * decay(since - 7752, 1500)
    return sound + 0.0005 * noise(i + 11)


y = np.array([sample(i) for i in range(30 * RATE)], dtype=np.float32)
mean = librosa.onset.onset_strength(y=y, sr=RATE)
median = librosa.onset.onset_strength(y=y, sr=RATE, aggregate=np.median)
onsets = librosa.onset.onset_detect(y=y, sr=RATE)
rms = librosa.feature.rms(y=y)[0]
bpm, beats = librosa.beat.beat_track(y=y, sr=RATE)
_, untrimmed = librosa.beat.beat_track(onset_envelope=mean, sr=RATE, bpm=90, tightness=400, trim=False)
ints = lambda values: [int(v) for v in values]
print(json.dumps({
    "mean": [round(float(v), 5) for v in mean[:120]],
    "median": [round(float(v), 5) for v in median[:120]],
    "mean_total": float(np.sum(mean, dtype=np.float64)),
    "median_total": float(np.sum(median, dtype=np.float64)),
    "onsets": ints(onsets),
    "backtracked": ints(librosa.onset.onset_detect(y=y, sr=RATE, backtrack=True)),
    "backtracked_on_rms": ints(librosa.onset.onset_backtrack(onsets, rms)),
    "picked": ints(librosa.util.peak_pick(mean, pre_max=3, post_max=3, pre_avg=3, post_avg=5, delta=0.5, wait=10)),
    "tempo": float(librosa.feature.tempo(y=y, sr=RATE)[0]),
    "slow_tempo": float(librosa.feature.tempo(y=y, sr=RATE, start_bpm=60, std_bpm=0.3, ac_size=4.0, max_tempo=100)[0]),
    "beat_tempo": float(bpm[0]),
    "beats": ints(beats),
    "beats_at_90": ints(untrimmed),
}))
