"""The Benchmark tab, the "How it works" tab, saved comparisons and remembered settings in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from specwhisper.evaluation.common.dataset import Clip
from specwhisper.output.writers import to_json
from specwhisper.weights.hub import Reachable
from tests.marks import EXHAUSTIVE
from tests.ui.browser import opened, page_width
from tests.ui.comparisons import HOSTILE, make_comparison
from tests.ui.conftest import Served
from tests.ui.fakes import write_wav
from tests.ui.test_browser import change

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, pytest.param(1440, marks=EXHAUSTIVE)])
def test_a_benchmark_runs_and_its_report_opens_without_a_network(
    browser: Browser, fake_app: Served, tmp_path: Path, width: int
) -> None:
    for page in opened(browser, fake_app.url, viewport={"width": width, "height": 900}):
        page.get_by_role("tab", name="Benchmark").click()
        page.click("#bench-run")
        page.locator("#bench-tables td").first.wait_for()
        assert page.locator("#bench-tables").inner_text().count("base+tiny") == 1
        assert page_width(page) <= width
        page.locator(".js-plotly-plot").first.wait_for()
        with page.expect_download() as download:
            page.click("#bench-report-html")
        saved = tmp_path / "report.html"
        download.value.save_as(saved)
        opens_alone(browser, saved)


def opens_alone(browser: Browser, file: Path) -> None:
    """The page draws itself, asks nothing of anybody and complains of nothing."""
    context = browser.new_context()
    report = context.new_page()
    asked: list[str] = []
    problems: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.on("pageerror", lambda error: problems.append(str(error)))
    report.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    report.goto(file.as_uri())
    report.wait_for_function("document.querySelectorAll('.main-svg').length > 0")
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
    assert problems == []
    context.close()


def test_own_recordings_and_a_stop(browser: Browser, fake_app: Served, tmp_path: Path) -> None:
    assert fake_app.loader is not None
    clips = [write_wav(tmp_path / f"clip-{number}.wav", 0.3, 200 + 50 * number) for number in range(5)]
    before, fake_app.loader.transcriber.delay = fake_app.loader.transcriber.delay, 1.0
    try:
        for page in opened(browser, fake_app.url):
            page.get_by_role("tab", name="Benchmark").click()
            page.get_by_label("My recordings").check()
            page.locator("#bench-files input[type=file]").set_input_files([str(clip) for clip in clips])
            page.locator("#bench-files").get_by_text("clip-4").wait_for()
            page.click("#bench-run")
            page.locator("#bench-stop").wait_for()
            page.click("#bench-stop")
            page.locator("#bench-status").get_by_text("Stopped").wait_for()
            assert page.locator("#bench-tables td").nth(1).inner_text() in {"1", "2", "3"}
    finally:
        fake_app.loader.transcriber.delay = before


def test_a_public_set_is_fetched_and_measured(
    browser: Browser, fake_app: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [Clip(f"c-{n}", write_wav(tmp_path / f"{n}.wav", 0.3), "said", "en") for n in range(40)]
    monkeypatch.setattr("specwhisper.evaluation.common.datasets_hub.hub_clips", lambda wanted: tuple(clips))
    for page in opened(browser, fake_app.url):
        page.get_by_role("tab", name="Benchmark").click()
        page.get_by_label("A public set").check()
        page.locator("#bench-set").wait_for()
        page.click("#bench-run")
        page.locator("#bench-tables td").first.wait_for()
        assert page.locator("#bench-tables td").nth(1).inner_text() == "5"


def test_a_public_set_without_a_hub_is_one_sentence(
    browser: Browser, fake_app: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specwhisper.weights.hub.reachable", lambda: Reachable(False, "no network"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path)
    for page in opened(browser, fake_app.url):
        page.get_by_role("tab", name="Benchmark").click()
        page.get_by_label("A public set").check()
        page.locator("#bench-set").wait_for()
        page.click("#bench-run")
        page.locator("#bench-status .sw-error").get_by_text(
            "the Hugging Face Hub cannot be reached"
        ).wait_for()


def test_nothing_to_measure_is_one_sentence(browser: Browser, fake_app: Served) -> None:
    for page in opened(browser, fake_app.url):
        page.get_by_role("tab", name="Benchmark").click()
        page.get_by_label("My recordings").check()
        page.click("#bench-run")
        page.locator("#bench-status [role=alert]").get_by_text("There is no clip yet").wait_for()


def test_a_saved_comparison_opens_again(browser: Browser, fake_app: Served, tmp_path: Path) -> None:
    saved = tmp_path / "saved.comparison.json"
    saved.write_text(to_json(make_comparison(HOSTILE, speed=1.7).to_dict()), "utf-8")
    for page in opened(browser, fake_app.url):
        choose(page, saved)
        page.locator("#text").get_by_text("He said").first.wait_for()
        assert page.evaluate("window.hacked") is None
        broken = tmp_path / "broken.json"
        broken.write_text(json.dumps({"baseline": 1}))
        change(page)
        choose(page, broken)
        page.locator("#verdict [role=alert]").get_by_text("is no saved comparison").wait_for()


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#open-saved")
    chooser.value.set_files(str(file))


def test_settings_are_remembered(browser: Browser, fake_app: Served) -> None:
    for page in opened(browser, fake_app.url):
        page.locator("#task").get_by_label("Translate").check()
        page.wait_for_function("JSON.stringify(localStorage).includes('specwhisper-compare')")
        page.reload()
        page.wait_for_selector("#run")
        page.wait_for_function("document.querySelector('#task input[value=translate]')?.checked")


def test_settings_of_a_tab_that_the_address_names_are_remembered(browser: Browser, fake_app: Served) -> None:
    for page in opened(browser, fake_app.url):
        page.get_by_role("tab", name="Transcribe").click()
        page.wait_for_function("location.hash === '#transcribe'")
        page.locator("#long-task").get_by_label("Translate").check()
        page.locator("#long-words input[type=checkbox]").uncheck()
        page.wait_for_function("JSON.stringify(localStorage).includes('specwhisper-transcribe')")
        page.wait_for_timeout(500)
        page.reload()
        page.wait_for_selector("#long-run")
        page.wait_for_function("document.querySelector('#long-task input[value=translate]')?.checked")
        page.wait_for_function("!document.querySelector('#long-words input[type=checkbox]')?.checked")


@pytest.mark.weights
@pytest.mark.parametrize("width", [390, pytest.param(1440, marks=EXHAUSTIVE)])
def test_how_it_works_goes_cycle_by_cycle(
    browser: Browser, real_weights, real_app: Served, width: int
) -> None:
    for page in opened(browser, real_app.url, viewport={"width": width, "height": 900}):
        page.get_by_role("tab", name="How it works").click()
        page.locator(".sw-tally").get_by_text("Cycle 1 of").wait_for()
        page.click("[data-go=next]")
        page.locator(".sw-tally").get_by_text("Cycle 2 of").wait_for()
        assert page.locator("[data-lane=draft] .sw-chip").count() >= 1
        page.locator(".sw-controls input").focus()
        page.keyboard.press("End")
        assert "ill-disposed" in page.locator(".sw-written").inner_text()
        page.click(".sw-play")
        page.locator(".sw-tally").get_by_text("Cycle 2 of").wait_for()
        page.click(".sw-play")
        assert page_width(page) <= width
