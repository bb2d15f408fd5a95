"""The visual language that Gradio's own components follow; the rest is assets/css."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, sizes

from specwhisper.output.palette import VERDICT_COLOURS

ACCENT = colors.Color(
    name="specwhisper",
    c50="#EFF7FC",
    c100="#D9ECF8",
    c200="#B5D9F0",
    c300="#83BFE5",
    c400="#4FA3D8",
    c500="#2B86C5",
    c600="#1B6FAA",
    c700="#175B8B",
    c800="#174C73",
    c900="#183F5F",
    c950="#102941",
)
NEUTRAL = colors.Color(
    name="ink",
    c50="#F6F7F9",
    c100="#ECEFF2",
    c200="#DDE2E7",
    c300="#C3CBD4",
    c400="#8D99A6",
    c500="#65717E",
    c600="#4A5560",
    c700="#343D47",
    c800="#212932",
    c900="#171D24",
    c950="#0F1419",
)
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "Liberation Mono", "monospace")


def build_theme() -> gr.themes.Base:
    """System fonts only: the page must not ask anybody else's server for anything."""
    return gr.themes.Base(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=NEUTRAL,
        text_size=sizes.text_md,
        radius_size=sizes.radius_md,
        font=[gr.themes.Font(name) for name in SANS],
        font_mono=[gr.themes.Font(name) for name in MONO],
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="#FFFFFF",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        block_background_fill="#FFFFFF",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_radius="10px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_600",
        block_title_text_color_dark="*neutral_300",
        block_title_text_weight="500",
        input_background_fill="#FFFFFF",
        input_background_fill_dark="*neutral_950",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_width="1px",
        checkbox_border_color="*neutral_400",
        checkbox_border_color_dark="*neutral_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="#FFFFFF",
        button_primary_text_color_dark="#FFFFFF",
        button_large_text_weight="600",
        button_secondary_background_fill="#FFFFFF",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
    )


def build_css(folder: Path, names: Sequence[str] = ("*",)) -> str:
    """The style sheets of a folder, after the palette as variables: text and figures cannot drift apart.

    Args:
        names: of the sheets, without their ending.
    """
    variables = "".join(f"--sw-{name}: {colour};" for name, colour in VERDICT_COLOURS.items())
    sheets = [sheet.read_text("utf-8") for name in names for sheet in sorted(folder.glob(f"{name}.css"))]
    return "\n".join([f":root {{{variables}}}", *sheets])
