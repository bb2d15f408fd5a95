"""Headless Chromium for the tests: found on the PATH or as installed by Playwright, never downloaded."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


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
