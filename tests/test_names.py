"""Whatever a name holds, a message is one short printable line, and JSON can be read by anybody."""

from __future__ import annotations

import json
import os

import pytest

from specwhisper import cli, terminal
from specwhisper.audio.source import label
from specwhisper.names import legible, shown, spelled

LATIN_1 = os.fsdecode("caf\u00e9.wav".encode("latin-1"))


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("talk.wav", "talk.wav"),
        ("小さな 声\u3000\u00e9.wav", "小さな 声\u3000\u00e9.wav"),
        ("👩\u200d🚀.mp3", "👩\u200d🚀.mp3"),
        (LATIN_1, "caf\\xe9.wav"),
        ("a\nb\t\x1b[31m.wav", "a\\nb\\t\\x1b[31m.wav"),
        ("gpj.\u202eexe\u2028", "gpj.\\u202eexe\\u2028"),
        ("\ud800", "\\ud800"),
    ],
)
def test_names_are_printed_on_one_line(name: str, printed: str) -> None:
    assert shown(name) == legible(name) == printed
    assert label(name) == f"'{printed}'"


def test_long_names_are_cut_at_200_characters() -> None:
    assert shown("x" * 200) == "x" * 200
    assert shown("x" * 201) == "x" * 197 + "..."
    assert len(shown("\x1b" * 10_000)) == 200


def test_json_has_the_whole_name_without_lone_surrogates() -> None:
    assert spelled(f"{LATIN_1}\n{'x' * 300}") == f"caf\\xe9.wav\n{'x' * 300}"
    json.dumps(spelled(LATIN_1), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ["transcribe", "a.wav", "--pair", "{}"],
        ["transcribe", "a.wav", "--language", "{}"],
        ["transcribe", "a.wav", "--output-format", "{}"],
        ["transcribe", "a.wav", "--nonsense{}"],
        ["transcribe", "{}"],
        ["benchmark", "--dataset", "{}"],
        ["benchmark", "compare", "{}", "{}"],
        ["fetch", "{}"],
    ],
)
def test_whatever_is_echoed_is_short_and_printable(arguments: list[str], capsys) -> None:
    hostile = "\x1b[31m\udce9" + "x" * 3000
    try:
        assert cli.main([word.format(hostile) for word in arguments]) in (1, 2)
    except SystemExit as stopped:
        assert stopped.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert len(line) < 900


def test_a_complaint_is_one_line_whatever_is_quoted(capsys) -> None:
    terminal.complain("no\nsuch \x1b[31m\udce9 file")
    assert capsys.readouterr().err == "specwhisper: no\\nsuch \\x1b[31m\\xe9 file\n"
