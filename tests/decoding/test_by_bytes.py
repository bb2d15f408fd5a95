"""Drafting through bytes, on toy tokenizers that cut the same text differently."""

from __future__ import annotations

import pytest

from specwhisper.decoding.drafters.by_bytes import ByteDrafter
from specwhisper.decoding.drafters.model import Speaker
from specwhisper.decoding.lookahead import Fixed
from specwhisper.vocabulary.rules import Rules
from tests.decoding.alone import Drafting, write
from tests.fakes import Scripted

SIZE = 400
PROMPT, END = 398, 399


class Toy:
    """A tokenizer over bytes whose multi-byte entries are taken greedily, inside words only."""

    def __init__(self, words: list[str]) -> None:
        self._entries = {word.encode(): 256 + index for index, word in enumerate(words)}
        self._bytes = {token: raw for raw, token in self._entries.items()}

    def token_bytes(self, token: int) -> bytes:
        return bytes([token]) if token < 256 else self._bytes.get(token, b"")

    def encode_bytes(self, raw: bytes) -> tuple[int, ...] | None:
        try:
            raw.decode()
        except UnicodeDecodeError:
            return None
        tokens, at = [], 0
        while at < len(raw):
            entry = max(
                (e for e in self._entries if raw.startswith(e, at)), key=len, default=raw[at : at + 1]
            )
            tokens.append(self._entries.get(entry, entry[0]))
            at += len(entry)
        return tuple(tokens)


MAIN = Toy([" the", " cat", " sat", " on", " mat", "at", " naïve"])
OWN = Toy([" th", "e", " c", "at", " s", " o", "n", " mat", " na"])


def speaker(codec: Toy, text: str) -> Scripted:
    """A model that says ``text`` whatever its tokenizer makes of it, byte-exactly from where it stands."""
    said = text.encode()

    def following(prefix: tuple[int, ...]) -> int:
        written = b"".join(map(codec.token_bytes, prefix[1:]))
        rest = said[len(written) :]
        if not said.startswith(written) or not rest:
            return END
        return (codec.encode_bytes(rest) or rest)[0]

    return Scripted(following, SIZE)


def drafter(text: str, k: int) -> Drafting:
    own = Speaker(Rules(), END)
    made = ByteDrafter(own, Fixed(k), prompt=[PROMPT], main_prompt=1, main_end=END, main=MAIN, own=OWN)
    return Drafting(speaker(OWN, text), made)


def run(text: str, drafting: Drafting | None = None):
    return write(speaker(MAIN, text), [PROMPT], drafting, end=END, limit=200)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8, 16])
@pytest.mark.parametrize(
    ("said", "guessed"),
    [
        (" the cat sat on the mat", " the cat sat on the mat"),
        (" the cat sat on the mat", " the cat sat on the mud and more"),
        (" the naïve cat", " the naïve cat"),
        (" the naïve cat", " the native cat"),
        ("", " the cat"),
        (" the cat", ""),
        (" ünïcödé", " ünïcödé"),
    ],
)
def test_the_text_is_mains_whatever_the_draft_says(said: str, guessed: str, k: int) -> None:
    greedy = run(said)
    speculative = run(said, drafter(guessed, k))
    assert speculative.tokens == greedy.tokens
    assert b"".join(map(MAIN.token_bytes, speculative.tokens)).decode() == said


def test_agreement_is_used_across_different_cuts() -> None:
    text = " the cat sat on the mat" * 4
    decoded = run(text, drafter(text, 6))
    accepted = sum(cycle.accepted for cycle in decoded.cycles)
    assert accepted == sum(len(cycle.proposed) for cycle in decoded.cycles)
    assert len(decoded.cycles) < len(decoded.tokens) / 2
    assert sum(cycle.held_back for cycle in decoded.cycles) > 0


def test_an_unfinished_last_word_is_never_proposed() -> None:
    decoded = run(" the mat", drafter(" the mat", 3))
    for cycle in decoded.cycles:
        for token in cycle.proposed:
            assert token in {END, *MAIN.encode_bytes(b" the mat")}
