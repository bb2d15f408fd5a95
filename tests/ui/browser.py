"""Headless Chromium for the tests: found on the PATH or as installed by Playwright, never downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)

LEAVING = ("AbortError: signal is aborted", "Unexpected error Connection errored out")
"""What Gradio's client says of its stream of events, sometimes, when its page is left or loaded again."""


def chromium(playwright: Playwright, *flags: str) -> Browser:
    """A browser, or a skip with one line; with SPECWHISPER_REQUIRE_BROWSER=1 a failure instead."""
    from playwright.sync_api import Error

    found = next((path for path in map(shutil.which, NAMES) if path), None)
    try:
        return playwright.chromium.launch(executable_path=found, args=[*FLAGS, *flags])
    except Error as error:
        missing(f"no usable Chromium: {str(error).splitlines()[0]}")
        raise


def missing(reason: str) -> None:
    """Skip, or fail where a browser is required."""
    if os.environ.get("SPECWHISPER_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def opened(browser: Browser, url: str, tolerated: str | None = None, **options: object) -> Iterator[Page]:
    """The page, ready to click; afterwards: no error in its console, nothing asked of any other server.

    Args:
        tolerated: the end of an error of Gradio's scripts that a test expects.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})  # type: ignore[arg-type]
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on(
        "console",
        lambda told: (
            problems.append(f"console: {told.text}")
            if told.type == "error" and not told.text.startswith(LEAVING)
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((url, "data:", "blob:"))
            else problems.append(f"asked another server: {request.url}")
        ),
    )
    page.goto(url)
    page.wait_for_selector("#run")
    yield page
    context.close()
    if tolerated:
        problems = [problem for problem in problems if not problem.endswith(tolerated)]
    assert problems == [], problems


def page_width(page: Page) -> int:
    """What the page asks for; a phone's browser widens its window to that, so both count."""
    return page.evaluate("Math.max(document.documentElement.scrollWidth, window.innerWidth)")
