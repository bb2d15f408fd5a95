"""What OpenAI's clients and others send, in all the spellings that there are."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from starlette.testclient import TestClient

from specwhisper.server.app import create_server
from specwhisper.server.forms import is_default
from specwhisper.server.settings import ServerSettings
from tests.server.fakes import Echo, fake_engine
from tests.server.raw import FORM, form, part, sound
from tests.server.test_routes import TRANSCRIPTIONS, TRANSLATIONS


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="files"; filename="plain.wav"', "plain.wav"),
        ("name=\"files\"; filename*=UTF-8''na%C3%AFve%20caf%C3%A9.wav", "naïve café.wav"),
        ("name=\"files\"; filename*=iso-8859-1'en'%A3%20rates.wav", "£ rates.wav"),
        ("name=\"files\"; filename*=no-such-set''a.wav", None),
        ("name=\"files\"; filename*=UTF-8''a%22b%5C%0Ac.wav", None),
        ("name=files; filename=bare.wav", "bare.wav"),
        ('name="files"; filename="told.wav"; filename*=UTF-8\'\'better.wav', "told.wav"),
        ('name="files"; filename=""', ""),
        ('name="files"', "recording"),
    ],
)
def test_files_with_any_name_or_none(client: TestClient, disposition: str, name: str | None) -> None:
    body = form(part(disposition, sound()))
    answer = client.post("/transcribe/batch", content=body, headers={"Content-Type": FORM})
    assert answer.status_code == 200, answer.text
    result = answer.json()["results"][0]
    assert result["text"] == "part 0 part 1"
    assert name is None or result["filename"] == name


def test_a_large_file_without_a_name() -> None:
    """Other fields may have a megabyte, and lie in memory."""
    body = form(part('name="model"', b"whisper-1"), part('name="file"', sound(29) + bytes(2**20)))
    with TestClient(create_server(fake_engine(Echo()), ServerSettings())) as client:
        answer = client.post(TRANSCRIPTIONS, content=body, headers={"Content-Type": FORM})
    assert answer.status_code == 200


def test_long_names_come_back_cut(client: TestClient) -> None:
    name = "n" * 5000
    files = [("files", (f"{name[:1000]}.wav", sound(1)))]
    answer = client.post("/transcribe/batch", files=files).json()
    assert len(answer["results"][0]["filename"]) == 200
    for data in (
        {"model": name},
        {"model": "whisper-1", "language": name},
        {"model": "whisper-1", "response_format": name},
        {"model": "whisper-1", "response_format": "verbose_json", "timestamp_granularities": name},
    ):
        answer = client.post(TRANSCRIPTIONS, files={"file": sound(1)}, data=data)
        assert answer.status_code == 400
        assert len(answer.text) < 600
    for data in ({"task": name}, {"language": name}):
        answer = client.post("/transcribe", files={"file": sound(1)}, data=data)
        assert answer.status_code == 400
        assert len(answer.text) < 600
    assert len(client.get(f"/v1/models/{name}").text) < 600
    assert len(client.get(f"/{name}").text) < 600


@pytest.mark.parametrize("path", ["/", "/health"])
def test_head(client: TestClient, path: str) -> None:
    answer = client.head(path)
    assert answer.status_code == client.get(path).status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize("field", ["timestamp_granularities[]", "timestamp_granularities"])
@pytest.mark.parametrize("value", ["word", ["word", "segment"], "word,segment"])
def test_granularities_with_brackets_and_without(
    client, echo: Echo, field: str, value: str | list[str]
) -> None:
    data = {"model": "whisper-1", "response_format": "verbose_json", field: value}
    answer = client.post(TRANSCRIPTIONS, files={"file": sound()}, data=data)
    assert answer.status_code == 200
    assert echo.asked[-1]["timestamps"] == "word"
    assert "words" in answer.json()
    assert ("segments" in answer.json()) is (value != "word")


def test_deltas_add_up_to_the_text(client: TestClient) -> None:
    data = {"model": "whisper-1", "stream": "true"}
    answer = client.post(TRANSCRIPTIONS, files={"file": sound(3)}, data=data)
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    deltas = [event["delta"] for event in events[:-1]]
    assert deltas == ["part 0", " part 1", " part 2"]
    assert "".join(deltas) == events[-1]["text"]


def test_translations_are_english(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"model": "whisper-1", "response_format": "verbose_json"}
    monkeypatch.setattr("tests.server.fakes.LANGUAGE", "nl")
    heard = client.post(TRANSCRIPTIONS, files={"file": sound()}, data=data).json()
    assert (heard["task"], heard["language"]) == ("transcribe", "dutch")
    translated = client.post(TRANSLATIONS, files={"file": sound()}, data=data).json()
    assert (translated["task"], translated["language"]) == ("translate", "english")


NAMES = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-transcribe-2025-03-20",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe-diarize",
)


@pytest.mark.parametrize("name", NAMES)
def test_openais_models_mean_the_servers_own(client: TestClient, name: str) -> None:
    assert client.post(TRANSCRIPTIONS, files={"file": sound()}, data={"model": name}).status_code == 200
    assert client.get(f"/v1/models/{name}").json()["id"] == name


def test_all_that_openais_package_names() -> None:
    package = pytest.importorskip("openai.types")
    assert all(map(is_default, get_args(package.AudioModel)))
    assert not any(
        map(is_default, ("base", "small+tiny", "whisper-base", "gpt-4", "large-v3", "whisper-1+tiny"))
    )
