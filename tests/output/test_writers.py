"""Files that other programs read: real parsers agree with what is in them."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
import srt
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as some

from specwhisper.errors import OptionError
from specwhisper.output.cues import Layout, cues_of
from specwhisper.output.writers import WRITERS, to_srt, to_tsv, to_txt, to_vtt
from specwhisper.results import Seconds, Segment, Stats, Transcript, Word

LONG = " It was the best of times, it was the worst of times, it was the age of wisdom."


def transcript(*segments: Segment) -> Transcript:
    stats = Stats("greedy", "base", None, "fp32", "cpu", (), Seconds())
    text = "".join(segment.text for segment in segments).strip()
    return Transcript(text, "en", 100.0, tuple(segments), (), stats)


def segment(start: float, end: float, text: str, *, words: bool = False) -> Segment:
    parts = text.split()
    step = (end - start) / max(len(parts), 1)
    timed = (Word(start + step * i, start + step * (i + 1), f" {part}", 0.9) for i, part in enumerate(parts))
    return Segment(start, end, text, (), words=tuple(timed) if words else ())


TWO = transcript(segment(0.0, 1.5, " Hello <b> & you."), segment(3723.004, 3725.0, " Bye --> now."))


def test_txt_has_a_line_per_segment() -> None:
    assert to_txt(TWO) == "Hello <b> & you.\nBye --> now.\n"


def test_srt_is_read_by_a_parser() -> None:
    first, second = srt.parse(to_srt(TWO))
    assert (first.index, first.content) == (1, "Hello <b> & you.")
    assert second.start.total_seconds() == 3723.004
    assert "-->" not in second.content


def test_vtt_is_read_by_a_parser() -> None:
    first, second = webvtt.from_buffer(io.StringIO(to_vtt(TWO)))
    assert (first.start, first.end) == ("00:00:00.000", "00:00:01.500")
    assert "&lt;b&gt; &amp; you." in first.raw_text
    assert second.start == "01:02:03.004"


def test_vtt_marks_words_inside_their_cue_in_order() -> None:
    written = to_vtt(transcript(segment(10.0, 14.0, LONG, words=True)))
    (cue,) = webvtt.from_buffer(io.StringIO(written))
    assert cue.text == LONG.strip()
    assert "<00:00:10.222><c> was</c>" in cue.raw_text


def test_tsv_is_a_table_in_milliseconds() -> None:
    rows = [line.split("\t") for line in to_tsv(transcript(segment(0.5, 1.0, " a\tb\nc"))).splitlines()]
    assert rows == [["start", "end", "text"], ["500", "1000", "a b c"]]


@pytest.mark.parametrize("words", [False, True])
def test_lines_are_no_longer_and_no_more_than_asked(words: bool) -> None:
    cues = cues_of(transcript(segment(0.0, 8.0, LONG, words=words)), Layout(width=20, lines=2))
    assert len(cues) > 1
    assert all(len(line) <= 20 for cue in cues for line in cue.lines)
    assert all(len(cue.lines) <= 2 for cue in cues)
    assert " ".join(line for cue in cues for line in cue.lines) == LONG.strip()


@pytest.mark.parametrize("options", [{"width": 5}, {"width": 9999}, {"width": 20, "lines": 0}, {"lines": 2}])
def test_impossible_layouts_are_refused(options) -> None:
    with pytest.raises(OptionError):
        Layout(**options)


@pytest.mark.parametrize("form", WRITERS)
def test_an_empty_transcript_is_a_file_too(form: str) -> None:
    written = WRITERS[form](transcript(), Layout())
    assert list(srt.parse(written)) == [] if form == "srt" else isinstance(written, str)


@settings(max_examples=60, deadline=None)
@given(
    some.lists(
        some.tuples(some.floats(0, 5), some.floats(0, 5), some.text(min_size=1, max_size=60)), max_size=6
    ),
    some.booleans(),
    some.sampled_from([Layout(), Layout(width=12), Layout(width=15, lines=1)]),
)
def test_cues_are_in_order_apart_and_not_empty(parts, words: bool, layout: Layout) -> None:
    at, segments = 0.0, []
    for gap, length, text in parts:
        segments.append(segment(at + gap, at + gap + length, text, words=words))
        at += gap + length
    made = transcript(*segments)
    cues = cues_of(made, layout)
    assert all(cue.start < cue.end for cue in cues)
    assert all(one.end <= other.start for one, other in pairwise(cues))
    assert all(any(line.strip() for line in cue.lines) for cue in cues)
    assert len(list(srt.parse(to_srt(made, layout)))) == len(cues)
    assert len(list(webvtt.from_buffer(io.StringIO(to_vtt(made, layout))))) == len(cues)
