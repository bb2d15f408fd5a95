"""What of a comparison can be passed on, worked out and in the browser."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from specwhisper.results import Comparison
from specwhisper.ui.config import find_assets
from specwhisper.ui.race import race_html, race_of
from specwhisper.ui.share import picture, replay_html, share_html
from tests.ui.browser import opened
from tests.ui.comparisons import HOSTILE, make_comparison
from tests.ui.conftest import Served
from tests.ui.test_browser import PATIENCE, result

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def replay_of(comparison: Comparison, assets: Path | None = None) -> str:
    return replay_html(comparison, race_html(race_of(comparison)), assets or find_assets())


def test_a_picture_has_the_numbers_of_the_run() -> None:
    comparison = make_comparison()
    drawn = picture(comparison)
    assert drawn["passes"] == [
        len(comparison.baseline.stats.cycles),
        len(comparison.speculative.stats.cycles),
    ]
    assert drawn["total"][1] == comparison.speculative.stats.seconds.total
    assert len(drawn["ticks"]) == len(comparison.speculative.tokens)
    assert drawn["quote"] == comparison.speculative.text


def test_text_is_text_whatever_it_looks_like() -> None:
    comparison = make_comparison(HOSTILE)
    for page in (share_html(comparison, 3600), replay_of(comparison)):
        assert "<img" not in page
        assert 'c-"><b>' not in page
        assert "<script>window" not in page
    data = share_html(comparison, 3600).split('data-picture="')[1].split('"')[0]
    assert json.loads(unescape(data))["quote"] == comparison.speculative.text


def test_a_replay_needs_nothing_else() -> None:
    page = replay_of(make_comparison())
    assert "http://" not in page and "https://" not in page
    assert replay_of(make_comparison(), Path("nowhere")) == ""


@pytest.fixture(scope="module")
def done(browser: Browser, fake_app: Served) -> Iterator[Page]:
    """A page with a result; the tests take it along one after another."""
    for page in opened(browser, fake_app.url):
        page.set_input_files("#recording input[type=file]", fake_app.recording)
        page.wait_for_selector("#recording #waveform, #recording .waveform-container", timeout=PATIENCE)
        page.click("#run")
        result(page)
        page.wait_for_function("location.search.includes('run=c-')")
        yield page


def test_a_reload_and_a_link_show_the_result_again(done: Page, browser: Browser, fake_app: Served) -> None:
    said = done.inner_text("#verdict h2")
    words = done.inner_text("#text .sw-speculative .sw-text")
    done.reload()
    done.wait_for_selector("#verdict .sw-verdict", timeout=PATIENCE)
    assert done.inner_text("#verdict h2") == said
    for other in opened(browser, fake_app.url):
        other.goto(done.url)
        other.wait_for_selector("#text .sw-speculative .sw-text", timeout=PATIENCE)
        assert other.inner_text("#text .sw-speculative .sw-text") == words
        other.wait_for_selector("#timeline .js-plotly-plot", timeout=PATIENCE)


def test_a_link_that_expired_says_so(browser: Browser, fake_app: Served) -> None:
    for page in opened(browser, fake_app.url):
        page.goto(f"{fake_app.url}?run=c-long-gone")
        page.wait_for_selector("#verdict .sw-error", timeout=PATIENCE)
        assert "no longer kept" in page.inner_text("#verdict")


@pytest.mark.parametrize("quoted", [False, True])
def test_the_picture_is_a_png_of_its_size(done: Page, tmp_path: Path, quoted: bool) -> None:
    if quoted:
        done.check("#share [data-part=quote]")
    with done.expect_download() as waiting:
        done.click("#share [data-go=picture]")
    content = Path(waiting.value.path()).read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (1200, 630)


def test_the_link_is_copied(done: Page) -> None:
    done.context.grant_permissions(["clipboard-read", "clipboard-write"])
    done.click("#share [data-go=link]")
    done.wait_for_function("document.querySelector('#share [data-part=said]').textContent.includes('1 hour')")
    assert done.evaluate("navigator.clipboard.readText()") == done.url


def test_on_a_phone_its_buttons_wrap(browser: Browser, fake_app: Served) -> None:
    for page in opened(browser, fake_app.url, viewport={"width": 390, "height": 800}):
        page.click("#compare .sw-example >> nth=1")
        result(page)
        box = page.locator("#share label").bounding_box()
        assert box
        assert box["x"] + box["width"] <= 390


def test_the_replay_plays_by_itself(done: Page, browser: Browser, tmp_path: Path) -> None:
    with done.expect_download() as waiting:
        done.click("#replay")
    file = tmp_path / "replay.html"
    waiting.value.save_as(file)
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.goto(file.as_uri())
    page.wait_for_selector(".sw-race-over")
    words = done.inner_text("#text .sw-speculative .sw-text").split()
    assert page.inner_text("[data-lane=drafted] [data-part=text]").split() == words
    page.context.close()
