"""The page in a real browser: what a visitor sees and does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import chromium, opened, page_width
from tests.ui.comparisons import HOSTILE
from tests.ui.conftest import Served
from tests.ui.fakes import write_wav

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

pytestmark = pytest.mark.browser

PATIENCE = 240_000
"""Milliseconds for a result: the real engine may have to load its weights first."""


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    yield from opened(browser, app_url)


@pytest.fixture
def fake_page(browser: Browser, fake_app: Served) -> Iterator[Page]:
    yield from opened(browser, fake_app.url)


def result(page: Page) -> tuple[str, str]:
    """Wait for the verdict and the figures; the two transcripts."""
    page.wait_for_selector("#verdict .sw-verdict", timeout=PATIENCE)
    page.wait_for_selector("#grid .sw-grid td[data-told]")
    page.wait_for_selector("#timing .js-plotly-plot .barlayer .point")
    page.wait_for_selector("#tokens .js-plotly-plot .scatterlayer .trace")
    return page.inner_text(".sw-baseline .sw-text"), page.inner_text(".sw-speculative .sw-text")


def change(page: Page) -> None:
    """Unfold the form that a result has folded to a line."""
    page.click("#folded [data-go=change]")
    page.locator("#run").wait_for()


def test_upload_and_compare(page: Page, served: Served) -> None:
    page.set_input_files("#recording input[type=file]", served.recording)
    page.wait_for_selector("#recording #waveform, #recording .waveform-container", timeout=PATIENCE)
    page.click("#run")
    baseline, speculative = result(page)
    assert baseline.strip()
    assert baseline == speculative
    assert page.inner_text("#verdict h2").startswith("Identical: ")
    assert re.search(r"(faster|slower|[Ss]ame) decode", page.inner_text(".sw-speed"))
    assert page.locator(".sw-speculative .sw-accepted").count() > 0
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename.endswith(".comparison.json")


def test_an_example_in_one_click(page: Page) -> None:
    page.locator(".sw-example").first.click()
    baseline, speculative = result(page)
    assert baseline == speculative != ""


def test_the_timeline_follows_the_result_and_leaves_with_it(fake_page: Page) -> None:
    fake_page.locator(".sw-example").first.click()
    result(fake_page)
    fake_page.wait_for_selector("#timeline .js-plotly-plot .heatmaplayer", timeout=PATIENCE)
    assert fake_page.locator("#timeline .bartext").count() > 10
    change(fake_page)
    fake_page.get_by_label("Clear").first.click()
    fake_page.click("#run")
    fake_page.locator("#verdict .sw-error").wait_for()
    assert not fake_page.locator("#timeline .js-plotly-plot").is_visible()


def test_a_mistake_is_one_sentence_and_the_next_run_works(fake_page: Page) -> None:
    fake_page.click("#run")
    fake_page.locator("#verdict .sw-error").get_by_text("There is no recording yet").wait_for()
    assert fake_page.locator("#details").count() == 0 or not fake_page.is_visible("#details")
    fake_page.locator(".sw-example").first.click()
    result(fake_page)


def test_an_unavailable_pair_is_shown_and_explained(fake_page: Page) -> None:
    fake_page.locator("#pair input").click()
    fake_page.get_by_role("option", name="large-v2+tiny").click()
    fake_page.locator("#pair-note").get_by_text("Not available here").wait_for()
    fake_page.locator(".sw-example").first.click()
    fake_page.wait_for_selector("#verdict .sw-error")
    assert "cannot be loaded here" in fake_page.inner_text("#verdict")


def test_a_fetched_pair_becomes_ready(fake_page: Page, fake_app: Served) -> None:
    assert fake_app.loader is not None
    fake_app.loader.fetched.discard("small+tiny")
    fake_page.reload()
    fake_page.locator("#pair input").click()
    fake_page.get_by_role("option", name="small+tiny").click()
    fake_page.locator("#pair-note").get_by_text("Not here yet").wait_for()
    fake_app.loader.fetched.add("small+tiny")
    fake_page.locator(".sw-example").first.click()
    result(fake_page)
    change(fake_page)
    fake_page.locator("#pair-note").get_by_text("Ready").wait_for()
    assert "ready" in fake_page.input_value("#pair input")


def test_a_typed_pair_is_explained_and_runs(fake_page: Page, fake_app: Served) -> None:
    assert fake_app.loader is not None
    # The list of pairs arrives after the page; what is typed before it does would be replaced.
    fake_page.locator("#pair-note").get_by_text("Same vocabulary", exact=True).wait_for()
    for typed, key, expected in (
        ("base+tiny.en", "Enter", "Cross-vocabulary"),
        ("huge+tiny", "Tab", "No such pair"),
        ("tiny+base", "Tab", "Same vocabulary"),
    ):
        fake_page.locator("#pair input").fill(typed)
        fake_page.locator("#pair input").press(key)
        fake_page.locator("#pair-note").get_by_text(expected, exact=True).wait_for()
    fake_page.locator(".sw-example").first.click()
    result(fake_page)
    assert fake_app.loader.loads[-1][0] == "tiny+base"


def test_what_was_said_never_runs(fake_page: Page, fake_app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fake_app.loader is not None
    monkeypatch.setattr(fake_app.loader.transcriber, "text", HOSTILE)
    fake_page.locator(".sw-example").first.click()
    baseline, _ = result(fake_page)
    assert baseline.startswith(HOSTILE)
    assert fake_page.evaluate("window.hacked") is None


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_every_width_and_both_schemes(browser: Browser, served: Served, width: int, scheme: str) -> None:
    phone = width < 600
    for page in opened(
        browser,
        served.url,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        is_mobile=phone,
        has_touch=phone,
        reduced_motion="reduce",
    ):
        assert page_width(page) <= width
        page.locator(".sw-example").first.click()
        result(page)
        assert page_width(page) <= width
        assert page.locator("#verdict").bounding_box()["y"] < 800, "the verdict is on the screen"
        assert not page.locator("#run").is_visible(), "the form is folded"
        cell = page.locator("#grid td.sw-cell-accepted").first
        assert cell.inner_text().strip() and cell.bounding_box()["height"] > 20, "words stay in the grid"
        for name in ("#grid .sw-grid", "#timing .main-svg", "#tokens .main-svg"):
            figure = page.locator(name).first.bounding_box()
            assert figure["x"] >= 0
            assert figure["x"] + figure["width"] <= width, f"{name} is clipped"
        left, right = (page.locator(f".sw-{side}").bounding_box() for side in ("baseline", "speculative"))
        assert (left["y"] < right["y"]) if phone else (left["y"] == right["y"]), "one column on a phone"
        ink = page.evaluate("getComputedStyle(document.querySelector('#timing .gtitle')).fill")
        brightness = sum(map(int, re.findall(r"\d+", ink)[:3])) / 3
        assert (brightness > 180) if scheme == "dark" else (brightness < 80), "figures follow the scheme"


def test_microphone(playwright: Playwright, served: Served, tmp_path: Path) -> None:
    sound = served.recording if served.recording.suffix == ".wav" else write_wav(tmp_path / "mic.wav", 3)
    browser = chromium(
        playwright,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    )
    for page in opened(browser, served.url, permissions=["microphone"]):
        page.locator("#recording").get_by_label("Record audio").click()
        page.locator("#recording .record-button").click()
        page.locator("#recording .stop-button").wait_for()
        page.wait_for_timeout(2500)
        page.locator("#recording .stop-button").click()
        page.wait_for_selector("#recording .waveform-container")
        page.click("#run")
        page.wait_for_selector("#verdict .sw-verdict", timeout=PATIENCE)
    browser.close()


def test_tabs_have_addresses(fake_page: Page) -> None:
    def shown() -> str:
        return fake_page.locator("#tabs [role=tab][aria-selected=true]:visible").inner_text()

    def address(hash: str) -> None:
        fake_page.wait_for_function("hash => location.hash === hash", arg=hash)

    address("")
    fake_page.get_by_role("tab", name="Transcribe").click()
    address("#transcribe")
    fake_page.get_by_role("tab", name="How it works").click()
    address("#how-it-works")
    fake_page.go_back()
    address("#transcribe")
    fake_page.locator("#long-run").wait_for()
    assert shown() == "Transcribe"
    fake_page.reload()
    fake_page.locator("#long-run").wait_for()
    assert shown() == "Transcribe"
    fake_page.go_back()
    fake_page.locator("#run").wait_for()
    assert shown() == "Compare"
    fake_page.go_forward()
    fake_page.locator("#long-run").wait_for()
    fake_page.goto(fake_page.url.split("#")[0] + "#nowhere")
    fake_page.locator("#run").wait_for()
    assert shown() == "Compare"
