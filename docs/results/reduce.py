"""Keep the numbers of a benchmark of mode peers: ``python docs/results/reduce.py DIR --processor NAME``.

``DIR`` is its ``--output-dir``. What is kept is small and can be published: no texts, no names of clips and
no paths. The report (docs/report.typ) and the figure of speeds (tools/draw_speed.py) read nothing else.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
SUMMARY = ("ms_per_token", "tokens", "encode", "total", "real_time_factor", "wer", "identical", "clips")
DIGITS = 4  # more are noise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the benchmark's --output-dir")
    parser.add_argument("--processor", required=True, help="its family and what it can do, for people")
    parser.add_argument("--clips", required=True, help="what was spoken, for people")
    parser.add_argument("--output", type=Path, default=HERE / "peers.json")
    arguments = parser.parse_args()
    source = arguments.folder / "results.json"
    measured = json.loads(source.read_text("utf-8"))
    kept = {
        "processor": arguments.processor,
        "cores": measured["machine"]["cores"],
        "system": measured["machine"]["system"],
        "date": datetime.fromtimestamp(source.stat().st_mtime, UTC).date().isoformat(),
        "command": command_of(measured["options"]),
        "versions": {
            name: measured["machine"]["versions"][name]
            for name in ("specwhisper", "torch", "faster-whisper", "ctranslate2")
        },
        "rounds": measured["plan"]["rounds"],
        "threads": measured["plan"]["threads"],
        "clips": {
            "what": arguments.clips,
            "seconds": [short(clip["seconds"]) for clip in measured["results"][0]["clips"]],
        },
        "ceilings": {name: short(value) for name, value in measured["ceilings"].items()},
        "floors": [
            {name: short(floor[name]) for name in ("model", "precision", "step", "encoder")}
            for floor in measured["floors"]
        ],
        "results": [reduced(result) for result in measured["results"]],
    }
    arguments.output.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def command_of(options: dict[str, Any]) -> str:
    """The command as others would type it."""
    names = ("mode", "pairs", "precision", "engines", "rounds", "threads")
    words = [f"--{name} {options[name]}" for name in names if options[name] not in (None, "")]
    return " ".join(("python -m specwhisper benchmark --dataset FOLDER", *words))


def reduced(result: dict[str, Any]) -> dict[str, Any]:
    """One engine's numbers; of each clip the whole time, the median over the rounds."""
    return {
        "pair": result["pair"],
        "engine": result["engine"],
        "precision": result["precision"],
        "summary": {name: short(result["summary"][name]) for name in SUMMARY},
        "clips": [short(median(run["total"] for run in clip["runs"])) for clip in result["clips"]],
    }


def short(value: Any) -> Any:
    """A number with as many digits as it is worth."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
