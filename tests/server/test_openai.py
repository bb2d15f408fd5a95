"""OpenAI's own package against the real server with real models."""

from __future__ import annotations

import io
import threading
import time
import wave

import httpx
import pytest

from tests.clips import ENGLISH, SECOND, longest, path_of

openai = pytest.importorskip("openai")

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none needed", max_retries=0)


@pytest.fixture(scope="module")
def expected(real_pair) -> str:
    return real_pair("base+tiny").transcribe(path_of(ENGLISH), language="en").text


def test_all_response_formats(client, expected: str) -> None:
    def ask(form: str, **options: object):
        with path_of(ENGLISH).open("rb") as file:
            return client.audio.transcriptions.create(
                file=file, model="base+tiny", language="en", response_format=form, **options
            )

    assert ask("json").text == expected
    assert ask("text") == expected + "\n"
    assert ask("srt").startswith("1\n00:00:0")
    assert ask("vtt").startswith("WEBVTT\n\n00:00:0")
    verbose = ask("verbose_json", timestamp_granularities=["word", "segment"])
    assert verbose.text == expected
    assert verbose.language == "english"
    assert "".join(segment.text for segment in verbose.segments).strip() == expected
    assert "".join(word.word for word in verbose.words) == expected.replace(" ", "")
    times = [time for word in verbose.words for time in (word.start, word.end)]
    assert times == sorted(times)


def test_translations(client) -> None:
    with path_of(ENGLISH).open("rb") as file:
        translated = client.audio.translations.create(file=file, model="whisper-1")
    assert ENGLISH.phrase in translated.text.lower()


def test_streams(client, expected: str) -> None:
    with path_of(ENGLISH).open("rb") as file:
        stream = client.audio.transcriptions.create(file=file, model="whisper-1", language="en", stream=True)
        events = list(stream)
    assert [event.type for event in events][-1] == "transcript.text.done"
    assert events[-1].text == expected
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert "".join(deltas).strip() == expected


def test_refusals_are_the_packages_own_exceptions(client, tmp_path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"nonsense")
    with broken.open("rb") as file, pytest.raises(openai.APIStatusError) as refused:
        client.audio.transcriptions.create(file=file, model="whisper-1")
    assert refused.value.status_code == 415
    with path_of(SECOND).open("rb") as file, pytest.raises(openai.BadRequestError, match="moon"):
        client.audio.transcriptions.create(file=file, model="moon")


def test_models(client) -> None:
    assert "base+tiny" in [model.id for model in client.models.list()]


def test_many_clients_at_once_get_their_own_text(url: str, expected: str) -> None:
    texts: dict[int, str] = {}
    clips = (ENGLISH, SECOND)

    def ask(number: int) -> None:
        with path_of(clips[number % 2]).open("rb") as file:
            answer = httpx.post(
                f"{url}/transcribe", files={"file": file}, data={"language": "en"}, timeout=120
            )
        texts[number] = answer.json()["text"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert {texts[number] for number in range(0, 6, 2)} == {expected}
    assert len({texts[number] for number in range(1, 6, 2)}) == 1
    assert SECOND.phrase in texts[1]


def test_who_leaves_stops_the_work(url: str) -> None:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes((longest(300) * 2**15).astype("<i2").tobytes())
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}/transcribe", files={"file": written.getvalue()}, timeout=2)
    began = time.monotonic()
    with path_of(SECOND).open("rb") as file:
        assert httpx.post(f"{url}/transcribe", files={"file": file}, timeout=60).status_code == 200
    assert time.monotonic() - began < 15  # the five minutes would have taken longer
