"""Ways to decode, on every clip, interleaved: what most modes of the benchmark are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from specwhisper.audio.windows import WINDOW_SECONDS
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Load, Turn, each_pair
from specwhisper.evaluation.common.footprint import Footprint, footprint_once
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.plan import Plan
from specwhisper.evaluation.pairs.clip_record import ClipRecord, Run, Side
from specwhisper.evaluation.pairs.kinds import by_kind, by_place
from specwhisper.progress import OnProgress
from specwhisper.results import Transcript
from specwhisper.transcription.journey import StopTranscribing
from specwhisper.transcription.transcriber import Transcriber

GREEDY, SPECULATIVE = "greedy", "speculative"
Variants = Mapping[str, Mapping[str, Any]]

BOTH: Variants = {GREEDY: {"speculative": False}, SPECULATIVE: {"speculative": True}}


def with_beams(*beams: int) -> Variants:
    """Greedy, speculative, and main alone searching with so many beams."""
    return {**BOTH, **{f"beam {each}": {"speculative": False, "beams": each} for each in beams}}


def run_variants(
    plan: Plan,
    clips: Sequence[LoadedClip],
    variants: Variants,
    ledger: Ledger,
    *,
    on_progress: OnProgress,
    on_record: Callable[[ClipRecord], None] = lambda record: None,
    load: Load | None = None,
) -> tuple[list[ClipRecord], dict[tuple[str, str], Footprint]]:
    """Decode every clip in every way, ``plan.rounds`` times; what the ledger holds is not done again.

    The order of the ways moves on by one from clip to clip and from round to round, after one call of each
    that is not counted. A clip of up to 30 s is one window without timestamps; a longer recording goes from
    segment to segment.

    Args:
        variants: name -> options of ``Transcriber.transcribe``.
        on_record: told of every clip that is done; it may raise ``StopTranscribing``, and what has been
            measured by then is returned.
        load: makes a transcriber of a pair, a device and a precision; ``specwhisper.load`` when left out.

    Returns:
        The records in order, and what each pair's weights take.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    records: list[ClipRecord] = []
    footprints: dict[tuple[str, str], Footprint] = {}
    for turn in each_pair(plan, on_progress, load):
        ready = cache(partial(_warmed, turn, clips, variants))
        if any(key_of(turn, heard) not in ledger for heard in clips):
            ready()
        footprints[turn.pair.name, turn.precision] = footprint_once(ledger, turn.name, ready)
        for index, heard in enumerate(clips):
            turn.on_progress(index / len(clips), heard.clip.name)
            measure = partial(_measure, ready, turn, heard, variants, plan.rounds, index)
            record = ledger.once(key_of(turn, heard), ClipRecord, measure)
            # The reference is the dataset's: mended after the clip was measured, it counts as it is now.
            records.append(replace(record, reference=heard.clip.text))
            try:
                on_record(records[-1])
            except StopTranscribing:
                return records, footprints
    return records, footprints


def key_of(turn: Turn, heard: LoadedClip) -> str:
    """A record's name in the ledger."""
    return f"{turn.name} {heard.clip.name}"


def _warmed(turn: Turn, clips: Sequence[LoadedClip], variants: Variants) -> Transcriber:
    """The pair, and every way tried once so that nobody pays for the first time."""
    transcriber = turn.ready()
    shortest = min(clips, key=lambda heard: heard.waveform.seconds)
    for options in variants.values():
        _write(transcriber, shortest, options)
    return transcriber


def _measure(
    ready: Callable[[], Transcriber],
    turn: Turn,
    heard: LoadedClip,
    variants: Variants,
    rounds: int,
    index: int,
) -> ClipRecord:
    transcriber = ready()
    names = list(variants)
    order = []
    calls: dict[str, list[Transcript]] = {name: [] for name in names}
    for number in range(rounds):
        first = (index + number) % len(names)
        order.append((*names[first:], *names[:first]))
        for name in order[-1]:
            calls[name].append(_write(transcriber, heard, variants[name]))
    return ClipRecord(
        turn.pair.name,
        turn.precision,
        heard.clip.name,
        heard.clip.language,
        heard.waveform.seconds,
        heard.clip.text,
        tuple(order),
        {name: _side(transcriber, calls[name]) for name in names},
    )


def _write(transcriber: Transcriber, heard: LoadedClip, options: Mapping[str, Any]) -> Transcript:
    long = heard.waveform.seconds > WINDOW_SECONDS
    return transcriber.transcribe(
        heard.waveform,
        language=heard.clip.language or None,
        timestamps="segment" if long and "beams" not in options else "none",
        vad=long,
        max_seconds=None,
        **options,
    )


def _side(transcriber: Transcriber, calls: Sequence[Transcript]) -> Side:
    first = calls[0]
    stats = first.stats
    runs = tuple(
        Run(one.features, one.encode_main + one.encode_draft, one.decode, one.total)
        for one in (call.stats.seconds for call in calls)
    )
    return Side(
        text=first.text,
        tokens=first.tokens,
        decided=stats.tokens,
        cycles=len(stats.cycles),
        drafted=stats.drafted,
        accepted=stats.accepted,
        near_ties=stats.near_ties,
        held_back=stats.held_back,
        places=tuple((seen, accepted) for seen, accepted in by_place(stats.cycles)),
        kinds={
            kind: (seen, accepted)
            for kind, (seen, accepted) in by_kind(stats.cycles, transcriber.main.codec).items()
        },
        runs=runs,
        steady=all(call.tokens == first.tokens for call in calls),
    )
