"""Ways to decode, on every clip, interleaved: what most modes of the benchmark are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from specwhisper.audio.windows import WINDOW_SECONDS
from specwhisper.evaluation.common.calls import GREEDY, SPECULATIVE, Call, call_of
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Load, Turn, each_pair
from specwhisper.evaluation.common.footprint import Footprint
from specwhisper.evaluation.common.rounds import Found
from specwhisper.evaluation.common.study import Study
from specwhisper.progress import StopTranscribing

Variants = Mapping[str, Mapping[str, Any]]

BOTH: Variants = {GREEDY: {"speculative": False}, SPECULATIVE: {"speculative": True}}

ClipFound = Found[LoadedClip, Call]


@dataclass(frozen=True, slots=True)
class PairFound:
    """One pair at one precision: what its weights take, and its clips in order."""

    pair: str
    precision: str
    footprint: Footprint
    clips: list[ClipFound]


def with_beams(*beams: int) -> Variants:
    """Greedy, speculative, and main alone searching with so many beams."""
    return {**BOTH, **{f"beam {each}": {"speculative": False, "beams": each} for each in beams}}


def run_variants(
    study: Study,
    variants: Variants,
    *,
    on_clip: Callable[[], None] = lambda: None,
    load: Load | None = None,
) -> list[PairFound]:
    """Decode every clip in every way, after one call of each that is not counted.

    A clip of up to 30 s is one window without timestamps; a longer recording goes from segment to segment.

    Args:
        variants: name -> options of ``Transcriber.transcribe``.
        on_clip: called after every clip; it may raise ``StopTranscribing``, and what has been measured by
            then is returned.
        load: makes a transcriber of a pair, a device and a precision; ``specwhisper.load`` when left out.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    pairs: list[PairFound] = []
    subjects = [(heard.clip.name, heard) for heard in study.clips]
    shortest = min(study.clips, key=lambda heard: heard.waveform.seconds)
    for turn in each_pair(study, load):
        pairs.append(PairFound(turn.pair.name, turn.precision, turn.footprint(), []))

        def measure(heard: LoadedClip, way: str, turn: Turn = turn) -> Call:
            return _write(turn, heard, variants[way])

        rounds = turn.rounds(subjects, list(variants), Call)
        for found in rounds.each(measure, turn.on_progress, warm=lambda way: measure(shortest, way)):
            pairs[-1].clips.append(found)
            try:
                on_clip()
            except StopTranscribing:
                return pairs
    return pairs


def _write(turn: Turn, heard: LoadedClip, options: Mapping[str, Any]) -> Call:
    long = heard.waveform.seconds > WINDOW_SECONDS
    transcriber = turn.ready()
    written = transcriber.transcribe(
        heard.waveform,
        language=heard.clip.language or None,
        timestamps="segment" if long and "beams" not in options else "none",
        vad=long,
        max_seconds=None,
        **options,
    )
    return call_of(written, transcriber.main.codec)
