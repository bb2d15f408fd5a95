"""Turn and turn about: every engine on every clip, so that a slow minute of the machine hits all alike."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from specwhisper.audio.waveform import Waveform
from specwhisper.evaluation.dataset import Clip
from specwhisper.evaluation.measures import ClipRuns, Run
from specwhisper.evaluation.peers.base import Engine
from specwhisper.progress import OnProgress, unwatched

# After a parallel region Intel's OpenMP (in CTranslate2) keeps its threads spinning for 200 ms. Without a
# pause, they would take the cores from the engine whose turn is next.
SETTLE_SECONDS = 0.25

PEER_ERRORS = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, OSError, ArithmeticError)
"""What other people's engines raise when they cannot: it concerns that engine alone."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip and its sound."""

    clip: Clip
    waveform: Waveform


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a set of engines.

    Attributes:
        measured: name -> clips in order, for every engine that did all of them.
        failed: name -> why, for the others.
    """

    measured: dict[str, tuple[ClipRuns, ...]]
    failed: dict[str, str]


def interleave(
    engines: Mapping[str, Engine],
    clips: Sequence[Heard],
    rounds: int,
    *,
    settle: float = SETTLE_SECONDS,
    on_progress: OnProgress = unwatched,
) -> Outcome:
    """Let every engine transcribe every clip ``rounds`` times, after one clip of warm-up each.

    The order of the engines moves on by one from clip to clip and from round to round. An engine that
    fails is taken out, and the others go on.
    """
    at_work = dict(engines)
    failed: dict[str, str] = {}
    runs: dict[str, list[list[Run]]] = {name: [[] for _ in clips] for name in engines}

    def attempt(name: str, heard: Heard, number: int) -> Run | None:
        try:
            return _timed(at_work[name], heard, number)
        except PEER_ERRORS as error:
            failed[name] = one_line(error)
            del at_work[name]
            return None

    for name in tuple(at_work):
        on_progress(0.0, f"warming up {name}")
        attempt(name, clips[0], -1)
    steps, done = rounds * len(clips) * max(len(at_work), 1), 0
    for number in range(rounds):
        for index, heard in enumerate(clips):
            for name in _rotated(tuple(at_work), number + index):
                on_progress(done / steps, f"round {number + 1} of {rounds}, clip {index + 1}, {name}")
                time.sleep(settle)
                run = attempt(name, heard, number)
                if run is not None:
                    runs[name][index].append(run)
                done += 1
    return Outcome(
        {
            name: tuple(
                ClipRuns(heard.clip, heard.waveform.seconds, tuple(made))
                for heard, made in zip(clips, runs[name], strict=True)
            )
            for name in at_work
        },
        failed,
    )


def one_line(error: BaseException) -> str:
    """An exception as one short line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else f"{said[:197]}..."


def _timed(engine: Engine, heard: Heard, number: int) -> Run:
    began = time.perf_counter()
    written = engine.transcribe(heard.waveform.samples, heard.clip.language)
    return Run(number, written, time.perf_counter() - began)


def _rotated(names: tuple[str, ...], by: int) -> tuple[str, ...]:
    at = by % len(names) if names else 0
    return names[at:] + names[:at]
