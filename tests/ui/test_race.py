"""The race: what each pass wrote, worked out from a comparison; and as the browser plays it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from specwhisper.results import Comparison, Cycle, Piece
from specwhisper.ui.config import find_assets
from specwhisper.ui.race import MOST, Lane, race_html, race_of, recorded_race
from tests.ui.browser import opened
from tests.ui.comparisons import HOSTILE, SPEECH, make_comparison
from tests.ui.conftest import Served
from tests.ui.test_browser import PATIENCE, change, result

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def text_of(lane: Lane) -> str:
    return "".join(text for each in lane for text, _ in each.written)


def milliseconds(lane: Lane) -> float:
    return sum(each.draft_ms + each.verify_ms for each in lane)


@pytest.mark.parametrize("seed", range(5))
def test_both_lanes_write_the_text_in_the_passes_and_times_of_the_run(seed: int) -> None:
    comparison = make_comparison(seed=seed)
    race = race_of(comparison)
    assert race is not None
    assert race.whole and race.identical
    for lane, transcript in ((race.alone, comparison.baseline), (race.drafted, comparison.speculative)):
        assert text_of(lane).strip() == transcript.text
        assert len(lane) == len(transcript.stats.cycles)
        assert milliseconds(lane) == pytest.approx(1e3 * transcript.stats.seconds.decode, rel=0.01)
    origins = [origin for each in race.drafted for _, origin in each.written]
    assert origins == [piece.origin for piece in comparison.speculative.pieces]


def test_of_a_long_recording_the_first_window_races() -> None:
    race = race_of(make_comparison(repeat=3))
    assert race is not None
    assert not race.whole
    assert text_of(race.alone).strip() == SPEECH
    assert text_of(race.drafted).strip().startswith(SPEECH)  # its made-up cycles know no end of a window
    long = race_of(make_comparison(SPEECH * 6))
    assert long is not None
    assert len(long.alone) == MOST


def test_a_character_of_several_tokens_is_written_when_it_is_whole() -> None:
    comparison = make_comparison("abc")
    whole = replace(
        comparison.baseline,
        pieces=(Piece("\u732b", (1, 2, 3), "main"),),
        token_text={1: "\\xe7", 2: "\\x8c", 3: "\\xab", 4: "<|endoftext|>"},
    )
    alone = replace(whole, stats=replace(whole.stats, cycles=tuple(Cycle((), 0, t) for t in (1, 2, 3, 4))))
    cycles = (Cycle((1, 2), 2, 3), Cycle((), 0, 4))
    drafted = replace(whole, stats=replace(comparison.speculative.stats, cycles=cycles))
    race = race_of(replace(comparison, baseline=alone, speculative=drafted))
    assert race is not None
    assert [each.written for each in race.alone] == [(), (), (("\u732b", "main"),), ()]
    assert [len(each.written) for each in race.drafted] == [1, 0]


def without_draft(comparison: Comparison) -> Comparison:
    return replace(comparison, speculative=comparison.baseline)


def tried_again(comparison: Comparison) -> Comparison:
    """The first try wrote something else than what counts."""
    stats = comparison.speculative.stats
    stats = replace(stats, cycles=(*stats.cycles[1:], *stats.cycles))
    return replace(comparison, speculative=replace(comparison.speculative, stats=stats))


@pytest.mark.parametrize("changed", [without_draft, tried_again])
def test_where_there_is_nothing_to_see_there_is_no_race(changed) -> None:
    assert race_of(changed(make_comparison())) is None
    assert race_of(make_comparison("")) is None
    assert race_html(None) == ""


def test_what_was_said_stays_text() -> None:
    html = race_html(race_of(make_comparison(HOSTILE)))
    assert "<script" not in html
    assert "</span> done" not in html


def test_the_recorded_race_is_that_of_the_how_it_works_tab() -> None:
    record = find_assets() / "how" / "decode.json"
    cycles = json.loads(record.read_text("utf-8"))["cycles"]
    race = recorded_race(record, {"john-dashwood.flac": "A title"})
    assert race is not None
    assert text_of(race.alone) == text_of(race.drafted)
    assert len(race.drafted) == len(cycles)
    assert milliseconds(race.drafted) == pytest.approx(
        sum(each["draft_ms"] + each["verify_ms"] for each in cycles)
    )
    assert "Pass by pass: A title (recorded)" in race_html(race)
    assert recorded_race(record.with_name("none.json"), {}) is None


FASTER = "const frame = requestAnimationFrame; requestAnimationFrame = then => frame(now => then(8 * now));"


COUNTED = """() => {
    window.counted = [];
    const race = document.getElementById("race");
    new MutationObserver(() => counted.push(Number(race.querySelector("[data-part=passes]")?.textContent)))
        .observe(race, {subtree: true, childList: true});
}"""
"""Keeps how many passes main alone is shown to have made, whenever that changes."""


def hurried(browser: Browser, url: str, **options: str) -> Iterator[Page]:
    """The page, with animations eight times as fast."""
    for page in opened(browser, url, **options):
        page.add_init_script(FASTER)
        page.reload()
        page.wait_for_selector("#run")
        yield page


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    yield from hurried(browser, served.url)


def lanes(page: Page) -> list[tuple[str, int]]:
    """Text and passes of both."""
    return [
        (
            page.inner_text(f"#race [data-lane={name}] [data-part=text]"),
            int(page.inner_text(f"#race [data-lane={name}] [data-part=passes]")),
        )
        for name in ("alone", "drafted")
    ]


@pytest.mark.browser
def test_it_plays_and_ends_in_both_texts(page: Page) -> None:
    run = page.evaluate("document.querySelector('.sw-race')?.dataset.run")
    page.evaluate(COUNTED)
    for number in range(2):  # the second result plays as well
        if number:
            change(page)
        page.locator(".sw-example").nth(number).click()
        page.wait_for_function(
            "run => (document.querySelector('.sw-race')?.dataset.run ?? run) !== run",
            arg=run,
            timeout=PATIENCE,
        )
        page.locator("#race").scroll_into_view_if_needed()
        run = page.evaluate("document.querySelector('.sw-race').dataset.run")
        page.locator("#race .sw-race-over").wait_for(timeout=PATIENCE)
        result(page)
        (alone, all_passes), (drafted, fewer) = lanes(page)
        assert all_passes > fewer
        assert len({passes for passes in page.evaluate("counted.splice(0)") if 0 < passes < all_passes}) > 1
        assert alone == drafted == page.inner_text(".sw-baseline .sw-text")
        end = page.inner_text("#race [data-part=end]")
        assert f"The same text: {fewer} passes of main instead of {all_passes}, " in end
        assert re.search(r"Slowed down|Sped up|true speed", page.inner_text("#race [data-part=pace]"))


@pytest.mark.browser
def test_it_plays_again_and_is_gone_with_an_error(browser: Browser, fake_app: Served) -> None:
    for page in hurried(browser, fake_app.url, reduced_motion="reduce"):
        page.click("#run")
        page.locator("#verdict .sw-error").wait_for()
        assert page.locator(".sw-race").count() == 0
        page.locator(".sw-example").first.click()
        result(page)
        page.locator("#race").scroll_into_view_if_needed()
        page.locator("#race .sw-race-over").wait_for(timeout=2000)  # the end at once: nothing moves
        ended = lanes(page)
        # It is over within moments: what it counts is written down as it goes by, not looked for.
        page.evaluate(
            """() => {
                window.counted = [];
                const race = document.querySelector("#race"), count = () => window.counted.push(
                    Number(race.querySelector("[data-part=passes]").textContent));
                new MutationObserver(count).observe(race, {subtree: true, childList: true});
            }"""
        )
        page.get_by_role("button", name="Play again").click()
        page.wait_for_function("window.counted.some(passes => passes < 9)")
        page.locator("#race .sw-race-over").wait_for(timeout=PATIENCE)
        assert lanes(page) == ended


@pytest.mark.browser
@pytest.mark.weights
def test_a_recorded_one_is_there_on_the_first_visit(browser: Browser, real_app: Served) -> None:
    for page in opened(browser, real_app.url, reduced_motion="reduce"):
        page.locator("#race").scroll_into_view_if_needed()
        page.locator("#race .sw-race-over").wait_for(timeout=5000)
        (alone, passes), (drafted, fewer) = lanes(page)
        assert alone == drafted != ""
        assert passes > fewer
        assert "(recorded)" in page.inner_text("#race h2")
        page.click("#run")  # without a recording
        page.locator("#verdict .sw-error").wait_for()
        page.locator("#race .sw-race-over").wait_for(timeout=5000)  # it is there still
