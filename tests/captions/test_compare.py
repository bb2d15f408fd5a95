"""The words of captions beside main's, and the file with other words."""

from __future__ import annotations

import json

import pytest
import srt
import webvtt

from specwhisper.captions.compare import compare_words, pieces_of
from specwhisper.captions.read import read_captions
from specwhisper.captions.write import rewritten
from specwhisper.results import Word

SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\nHello, you\nand me.\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\n<i>Bye</i> now\n"
)
VTT = (
    "WEBVTT\n\nNOTE kept\n\n1\n00:01.000 --> 00:02.000 align:start\nHello & you\n\n"
    "00:03.000 --> 00:04.000\nBye\n"
)


def words(text: str) -> list[Word]:
    return [Word(at, at + 1.0, f" {each}", 0.9) for at, each in enumerate(text.split())]


def kinds(captions: str, main: str) -> list[tuple[str, str]]:
    pieces, said = pieces_of(read_captions(captions)), words(main)
    return [
        (
            "equal" if each.equal else each.kind,
            " ".join(piece.text for piece in pieces[slice(*each.captions)])
            + "|"
            + "".join(word.text for word in said[slice(*each.main)]).strip(),
        )
        for each in compare_words(pieces, said)
    ]


def test_every_kind_of_difference() -> None:
    assert kinds("we read the the book", "We red the book today.") == [
        ("equal", "we|We"),
        ("replaced", "read|red"),
        ("equal", "the|the"),
        ("added", "the|"),
        ("equal", "book|book"),
        ("missing", "|today."),
    ]


@pytest.mark.parametrize(
    ("captions", "main"),
    [("Any one there -", "anyone there"), ("HELLO, YOU", "Hello you."), ("cold-hearted", "cold hearted")],
)
def test_case_punctuation_and_blanks_are_no_difference(captions: str, main: str) -> None:
    assert {kind for kind, _ in kinds(captions, main)} == {"equal"}


def test_what_differs_in_blanks_only_is_cut_off_a_difference() -> None:
    assert kinds("an ill-disposed very young man", "an ill disposed young man") == [
        ("equal", "an|an"),
        ("equal", "ill-disposed|ill disposed"),
        ("added", "very|"),
        ("equal", "young man|young man"),
    ]


def test_scripts_without_blanks_are_compared_sign_by_sign() -> None:
    pieces = pieces_of(read_captions("今日は、天気"))
    assert [piece.text for piece in pieces] == ["今", "日", "は、", "天", "気"]


def test_a_changed_cue_keeps_its_times_and_lines_and_the_rest_of_the_file() -> None:
    found = rewritten(read_captions(SRT), {0: "Hello, all of you and me."})
    assert found.splitlines()[1:4] == ["00:00:01,000 --> 00:00:02,500", "Hello, all of you", "and me."]
    assert found.splitlines()[5:] == SRT.splitlines()[5:]
    assert [each.start.total_seconds() for each in srt.parse(found)] == [1.0, 3.0]
    assert rewritten(read_captions(SRT), {}) == SRT


def test_webvtt_keeps_notes_and_settings() -> None:
    found = rewritten(read_captions(VTT), {0: "Hello < all", 1: ""})
    assert found.startswith("WEBVTT\n\nNOTE kept\n\n1\n00:01.000 --> 00:02.000 align:start\nHello &lt; all\n")
    assert [cue.start for cue in webvtt.from_string(found)] == ["00:00:01.000", "00:00:03.000"]


def test_json_loses_what_belonged_to_the_old_words() -> None:
    data = {
        "text": "a b c",
        "segments": [{"text": " a b", "words": []}, {"text": " c", "words": [1]}],
        "x": 1,
    }
    found = json.loads(rewritten(read_captions(json.dumps(data)), {0: "a z"}))
    assert found == {"text": "a z c", "segments": [{"text": " a z"}, {"text": " c", "words": [1]}], "x": 1}
    assert json.loads(rewritten(read_captions('{"text": "a"}'), {0: "b"})) == {"text": "b"}


def test_tables_and_text() -> None:
    assert (
        rewritten(read_captions("start\tend\ttext\n0\t900\ta b\n"), {0: "c"})
        == "start\tend\ttext\n0\t900\tc\n"
    )
    assert rewritten(read_captions("one\n\n two \n"), {1: "three"}) == "one\n\n three \n"
