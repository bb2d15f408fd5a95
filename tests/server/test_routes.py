"""Every route, every refusal, with a made-up engine."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from specwhisper.errors import OptionError
from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from tests.server.fakes import Echo, fake_engine, started
from tests.server.raw import sound

TRANSCRIPTIONS, TRANSLATIONS = "/v1/audio/transcriptions", "/v1/audio/translations"


def test_what_there_is(client: TestClient) -> None:
    assert client.get("/").json()["model"] == "base+tiny"
    assert client.get("/health").json()["status"] == "ready"
    assert [model["name"] for model in client.get("/models").json()][:2] == ["base+tiny", "small+tiny"]
    names = [model["id"] for model in client.get("/v1/models").json()["data"]]
    assert names == ["whisper-1", "base+tiny", "small+tiny", "base+tiny.en"]
    assert client.get("/v1/models/small+tiny").json()["id"] == "small+tiny"
    missing = client.get("/v1/models/moon")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, 404)
    assert "moon" in missing.json()["error"]["message"]
    assert client.get("/docs").status_code == 200
    assert "/transcribe/batch" in client.get("/openapi.json").json()["paths"]


def test_what_is_known_beforehand_is_told(client: TestClient, echo: Echo) -> None:
    data = {"hotwords": "Dashwood", "draft_text": "1\n00:00:00,000 --> 00:00:01,000\nHello you\n"}
    for route in ("/transcribe", TRANSCRIPTIONS):
        answer = client.post(route, files={"file": sound()}, data={**data, "model": "base+tiny"})
        assert answer.status_code == 200, answer.text
        asked = echo.asked[-1]
        assert (asked["hotwords"], asked["draft_text"].text) == ("Dashwood", "Hello you")
        empty = {"draft_text": " ", "model": "base+tiny"}
        nothing = client.post(route, files={"file": sound()}, data=empty)
        assert nothing.status_code == 200 and "draft_text" not in echo.asked[-1]
        wrong = client.post(route, files={"file": sound()}, data={**empty, "draft_text": "WEBVTT"})
        assert (wrong.status_code, "no words" in wrong.text) == (400, True)
    alone = {**data, "use_speculative": "false"}
    assert client.post("/transcribe", files={"file": sound()}, data=alone).status_code == 400


def test_captions_need_words(client: TestClient) -> None:
    assert client.post("/proofread", files={"file": sound()}).status_code == 422
    empty = client.post("/proofread", files={"file": sound()}, data={"captions": " "})
    assert empty.status_code in (400, 422) and len(empty.json()["error"]["message"]) > 10


def test_one_recording(client: TestClient, echo: Echo) -> None:
    answer = client.post("/transcribe", files={"file": sound()}, data={"language": "English"})
    assert answer.status_code == 200
    assert answer.json()["text"] == "part 0 part 1"
    assert answer.json()["segments"][1] == {"start": 1.0, "end": 2.0, "text": " part 1"}
    assert echo.asked[-1]["language"] == "en"
    assert echo.asked[-1]["speculative"] is True
    client.post(
        "/transcribe", files={"file": sound()}, data={"use_speculative": "false", "task": "translate"}
    )
    assert echo.asked[-1]["speculative"] is False
    assert echo.asked[-1]["task"] == "translate"


@pytest.mark.parametrize("path", ["/transcribe", TRANSCRIPTIONS, "/v1/audio/translations"])
def test_silence_is_left_out_unless_it_is_asked_for(client: TestClient, echo: Echo, path: str) -> None:
    for form, expected in (({}, True), ({"vad": "false"}, False)):
        answer = client.post(path, files={"file": sound()}, data={"model": "base+tiny", **form})
        assert answer.status_code == 200
        assert echo.asked[-1]["vad"] is expected


@pytest.mark.parametrize("path", ["/transcribe", TRANSCRIPTIONS])
def test_languages_to_choose_from(client: TestClient, echo: Echo, path: str) -> None:
    form = {"model": "base+tiny", "languages": "en, Dutch"}
    assert client.post(path, files={"file": sound()}, data=form).status_code == 200
    assert (echo.asked[-1]["language"], echo.asked[-1]["languages"]) == (None, ("en", "nl"))
    for wrong in ({"languages": "en,klingon"}, {"languages": "en,nl", "language": "en"}):
        answer = client.post(path, files={"file": sound()}, data={"model": "base+tiny", **wrong})
        assert answer.status_code == 400


def test_what_is_wrong_with_a_recording_is_told_beside_its_text(client: TestClient) -> None:
    cut = sound()[:40_000]
    told = ["The recording breaks off before its end; what is there was transcribed."]
    answer = client.post("/transcribe", files={"file": cut})
    assert (answer.status_code, answer.json()["warnings"]) == (200, told)
    form = {"model": "whisper-1", "response_format": "verbose_json"}
    assert client.post(TRANSCRIPTIONS, files={"file": cut}, data=form).json()["warnings"] == told
    assert "warnings" not in client.post("/transcribe", files={"file": sound()}).json()
    assert "warnings" not in client.post(TRANSCRIPTIONS, files={"file": sound()}, data=form).json()


def test_several_recordings_and_a_broken_one(client: TestClient) -> None:
    files = [
        ("files", ("a.wav", sound(1))),
        ("files", ("b.wav", b"nonsense")),
        ("files", ("c.wav", sound(3))),
    ]
    answer = client.post("/transcribe/batch", files=files).json()
    assert (answer["done"], answer["failed"]) == (2, 1)
    assert [result["filename"] for result in answer["results"]] == ["a.wav", "b.wav", "c.wav"]
    assert answer["results"][1]["error"]["code"] == 415
    assert answer["results"][2]["text"] == "part 0 part 1 part 2"


@pytest.mark.parametrize(
    ("form", "kind", "words"),
    [
        ("json", "application/json", '{"text":"part 0 part 1"}'),
        ("text", "text/plain", "part 0 part 1\n"),
        ("srt", "text/plain", "00:00:01,000 --> 00:00:02,000\npart 1"),
        ("vtt", "text/vtt", "WEBVTT"),
        ("verbose_json", "application/json", '"language":"english"'),
    ],
)
def test_response_formats(client: TestClient, form: str, kind: str, words: str) -> None:
    data = {"model": "whisper-1", "response_format": form}
    answer = client.post(TRANSCRIPTIONS, files={"file": sound()}, data=data)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert words in answer.text


def test_options_reach_the_model(client: TestClient, echo: Echo) -> None:
    data = {
        "model": "base+tiny",
        "prompt": " Dr. Smythe ",
        "temperature": "0.4",
        "response_format": "verbose_json",
        "timestamp_granularities[]": ["word", "segment"],
        "language": "nl",
    }
    answer = client.post(TRANSCRIPTIONS, files={"file": sound()}, data=data).json()
    asked = echo.asked[-1]
    assert (asked["initial_prompt"], asked["temperature"], asked["timestamps"]) == ("Dr. Smythe", 0.4, "word")
    assert asked["language"] == "nl"
    assert "words" in answer
    assert "segments" in answer
    client.post(TRANSLATIONS, files={"file": sound()}, data={"model": "whisper-1"})
    assert echo.asked[-1]["task"] == "translate"


def test_streams_tell_segments_and_then_the_text(client: TestClient) -> None:
    data = {"model": "whisper-1", "stream": "true"}
    answer = client.post(TRANSCRIPTIONS, files={"file": sound()}, data=data)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [event["type"] for event in events] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert (
        "".join(event.get("delta", "") for event in events).strip() == events[-1]["text"] == "part 0 part 1"
    )


@pytest.mark.parametrize(
    ("path", "files", "data", "status", "words"),
    [
        ("/transcribe", {}, {}, 422, "'file' is missing"),
        (TRANSCRIPTIONS, {"file": b"x"}, {}, 422, "'model' is missing"),
        ("/transcribe", {"file": b"nonsense"}, {}, 415, "not"),
        ("/transcribe", {"file": b""}, {}, 415, "empty"),
        ("/transcribe", {"file": sound(31)}, {}, 413, "--max-seconds"),
        ("/transcribe", {"file": sound()}, {"model": "moon"}, 400, "moon"),
        ("/transcribe", {"file": sound()}, {"model": "/etc/passwd"}, 400, "Unknown pair"),
        ("/transcribe", {"file": sound()}, {"model": "v2"}, 503, "large-v2"),
        ("/transcribe", {"file": sound()}, {"language": "moonish"}, 400, "moonish"),
        ("/transcribe", {"file": sound()}, {"task": "sing"}, 400, "sing"),
        ("/transcribe", {"file": sound()}, {"use_speculative": "perhaps"}, 422, "use_speculative"),
        (TRANSCRIPTIONS, {"file": sound()}, {"model": "whisper-1", "response_format": "xml"}, 400, "xml"),
        (TRANSCRIPTIONS, {"file": sound()}, {"model": "whisper-1", "temperature": "7"}, 400, "temperature"),
        (TRANSCRIPTIONS, {"file": sound()}, {"model": "whisper-1", "temperature": "nan"}, 400, "temperature"),
        (
            TRANSCRIPTIONS,
            {"file": sound()},
            {"model": "whisper-1", "timestamp_granularities[]": "word"},
            400,
            "verbose_json",
        ),
        (TRANSCRIPTIONS, {"file": b"no"}, {"model": "whisper-1", "stream": "true"}, 415, "not"),
        (
            TRANSCRIPTIONS,
            {"file": sound()},
            {"model": "whisper-1", "stream": "true", "response_format": "srt"},
            400,
            "either stream or response_format srt",
        ),
    ],
)
def test_refusals_say_why(client: TestClient, path, files, data, status: int, words: str) -> None:
    answer = client.post(path, files=files, data=data)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert words in error["message"]
    assert error["code"] == status


def test_nothing_there_and_wrong_methods(client: TestClient) -> None:
    assert client.get("/nowhere").status_code == 404
    wrong = client.get("/transcribe")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert wrong.json()["error"]["message"].startswith("This address takes POST:")
    assert "error" in client.get("/nowhere").json()


def test_bodies_are_limited_while_they_are_read(client: TestClient) -> None:
    large = sound(40)
    assert client.post("/transcribe", files={"file": large}).status_code == 413

    def drops() -> Iterator[bytes]:  # no content-length: the size is not known before it is read
        boundary = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        yield boundary
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]
        yield b"\r\n--x--\r\n"

    answer = client.post(
        "/transcribe", content=drops(), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 413
    assert "larger than 1 MiB" in answer.json()["error"]["message"]


def test_every_answer_has_a_number_and_a_line_without_text(client: TestClient, caplog) -> None:
    with caplog.at_level(logging.INFO, "specwhisper.access"):
        own = client.post("/transcribe", files={"file": sound()}, headers={"X-Request-ID": "my-1"})
        made = client.get("/health", headers={"X-Request-ID": "no spaces, please"})
    assert own.headers["x-request-id"] == "my-1"
    assert len(made.headers["x-request-id"]) == 32
    first = json.loads(caplog.records[0].message)
    assert first["request_id"] == "my-1"
    assert (first["route"], first["status"], first["audio_seconds"]) == ("/transcribe", 200, 2.0)
    assert "part" not in caplog.text


def test_metrics_count(client: TestClient) -> None:
    client.post("/transcribe", files={"file": sound()})
    client.get("/secret-name-of-a-stranger")
    text = client.get("/metrics").text
    assert 'specwhisper_requests_total{method="POST",route="/transcribe",status="200"} 1.0' in text
    assert 'specwhisper_audio_seconds_total{pair="base+tiny"} 2.0' in text
    assert "stranger" not in text


def test_keys(echo: Echo) -> None:
    for client in started(echo, api_keys=("one", "two")):
        assert client.get("/").status_code == client.get("/health").status_code == 200
        assert client.get("/models").status_code == 401
        assert client.get("/models", headers={"Authorization": "Bearer three"}).status_code == 401
        assert client.get("/models", headers={"Authorization": "Basic two"}).status_code == 401
        assert client.get("/models", headers={"Authorization": "Bearer two"}).status_code == 200


def test_other_origins_only_where_allowed(echo: Echo, client: TestClient) -> None:
    origin = {"Origin": "https://example.org"}
    assert "access-control-allow-origin" not in client.get("/", headers=origin).headers
    for open_client in started(echo, cors_origins=("https://example.org",)):
        allowed = open_client.get("/", headers=origin).headers["access-control-allow-origin"]
        assert allowed == "https://example.org"


def test_a_full_line_says_when_to_come_again(echo: Echo) -> None:
    echo.delay = 0.5
    for client in started(echo, max_waiting=1):
        answers = []

        def ask(client: TestClient = client, answers: list = answers) -> None:
            answers.append(client.post("/transcribe", files={"file": sound()}))

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
            time.sleep(0.05)
        for thread in threads:
            thread.join()
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200, 200, 429, 429, 429]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert echo.worst == 1


def test_what_takes_too_long_is_given_up(echo: Echo) -> None:
    echo.delay = 0.3
    for client in started(echo, timeout=0.4):
        answer = client.post("/transcribe", files={"file": sound(10)})
        assert answer.status_code == 504
        assert "--timeout" in answer.json()["error"]["message"]
        assert echo.given_up == 1


def test_health_tells_loading_from_ready_and_failed() -> None:
    engine = fake_engine(Echo(), pair="large-v2+tiny")
    with TestClient(create_server(engine, ServerSettings())) as client:
        time.sleep(0.2)
        answer = client.get("/health")
        assert answer.status_code == 503
        assert answer.json()["status"] == "failed"
        assert "large-v2" in answer.json()["reason"]
    with TestClient(create_server(fake_engine(Echo()), ServerSettings(), load_first=False)) as client:
        assert client.get("/health").json()["status"] == "loading"


def test_settings_are_checked() -> None:
    with pytest.raises(OptionError, match="'timeout' must be above zero"):
        ServerSettings(timeout=0)
