"""The colours that mean something, once, for figures and for coloured text.

Two hues carry the story: blue is the draft's work, orange is main's. Yellow marks a proposal that main
refused; grey was never decided. Blue, orange and yellow stay apart under the common kinds of colour
blindness (after Okabe and Ito, https://jfly.uni-koeln.de/color/), and every use adds a second cue: a
column, an underline or a label. All are mid-tones, so one set serves light and dark pages.
"""

from __future__ import annotations

from typing import Literal

from specwhisper.results import Origin

Verdict = Literal["absent", "accepted", "rejected", "unchecked", "correction", "bonus"]
"""What became of one place of a cycle: the draft's first four, main's own last two."""

VERDICT_COLOURS: dict[Verdict, str] = {
    "accepted": "#2B86C5",
    "rejected": "#F0B90B",
    "unchecked": "#A9B3BE",
    "correction": "#DE5F1C",
    "bonus": "#F3A269",
    "absent": "rgba(128, 140, 155, 0.10)",
}

VERDICT_LABELS: dict[Verdict, str] = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unchecked": "Not checked",
    "correction": "Correction",
    "bonus": "Bonus",
    "absent": "Not proposed",
}

COLOURED: tuple[Origin, ...] = ("accepted", "correction", "bonus")
"""Origins that a text shows; main alone has none of them."""

ORIGIN_LABELS: dict[Origin, str] = {
    "main": "Main's own",
    "accepted": "Accepted from draft",
    "correction": "Corrected by main",
    "bonus": "Bonus from main",
}

DRAFT_COLOUR = VERDICT_COLOURS["accepted"]
MAIN_COLOUR = VERDICT_COLOURS["correction"]

ORIGIN_COLOURS: dict[Origin, str] = {
    "main": MAIN_COLOUR,
    "accepted": VERDICT_COLOURS["accepted"],
    "correction": VERDICT_COLOURS["correction"],
    "bonus": VERDICT_COLOURS["bonus"],
}

STAGE_COLOURS: dict[str, str] = {
    "prepare": "#C3CBD4",
    "encode_main": "#F3A269",
    "verify": "#DE5F1C",
    "encode_draft": "#8FC1E6",
    "draft": "#2B86C5",
    "other": "#8793A1",
}

STAGE_LABELS: dict[str, str] = {
    "prepare": "Prepare",
    "encode_main": "Encode main",
    "verify": "Decode main",
    "encode_draft": "Encode draft",
    "draft": "Decode draft",
    "other": "Other",
}

CELL_TEXT = "#10161D"
"""Written in cells of a heatmap, whose colours are the same in the dark."""

INK = "#6F7B88"
"""Text and axes of a figure: readable on white and on near-black (about 4:1 on both)."""

GRID = "rgba(128, 140, 155, 0.22)"
