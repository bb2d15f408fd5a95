"""The realtime API with the real models, a real server and OpenAI's own client."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soxr
from openai import OpenAI
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from specwhisper.audio.decode import load_audio
from specwhisper.server.realtime.sound import g711
from tests.clips import ENGLISH, SHORT, path_of

pytestmark = pytest.mark.weights

PHRASE = "then leisure to consider how much"
DELTA = "conversation.item.input_audio_transcription.delta"
COMPLETED = "conversation.item.input_audio_transcription.completed"


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """16-bit samples at 24 kHz, with a pause at the end."""
    samples = load_audio(path_of(ENGLISH)).samples
    return pcm(np.concatenate([samples, np.zeros(24_000, np.float32)]))


def pcm(samples: np.ndarray) -> np.ndarray:
    loud = soxr.resample(samples, 16_000, 24_000)
    return (np.clip(loud, -1, 1) * 32767).astype("<i2")


@pytest.fixture
def connection(url: str) -> Iterator[Any]:
    client = OpenAI(base_url=f"{url}/v1", api_key="none")
    with client.realtime.connect(extra_query={"intent": "transcription"}) as connected:
        assert connected.recv().type == "session.created"
        yield connected


def updating(given: dict[str, Any]) -> str:
    """The event that asks for that input."""
    return json.dumps({"type": "session.update", "session": {"audio": {"input": given}}})


def send(connection: Any, samples: np.ndarray, size: int = 12_000) -> None:
    for first in range(0, len(samples), size):
        audio = base64.b64encode(samples[first : first + size].tobytes()).decode()
        connection.input_audio_buffer.append(audio=audio)


def until(connection: Any, kind: str) -> list[Any]:
    """All events up to one of that kind."""
    events: list[Any] = []
    while not events or events[-1].type != kind:
        events.append(connection.recv())
        assert events[-1].type != "error" or kind == "error", events[-1]
    return events


def test_the_server_finds_the_turns(connection: Any, speech: np.ndarray) -> None:
    connection.session.update(
        session={
            "type": "transcription",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24_000},
                    "transcription": {"model": "base+tiny", "language": "en"},
                    "turn_detection": {"type": "server_vad", "silence_duration_ms": 900},
                }
            },
        }
    )
    updated = connection.recv()
    assert updated.type == "session.updated"
    assert updated.session.audio.input.transcription.language == "en"
    assert updated.session.audio.input.turn_detection.silence_duration_ms == 900
    send(connection, speech)
    text, items, kinds = "", [], []
    while PHRASE not in text or COMPLETED not in kinds:
        events = until(connection, COMPLETED)
        kinds = [event.type for event in events]
        assert kinds.index("input_audio_buffer.speech_started") < kinds.index(DELTA)
        assert kinds.index("input_audio_buffer.speech_stopped") < kinds.index("input_audio_buffer.committed")
        done = events[-1]
        own = [event for event in events if event.type == DELTA]
        assert "".join(event.delta for event in own).strip() == done.transcript
        assert {event.item_id for event in own} == {done.item_id}
        assert done.usage.type == "duration" and done.usage.seconds > 0
        committed = next(event for event in events if event.type == "input_audio_buffer.committed")
        assert committed.previous_item_id == (items[-1] if items else None)
        items.append(done.item_id)
        text += f" {done.transcript}"
    started = next(event for event in events if event.type == "input_audio_buffer.speech_started")
    stopped = next(event for event in events if event.type == "input_audio_buffer.speech_stopped")
    assert 0 <= started.audio_start_ms < stopped.audio_end_ms


def test_the_client_says_where_turns_end(connection: Any) -> None:
    session: Any = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}
    connection.session.update(session=session)
    assert connection.recv().session.audio.input.turn_detection is None
    connection.input_audio_buffer.commit()
    nothing = until(connection, "error")[-1]
    assert "nothing to commit" in nothing.error.message
    send(connection, pcm(load_audio(path_of(SHORT)).samples))
    connection.input_audio_buffer.commit()
    events = until(connection, COMPLETED)
    kinds = [event.type for event in events]
    assert "input_audio_buffer.speech_stopped" not in kinds
    assert kinds.index("input_audio_buffer.committed") < kinds.index("conversation.item.done")
    assert SHORT.phrase in events[-1].transcript


def test_sound_can_be_cleared(connection: Any, speech: np.ndarray) -> None:
    session: Any = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}
    connection.session.update(session=session)
    connection.recv()
    send(connection, speech[:24_000])
    connection.input_audio_buffer.clear()
    until(connection, "input_audio_buffer.cleared")
    connection.input_audio_buffer.commit()
    until(connection, "error")


def test_another_language_begins_another_session(connection: Any, speech: np.ndarray) -> None:
    send(connection, speech[: 3 * 24_000])
    session: Any = {
        "type": "transcription",
        "audio": {"input": {"transcription": {"model": "whisper-1", "language": "en"}}},
    }
    connection.session.update(session=session)
    until(connection, "session.updated")
    send(connection, speech)
    assert until(connection, COMPLETED)[-1].transcript


def test_telephone_sound_and_the_older_form(url: str) -> None:
    address = f"{url.replace('http', 'ws')}/v1/realtime?intent=transcription"
    samples = soxr.resample(load_audio(path_of(SHORT)).samples, 16_000, 8_000)
    with connect(address, subprotocols=["realtime"]) as connected:  # type: ignore[list-item]
        assert connected.subprotocol == "realtime"
        connected.recv()
        update = {
            "type": "transcription_session.update",
            "session": {
                "input_audio_format": "g711_ulaw",
                "input_audio_transcription": {"model": "whisper-1", "language": "en"},
                "turn_detection": None,
            },
        }
        connected.send(json.dumps(update))
        assert json.loads(connected.recv())["type"] == "transcription_session.updated"
        audio = base64.b64encode(ulaw(samples)).decode()
        connected.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
        connected.send(json.dumps({"type": "input_audio_buffer.commit"}))
        said: dict[str, Any] = {}
        while said.get("type") != COMPLETED:
            said = json.loads(connected.recv())
        assert SHORT.phrase in said["transcript"]


def ulaw(samples: np.ndarray) -> bytes:
    """The nearest byte for each sample."""
    table = g711("audio/pcmu")
    order = np.argsort(table)
    places = np.searchsorted(table[order], samples).clip(0, 255)
    return order[places].astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    ("said", "sentence"),
    (
        ("no json", "JSON object"),
        ("[]", "JSON object"),
        ("[" * 100_000, "JSON object"),
        ('{"type": 3}', "JSON object"),
        ('{"type": "response.create"}', "this server transcribes"),
        ('{"type": "session.update"}', "'session' is missing"),
        ('{"type": "session.update", "session": {"type": "realtime"}}', "only transcribes"),
        (
            updating({"format": {"type": "audio/mp3"}}),
            "choose audio/pcm",
        ),
        (
            updating({"format": {"rate": 1}}),
            "choose 8000 to 48000",
        ),
        (
            updating({"transcription": {"language": "xx"}}),
            "xx",
        ),
        (
            updating({"transcription": {"model": "no"}}),
            "no",
        ),
        (
            updating({"turn_detection": {"type": "semantic_vad"}}),
            "server_vad",
        ),
        ('{"type": "input_audio_buffer.append", "audio": "???"}', "base64"),
        ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', "whole samples"),
        ('{"type": "input_audio_buffer.append"}', "base64"),
    ),
)
def test_bad_events_get_a_sentence_and_the_session_goes_on(url: str, said: str, sentence: str) -> None:
    with connect(f"{url.replace('http', 'ws')}/v1/realtime?intent=transcription") as connected:
        connected.recv()
        connected.send(said)
        answer = json.loads(connected.recv())
        assert answer["type"] == "error"
        assert sentence in answer["error"]["message"]
        connected.send('{"type": "session.update", "session": {}}')
        assert json.loads(connected.recv())["type"] == "session.updated"


@pytest.mark.parametrize("query", ("", "?intent=conversation", "?intent=transcription&model=nothing"))
def test_what_is_not_offered_is_refused_before(url: str, query: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{url.replace('http', 'ws')}/v1/realtime{query}"):
        pass
    assert refused.value.response.status_code == 400
    assert b"message" in (refused.value.response.body or b"")


def test_a_page_of_somebody_else_is_refused(url: str) -> None:
    address = f"{url.replace('http', 'ws')}/v1/realtime?intent=transcription"
    with pytest.raises(InvalidStatus) as refused, connect(address, origin="http://evil.example"):  # type: ignore[arg-type]
        pass
    assert refused.value.response.status_code == 403


def test_as_many_as_the_machine_can_follow(url: str, speech: np.ndarray) -> None:
    client = OpenAI(base_url=f"{url}/v1", api_key="none")
    query: Any = {"intent": "transcription"}
    with (
        client.realtime.connect(extra_query=query) as one,
        client.realtime.connect(extra_query=query) as two,
        client.realtime.connect(extra_query=query) as three,
    ):
        for each in (one, two):
            send(each, speech[: 2 * 24_000])
            until(each, "input_audio_buffer.speech_started")
        send(three, speech[:2_400])
        refused = until(three, "error")[-1]
        assert refused.error.code == "rate_limit_exceeded"
        assert "2 live sessions are open" in refused.error.message
    wait_until_free()
    with client.realtime.connect(extra_query=query) as again:  # those that left made room
        send(again, speech[: 2 * 24_000])
        assert until(again, "input_audio_buffer.speech_started")


def test_a_connection_may_be_silent_for_long(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specwhisper.web.connections.HEADERS", 0.3)
    with connect(f"{url.replace('http', 'ws')}/v1/realtime?intent=transcription") as connected:
        connected.recv()
        time.sleep(1.0)
        connected.send('{"type": "session.update", "session": {}}')
        assert json.loads(connected.recv())["type"] == "session.updated"


def test_a_client_that_vanishes_frees_everything(url: str, speech: np.ndarray) -> None:
    client = OpenAI(base_url=f"{url}/v1", api_key="none")
    for _ in range(4):  # more than there are places
        manager = client.realtime.connect(extra_query={"intent": "transcription"})
        connected = manager.enter()
        send(connected, speech[: 4 * 24_000])
        until(connected, "input_audio_buffer.speech_started")
        connected._connection.socket.shutdown(socket.SHUT_RDWR)  # without a word
        wait_until_free()


def wait_until_free() -> None:
    """The server runs in this process, so its threads can be seen."""
    until = time.monotonic() + 30
    names = {"realtime", "specwhisper-live"}
    while (left := names & {each.name for each in threading.enumerate()}) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left
