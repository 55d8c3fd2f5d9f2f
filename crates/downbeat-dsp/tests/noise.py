"""Noise for sounds made by formula: noise/mod.rs makes the same."""


def noise(i):
    """From -1 to 1. Whole numbers only, so that any language has the same."""
    x = (i * 2_654_435_761) & 0xFFFF_FFFF
    x ^= x >> 15
    x = (x * 2_246_822_519) & 0xFFFF_FFFF
    x ^= x >> 13
    return (x & 0xFFFF) / 32768.0 - 1.0
