"""From decoded windows to a transcript: text, segments, coloured pieces, token labels."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from specwhisper.results import Decoded, Difference, Origin, Piece, Segment, Stats, Transcript, Word
from specwhisper.transcription.language import Spoken
from specwhisper.transcription.sequential import Part
from specwhisper.vocabulary.text import TextCodec


@dataclass(frozen=True, slots=True)
class Window:
    """A decoded stretch of the recording: ``start`` and ``end`` in seconds; words where they were timed."""

    start: float
    end: float
    decoded: Decoded
    words: tuple[Word, ...] = ()


def assemble(
    windows: Sequence[Window], codec: TextCodec, *, spoken: Spoken, duration: float, stats: Stats
) -> Transcript:
    """Join windows into one transcript."""
    segments = tuple(
        Segment(
            window.start,
            window.end,
            codec.decode(window.decoded.tokens),
            _text_tokens(window, codec),
            words=window.words,
        )
        for window in windows
        if _text_tokens(window, codec)
    )
    pieces = tuple(piece for window in windows for piece in _pieces(window.decoded, codec))
    return _transcript(segments, pieces, codec, spoken=spoken, duration=duration, stats=stats)


def assemble_parts(
    parts: Sequence[Part], codec: TextCodec, *, spoken: Spoken, duration: float, stats: Stats
) -> Transcript:
    """Join the windows of a walk through a recording."""
    segments = tuple(segment for part in parts for segment in part.segments)
    pieces = tuple(
        piece for part in parts if part.tries for piece in _pieces(part.tries[-1], codec, part.kept)
    )
    return _transcript(segments, pieces, codec, spoken=spoken, duration=duration, stats=stats)


def _transcript(
    segments: tuple[Segment, ...],
    pieces: tuple[Piece, ...],
    codec: TextCodec,
    *,
    spoken: Spoken,
    duration: float,
    stats: Stats,
) -> Transcript:
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


def _text_tokens(window: Window, codec: TextCodec) -> tuple[int, ...]:
    return tuple(token for token in window.decoded.tokens if not codec.vocabulary.is_special(token))


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
