"""Prints librosa's features of the sound that features.rs makes, as features.json: python features.py > features.json

Made with librosa 0.11.0, numpy 2.4 and scipy 1.17.
"""
import json
import warnings

import librosa
import numpy as np

from noise import noise

RATE = 22_050
FEATURE = librosa.feature


def sample(i):
    """A tone with a little noise, then nothing, then noise that fades."""
    if i < 5000:
        return 0.5 * (abs(i % 101 / 50.5 - 1.0) * 2.0 - 1.0) + 0.01 * noise(i)
    if i < 9000:
        return 0.0
    return 0.6 * noise(i) * (14_000 - i) / 5000.0


def spectral(y, **framing):
    common = {"y": y, "n_fft": framing.pop("frame"), **framing}
    return {
        "spectral_centroid": FEATURE.spectral_centroid(sr=RATE, **common),
        "spectral_bandwidth": FEATURE.spectral_bandwidth(sr=RATE, **common),
        "spectral_bandwidth_3": FEATURE.spectral_bandwidth(sr=RATE, p=3, **common),
        "spectral_rolloff": FEATURE.spectral_rolloff(sr=RATE, **common),
        "spectral_flatness": FEATURE.spectral_flatness(**common),
        "spectral_flatness_1": FEATURE.spectral_flatness(power=1.0, **common),
        "spectral_contrast": FEATURE.spectral_contrast(sr=RATE, **common),
        "mel": FEATURE.melspectrogram(sr=RATE, n_mels=20, **common),
        "mel_db": librosa.power_to_db(FEATURE.melspectrogram(sr=RATE, n_mels=20, **common), ref=0.5),
        "chroma": FEATURE.chroma_stft(sr=RATE, tuning=0.25, **common),
    }


def temporal(y, frame, hop_length, pad_mode="constant"):
    return {
        "rms": FEATURE.rms(y=y, frame_length=frame, hop_length=hop_length, pad_mode=pad_mode),
        "zero_crossing_rate": FEATURE.zero_crossing_rate(y, frame_length=frame, hop_length=hop_length),
    }


def printed(values):
    """Frame by frame, nine digits of each number."""
    return [float(f"{x:.9g}") for x in np.asarray(values, dtype=float).T.ravel()]


warnings.simplefilter("ignore")
sound = np.array([sample(i) for i in range(14_000)], dtype=np.float32)
cases = {
    "default": {**temporal(sound, 2048, 512), **spectral(sound, frame=2048, hop_length=512)},
    "reflect": {
        **temporal(sound, 4096, 1500, "reflect"),
        **spectral(sound, frame=4096, hop_length=1500, window="boxcar", pad_mode="reflect"),
    },
    "short": {**temporal(sound[:300], 1024, 100), **spectral(sound[:300], frame=1024, hop_length=100)},
}
out = {case: {name: printed(values) for name, values in features.items()} for case, features in cases.items()}
spectra = np.abs(librosa.stft(sound))
out["tuning"] = [float(librosa.estimate_tuning(S=spectra**power, sr=RATE)) for power in (1, 2)]
print(json.dumps(out))
