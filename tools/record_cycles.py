"""Record one real decode for the app's "How it works" tab: ``python tools/record_cycles.py``."""

from __future__ import annotations

import json
from pathlib import Path

from specwhisper import load
from specwhisper.results import Comparison

ROOT = Path(__file__).resolve().parents[1]
CLIP = ROOT / "assets" / "examples" / "john-dashwood.flac"
TARGET = ROOT / "assets" / "how" / "decode.json"


def recorded(comparison: Comparison, clip: str) -> dict[str, object]:
    """What the tab shows: words and times, no ids."""
    label = comparison.speculative.token_text
    stats, alone = comparison.speculative.stats, comparison.baseline.stats
    return {
        "clip": clip,
        "main": stats.main,
        "draft": stats.draft,
        "alone_ms_per_token": round(1e3 * alone.seconds.decode / alone.tokens, 2),
        "cycles": [
            {
                "proposed": [label[token] for token in cycle.proposed],
                "accepted": cycle.accepted,
                "own": None if cycle.correction is None else label[cycle.correction],
                "draft_ms": round(1e3 * cycle.draft_seconds, 2),
                "verify_ms": round(1e3 * cycle.verify_seconds, 2),
            }
            for cycle in stats.cycles
        ],
    }


def main() -> None:
    transcriber = load("base+tiny")
    transcriber.compare(CLIP)  # the first one is not for the record
    comparison = transcriber.compare(CLIP, language="en")
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(
        json.dumps(recorded(comparison, CLIP.name), ensure_ascii=False, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
