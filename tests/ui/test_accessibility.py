"""axe-core on every tab, in light and dark: no violation, however light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import opened
from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

TABS = ("Compare", "Transcribe", "Proofread", "Benchmark", "Vocabulary", "How it works")


def violations(page: Page) -> list[str]:
    """What axe finds wrong, as lines that say where."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']}: {node['html'][:120]}: {node.get('failureSummary', '')[:200]}"
        for each in found
        for node in each["nodes"]
        if not _of_the_player(node["target"])
    ]


def _of_the_player(target: list) -> bool:
    """Gradio's waveform scrolls inside a shadow root that no page can reach; its player has own keys."""
    return isinstance(target[0], list) and target[0][0].startswith("#waveform")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation(browser: Browser, fake_app: Served, scheme: str) -> None:
    problems = {}
    for page in opened(browser, fake_app.url, color_scheme=scheme):
        page.click("#compare .sw-example")
        page.locator("#text").get_by_text("Concord").first.wait_for()
        for figure in ("#tokens", "#timeline"):  # until they are there, Gradio's own empty boxes are
            page.locator(f"{figure} .js-plotly-plot").first.wait_for()
        for tab in TABS:
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(500)  # fading in counts as too little contrast
            problems[tab] = violations(page)
    assert problems == {tab: [] for tab in TABS}
