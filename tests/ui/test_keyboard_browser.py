"""With the keyboard alone: every control can be reached, shows where the focus is, and lets it go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import opened
from tests.ui.conftest import Served
from tests.ui.test_browser import change, result

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

TABS = {
    "Compare": "#run",
    "Transcribe": "#long-run",
    "Benchmark": "#bench-run",
    "Vocabulary": "#look-up",
    "How it works": "",
}
"""What has to be reached there."""

FOCUS = """() => {
    const here = document.activeElement;
    if (here === document.body) return {name: "the page itself"};
    const ringed = each => {
        const style = getComputedStyle(each);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    };
    let around = [here, here.nextElementSibling];
    for (let above = here.parentElement, steps = 0; above && steps < 4; above = above.parentElement, steps++)
        around.push(above);
    return {
        name: here.id || here.ariaLabel || here.textContent.trim() || here.outerHTML.slice(0, 200),
        // A player draws its own, and so does Gradio's waveform, in a shadow root.
        ring: here.tagName === "AUDIO" || here.shadowRoot !== null || around.filter(Boolean).some(ringed),
        list: [...document.querySelectorAll("[role=listbox]")].filter(each => each.offsetParent).length,
        combobox: here.getAttribute("role") === "combobox",
        last: here.closest("footer") !== null,
    };
}"""


def walk(page: Page) -> list[dict]:
    """Where Tab leads, to the page's footer."""
    stops = []
    for _ in range(80):
        page.keyboard.press("Tab")
        page.wait_for_timeout(30)
        stops.append(page.evaluate(FOCUS))
        if stops[-1].get("last"):
            return stops
    raise AssertionError(f"no end: {[stop['name'] for stop in stops]}")


def test_every_tab_by_keys(browser: Browser, fake_app: Served) -> None:
    for page in opened(browser, fake_app.url, reduced_motion="reduce"):
        page.locator(".sw-example").first.click()
        result(page)
        change(page)
        page.locator("#run:enabled").wait_for()
        for tab, goal in TABS.items():
            page.get_by_role("tab", name=tab).click()
            page.get_by_role("tab", name=tab).focus()
            stops = walk(page)
            assert not [stop for stop in stops if stop["name"] == "the page itself"], "the focus was lost"
            assert not [stop["name"] for stop in stops if not stop["ring"]], tab
            assert not [stop["name"] for stop in stops if stop["list"] and not stop["combobox"]], (
                "a list stays"
            )
            assert goal in ("", *(f"#{stop['name']}" for stop in stops))
