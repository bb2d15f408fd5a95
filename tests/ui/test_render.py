"""The HTML we build ourselves: complete, and safe whatever was said."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise, product

import pytest

from specwhisper.errors import AudioError, GivenUpError
from specwhisper.output.linked import pieces_of
from specwhisper.output.palette import VERDICT_COLOURS
from specwhisper.results import Comparison
from specwhisper.ui.config import find_assets
from specwhisper.ui.grid import grid_html
from specwhisper.ui.page import (
    error_html,
    footer_html,
    header_html,
    pair_error_html,
    pair_label,
    pair_note_html,
)
from specwhisper.ui.render import numbers_html, verdict_html
from specwhisper.ui.texts import coloured, texts_html
from specwhisper.ui.theme import build_css
from specwhisper.ui.transcript_html import transcript_html
from specwhisper.ui.vocabulary_tab import lookup_html, overview_html
from specwhisper.vocabulary.inspect import overview
from specwhisper.vocabulary.lookup import look_up
from specwhisper.vocabulary.specials import Vocabulary
from tests.ui.comparisons import HOSTILE, make_comparison
from tests.ui.fakes import PAIRS, FakeCodec


class Reader(HTMLParser):
    """Checks that tags nest, and collects them and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.classes: list[str] = []
        self.text = ""
        self.feed(page)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "wbr":  # has no end
            self.open.append(tag)
        self.classes += (dict(attrs).get("class") or "").split()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def texts_of(comparison: Comparison, audio: str = "/tmp/sound.wav") -> str:
    return texts_html(comparison, pieces_of(comparison.speculative), audio)


def grid_of(comparison: Comparison) -> str:
    return grid_html(comparison, pieces_of(comparison.speculative))


@pytest.mark.parametrize("differ_at", [None, 4])
def test_what_was_said_stays_text(differ_at: int | None) -> None:
    comparison = make_comparison(HOSTILE, differ_at=differ_at)
    for page in (
        verdict_html(comparison),
        numbers_html(comparison),
        texts_of(comparison),
        grid_of(comparison),
    ):
        reader = Reader(page)
        assert not {"script", "b"} & set(reader.tags)
    assert HOSTILE in Reader(coloured(comparison.baseline)).text


def test_coloured_text_is_the_text() -> None:
    transcript = make_comparison().speculative
    reader = Reader(coloured(transcript))
    assert reader.text == transcript.text
    assert set(reader.classes) == {"sw-accepted", "sw-correction", "sw-bonus"}


def test_a_transcript_without_pieces_is_still_escaped() -> None:
    transcript = replace(make_comparison(HOSTILE).baseline, pieces=())
    assert Reader(coloured(transcript)).text == HOSTILE


def test_what_is_wrong_with_a_recording_is_told() -> None:
    comparison = make_comparison()
    warned = replace(comparison.speculative, warnings=("<b> breaks off.",))
    for page in (
        numbers_html(replace(comparison, speculative=warned)),
        transcript_html(warned, "/tmp/sound.wav"),
    ):
        assert '<p class="sw-warning" lang="en">&lt;b&gt; breaks off.</p>' in page
        Reader(page)
    assert "sw-warning" not in numbers_html(comparison)


def test_the_first_difference_is_marked_in_both() -> None:
    page = texts_of(make_comparison(differ_at=5))
    assert page.count("sw-first-difference") == 2
    assert "sw-first-difference" not in texts_of(make_comparison())


def test_bands_begin_at_words() -> None:
    """A span never starts with a space unless the span before it is of the same origin."""
    spans = re.findall(r'<span class="(sw-\w+)[^>]*>([^<]*)', coloured(make_comparison().speculative))
    for (before, _), (origin, text) in pairwise(spans):
        assert before == origin or not text.startswith(" ")


def test_the_verdict_says_slower_when_it_is() -> None:
    assert "1.40× faster decode" in Reader(verdict_html(make_comparison())).text
    assert "slower decode" in Reader(verdict_html(make_comparison(speed=0.8))).text
    assert "sw-differs" in verdict_html(make_comparison(differ_at=2))


def test_a_token_is_shown_as_text() -> None:
    small = Vocabulary(51_865)
    page = Reader(lookup_html(look_up('<b>"x"', small, Vocabulary(51_864), FakeCodec)))
    assert "b" not in page.tags
    assert "<60" in page.text
    for pair in product((51_864, 51_865, 51_866), repeat=2):
        Reader(overview_html(overview(*map(Vocabulary, pair))))


def test_silence() -> None:
    assert "No speech was heard" in Reader(texts_of(make_comparison("", duration=0.0))).text


def test_every_token_of_the_text_is_a_cell_of_the_grid() -> None:
    comparison = make_comparison()
    cells = re.findall(r'<td class="sw-cell-(\w+)" data-piece="(\d+)"', grid_of(comparison))
    own = [int(piece) for kind, piece in cells if kind != "rejected"]
    assert own == [*range(len(comparison.speculative.pieces))]
    corrected = [piece for kind, piece in cells if kind == "correction"]
    assert corrected == [piece for kind, piece in cells if kind == "rejected"], (
        "it leads to what stands instead"
    )


def test_a_correction_says_what_the_draft_heard() -> None:
    page = texts_of(make_comparison())
    assert re.search(r'class="sw-correction"[^>]* title="The draft heard “[^”]+”, main wrote “[^”]+”"', page)
    assert "Next correction" in page
    assert "<audio" in page and "<audio" not in texts_of(make_comparison(), audio="")


def test_of_thousands_of_cycles_the_first_are_shown() -> None:
    page = grid_of(make_comparison(repeat=60))
    assert page.count("<tr") == 1 + 300
    assert "the first 300 are shown" in page
    assert page.count("sw-grid-window") > 20
    Reader(page)


def test_an_error_is_escaped() -> None:
    page = error_html(AudioError("<img src=x> is not audio"))
    assert Reader(page).text.endswith("<img src=x> is not audio")
    assert 'role="alert"' in page


def test_an_end_that_was_asked_for_is_no_alarm() -> None:
    page = error_html(GivenUpError("Stopped before the comparison was done."))
    assert 'role="status"' in page
    assert "!" not in Reader(page).text


@pytest.mark.parametrize("state", PAIRS)
def test_pairs_say_what_they_need(state) -> None:
    note = Reader(pair_note_html(state)).text
    label = pair_label(state)
    assert state.detail in note
    assert label.startswith(state.name)
    assert {"ready": "ready", "can be fetched": "250 MB", "unavailable": "not available"}[
        state.state
    ] in label
    assert state.kind.capitalize() in note
    assert state.meaning in note


def test_what_was_typed_as_a_pair_stays_text() -> None:
    assert Reader(pair_error_html("No <b>pair</b>.")).text.endswith("No <b>pair</b>.")


def test_held_back_tokens_are_counted_where_proposals_travel_as_bytes() -> None:
    plain = make_comparison()
    assert "Held back" not in numbers_html(plain)
    stats = replace(plain.speculative.stats, draft="tiny.en")
    crossed = replace(plain, speculative=replace(plain.speculative, stats=stats))
    assert "Held back0" in Reader(numbers_html(crossed)).text
    cycles = (*stats.cycles, replace(stats.cycles[0], held_back=3))
    crossed = replace(plain, speculative=replace(plain.speculative, stats=replace(stats, cycles=cycles)))
    assert "Held back3" in Reader(numbers_html(crossed)).text


def test_the_page_frame_is_whole(tmp_path) -> None:
    for seconds, said in ((3600, "1 hour and"), (7200, "2 hours"), (600, "10 minutes"), (5, "1 minute and")):
        assert said in Reader(footer_html(seconds)).text
    Reader(header_html(tmp_path / "no-logo.svg"))


def test_one_palette_for_figures_and_text() -> None:
    css = build_css(find_assets() / "css")
    for name, colour in VERDICT_COLOURS.items():
        assert f"--sw-{name}: {colour};" in css
    used = set(re.findall(r"var\(--sw-([\w-]+)\)", css))
    assert used <= set(VERDICT_COLOURS)


def test_the_style_sheets_ask_nobody_for_anything() -> None:
    assert not re.search(r"url\(|@import|https?:", build_css(find_assets() / "css"))
