"""Any exception as the one sentence a visitor reads."""

from __future__ import annotations

import logging

from specwhisper.errors import SpecWhisperError

log = logging.getLogger(__name__)

BUG = "Something went wrong inside SpecWhisper; its log has the details. You can try again."


def explain(error: Exception) -> str:
    """The sentence of a :class:`SpecWhisperError`; for a bug a general one, and the trace in the log."""
    if isinstance(error, SpecWhisperError):
        return str(error)
    log.error("request failed", exc_info=error)
    return BUG
