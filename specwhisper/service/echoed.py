"""What a visitor sent, as it comes back in a message."""

from __future__ import annotations

MOST = 200
"""Characters: the longest name of anything here is far shorter."""


def echoed(text: str) -> str:
    """The text, cut where it is too long to be a name of anything."""
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."
