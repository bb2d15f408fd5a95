"""The findings of ``benchmark --mode peers`` as files: results.json, clips.csv, report.md."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from specwhisper.evaluation.findings import Report, Result
from specwhisper.evaluation.measures import ClipRuns
from specwhisper.evaluation.report_peers import report_text

_COLUMNS = (
    "pair", "engine", "precision", "clip", "language", "seconds", "tokens", "features_s", "encode_s",
    "decode_s", "total_s", "steady", "reference", "text",
)  # fmt: skip


def write_report(report: Report, options: dict[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write all three, each whole or not at all.

    Args:
        options: of the command, as given.
    """
    from specwhisper.output.writers import to_json, write_file

    contents = {
        "results.json": to_json(as_dict(report, options)),
        "clips.csv": as_csv(report),
        "report.md": report_text(report),
    }
    for name, content in contents.items():
        write_file(folder / name, content)
    return tuple(folder / name for name in contents)


def as_dict(report: Report, options: dict[str, Any]) -> dict[str, Any]:
    """Everything, down to every clip's every run."""
    return {
        "machine": asdict(report.machine),
        "options": options,
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


def as_csv(report: Report) -> str:
    """One line per engine and clip: the medians."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for result in report.results:
        for one in result.clips:
            timings = (one.features, one.encode, one.decode, one.total)
            writer.writerow(
                [
                    result.pair.name, result.engine, result.precision, one.clip.name, one.clip.language,
                    f"{one.seconds:.3f}", one.decided, *(f"{value:.5f}" for value in timings),
                    one.steady, one.clip.text, one.text,
                ]
            )  # fmt: skip
    return lines.getvalue()


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
