"""The findings of ``benchmark --mode peers`` as data: everything, and one row per engine and clip."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from specwhisper.evaluation.common.calls import TIMES, ClipCalls
from specwhisper.evaluation.peers.findings import Report, Result


def as_dict(report: Report) -> dict[str, Any]:
    """Everything, down to every clip's every run."""
    return {
        "machine": asdict(report.machine),
        "plan": {
            **asdict(report.plan),
            "pairs": [pair.name for pair in report.plan.pairs],
        },
        "ceilings": asdict(report.ceilings),
        "floors": [asdict(floor) for floor in report.floors],
        "not_installed": report.missing,
        "left_out": [
            {"pair": pair, "engine": engine, "precision": precision, "why": why}
            for (pair, engine, precision), why in report.left_out.items()
        ],
        "results": [_result(result) for result in report.results],
    }


def rows_of(report: Report) -> tuple[dict[str, Any], ...]:
    """One row per engine and clip: the medians."""
    return tuple(
        {
            "pair": result.pair.name,
            "engine": result.engine,
            "precision": result.precision,
            "clip": one.clip.name,
            "language": one.clip.language,
            "seconds": f"{one.seconds:.3f}",
            "tokens": call.decided,
            **{f"{time}_s": f"{getattr(call, time):.5f}" for time in TIMES},
            "steady": one.steady,
            "reference": one.clip.text,
            "text": call.text,
        }
        for result in report.results
        for one in result.clips
        for call in (one.typical,)
    )


def _result(result: Result) -> dict[str, Any]:
    return {
        "pair": result.pair.name,
        "engine": result.engine,
        "precision": result.precision,
        "summary": asdict(result.summary),
        "peak_memory_bytes": result.memory,
        "clips": [_clip(one) for one in result.clips],
    }


def _clip(one: ClipCalls) -> dict[str, Any]:
    first = one.calls[0]
    return {
        "clip": one.clip.name,
        "language": one.clip.language,
        "seconds": one.seconds,
        "reference": one.clip.text,
        "text": first.text,
        "tokens": list(first.tokens),
        "decided": first.decided,
        "steady": one.steady,
        "runs": [
            {
                "round": number,
                **{time: getattr(call, time) for time in TIMES},
                **({} if call.tokens == first.tokens else {"text": call.text}),
            }
            for number, call in enumerate(one.calls)
        ],
    }
