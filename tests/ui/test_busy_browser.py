"""Buttons while a run is under way: one run for a double click, and an end for who asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.marks import EXHAUSTIVE
from tests.ui.browser import opened
from tests.ui.conftest import Served
from tests.ui.fakes import FakeTranscriber
from tests.ui.test_browser import change
from tests.ui.test_sessions_browser import within

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Form:
    """One tab's, as selectors."""

    tab: str
    place: str
    recording: str
    run: str
    stop: str
    result: str


FORMS = [
    Form("Compare", "#compare", "#recording", "#run", "#stop", "#verdict"),
    Form("Transcribe", "#transcribe-tab", "#long-recording", "#long-run", "#long-stop", "#transcript"),
]


COMPARE, TRANSCRIBE = FORMS

VIEWS = [
    pytest.param((1280, COMPARE), id="Compare-1280"),
    pytest.param((390, TRANSCRIBE), id="Transcribe-390"),
    pytest.param((390, COMPARE), id="Compare-390", marks=EXHAUSTIVE),
    pytest.param((1280, TRANSCRIBE), id="Transcribe-1280", marks=EXHAUSTIVE),
]


@pytest.fixture(params=VIEWS)
def view(request: pytest.FixtureRequest) -> tuple[int, Form]:
    """Width of the screen in pixels, and a form."""
    return request.param


@pytest.fixture
def form(view: tuple[int, Form], page: Page) -> Form:
    """A form that is in sight."""
    page.get_by_role("tab", name=view[1].tab).click()
    return view[1]


def finished(page: Page, form: Form) -> None:
    page.locator(f"{form.result} .sw-verdict, {form.result} .sw-transcript header").first.wait_for()


@pytest.fixture
def engine(fake_app: Served) -> FakeTranscriber:
    assert fake_app.loader
    assert within(20, lambda: fake_app.loader.transcriber.busy == 0)
    return fake_app.loader.transcriber


@pytest.fixture
def page(view: tuple[int, Form], browser: Browser, fake_app: Served) -> Iterator[Page]:
    yield from opened(browser, fake_app.url, viewport={"width": view[0], "height": 900})


def test_a_double_click_starts_an_example_once(page: Page, form: Form, engine: FakeTranscriber) -> None:
    height = page.locator(form.recording).bounding_box()["height"]
    before = len(engine.calls)
    page.locator(f"{form.place} .sw-example").first.dblclick(delay=30)
    finished(page, form)
    if form.tab == "Compare":
        change(page)
    page.locator(f"{form.run}:enabled").wait_for()
    page.wait_for_timeout(300)
    assert len(engine.calls) == before + 1
    assert page.locator(form.recording).bounding_box()["height"] == height


def test_nothing_can_be_started_twice_and_stop_ends_it(
    page: Page, form: Form, engine: FakeTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "delay", 6.0)
    done = engine.finished
    assert not page.is_visible(form.stop)
    page.locator(f"{form.place} .sw-example").first.click()
    page.locator(form.stop).wait_for()
    assert within(10, lambda: engine.busy == 1)
    assert page.is_disabled(form.run)
    assert all(each.is_disabled() for each in page.locator(f"{form.place} .sw-example").all())
    page.click(form.stop)
    page.locator(f"{form.result} .sw-error").get_by_text("Stopped before").wait_for()
    page.locator(f"{form.run}:enabled").wait_for()
    assert not page.is_visible(form.stop)
    assert engine.finished == done
    monkeypatch.setattr(engine, "delay", 0.05)
    page.click(form.run)
    finished(page, form)


def test_a_run_that_still_waits_can_be_stopped(
    browser: Browser,
    fake_app: Served,
    page: Page,
    form: Form,
    engine: FakeTranscriber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "delay", 6.0)
    done = engine.finished
    for other in opened(browser, fake_app.url):
        other.locator(".sw-example").first.click()
        assert within(10, lambda: engine.busy == 1)
        page.locator(f"{form.place} .sw-example").first.click()
        page.click(form.stop)
        page.locator(f"{form.result} .sw-error").get_by_text("Stopped before").wait_for()
        other.wait_for_selector("#verdict .sw-verdict")
    assert engine.finished == done + 1
