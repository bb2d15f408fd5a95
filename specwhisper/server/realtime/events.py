"""The events that a transcription session sends, in OpenAI's form."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specwhisper.transcription.live.update import LiveUpdate

Event = dict[str, Any]

TRANSCRIPTION = "conversation.item.input_audio_transcription"


def event(kind: str, **fields: Any) -> Event:
    """An event of some type, with an id of its own."""
    return {"type": kind, "event_id": f"event_{uuid.uuid4().hex[:21]}", **fields}


def error_event(
    message: str, *, kind: str = "invalid_request_error", code: str | None = None, about: object = None
) -> Event:
    """Something went wrong; the session goes on.

    Args:
        kind: ``invalid_request_error`` or ``server_error``.
        about: the id of the client's event that caused it.
    """
    error = {"type": kind, "code": code, "message": message, "param": None, "event_id": about}
    return event("error", error=error)


@dataclass(slots=True)
class Items:
    """What is said between two pauses is an item: this turns updates into events.

    Args:
        detects: whether the server says where items end; else the client commits.
    """

    detects: bool
    current: str | None = None
    previous: str | None = None
    text: str = ""
    began: float = 0.0

    def of(self, update: LiveUpdate) -> Iterator[Event]:
        """The events of an update. Settled text becomes deltas: they are never taken back."""
        if update.began is not None:
            self.began = update.began
            name = self._item()
            if self.detects:
                yield event(
                    "input_audio_buffer.speech_started",
                    item_id=name,
                    audio_start_ms=round(1000 * update.began),
                )
        if update.settled:
            name = self._item()
            delta = update.settled if self.text else update.settled.lstrip()
            self.text += delta
            if delta:
                yield event(f"{TRANSCRIPTION}.delta", item_id=name, content_index=0, delta=delta)
        if update.paused is not None:
            yield from self._ended(update.paused)

    def committed(self) -> Iterator[Event]:
        """The client has ended the item."""
        name = self._item()
        yield from self._there(name)

    def _item(self) -> str:
        if self.current is None:
            self.current = f"item_{uuid.uuid4().hex[:21]}"
            self.text = ""
        return self.current

    def _there(self, name: str) -> Iterator[Event]:
        yield event("input_audio_buffer.committed", item_id=name, previous_item_id=self.previous)
        content = [{"type": "input_audio", "transcript": None}]
        item = {
            "id": name,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": content,
        }
        yield event("conversation.item.added", item=item, previous_item_id=self.previous)
        yield event("conversation.item.done", item=item, previous_item_id=self.previous)

    def _ended(self, at: float) -> Iterator[Event]:
        name = self._item()
        if self.detects:
            yield event("input_audio_buffer.speech_stopped", item_id=name, audio_end_ms=round(1000 * at))
            yield from self._there(name)
        seconds = round(max(at - self.began, 0.0), 3)
        yield event(
            f"{TRANSCRIPTION}.completed",
            item_id=name,
            content_index=0,
            transcript=self.text.strip(),
            usage={"type": "duration", "seconds": seconds},
        )
        self.previous, self.current, self.text = name, None, ""
