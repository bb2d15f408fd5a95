"""What the tabs of one page have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from specwhisper.service.engine import Engine
from specwhisper.ui.downloads import Downloads
from specwhisper.ui.examples import Example
from specwhisper.ui.kept import KeptRuns


@dataclass(frozen=True, slots=True)
class Shared:
    """Handed to whatever builds a tab.

    Attributes:
        app: the page, whose context is open.
        engine: does the work.
        downloads: where files are written that a visitor takes along.
        runs: of all visitors, under their names.
        examples: recordings for one click.
        kept: where the settings of each tab are, by its name.
        assets: folder with scripts and style sheets.
        grace: seconds that a run goes on without a page: long enough for a reload, or to come back online.
    """

    app: gr.Blocks
    engine: Engine
    downloads: Downloads
    runs: KeptRuns
    examples: Sequence[Example]
    kept: Mapping[str, gr.BrowserState]
    assets: Path
    grace: float
