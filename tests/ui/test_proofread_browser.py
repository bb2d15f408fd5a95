"""The Proofread tab in a real browser: differences that can be heard, files, mistakes in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import opened, page_width
from tests.ui.comparisons import HOSTILE
from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

CAPTIONS = (
    f"1\n00:00:00,000 --> 00:00:02,000\nConcord came back {HOSTILE}\n\n"
    "2\n00:00:02,000 --> 00:00:09,000\nto its place amidst the tents.\n"
)


@pytest.mark.parametrize("width", [1440, 390])
def test_captions_are_checked(browser: Browser, fake_app: Served, tmp_path: Path, width: int) -> None:
    file = tmp_path / "talk.srt"
    file.write_text(CAPTIONS)
    for page in opened(browser, fake_app.url, viewport={"width": width, "height": 900}):
        page.get_by_role("tab", name="Proofread").click()
        page.click("#proof-run")
        page.locator("#proofread .sw-error").get_by_text("no recording yet").wait_for()
        page.set_input_files("#proof-recording input[type=file]", fake_app.recording)
        page.wait_for_selector("#proof-recording #waveform, #proof-recording .waveform-container")
        page.click("#proof-run")
        page.locator("#proofread .sw-error").get_by_text("no captions yet").wait_for()
        page.set_input_files("#proof-captions input[type=file]", file)
        page.locator("#proof-captions").get_by_text("talk").first.wait_for()
        page.click("#proof-run")
        page.wait_for_selector("#proofread .sw-segments li")
        assert page.locator("#proofread .sw-segments li").count() == 2
        assert page.locator("#proofread ins").get_by_text("returned").count() == 1
        assert page.evaluate("window.hacked") is None
        assert page_width(page) <= width
        page.get_by_role("button", name="Next difference").click()
        assert page.evaluate("document.activeElement.className").startswith("sw-changed")
        with page.expect_download() as saved:
            page.click("#proof-corrected")
        assert saved.value.suggested_filename == "talk.corrected.srt"
        assert Path(saved.value.path()).read_text().count("-->") == 2
        page.reload()
        page.wait_for_selector("#proofread .sw-segments li")
