"""From decoded windows to a transcript: text, segments, coloured pieces, token labels."""

from __future__ import annotations

from collections.abc import Container, Sequence

from specwhisper.results import Decoded, Difference, Origin, Piece, Stats, Transcript
from specwhisper.transcription.tasks import Spoken
from specwhisper.transcription.walk import Part
from specwhisper.vocabulary.text import TextCodec


def assemble(
    parts: Sequence[Part], codec: TextCodec, *, spoken: Spoken, duration: float, stats: Stats
) -> Transcript:
    """Join windows into one transcript."""
    segments = tuple(segment for part in parts for segment in part.segments)
    pieces = tuple(
        piece for part in parts if part.tries for piece in _pieces(part.tries[-1], codec, part.kept)
    )
    shown = {token for cycle in stats.cycles for token in (*cycle.proposed, *cycle.tokens)}
    return Transcript(
        text="".join(segment.text for segment in segments).strip(),
        language=spoken.code,
        language_probability=spoken.probability,
        duration=duration,
        segments=segments,
        tokens=tuple(token for segment in segments for token in segment.tokens),
        stats=stats,
        pieces=pieces,
        token_text={token: codec.label(token) for token in sorted(shown)},
    )


def first_difference(baseline: Sequence[int], speculative: Sequence[int]) -> Difference | None:
    """Where two token sequences part, or None when they are equal."""
    for position in range(max(len(baseline), len(speculative))):
        one = baseline[position] if position < len(baseline) else None
        other = speculative[position] if position < len(speculative) else None
        if one != other:
            return Difference(position, one, other)
    return None


def _pieces(decoded: Decoded, codec: TextCodec, kept: Container[int] | None = None) -> list[Piece]:
    """The text by origin; of all tokens, or of those whose index is ``kept``."""
    tokens: list[int] = []
    origins: list[Origin] = []
    written = (token for cycle in decoded.cycles for token in cycle.tokens)
    for index, (token, origin) in enumerate(zip(written, decoded.origins, strict=True)):
        if not codec.vocabulary.is_special(token) and (kept is None or index in kept):
            tokens.append(token)
            origins.append(origin)
    pieces = []
    for text, ids in codec.whole_characters(tokens):
        pieces.append(Piece(text, ids, origins[len(ids) - 1]))
        del origins[: len(ids)]
    return pieces
