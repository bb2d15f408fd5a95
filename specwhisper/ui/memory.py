"""Settings that a visitor's browser remembers: nothing about them leaves it but on the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from specwhisper.ui.events import UNQUEUED

_VERSION = 1  # raised when a setting changes its meaning


def place(name: str) -> gr.BrowserState:
    """Where a group of settings is kept.

    To be made outside of tabs: Gradio builds those when they are opened, which is too late for it.
    """
    return gr.BrowserState(None, storage_key=f"specwhisper-{name}", secret=f"specwhisper-{_VERSION}")


def remember(app: gr.Blocks, kept: gr.BrowserState, settings: Sequence[Any]) -> None:
    """Keep the values of some components in the browser, and put them back when the page is opened again."""

    def save(*values: Any) -> list[Any]:
        return list(values)

    def restore(values: Any) -> list[Any]:
        if not isinstance(values, list) or len(values) != len(settings):
            return [gr.skip()] * len(settings)
        return [gr.update(value=value) for value in values]

    gr.on(
        [setting.input if hasattr(setting, "input") else setting.change for setting in settings],
        save,
        inputs=list(settings),
        outputs=kept,
        **UNQUEUED,
    )
    app.load(restore, inputs=kept, outputs=list(settings), **UNQUEUED)
