"""How events are wired that are nobody's endpoint."""

from __future__ import annotations

from typing import Any

from specwhisper.service.engine import AT_ONCE, QUEUE

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Of an event that waits for its turn and shows nothing of it."""

UNQUEUED: dict[str, Any] = {**QUIET, "queue": False}
"""Of an event that does not wait."""

RUN: dict[str, Any] = {"api_visibility": "private", "concurrency_id": QUEUE, "concurrency_limit": AT_ONCE}
"""Of an event that uses the engine."""

_GO_TO = """(...inputs) => {
    const result = document.getElementById("%s");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (result && result.getBoundingClientRect().bottom > innerHeight)
        result.scrollIntoView({behavior: calm ? "auto" : "smooth", block: "start"});
    return inputs;
}"""


def go_to(result: str) -> str:
    """The script of an event that fills that element, which may be a screen below the button: go there."""
    return _GO_TO % result
