"""The findings of ``benchmark --mode batch`` as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from specwhisper.evaluation.batch.run import WAYS, BatchResult
from specwhisper.evaluation.common.calls import GREEDY, SPECULATIVE
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.common.wer import errors_of
from specwhisper.output.figures_benchmark import Axes, Series, curves
from specwhisper.output.page import Section

TITLE = "SpecWhisper in batches"

_HEADINGS = (
    "batch", "greedy, tokens/s", "speculative, tokens/s", "decode", "whole call", "tokens per cycle",
    "clips as alone", "WER",
)  # fmt: skip

NOTES = """
Tokens per second of decoding, all clips together; medians over the rounds, greedy and speculative in turn.
*decode* and *whole call* (features and encoders included): how many times faster with the draft.
*clips as alone*: over all calls, those with exactly the tokens of a batch of 1.
*WER*: with Whisper's normaliser.
"""


def batch_sections(results: Sequence[BatchResult]) -> tuple[Section, ...]:
    """One table and figure per pair and precision."""
    sections = []
    for (pair, precision), group in groupby(results, key=lambda one: (one.pair, one.precision)):
        rows = list(group)
        name = f"{pair}, {precision}"
        sizes = tuple(one.size for one in rows)
        figure = curves(
            Axes(
                "A batch shares main's weights, so there is less to save",
                f"{name}: tokens per second of decoding, all clips together",
                "clips at a time",
                "tokens per second",
                log_x=True,
            ),
            [
                Series("main alone", sizes, tuple(one.tokens_per_second(GREEDY) for one in rows)),
                Series("with draft", sizes, tuple(one.tokens_per_second(SPECULATIVE) for one in rows)),
            ],
        )
        sections.append(Section(name, table(_HEADINGS, [_row(one) for one in rows]) + NOTES, (figure,)))
    return tuple(sections)


def batch_lines(results: Sequence[BatchResult]) -> Iterator[Line]:
    """For ``benchmark compare``."""
    for one in results:
        speed = 1e3 / one.tokens_per_second(SPECULATIVE)
        yield Line(
            one.pair, one.precision, f"batch {one.size}", one.wer, speed, one.decode_gain, one.total_gain
        )


def batch_rows(results: Sequence[BatchResult], clips: Sequence[LoadedClip]) -> Iterator[dict[str, Any]]:
    """One row per clip, batch size, way and round, for ``clips.csv``."""
    for one in results:
        for way in WAYS:
            rounds = zip(*(group[way] for group in one.groups), strict=True)
            for number, calls in enumerate(rounds, 1):
                texts = [text for call in calls for text in call.texts]
                tokens = [each for call in calls for each in call.tokens]
                for heard, text, ids in zip(clips, texts, tokens, strict=True):
                    errors = errors_of(heard.clip, text, "whisper")
                    yield {
                        "pair": one.pair,
                        "precision": one.precision,
                        "batch": one.size,
                        "way": way,
                        "round": number,
                        "clip": heard.clip.name,
                        "language": heard.clip.language,
                        "seconds": f"{heard.waveform.seconds:.3f}",
                        "tokens": len(ids),
                        "word_errors": errors.words,
                        "words": errors.of_words,
                        "reference": heard.clip.text,
                        "text": text,
                    }


def _row(one: BatchResult) -> tuple[str, ...]:
    return (
        str(one.size),
        f"{one.tokens_per_second(GREEDY):.1f}",
        f"{one.tokens_per_second(SPECULATIVE):.1f}",
        f"{one.decode_gain:.2f}x",
        f"{one.total_gain:.2f}x",
        f"{one.tokens_per_cycle:.2f}",
        f"{one.identical} of {one.clips}",
        "" if one.wer is None else f"{one.wer:.2%}",
    )
