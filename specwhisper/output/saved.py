"""A comparison that was saved as JSON, read again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specwhisper.errors import OptionError
from specwhisper.results import (
    Comparison,
    Cycle,
    Difference,
    Memory,
    Piece,
    Seconds,
    Segment,
    Speedup,
    Stats,
    Transcript,
    Word,
)

MOST_BYTES = 64 * 2**20
_ORIGINS = ("main", "accepted", "correction", "bonus")


def read_comparison(file: Path) -> Comparison:
    """What ``Comparison.to_dict`` made of a comparison.

    Every value is turned into the type it should have, so that a file of strangers cannot smuggle in others.

    Raises:
        OptionError: it is no saved comparison.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise OptionError(f"{file.name} is too large for a saved comparison: choose another file.")
        return comparison_from(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise OptionError(
            f"{file.name} is no saved comparison: choose a file that 'Download the comparison' made."
        ) from error


def comparison_from(data: Mapping[str, Any]) -> Comparison:
    """The same from plain data.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of the wrong kind.
    """
    difference = data["first_difference"]
    return Comparison(
        baseline=_transcript(data["baseline"]),
        speculative=_transcript(data["speculative"]),
        first_difference=None
        if difference is None
        else Difference(
            int(difference["position"]), _id(difference["baseline"]), _id(difference["speculative"])
        ),
        speedup=Speedup(_number(data["speedup"]["decode"]), _number(data["speedup"]["total"])),
    )


def _transcript(data: Mapping[str, Any]) -> Transcript:
    return Transcript(
        text=_text(data["text"]),
        language=_text(data["language"]),
        duration=_number(data["duration"]),
        segments=tuple(_segment(each) for each in data["segments"]),
        tokens=_ids(data["tokens"]),
        stats=_stats(data["stats"]),
        pieces=tuple(
            Piece(_text(each["text"]), _ids(each["tokens"]), _origin(each["origin"]))
            for each in data.get("pieces", ())
        ),
        token_text={int(token): _text(text) for token, text in data["token_text"].items()},
    )


def _segment(data: Mapping[str, Any]) -> Segment:
    return Segment(
        start=_number(data["start"]),
        end=_number(data["end"]),
        text=_text(data["text"]),
        tokens=_ids(data["tokens"]),
        temperature=_number(data["temperature"]),
        log_probability=_maybe(data["log_probability"]),
        compression_ratio=_maybe(data["compression_ratio"]),
        no_speech=_maybe(data["no_speech"]),
        words=tuple(
            Word(
                _number(each["start"]),
                _number(each["end"]),
                _text(each["text"]),
                _number(each["probability"]),
                _origin(each["origin"]),
            )
            for each in data["words"]
        ),
    )


def _stats(data: Mapping[str, Any]) -> Stats:
    if data["mode"] not in ("greedy", "speculative"):
        raise ValueError(data["mode"])
    memory, seconds = data["memory"], data["seconds"]
    return Stats(
        mode=data["mode"],
        main=_text(data["main"]),
        draft=None if data["draft"] is None else _text(data["draft"]),
        precision=_text(data["precision"]),
        device=_text(data["device"]),
        cycles=tuple(_cycle(each) for each in data["cycles"]),
        seconds=Seconds(**{name: _number(seconds[name]) for name in Seconds.__dataclass_fields__}),
        memory=None
        if memory is None
        else Memory(int(memory["main"]), int(memory["draft"]), bool(memory["shared_encoder"])),
        temperature=_number(data["temperature"]),
        seed=_id(data["seed"]),
        beams=int(data["beams"]),
        length_penalty=_number(data["length_penalty"]),
        patience=_number(data["patience"]),
    )


def _cycle(data: Mapping[str, Any]) -> Cycle:
    cycle = Cycle(
        proposed=_ids(data["proposed"]),
        accepted=int(data["accepted"]),
        correction=_id(data["correction"]),
        draft_probability=tuple(_number(each) for each in data["draft_probability"]),
        draft_seconds=_number(data["draft_seconds"]),
        verify_seconds=_number(data["verify_seconds"]),
        near_ties=int(data["near_ties"]),
        held_back=int(data["held_back"]),
        window=int(data["window"]),
        log_probabilities=tuple(_number(each) for each in data["log_probabilities"]),
    )
    if not 0 <= cycle.accepted <= len(cycle.proposed):
        raise ValueError(cycle.accepted)
    return cycle


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _maybe(value: Any) -> float | None:
    return None if value is None else _number(value)


def _id(value: Any) -> int | None:
    return None if value is None else int(value)


def _ids(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _origin(value: Any) -> Any:
    if value not in _ORIGINS:
        raise ValueError(value)
    return value
