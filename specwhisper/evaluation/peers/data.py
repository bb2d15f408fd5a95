"""The findings of ``benchmark --mode peers`` as data: everything, and one row per engine and clip."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from specwhisper.evaluation.peers.findings import Report, Result
from specwhisper.evaluation.peers.measures import ClipRuns


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
            "tokens": one.decided,
            "features_s": f"{one.features:.5f}",
            "encode_s": f"{one.encode:.5f}",
            "decode_s": f"{one.decode:.5f}",
            "total_s": f"{one.total:.5f}",
            "steady": one.steady,
            "reference": one.clip.text,
            "text": one.text,
        }
        for result in report.results
        for one in result.clips
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


def _clip(one: ClipRuns) -> dict[str, Any]:
    return {
        "clip": one.clip.name,
        "language": one.clip.language,
        "seconds": one.seconds,
        "reference": one.clip.text,
        "text": one.text,
        "tokens": list(one.tokens),
        "decided": one.decided,
        "steady": one.steady,
        "runs": [
            {
                "round": run.round,
                "features": run.written.features,
                "encode": run.written.encode,
                "decode": run.written.decode,
                "total": run.total,
                **({} if run.written.tokens == one.tokens else {"text": run.written.text}),
            }
            for run in one.runs
        ],
    }
