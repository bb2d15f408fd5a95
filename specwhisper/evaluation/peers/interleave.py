"""Turn and turn about: every engine on every clip, so that a slow minute of the machine hits all alike."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.peers.engines.base import Engine
from specwhisper.evaluation.peers.measures import ClipRuns, Run
from specwhisper.progress import OnProgress, unwatched

# After a parallel region Intel's OpenMP (in CTranslate2) keeps its threads spinning for 200 ms. Without a
# pause, they would take the cores from the engine whose turn is next.
SETTLE_SECONDS = 0.25

PEER_ERRORS = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, OSError, ArithmeticError)
"""What other people's engines raise when they cannot: it concerns that engine alone."""


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
    engines: Mapping[str, Engine | None],
    clips: Sequence[LoadedClip],
    rounds: int,
    ledger: Ledger,
    *,
    group: str = "",
    settle: float = SETTLE_SECONDS,
    on_progress: OnProgress = unwatched,
) -> Outcome:
    """Let every engine transcribe every clip ``rounds`` times, after one clip of warm-up each.

    The order of the engines moves on by one from clip to clip and from round to round. An engine that
    fails is taken out, and the others go on. What the ledger holds is not done again.

    Args:
        engines: by name; None for one of which the ledger has every run (see :func:`complete`).
        group: what their names in the ledger begin with.
    """
    exclusive_threads = dict(engines)
    failed: dict[str, str] = {}
    runs: dict[str, list[list[Run]]] = {name: [[] for _ in clips] for name in engines}

    @contextmanager
    def excluding(name: str) -> Iterator[None]:
        """Whoever breaks is out."""
        try:
            yield
        except PEER_ERRORS as error:
            failed[name] = one_line(error)
            del exclusive_threads[name]

    for name, engine in engines.items():
        if engine is not None:
            on_progress(0.0, f"warming up {name}")
            with excluding(name):
                engine.transcribe(clips[0].waveform.samples, clips[0].clip.language)
    steps, done = rounds * len(clips) * max(len(exclusive_threads), 1), 0
    for number in range(rounds):
        for index, heard in enumerate(clips):
            for name in _rotated(tuple(exclusive_threads), number + index):
                on_progress(done / steps, f"round {number + 1} of {rounds}, clip {index + 1}, {name}")
                with excluding(name):
                    measure = partial(_timed, exclusive_threads[name], heard, number, settle)
                    runs[name][index].append(ledger.once(_key(group, name, heard, number), Run, measure))
                done += 1
    return Outcome(
        {
            name: tuple(
                ClipRuns(heard.clip, heard.waveform.seconds, tuple(made))
                for heard, made in zip(clips, runs[name], strict=True)
            )
            for name in exclusive_threads
        },
        failed,
    )


def one_line(error: BaseException) -> str:
    """An exception as one short line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else f"{said[:197]}..."


def complete(name: str, clips: Sequence[LoadedClip], rounds: int, ledger: Ledger, group: str) -> bool:
    """Whether the ledger has every run of an engine."""
    return all(_key(group, name, heard, number) in ledger for heard in clips for number in range(rounds))


def _key(group: str, name: str, heard: LoadedClip, number: int) -> str:
    return f"{group} {name} {heard.clip.name} {number}"


def _timed(engine: Engine | None, heard: LoadedClip, number: int, settle: float) -> Run:
    assert engine is not None
    time.sleep(settle)
    began = time.perf_counter()
    written = engine.transcribe(heard.waveform.samples, heard.clip.language)
    return Run(number, written, time.perf_counter() - began)


def _rotated(names: tuple[str, ...], by: int) -> tuple[str, ...]:
    at = by % len(names) if names else 0
    return names[at:] + names[:at]
