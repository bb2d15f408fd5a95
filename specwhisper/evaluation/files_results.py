"""What a mode of the benchmark leaves in a folder: every figure as JSON, and the report people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from specwhisper.evaluation.machine import describe_machine


def write_results(
    results: Sequence[Any], options: dict[str, Any], report: str, folder: Path
) -> tuple[Path, ...]:
    """results.json and report.md, each whole or not at all; ``results`` are dataclasses."""
    from specwhisper.output.writers import to_json, write_file

    machine = asdict(describe_machine())
    data = {"machine": machine, "options": options, "results": [asdict(one) for one in results]}
    contents = {"results.json": to_json(data), "report.md": report}
    for name, content in contents.items():
        write_file(folder / name, content)
    return tuple(folder / name for name in contents)
