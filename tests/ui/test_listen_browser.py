"""Listen and look: picture, words and grid of a comparison belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import opened
from tests.ui.conftest import Served
from tests.ui.test_browser import PATIENCE, result

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.weights]


@pytest.fixture(scope="module")
def compared(browser: Browser, real_app: Served, real_weights) -> Iterator[Page]:
    """A comparison of a real recording, with its picture."""
    real_weights("base"), real_weights("tiny")
    for page in opened(browser, real_app.url):
        page.locator(".sw-example").first.click()
        result(page)
        page.wait_for_selector("#timeline .js-plotly-plot .heatmaplayer", timeout=PATIENCE)
        yield page


def seconds(page: Page) -> float:
    return page.evaluate("document.querySelector('#text audio').currentTime")


def stop(page: Page) -> None:
    page.evaluate("document.querySelector('#text audio').pause()")


def test_a_cell_lights_its_word_and_says_what_became_of_it(compared: Page) -> None:
    cell = compared.locator("#grid td.sw-cell-accepted").nth(3)
    cell.hover()
    assert compared.locator("#text .sw-pointed").inner_text().strip() == cell.inner_text().strip()
    assert "Accepted" in compared.inner_text("#grid [data-part=told]")
    refused = compared.locator("#grid td.sw-cell-rejected").first
    refused.hover()
    told = compared.inner_text("#grid [data-part=told]")
    # Which tokens are proposed goes by what a step costs here.
    heard = r"The draft heard “.+”, main wrote “.+”|The draft wrote “.+” with other tokens than main"
    assert re.search(heard, told), told
    correction = compared.locator("#grid td.sw-cell-correction").first.inner_text().strip()
    assert compared.locator("#text .sw-pointed").inner_text().strip() == correction


def test_playing_moves_the_cursor_and_lights_the_tokens(compared: Page) -> None:
    word = compared.locator("#text .sw-speculative [data-piece]").nth(8)
    word.click()
    compared.locator("#text .sw-said-now").first.wait_for()
    compared.wait_for_function("document.querySelector('#text audio').currentTime > 0")
    assert seconds(compared) == pytest.approx(float(word.get_attribute("data-start")), abs=1.0)
    assert compared.locator("#grid .sw-said-now").count() > 0
    left = "parseFloat(document.querySelector('#timeline .sw-cursor').style.left)"
    before = compared.evaluate(left)
    compared.wait_for_function(f"{left} > {before} + 2")
    stop(compared)


def test_a_press_on_the_picture_plays_from_there(compared: Page) -> None:
    compared.locator("#timeline").scroll_into_view_if_needed()
    picture = compared.locator("#timeline .heatmaplayer image").first.bounding_box()
    duration = compared.evaluate("document.querySelector('#text audio').duration")
    compared.mouse.click(picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2)
    compared.wait_for_function("!document.querySelector('#text audio').paused")
    assert seconds(compared) == pytest.approx(duration / 2, abs=1.0)
    stop(compared)


def test_from_correction_to_correction(compared: Page) -> None:
    corrections = compared.locator("#text .sw-speculative .sw-correction[data-piece]")
    told = []
    for _ in range(corrections.count() + 1):
        compared.click("#text [data-go=correction]")
        told.append(compared.inner_text("#text [data-part=said]"))
        stop(compared)
    assert all(each.startswith("The draft ") and "main" in each for each in told)
    assert told[-1] == told[0], "after the last comes the first"


def test_the_grid_works_by_keys(compared: Page) -> None:
    compared.locator("#grid .sw-grid-scroll").focus()
    focused = "document.activeElement.closest('td')?.dataset.told ?? ''"
    compared.keyboard.press("ArrowRight")
    assert "Cycle 1, position 1" in compared.evaluate(focused)
    compared.keyboard.press("ArrowDown")
    assert "Cycle 2, position 1" in compared.evaluate(focused)
    compared.keyboard.press("Enter")
    compared.wait_for_function("!document.querySelector('#text audio').paused")
    stop(compared)


def test_the_form_is_a_line_until_it_is_wanted(compared: Page) -> None:
    assert re.search(r" · base \+ tiny · English$", compared.inner_text("#folded p"))
    assert not compared.locator("#run").is_visible()
    compared.click("#folded [data-go=change]")
    compared.locator("#run").wait_for()
    assert compared.locator("#verdict .sw-verdict").is_visible(), "the result stays"
    assert not compared.locator("#folded").is_visible()
