"""The findings of ``benchmark --mode peers`` as a report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.document import Document, lead_of
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.tables import table
from specwhisper.evaluation.peers.ceilings import Ceilings
from specwhisper.evaluation.peers.data import as_dict, rows_of
from specwhisper.evaluation.peers.engines.catalogue import REQUIREMENTS
from specwhisper.evaluation.peers.findings import Floor, Report, Result
from specwhisper.output.figures_benchmark import Axes, Series, bars
from specwhisper.output.page import Section

_RESULT_HEADINGS = (
    "engine", "precision", "ms per token", "of the floor", "encode, s per clip", "of the floor",
    "whole clip, s", "real-time factor", "WER", "tokens as our greedy",
)  # fmt: skip

NOTES = """\
* Every engine had the same clips, weights, languages and windows of at most 30 s, decoded greedily without
  timestamps, in turn, clip by clip. Figures are medians over the rounds, then sums over the clips.
* *ms per token*: the decode alone, end-of-text counted, prompt not. Most peers compute the audio's keys and
  values at the decode's first step; SpecWhisper and whisper.cpp do at the encoder's end, so there they count
  as encoding.
* *whole clip*: from samples to text, features included, reading the file not. *real-time factor*: that, per
  second of sound.
* *of the floor*: floor / measured. 100% would be a decode that only reads its weights once per token, or an
  encoder that only multiplies. A speculative decode may pass it, for it writes several tokens per pass; so
  may an int8 encoder, whose floor is that of float32 products, and an encoder that hears less than 30 s.
* transformers' encode is the time inside its encoders during `generate`. whisper.cpp's times are those
  it tells itself, with the wheel's build; it cannot store convolutions in float32, so its weights are float16
  beside the others' float32.
* *tokens as our greedy*: clips with exactly the tokens of SpecWhisper's greedy at the precision asked for.
  faster-whisper pads features with zeros instead of padding the sound, so it may hear a clip's end otherwise.
"""


def ceilings_text(ceilings: Ceilings, floors: Sequence[Floor]) -> str:
    """What the machine can do, and what that means for each model."""
    rows = [
        (
            floor.model,
            floor.precision,
            f"{floor.work.step_bytes / 1e6:.0f} MB",
            f"{1000 * floor.step:.2f}",
            f"{1000 * floor.step_from_memory:.2f}",
            f"{floor.work.encoder_flops / 1e9:.1f}",
            f"{floor.encoder:.3f}",
        )
        for floor in floors
    ]
    headings = (
        "main", "precision", "read per step", "floor, ms per token", "with no cache at all",
        "encoder, GFLOP", "floor, s per 30 s",
    )  # fmt: skip
    threads = "1 thread" if ceilings.threads == 1 else f"{ceilings.threads} threads"
    return (
        f"Ceilings with {threads}: memory {ceilings.read / 1e9:.1f} GB/s read, "
        f"{ceilings.copy / 1e9:.1f} GB/s copied; float32 products {ceilings.gemm / 1e9:.0f} GFLOP/s.\n\n"
        + table(headings, rows)
    )


def peers_document(report: Report, clips: Sequence[LoadedClip]) -> Document:
    """The whole report; what is missing is named, with the way to have it."""
    sections = [
        Section("What this machine can do", ceilings_text(report.ceilings, report.floors)),
        *(
            Section(pair, _pair_table(of_pair), (_speeds(pair, of_pair),))
            for pair, group in groupby(report.results, key=lambda result: result.pair.name)
            for of_pair in (list(group),)
        ),
    ]
    if not report.results:
        sections.append(Section("Nothing", "No engine could be measured.\n"))
    gaps = _gaps(report)
    if gaps:
        sections.append(Section("Left out", gaps))
    return Document(
        "SpecWhisper and its peers",
        lead_of(report.machine, report.plan, clips),
        (*sections, Section("What the columns mean", NOTES)),
        as_dict(report),
        tuple(
            Line(one.pair.name, one.precision, one.engine, one.summary.wer, one.summary.ms_per_token)
            for one in report.results
        ),
        rows_of(report),
        report.failures,
    )


def _gaps(report: Report) -> str:
    gaps = [f"* {name}: not installed: `{how}`" for name, how in report.missing.items()]
    if gaps:
        gaps.append(f"* all of them: `pip install -r {REQUIREMENTS}`")
    gaps += [
        f"* {pair}: {engine}, {precision}: left out: {why}"
        for (pair, engine, precision), why in report.left_out.items()
    ]
    return "\n".join(gaps)


def _speeds(pair: str, results: Sequence[Result]) -> Any:
    names = tuple(dict.fromkeys(result.engine for result in results))
    return bars(
        Axes(
            "Milliseconds per token, decoding alone",
            f"{pair}: the same clips, weights and threads, alternating",
            "",
            "ms per token",
        ),
        [
            Series(
                precision,
                tuple(name for name in names if (name, precision) in found),
                tuple(found[name, precision] for name in names if (name, precision) in found),
            )
            for found in ({(one.engine, one.precision): one.summary.ms_per_token for one in results},)
            for precision in dict.fromkeys(one.precision for one in results)
        ],
    )


def _pair_table(results: Sequence[Result]) -> str:
    with_memory = any(result.memory is not None for result in results)
    headings = (*_RESULT_HEADINGS, "peak memory, MB") if with_memory else _RESULT_HEADINGS
    return table(headings, [_row(result, with_memory) for result in results])


def _row(result: Result, with_memory: bool) -> tuple[str, ...]:
    one, floor = result.summary, result.floor
    windows = sum(max(1, -(-clip.seconds // 30)) for clip in result.clips) / one.clips
    memory = "" if result.memory is None else f"{result.memory / 1e6:.0f}"
    return (
        result.engine,
        result.precision,
        f"{one.ms_per_token:.2f}",
        _share(1000 * floor.step, one.ms_per_token),
        f"{one.encode:.3f}",
        _share(floor.encoder * windows, one.encode),
        f"{one.total:.3f}",
        f"{one.real_time_factor:.3f}",
        "" if one.wer is None else f"{one.wer:.2%}",
        "" if one.identical is None else f"{one.identical} of {one.clips}",
        *((memory,) if with_memory else ()),
    )


def _share(floor: float, measured: float) -> str:
    return f"{floor / measured:.0%}" if measured > 0 else ""
