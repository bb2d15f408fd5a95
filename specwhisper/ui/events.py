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
