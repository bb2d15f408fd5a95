"""How far two hypotheses of growing sound agree.

Cf. "LocalAgreement-2" of Macháček et al. 2023, "Turning Whisper into a Real-Time Transcription System".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import Indel

from specwhisper.captions.compare import key
from specwhisper.vocabulary.text import TextCodec
from specwhisper.vocabulary.words import Piece, joined, words_of

_WORD = re.compile(r"\S+")
_RUN = 4  # words in a row that nobody says twice within seconds


def words_with_marks(tokens: Sequence[int], codec: TextCodec, language: str) -> list[Piece]:
    """The words of a text, with the punctuation that stands at them; all tokens are kept, in order."""
    words = words_of(tokens, codec, language)
    return [
        Piece("".join(words[each].text for each in group), sum(words[each].tokens for each in group))
        for group in joined([word.text for word in words])
    ]


def agreed(earlier: Sequence[Piece], later: Sequence[Piece]) -> int:
    """How many words of the later hypothesis stand, from its beginning.

    The last word of the later one does not: the sound may have ended inside of it.
    """
    count = 0
    for one, other in zip(earlier, later, strict=False):
        if key(one.text) != key(other.text):
            break
        count += 1
    return max(min(count, len(later) - 1), 0)


def tokens_of(words: Sequence[Piece]) -> int:
    """How many tokens those words have."""
    return sum(word.tokens for word in words)


def continued(text: str, other: str) -> str:
    """A text that goes on where a newer one, which need not agree with it, goes on.

    Args:
        text: the better one.
        other: of more sound.
    """
    mine, theirs = list(_WORD.finditer(text)), list(_WORD.finditer(other))
    steps = Indel.opcodes([key(word[0]) for word in mine], [key(word[0]) for word in theirs])
    last = next((step for step in reversed(list(steps)) if step.tag == "equal"), None)
    if last is None:
        return text if len(mine) >= len(theirs) else other
    if len(mine) - last.src_end > len(theirs) - last.dest_end:
        return text
    # The last word that both have is the newer text's: the sound went on after it.
    return text[: mine[last.src_end - 1].start()] + other[theirs[last.dest_end - 1].start() :]


def unrepeated(text: str, before: str) -> str:
    """A text up to where it says again what was said, as a model does that has lost its place."""
    words = list(_WORD.finditer(text))
    keys = [*(key(word) for word in before.split()), *(key(word[0]) for word in words)]
    first = len(keys) - len(words)
    seen = {tuple(keys[at : at + _RUN]) for at in range(first - _RUN + 1)}
    for at in range(max(first, _RUN), len(keys) - _RUN + 1):
        seen.add(tuple(keys[at - _RUN : at]))
        if tuple(keys[at : at + _RUN]) in seen:
            return text[: words[at - first].start()].rstrip()
    return text
