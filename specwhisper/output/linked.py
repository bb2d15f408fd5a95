"""How the cycles of a transcript and its text belong together: which piece each token became, and what the
draft had heard where main corrected it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from specwhisper.results import Cycle, Transcript

_LONGEST = 24
"""Letters of a word; where there seem to be more, the script has no spaces, and a token stands for it."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A word that main wrote otherwise.

    Attributes:
        heard: what the draft would have made of it.
        wrote: what main wrote.
    """

    heard: str
    wrote: str


def pieces_of(transcript: Transcript) -> list[tuple[int | None, ...]]:
    """For each cycle the piece that each of its tokens became; None for those that are no text.

    Of a window that was tried more than once, the cycles of what was thrown away have no pieces.
    """
    became = [(token, at) for at, piece in enumerate(transcript.pieces) for token in piece.tokens]
    said = {token for token, _ in became}
    tokens = [
        (token, number, place)
        for number, cycle in enumerate(transcript.stats.cycles)
        for place, token in enumerate(cycle.tokens)
        if token in said
    ]
    found: dict[tuple[int, int], int] = {}
    for written, text, length in _matching([token for token, *_ in tokens], [token for token, _ in became]):
        for step in range(length):
            _, number, place = tokens[written + step]
            found[number, place] = became[text + step][1]
    return [
        tuple(found.get((number, place)) for place in range(len(cycle.tokens)))
        for number, cycle in enumerate(transcript.stats.cycles)
    ]


def _matching(one: Sequence[int], other: Sequence[int]) -> list[tuple[int, int, int]]:
    """Stretches that agree: where each begins in both, and its length."""
    if one == other:
        return [(0, 0, len(one))]
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]


def corrections(transcript: Transcript, pieces: Sequence[tuple[int | None, ...]]) -> dict[int, Corrected]:
    """What the draft heard where main corrected it, by the piece of the correction.

    Args:
        pieces: as :func:`pieces_of` finds them.
    """
    texts = [piece.text for piece in transcript.pieces]
    corrected = {}
    for cycle, own in zip(transcript.stats.cycles, pieces, strict=True):
        if cycle.accepted >= len(cycle.proposed) or not own or (piece := own[-1]) is None:
            continue
        corrected[piece] = Corrected(_heard(cycle, transcript.token_text, texts[:piece]), _word(texts, piece))
    return corrected


def _word(texts: Sequence[str], piece: int) -> str:
    """The word that a piece belongs to, from the space before it to the one after it."""
    first, after = piece, piece + 1
    while first > 0 and not texts[first][:1].isspace() and piece - first < _LONGEST:
        first -= 1
    while after < len(texts) and not texts[after][:1].isspace() and after - piece < _LONGEST:
        after += 1
    return _short("".join(texts[first:after]), texts[piece])


def _heard(cycle: Cycle, names: Mapping[int, str], before: Sequence[str]) -> str:
    """The word as it would have been with the refused proposal and those after it."""
    refused, *more = (names.get(token, "") for token in cycle.proposed[cycle.accepted :])
    if refused.startswith("<|"):
        return ""  # the draft had ended its text there, or begun a new segment
    heard = refused
    for text in before[: -_LONGEST - 1 : -1]:
        if heard[:1].isspace():
            break
        heard = text + heard
    for text in more:
        if text[:1].isspace() or text.startswith("<|"):
            break
        heard += text
    return _short(heard, refused)


def _short(word: str, token: str) -> str:
    return (word if len(word) <= _LONGEST else token).strip()
