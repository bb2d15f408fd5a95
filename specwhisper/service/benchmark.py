"""A benchmark that somebody asks for on a page: a few clips, a few pairs, and a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from specwhisper.errors import OptionError
from specwhisper.progress import OnProgress
from specwhisper.service.job import DETECT, PRECISIONS
from specwhisper.vocabulary.languages import language_code

if TYPE_CHECKING:
    from specwhisper.evaluation.common.document import Document

MOST_CLIPS = 20
MOST_PAIRS = 4
MOST_ROUNDS = 5
MOST_SECONDS = 120.0
"""Of one clip: a page is for a look; longer sets have the command line."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One clip, a file or its content; ``reference`` and ``language`` may be empty."""

    file: Path | bytes
    reference: str = ""
    language: str = ""
    named: str = ""

    @property
    def name(self) -> str:
        return self.named or (self.file.name if isinstance(self.file, Path) else "clip")


@dataclass(frozen=True, slots=True)
class BenchmarkJob:
    """What to measure, checked."""

    pairs: tuple[str, ...]
    samples: tuple[Sample, ...]
    precision: str
    rounds: int


def parse_benchmark(
    pairs: Sequence[str] | str,
    files: Sequence[str | Path] | None,
    references: str = "",
    language: str | None = DETECT,
    precision: str = "fp32",
    rounds: float = 1,
) -> BenchmarkJob:
    """Build a job from what a form or an API call holds.

    Args:
        references: one line per file, in their order; none at all leaves error rates out.

    Raises:
        OptionError: a choice does not exist, or there is too much of something.
    """
    names = pairs.split(",") if isinstance(pairs, str) else list(pairs or ())
    wanted = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if not wanted:
        raise OptionError("No pair is chosen: take one or more, for example base+tiny.")
    if len(wanted) > MOST_PAIRS:
        raise OptionError(f"{len(wanted)} pairs are too many for a page: take at most {MOST_PAIRS}.")
    if not files:
        raise OptionError("There is no clip yet: take the examples, or upload recordings.")
    if len(files) > MOST_CLIPS:
        raise OptionError(f"{len(files)} clips are too many for a page: take at most {MOST_CLIPS}.")
    if precision not in PRECISIONS:
        raise OptionError(f"Unknown precision {precision!r}: choose {', '.join(PRECISIONS)}.")
    if not 1 <= rounds <= MOST_ROUNDS or rounds != int(rounds):
        raise OptionError(f"Rounds are a whole number from 1 to {MOST_ROUNDS}, not {rounds:g}.")
    code = "" if language in (None, "", DETECT) else language_code(str(language))
    lines = references.strip().splitlines() if references and references.strip() else []
    if lines and len(lines) != len(files):
        raise OptionError(
            f"There are {len(lines)} references for {len(files)} clips: write one line for each, or none."
        )
    texts = lines or [""] * len(files)
    samples = tuple(Sample(Path(file), text, code) for file, text in zip(files, texts, strict=True))
    return BenchmarkJob(wanted, samples, precision, int(rounds))


def sets() -> tuple[str, ...]:
    """Names of public sets that :func:`of_set` takes."""
    from specwhisper.evaluation.common.datasets_hub import FOR_A_PAGE

    return FOR_A_PAGE


def of_set(name: str, clips: float) -> tuple[Sample, ...]:
    """Clips spread evenly over a public set, fetched from the Hub where they are not here yet.

    Raises:
        OptionError: there is no such set, it cannot be had, or that is no number of clips.
    """
    from specwhisper.evaluation.common.dataset import spread
    from specwhisper.evaluation.common.datasets_hub import KNOWN, hub_clips

    if name not in sets():
        raise OptionError(f"Unknown set {name!r}: choose {', '.join(sets())}.")
    if not 1 <= clips <= MOST_CLIPS or clips != int(clips):
        raise OptionError(f"Clips are a whole number from 1 to {MOST_CLIPS}, not {clips:g}.")
    found = spread(hub_clips(KNOWN[name]), int(clips))
    return tuple(Sample(clip.sound, clip.text, clip.language, clip.name) for clip in found)


def run_benchmark(
    job: BenchmarkJob,
    load: Callable[..., Any],
    device: str,
    on_progress: OnProgress,
    stop: Event,
    between_clips: Callable[[], None],
) -> Document:
    """Measure and report; after a stop, on the clips that were done.

    Args:
        load: as ``specwhisper.load``.
        between_clips: called where nothing is being measured.

    Raises:
        SpecWhisperError: with the sentence to show.
    """
    import torch

    from specwhisper.audio.decode import load_audio
    from specwhisper.evaluation.common.dataset import Clip, LoadedClip
    from specwhisper.evaluation.common.ledger import Ledger
    from specwhisper.evaluation.common.plan import Plan
    from specwhisper.evaluation.common.study import Study
    from specwhisper.evaluation.options import check_drafts
    from specwhisper.evaluation.pairs.report import pairs_document
    from specwhisper.evaluation.pairs.run import BOTH, run_variants
    from specwhisper.network.device import resolve_device, resolve_precision
    from specwhisper.progress import StopTranscribing
    from specwhisper.weights.pairs import parse_pair

    pairs = tuple(parse_pair(name, catalogue_only=True) for name in job.pairs)
    check_drafts(pairs)
    clips = [
        LoadedClip(
            Clip(f"{number}. {sample.name}", sample.file, sample.reference, sample.language),
            load_audio(sample.file, max_seconds=MOST_SECONDS, strict=True),
        )
        for number, sample in enumerate(job.samples, 1)
    ]
    precision = resolve_precision(job.precision, resolve_device(device))
    plan = Plan(pairs, (precision,), job.rounds, torch.get_num_threads(), False, (), device)

    def on_clip() -> None:
        if stop.is_set():
            raise StopTranscribing
        between_clips()

    study = Study(plan, clips, Ledger(None, {}), on_progress)
    done = run_variants(study, BOTH, on_clip=on_clip, load=load)
    measured = clips[: max(len(one.clips) for one in done)]  # fewer, where it was stopped
    return pairs_document("Benchmark", plan, measured, done, ranked=len(pairs) > 1)
