"""The Transcribe tab in a real browser: text that grows, a player in step, files, a stop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import srt

from specwhisper.audio.decode import load_audio
from tests.clips import longest
from tests.marks import EXHAUSTIVE
from tests.ui.browser import opened, page_width
from tests.ui.comparisons import HOSTILE
from tests.ui.conftest import Served
from tests.ui.fakes import write_samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PATIENCE = 240_000


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    yield from on_tab(browser, app_url)


@pytest.fixture
def fake_page(browser: Browser, fake_app: Served) -> Iterator[Page]:
    yield from on_tab(browser, fake_app.url)


@pytest.fixture
def real_page(browser: Browser, real_weights, real_app: Served) -> Iterator[Page]:
    yield from on_tab(browser, real_app.url)


def on_tab(browser: Browser, url: str, **options: object) -> Iterator[Page]:
    for page in opened(browser, url, **options):
        page.get_by_role("tab", name="Transcribe").click()
        page.wait_for_selector("#long-run")
        yield page


def upload(page: Page, recording: Path) -> None:
    page.set_input_files("#long-recording input[type=file]", recording)
    page.wait_for_selector("#long-recording #waveform, #long-recording .waveform-container", timeout=PATIENCE)


def finished(page: Page) -> str:
    page.wait_for_selector("#transcript .sw-player audio", timeout=PATIENCE, state="attached")
    return page.inner_text("#transcript .sw-segments")


def test_upload_transcribe_and_download(page: Page, served: Served) -> None:
    upload(page, served.recording)
    page.click("#long-run")
    assert len(finished(page)) > 20
    page.wait_for_selector("#long-stop", state="hidden")
    with page.expect_download() as download:
        page.click("#long-srt")
    path = Path(download.value.path())
    assert download.value.suggested_filename.endswith(".srt")
    assert len(list(srt.parse(path.read_text("utf-8")))) == page.locator(".sw-segments li").count()


def test_the_sound_of_a_segment_downloads(fake_page: Page, fake_app: Served, tmp_path: Path) -> None:
    upload(fake_page, fake_app.recording)
    fake_page.click("#long-run")
    finished(fake_page)
    assert fake_page.is_disabled("#long-clip button, button#long-clip")
    fake_page.locator("#long-segment input").click()
    fake_page.locator("#long-segment").get_by_role("option").first.click()
    fake_page.wait_for_selector("#long-clip:enabled, #long-clip button:enabled")
    with fake_page.expect_download() as download:
        fake_page.locator("#long-clip").click()
    assert download.value.suggested_filename == "speech.1.wav"
    download.value.save_as(tmp_path / "clip.wav")
    assert load_audio(tmp_path / "clip.wav").seconds == load_audio(fake_app.recording).seconds


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=EXHAUSTIVE)])
def test_the_timeline_is_drawn_and_scrolls_where_it_is_too_wide(
    browser: Browser, fake_app: Served, width: int
) -> None:
    phone = width < 600
    for page in on_tab(
        browser, fake_app.url, viewport={"width": width, "height": 800}, is_mobile=phone, has_touch=phone
    ):
        upload(page, fake_app.recording)
        page.click("#long-run")
        finished(page)
        page.wait_for_selector("#long-timeline .js-plotly-plot .heatmaplayer", timeout=PATIENCE)
        assert page.locator("#long-timeline .bartext").count() > 5
        assert page_width(page) <= width
        inside = page.evaluate("document.querySelector('#long-timeline').scrollWidth")
        assert (inside >= 900) if phone else (inside <= width)


def test_without_a_recording_it_says_what_to_do(fake_page: Page) -> None:
    fake_page.click("#long-run")
    fake_page.wait_for_selector("#transcript .sw-error")
    assert "upload a file" in fake_page.inner_text("#transcript .sw-error")
    fake_page.wait_for_selector("#long-run:enabled")


def test_text_is_text_whatever_it_looks_like(fake_page: Page, fake_app: Served, monkeypatch) -> None:
    assert fake_app.loader
    monkeypatch.setattr(fake_app.loader.transcriber, "text", HOSTILE)
    upload(fake_page, fake_app.recording)
    fake_page.click("#long-run")
    assert HOSTILE in " ".join(finished(fake_page).split())
    assert fake_page.evaluate("window.hacked") is None


@pytest.mark.weights
def test_the_player_follows_and_a_click_plays_from_there(real_page: Page) -> None:
    page = real_page
    page.click("#transcribe-tab .sw-example >> nth=0")
    finished(page)
    words = page.locator(".sw-segments [data-word]")
    assert words.count() > 10
    late = words.nth(words.count() // 2)  # near the end it would play for a moment only
    page.wait_for_function("document.querySelector('#transcript audio').readyState > 0")
    late.click()
    page.wait_for_function("document.querySelector('#transcript audio').currentTime > 4")
    page.wait_for_selector(".sw-segments li.sw-now")
    assert page.inner_text(".sw-caption")
    # The line over the picture moves along, and a press on the picture plays from there.
    page.wait_for_selector("#long-timeline .sw-cursor", state="attached")
    left = "parseFloat(document.querySelector('#long-timeline .sw-cursor').style.left)"
    before = page.evaluate(left)
    page.wait_for_function(f"{left} !== {before}")
    picture = page.locator("#long-timeline .js-plotly-plot")
    box = picture.bounding_box()
    picture.click(position={"x": 120, "y": box["height"] / 4})
    page.wait_for_function("document.querySelector('#transcript audio').currentTime < 4")


@pytest.mark.weights
def test_the_text_grows_and_stop_keeps_what_there_is(real_page: Page, tmp_path: Path) -> None:
    page = real_page
    upload(page, write_samples(tmp_path / "long.wav", np.tile(longest(60), 3)))
    page.click("#long-run")
    page.wait_for_selector("#transcript .sw-live + .sw-transcript .sw-segments li", timeout=PATIENCE)
    page.click("#long-stop")
    text = finished(page)
    assert page.inner_text("#transcript h2") == "Stopped early: partial transcript"
    said = re.search(
        r"First (\d+):(\d+) of (\d+):(\d+) in ([\d.]+) s \(([\d.]+)x real time\)",
        page.inner_text("#transcript header"),
    )
    assert said
    minutes, seconds, all_minutes, all_seconds, work, times = map(float, said.groups())
    reached, whole = 60 * minutes + seconds, 60 * all_minutes + all_seconds
    assert 0 < reached < whole
    assert times == pytest.approx(reached / work, rel=0.1)  # of what was done, and not of the whole
    assert 20 < len(text) < 2000
    assert page.is_visible("#long-txt")


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=EXHAUSTIVE)])
def test_the_page_is_as_wide_as_the_screen(browser: Browser, fake_app: Served, width: int) -> None:
    for page in on_tab(browser, fake_app.url, viewport={"width": width, "height": 800}):
        upload(page, fake_app.recording)
        page.click("#long-run")
        finished(page)
        assert page_width(page) <= width


def test_a_reload_shows_the_transcript_again(fake_page: Page, fake_app: Served) -> None:
    upload(fake_page, fake_app.recording)
    fake_page.click("#long-run")
    said = finished(fake_page)
    fake_page.wait_for_function("location.search.includes('run=t-')")
    fake_page.reload()
    assert finished(fake_page) == said
    assert fake_page.is_visible("#long-txt")


def test_the_player_works_by_keys(fake_page: Page, fake_app: Served) -> None:
    page = fake_page
    page.click("#transcribe-tab .sw-example >> nth=0")  # of 40 seconds
    finished(page)
    now = "document.querySelector('#transcript audio').currentTime"
    page.wait_for_function("document.querySelector('#transcript audio').duration > 39")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{now} === 10")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"{now} === 5")
    page.keyboard.press(" ")
    page.wait_for_function(f"{now} > 5.2")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('#transcript audio').paused")
    page.select_option("#transcript [data-part=speed]", "1.5")
    assert page.evaluate("document.querySelector('#transcript audio').playbackRate") == 1.5
    before = page.evaluate(now)
    page.click("#transcript [data-go=back]")
    page.wait_for_function(f"{now} <= {max(0.0, before - 4.9)}")


@pytest.mark.weights
def test_words_can_be_reached_without_a_mouse_and_the_text_is_copied(real_page: Page) -> None:
    page = real_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#transcribe-tab .sw-example >> nth=1")
    finished(page)
    words = page.locator("#transcript [data-word]")
    assert page.locator("#transcript [data-word][tabindex='0']").count() == 1
    words.nth(0).focus()
    page.keyboard.press("ArrowRight")
    at = "[...document.querySelectorAll('#transcript [data-word]')].indexOf(document.activeElement)"
    assert page.evaluate(at) == 1
    page.keyboard.press("Enter")
    page.wait_for_selector("#transcript .sw-said-now")
    page.click("#transcript [data-go=copy]")
    page.wait_for_function("document.querySelector('#transcript [data-part=said]').textContent === 'Copied.'")
    assert (
        page.evaluate("navigator.clipboard.readText()").split() == " ".join(words.all_inner_texts()).split()
    )
    doubts = page.locator("#transcript .sw-segments :is(.sw-unsure, .sw-doubtful)")
    assert page.locator("#transcript [data-go=doubt]").count() == (doubts.count() > 0)
    if doubts.count():
        page.click("#transcript [data-go=doubt]")
        assert page.evaluate("document.activeElement.matches('.sw-unsure, .sw-doubtful')")
