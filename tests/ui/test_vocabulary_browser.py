"""The Vocabulary tab in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.marks import EXHAUSTIVE
from tests.ui.browser import opened, page_width
from tests.ui.comparisons import HOSTILE
from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "dark"),
        pytest.param(1440, "light", marks=EXHAUSTIVE),
        pytest.param(390, "light", marks=EXHAUSTIVE),
        pytest.param(1440, "dark", marks=EXHAUSTIVE),
    ],
)
def test_vocabularies(browser: Browser, fake_app: Served, width: int, scheme: str) -> None:
    size = {"width": width, "height": 800}
    phone = width < 600
    for page in opened(
        browser, fake_app.url, viewport=size, color_scheme=scheme, is_mobile=phone, has_touch=phone
    ):
        page.get_by_role("tab", name="Vocabulary").click()
        page.locator("#id-space h2").get_by_text("50,358 ids mean the same").wait_for()
        assert page_width(page) <= width
        page.fill("#token textarea, #token input", "50359")
        page.click("#look-up")
        page.locator("#looked-up").get_by_text("50,359 becomes 50,360").wait_for()
        page.locator("#vocabulary input").first.click()
        page.get_by_role("option", name="English-only").click()
        page.locator("#id-space h2").get_by_text("travel as bytes").wait_for()
        page.locator("#looked-up").get_by_text("50,359 becomes 50,361").wait_for()
        page.fill("#token textarea, #token input", HOSTILE + " word" * 20)
        page.keyboard.press("Enter")
        page.locator("#looked-up").get_by_text("fetch large-v3").wait_for()
        assert page.evaluate("window.hacked") is None
        assert page_width(page) <= width
        page.fill("#token textarea, #token input", "<|xx|>")
        page.keyboard.press("Enter")
        page.locator("#looked-up [role=alert]").get_by_text("Neither vocabulary has <|xx|>").wait_for()
