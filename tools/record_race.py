"""Record the README's moving picture from the real page: ``python tools/record_race.py``.

Needs the packages of requirements-dev.txt and a Chromium. It serves the app, runs the first example twice
(the first run is not for the record) and takes pictures of the verdict and the race while it plays.
"""

from __future__ import annotations

import io
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from specwhisper.ui.build import build_app, build_engine
from specwhisper.ui.config import AppConfig
from specwhisper.ui.serve import launch
from tests.ui.browser import chromium

TARGET = Path(__file__).resolve().parents[1] / "assets" / "race.gif"
WIDTH, EDGE = 880, 8  # of the page; kept around what is shown
REST = 3000  # milliseconds for which the end stands
COLOURS = 64
PATIENCE = 240_000


def pictures(page: Page) -> tuple[list[Image.Image], list[int]]:
    """What the page shows until the race is over, and for how many milliseconds each."""
    top, race = (page.locator(name).bounding_box() for name in ("#verdict", "#race"))
    assert top and race
    clip = {
        "x": top["x"] - EDGE,
        "y": top["y"] - EDGE,
        "width": top["width"] + 2 * EDGE,
        "height": race["y"] + race["height"] - top["y"] + 2 * EDGE,
    }
    page.get_by_role("button", name="Play again").click()
    shown, times = [], []
    over = False
    while not over:
        over = page.locator("#race .sw-race-over").count() > 0
        times.append(time.monotonic())
        shown.append(Image.open(io.BytesIO(page.screenshot(clip=clip))))  # type: ignore[arg-type]
    ends = [*times[1:], times[-1] + REST / 1000]
    return shown, [round(1000 * (end - begin)) for begin, end in zip(times, ends, strict=True)]


def _together(several: list[Image.Image]) -> Image.Image:
    """One above the other: a single one lacks colours that others have."""
    width, height = several[0].size
    made = Image.new("RGB", (width, height * len(several)))
    for number, each in enumerate(several):
        made.paste(each.convert("RGB"), (0, number * height))
    return made


def main() -> None:
    config = AppConfig(pair="base+tiny", device="cpu")
    app = build_app(config, build_engine(config))
    url = launch(app, config, block=False)
    with sync_playwright() as driver:
        browser = chromium(driver)
        page = browser.new_context(viewport={"width": WIDTH, "height": 1100}, color_scheme="light").new_page()
        page.goto(url)
        for again in range(2):
            if again:  # the form has folded to one line
                page.locator("#folded [data-go=change]").click()
            page.locator(".sw-example:enabled").first.click()
            page.locator("#stop").wait_for()
            page.locator("#run:enabled").wait_for(state="attached", timeout=PATIENCE)
        page.locator("#verdict").evaluate("each => each.scrollIntoView()")
        page.locator("#race .sw-race-over").wait_for(timeout=PATIENCE)
        shown, times = pictures(page)
        browser.close()
    app.close(verbose=False)
    palette = _together(shown[:: len(shown) // 12]).quantize(COLOURS)
    frames = [each.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for each in shown]
    frames[0].save(TARGET, save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=True)
    print(f"{TARGET}: {len(frames)} pictures, {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
