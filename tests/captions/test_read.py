"""Captions of every form, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specwhisper.captions.captions import laid_out
from specwhisper.captions.read import read_captions
from specwhisper.errors import OptionError
from specwhisper.output.cues import Layout
from specwhisper.output.writers import WRITERS
from tests.output.test_writers import segment, transcript

SRT = (
    "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>,\r\nyou &amp; me.\r\n\r\n"
    "2\r\n00:01:00,5 --> 01:00:02,500\r\n{\\an8}World\r\n"
)
VTT = (
    "WEBVTT Kind: captions\n\nNOTE a remark\n\nintro\n00:01.000 --> 00:02.500 align:start\n"
    "<v Ann>Hello, <00:01.500><c>you</c>\n\n00:03.000 --> 00:04.000\n\n"
)


SAID = transcript(segment(0.5, 1.5, " Hello you."), segment(3723.004, 3725.0, " Bye now."))


def test_subrip() -> None:
    found = read_captions(SRT)
    assert (found.form, found.timed) == ("srt", True)
    assert [(cue.text, cue.start, cue.end) for cue in found.cues] == [
        ("Hello, you & me.", 1.0, 2.5),
        ("World", 60.5, 3602.5),
    ]
    start, end = found.cues[0].place
    assert found.source[start:end] == "<i>Hello</i>,\nyou &amp; me."


def test_webvtt() -> None:
    found = read_captions(VTT.encode())
    assert found.form == "vtt"
    assert [(cue.text, cue.start) for cue in found.cues] == [("Hello, you", 1.0)]


def test_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Caf\xe9  here\n\n and there ".encode("cp1252"))
    found = read_captions(path)
    assert (found.form, found.timed, found.text) == ("txt", False, "Café here and there")
    assert [found.source[slice(*cue.place)] for cue in found.cues] == ["Café  here", "and there"]
    assert read_captions("hello".encode("utf-16")).text == "hello"


@pytest.mark.parametrize("form", [*WRITERS])
def test_what_is_written_here_can_be_read(form: str) -> None:
    found = read_captions(WRITERS[form](SAID, Layout()))
    assert found.form == form
    assert found.text.split() == SAID.text.split()
    if found.timed:
        assert found.cues[0].start == pytest.approx(SAID.segments[0].start, abs=1e-3)


@pytest.mark.parametrize(
    "data",
    [
        {"text": " a b "},
        [{"text": "a", "start": 0, "end": 1}, {"text": "b"}],
        {"segments": [{"text": "a b"}]},
    ],
)
def test_json_of_others(data: object) -> None:
    found = read_captions(json.dumps(data))
    assert (found.form, found.text) == ("json", "a b")
    assert not found.timed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "holds no words"),
        (" \n\t", "holds no words"),
        ("WEBVTT\n\n", "holds no words"),
        (b"\0" * 100, "no text"),
        (Path("/nowhere/a.srt"), "cannot be read"),
        (Path("/"), "cannot be read"),
    ],
)
def test_what_is_none_is_one_sentence(wrong: object, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        read_captions(wrong)  # type: ignore[arg-type]


def test_what_is_no_known_json_is_text() -> None:
    assert read_captions("[music] hello").form == "txt"
    assert read_captions('{"a": 1}').form == "txt"


def test_a_new_text_keeps_the_lines() -> None:
    assert laid_out("one two three four", "aa bb\ncc dd") == "one two\nthree four"
    assert laid_out("one", "aa bb\ncc dd") == "one"
    assert laid_out("a  b", "x") == "a b"
