"""Texts with some of their words replaced."""

from __future__ import annotations

import random

_WORDS = (
    *("apple", "river", "seventeen", "quickly", "yellow", "mountain", "nothing", "therefore", "Boston"),
    *("window", "paper", "seldom", "carries", "blue", "against", "kitchen", "remember", "twelve", "under"),
    *("Henry", "letter", "bright", "almost", "garden"),
)


def garbled(text: str, share: float, seed: int) -> str:
    """The text with about that share of its words replaced by others; the same ones for the same seed."""
    chosen = random.Random(seed)
    return " ".join(chosen.choice(_WORDS) if chosen.random() < share else word for word in text.split())
