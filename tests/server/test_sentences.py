"""What is wrong with a form is said in our words, and not in those of the libraries that read it."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from tests.server.fakes import Echo, fake_engine
from tests.server.raw import FORM, form, part, sound
from tests.server.test_routes import TRANSCRIPTIONS

THEIRS = re.compile("input|valid|pars|boundary \\(|index|CR|LF|UploadFile|class|KB|str_|Expected", re.ASCII)
NAMED = {"file": ("a.wav", sound(1))}


@pytest.mark.parametrize(
    ("path", "files", "data", "field", "words"),
    [
        (
            "/transcribe",
            NAMED,
            {"use_speculative": "perhaps"},
            "use_speculative",
            "true or false, not 'perhaps'",
        ),
        (TRANSCRIPTIONS, NAMED, {"model": "m", "stream": "soon"}, "stream", "true or false, not 'soon'"),
        (TRANSCRIPTIONS, NAMED, {"model": "m", "temperature": "warm"}, "temperature", "a number, not 'warm'"),
        (TRANSCRIPTIONS, {**NAMED, "model": b"x"}, {}, "model", "text, not a file"),
        (
            TRANSCRIPTIONS,
            {**NAMED, "timestamp_granularities": b"x"},
            {"model": "m"},
            "timestamp_granularities",
            "text, not a file",
        ),
        ("/transcribe", None, {"file": "talk.mp3"}, "file", "a recording: send it as a file"),
        ("/transcribe/batch", None, {"files": "talk.mp3"}, "files", "a recording: send it as a file"),
        ("/transcribe", {}, {}, "file", "is missing: send a recording in it, as multipart form data"),
        (TRANSCRIPTIONS, NAMED, {}, "model", "is missing or empty: fill it in"),
        (TRANSCRIPTIONS, NAMED, {"model": ""}, "model", "is missing or empty: fill it in"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_may_be(
    client: TestClient, path: str, files: dict | None, data: dict, field: str, words: str
) -> None:
    answer = client.post(path, files=files, data=data)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (422, field)
    assert error["message"].startswith(f"The field {field!r} ")
    assert words in error["message"]
    assert not THEIRS.search(error["message"])


def test_a_long_value_comes_back_cut(client: TestClient) -> None:
    answer = client.post("/transcribe", files=NAMED, data={"use_speculative": "n" * 5000 + "\x1b"})
    assert len(answer.json()["error"]["message"]) < 150


WHOLE = form(part('name="file"; filename="a.wav"', sound(1)))


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (WHOLE, "multipart/form-data", "names no boundary"),
        (b"nothing of a form", FORM, "damaged or breaks off"),
        (WHOLE.removesuffix(b"--x--\r\n"), FORM, "damaged or breaks off"),
        (WHOLE[: len(WHOLE) // 2], FORM, "damaged or breaks off"),
        (b"", FORM, "damaged or breaks off"),
        (WHOLE.replace(b"--x\r\n", b"--x\rq", 1), FORM, "damaged or breaks off"),
        (WHOLE.replace(b"Content-Disposition:", b"Content Disposition\x01:"), FORM, "damaged or breaks off"),
        (form(part("filename=a.wav", sound(1))), FORM, "no name"),
        (form(*[part('name="model"', b"")] * 1001), FORM, "more fields"),
        (form(*[part('name="files"; filename="a"', b"")] * 1001), FORM, "more files"),
        (b"a=1&" * 1001, "application/x-www-form-urlencoded", "more fields"),
    ],
)
def test_a_form_that_cannot_be_read_is_one_sentence(
    client: TestClient, body: bytes, kind: str, words: str
) -> None:
    answer = client.post("/transcribe/batch", content=body, headers={"Content-Type": kind})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, 400)
    assert error["message"].startswith("The form cannot be read: ")
    assert words in error["message"]
    assert not THEIRS.search(error["message"])


def test_text_has_a_limit_of_its_own() -> None:
    body = form(part('name="model"', bytes(2**20 + 1)))
    with TestClient(create_server(fake_engine(Echo()), ServerSettings())) as client:
        answer = client.post("/transcribe", content=body, headers={"Content-Type": FORM})
    assert answer.status_code == 400
    assert "a field of text is larger than 1 MiB" in answer.json()["error"]["message"]
