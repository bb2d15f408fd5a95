from __future__ import annotations

from specwhisper.server.realtime.events import Items
from specwhisper.transcription.live.update import LiveUpdate


def kinds(items: Items, *updates: LiveUpdate) -> list[str]:
    return [event["type"].rsplit(".", 1)[-1] for update in updates for event in items.of(update)]


def test_an_item_from_its_beginning_to_its_end() -> None:
    items = Items(detects=True)
    said = (
        LiveUpdate("", "", 1.0, began=0.8),
        LiveUpdate("", " Hel", 1.4),
        LiveUpdate(" Hello", "", 2.0),
        LiveUpdate(" there.", "", 3.0, paused=2.5),
    )
    found = [event for update in said for event in items.of(update)]
    assert [event["type"].rsplit(".", 1)[-1] for event in found] == [
        "speech_started", "delta", "delta", "speech_stopped", "committed", "added", "done", "completed",
    ]  # fmt: skip
    assert found[-1]["transcript"] == "Hello there."
    assert [event["delta"] for event in found if event["type"].endswith("delta")] == ["Hello", " there."]
    assert found[-1]["usage"] == {"type": "duration", "seconds": 1.7}
    assert len({event["event_id"] for event in found}) == len(found)
    following = list(items.of(LiveUpdate(" Next", "", 5.0, began=4.0)))
    assert following[0]["item_id"] != found[0]["item_id"]


def test_where_the_client_commits_no_turns_are_told() -> None:
    items = Items(detects=False)
    assert kinds(items, LiveUpdate("", "", 1.0, began=0.5), LiveUpdate(" Hi", "", 2.0)) == ["delta"]
    committed = [event["type"] for event in items.committed()]
    assert committed[0] == "input_audio_buffer.committed"
    assert kinds(items, LiveUpdate("", "", 2.0, paused=1.5)) == ["completed"]


def test_text_that_comes_after_an_item_begins_another() -> None:
    items = Items(detects=True)
    list(items.of(LiveUpdate(" One", "", 1.0, began=0.5, paused=0.9)))
    (delta,) = items.of(LiveUpdate(" two", "", 2.0))
    assert delta["delta"] == "two"
