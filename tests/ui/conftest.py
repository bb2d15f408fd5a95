"""The app, served for the length of the test session: with a made-up engine, or with the real one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from specwhisper.errors import AudioTooLongError
from specwhisper.service.backend import Backend
from specwhisper.service.engine import Engine
from specwhisper.ui.build import build_app, build_engine
from specwhisper.ui.config import AppConfig, find_assets
from specwhisper.ui.serve import launch
from tests.marks import EXHAUSTIVE
from tests.ui.browser import chromium, missing
from tests.ui.fakes import FakeLoader, read, write_wav

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

MAX_UPLOAD = 2 * 2**20
GRACE = 2.0


@dataclass(frozen=True)
class Served:
    """A running app: its address, a recording to give it, and the fake behind it, if it is one."""

    url: str
    recording: Path
    loader: FakeLoader | None = None


def fake_engine(loader: FakeLoader, **options: object) -> Engine:
    """An engine around a fake, with a working limit on the length of recordings."""

    def hear(file: Path, max_seconds: float) -> Path:
        if read(file)[1] > max_seconds:
            raise AudioTooLongError(f"{file.name} is longer than {max_seconds:g} seconds.")
        return file

    backend = Backend(
        load=loader.load,
        pair_states=loader.pair_states,
        pair_state=loader.pair_state,
        check_pair=loader.check_pair,
        default_pair=lambda device: "base+tiny",
        hear=hear,
        codec=loader.codec,
        benchmark=loader.benchmark,
    )
    return Engine(backend, **{"max_seconds": 60, "places": 1, **options})


@pytest.fixture(scope="session")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Gradio's cache in a folder that pytest removes."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    os.environ["GRADIO_TEMP_DIR"] = str(tmp_path_factory.mktemp("gradio"))
    yield
    os.environ.pop("GRADIO_TEMP_DIR") if before is None else os.environ.update(GRADIO_TEMP_DIR=before)


def served_fake(tmp_path_factory: pytest.TempPathFactory, grace: float) -> Iterator[Served]:
    """The app with a made-up engine and made-up example clips; ``grace`` as in ``AppConfig``."""
    assets = tmp_path_factory.mktemp("assets")
    shutil.copy(find_assets() / "logo.svg", assets)
    for folder in ("css", "listen", "page", "race", "share", "transcript"):
        shutil.copytree(find_assets() / folder, assets / folder)
    examples = assets / "examples"
    examples.mkdir()
    lines = [
        {"audio": "low.wav", "text": "", "language": "en", "title": "Low tone"},
        {"audio": "high.wav", "text": "", "language": "nl", "title": "High tone"},
        {"audio": "missing.wav", "text": "", "language": "en"},
    ]
    write_wav(examples / "low.wav", 40, 200)  # long: its waveform once widened the page on a phone
    write_wav(examples / "high.wav", 2, 500)
    (examples / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")

    loader = FakeLoader()
    config = AppConfig(assets=assets, max_upload_bytes=MAX_UPLOAD, grace=grace)
    app = build_app(config, fake_engine(loader))
    url = launch(app, config, block=False)
    yield Served(url, write_wav(tmp_path_factory.mktemp("sounds") / "speech.wav"), loader)
    app.close(verbose=False)


@pytest.fixture(scope="session")
def fake_app(tmp_path_factory: pytest.TempPathFactory, uploads: None) -> Iterator[Served]:
    """A made-up app that soon notices that a page is gone."""
    yield from served_fake(tmp_path_factory, GRACE)


@pytest.fixture(scope="module")
def patient_app(tmp_path_factory: pytest.TempPathFactory, uploads: None) -> Iterator[Served]:
    """A made-up app that waits for a page to be opened anew, as long as a busy machine may take for it."""
    yield from served_fake(tmp_path_factory, 60.0)


@pytest.fixture(scope="session")
def real_app(uploads: None) -> Iterator[Served]:
    """The app as it is served to people, with base+tiny."""
    config = AppConfig(pair="base+tiny", device="cpu")
    clips = sorted(config.examples.glob("*.*"))
    recording = next((clip for clip in clips if clip.suffix in {".wav", ".flac", ".mp3"}), None)
    if recording is None:
        pytest.skip("no example clips in assets/examples")
    app = build_app(config, build_engine(config))
    url = launch(app, config, block=False)
    yield Served(url, recording)
    app.close(verbose=False)


@pytest.fixture(
    params=[pytest.param("fake", marks=EXHAUSTIVE), pytest.param("real", marks=pytest.mark.weights)]
)
def served(request: pytest.FixtureRequest) -> Served:
    """The same test against the made-up and the real engine."""
    if request.param == "real":
        weights = request.getfixturevalue("real_weights")
        weights("base"), weights("tiny")
    return request.getfixturevalue(f"{request.param}_app")


@pytest.fixture
def app_url(served: Served) -> str:
    return served.url


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """One driver for the module: a second one cannot start beside it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the playwright package is not installed")
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = chromium(playwright)
    yield found
    found.close()
