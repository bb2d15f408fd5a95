"""The Live tab in a real browser, whose microphone plays a file; the models are real ones."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from tests.clips import ENGLISH, path_of
from tests.ui.browser import chromium, opened, page_width
from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

pytestmark = [pytest.mark.browser, pytest.mark.weights]


@pytest.fixture(scope="module")
def talking(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser into whose microphone somebody speaks, again and again."""
    samples = load_audio(path_of(ENGLISH)).samples
    quiet = np.zeros(3 * 16_000, np.float32)
    path = tmp_path_factory.mktemp("microphone") / "speech.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes((np.concatenate([samples, quiet]) * 32767).astype("<i2").tobytes())
    found = chromium(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
    )
    yield found
    found.close()


UNREADY = "is not a constructor"
"""What Gradio's recorder says where it has not been loaded yet."""


def record(page: Page) -> None:
    """Speak, and see grey words. Gradio 6.31 records nothing where its recorder has not been loaded yet: then
    once more, as somebody would who sees nothing.
    """
    from playwright.sync_api import Error

    for tries_left in (2, 1, 0):
        page.locator("#live-microphone").get_by_role("button", name="Record").click()
        try:
            page.wait_for_function(
                "document.querySelector('#live-text .sw-provisional')?.textContent.trim().length > 3",
                timeout=20_000,
            )
            return
        except Error:
            if not tries_left:
                raise
            page.locator("#live-microphone").get_by_role("button", name="Stop").click()
            page.wait_for_timeout(1000)


@pytest.mark.parametrize("width", [1280, 390])
def test_grey_words_turn_black_and_stay(talking: Browser, real_app: Served, width: int) -> None:
    options = {"viewport": {"width": width, "height": 900}, "permissions": ["microphone"]}
    for page in opened(talking, real_app.url, UNREADY, **options):
        page.get_by_role("tab", name="Live").click()
        page.wait_for_timeout(3000)  # Gradio's recorder is not there at once, and says nothing of it
        record(page)
        grey = page.inner_text("#live-text .sw-provisional").split()[0].strip(",.").casefold()
        page.wait_for_function(
            "document.querySelector('#live-text .sw-settled')?.textContent.trim().split(' ').length > 5"
        )
        settled = page.inner_text("#live-text .sw-settled")
        assert grey[:3] in page.inner_text("#live-text").casefold()
        assert "behind" in page.inner_text("#live-text .sw-told")
        colours = page.evaluate(
            """['.sw-settled', '.sw-provisional'].map(
                name => getComputedStyle(document.querySelector('#live-text ' + name)).color)"""
        )
        assert colours[0] != colours[1]
        assert page_width(page) <= width
        page.wait_for_timeout(1500)
        assert page.inner_text("#live-text .sw-settled").startswith(settled)
        page.locator("#live-microphone").get_by_role("button", name="Stop").click()
        page.wait_for_selector("#live-text .sw-segments li")
        words = page.inner_text("#live-text .sw-segments").split()
        assert settled.split()[0] in words
        page.wait_for_selector("#live-files:visible")
        with page.expect_download() as saved:
            page.click("#live-srt")
        assert "-->" in Path(saved.value.path()).read_text()
