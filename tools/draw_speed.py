"""Draw the figure of docs/measurements.md: ``python tools/draw_speed.py docs/results/peers.json``."""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Any

from specwhisper.output.palette import DRAFT_COLOUR, MAIN_COLOUR

TARGET = Path(__file__).resolve().parents[1] / "assets" / "speed.svg"
BARS = {
    "faster-whisper": ("faster-whisper", "#8793A1"),
    "SpecWhisper greedy": ("SpecWhisper, main alone", MAIN_COLOUR),
    "SpecWhisper speculative": ("SpecWhisper with its draft", DRAFT_COLOUR),
}
WIDTH, LEFT, RIGHT, TOP = 880, 120, 190, 92  # of the picture; of the labels; of the numbers; of the heading
BAR, GAP = 16, 18  # height of a bar; between two groups
STYLE = """
text { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; fill: #343d47; }
.title { font-size: 18px; font-weight: 600; fill: #171d24; } .soft { fill: #65717e; font-size: 13px; }
.gain { font-weight: 600; fill: #171d24; }
@media (prefers-color-scheme: dark) {
  text { fill: #c3cbd4; } .title, .gain { fill: #eceff2; } .soft { fill: #8d99a6; }
}
"""


def main() -> None:
    results = json.loads(Path(sys.argv[1]).read_text("utf-8"))["results"]
    TARGET.write_text(drawn(groups_of(results)), "utf-8")
    print(TARGET)


def groups_of(results: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Main and precision -> engine -> milliseconds per token."""
    groups: dict[str, dict[str, float]] = {}
    for one in results:
        name = f"{one['pair'].split('+')[0]}, {one['precision']}"
        groups.setdefault(name, {})[one["engine"]] = one["summary"]["ms_per_token"]
    return groups


def drawn(groups: dict[str, dict[str, float]]) -> str:
    """The picture as SVG; it follows the page between light and dark."""
    longest = max(value for group in groups.values() for value in group.values())
    scale = (WIDTH - LEFT - RIGHT) / longest
    parts = [
        '<text class="title" x="0" y="20">Milliseconds per token, decoding alone</text>',
        '<text class="soft" x="0" y="42">'
        "Same weights, clips and two threads, interleaved; shorter is faster</text>",
    ]
    x = 0
    for label, colour in BARS.values():
        parts.append(f'<rect x="{x}" y="58" width="12" height="12" rx="2" fill="{colour}"/>')
        parts.append(f'<text class="soft" x="{x + 18}" y="69">{escape(label)}</text>')
        x += 46 + 7 * len(label)
    y = TOP
    for name, group in groups.items():
        parts.append(f'<text x="0" y="{y + 1.5 * BAR + 5}">{escape(name)}</text>')
        for engine, (_, colour) in BARS.items():
            speed = group[engine]
            ours = engine == "SpecWhisper speculative"
            told = f"{speed:.1f}" + (f", {group['faster-whisper'] / speed:.1f}x as fast" if ours else "")
            bar = f'x="{LEFT}" y="{y}" width="{scale * speed:.1f}" height="{BAR - 2}" rx="2"'
            at = f'x="{LEFT + scale * speed + 8:.1f}" y="{y + 12}"'
            parts.append(f'<rect {bar} fill="{colour}"/>')
            parts.append(f'<text class="{"gain" if ours else "soft"}" {at}>{told}</text>')
            y += BAR
        y += GAP
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" '
        f'aria-label="Milliseconds per token of faster-whisper and SpecWhisper">'
        f"<style>{STYLE}</style>\n{inside}\n</svg>\n"
    )


if __name__ == "__main__":
    main()
