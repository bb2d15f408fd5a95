"""What an installed package brings along: built as a user of the sources would, looked at from elsewhere."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specwhisper import __version__

ROOT = Path(__file__).parent.parent
OF_THE_README = {"race.gif", "speed.svg"}


def python(*arguments: object, cwd: Path, site: Path | None = None) -> str:
    environment = {**os.environ, **({"PYTHONPATH": str(site)} if site else {})}
    command = [sys.executable, *map(str, arguments)]
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the source distribution. Over 5 s: two builds, each a process of its own."""
    folder = tmp_path_factory.mktemp("dist")
    python("-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (source,) = folder.glob("*.tar.gz")
    quiet = ("-q", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    python("-m", "pip", "wheel", *quiet, "-w", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the wheel is installed: unpacking it is all that pip does to one like this."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_all_of_the_package_and_of_its_assets_is_in_it(site: Path) -> None:
    assert files(site / "specwhisper" / "assets") == files(ROOT / "assets") - OF_THE_README
    code = {name for name in files(site / "specwhisper") if not name.startswith("assets/")}
    assert code == files(ROOT / "specwhisper")
    assert {path.name for path in site.iterdir()} == {"specwhisper", f"specwhisper-{__version__}.dist-info"}
    (metadata,) = site.glob("*.dist-info/METADATA")
    assert f"\nVersion: {__version__}\n" in metadata.read_text("utf-8")


def test_the_installed_package_finds_its_own(site: Path, tmp_path: Path) -> None:
    # A folder "assets" beside the installed package is somebody else's.
    (site / "assets").mkdir()
    try:
        script = (
            "import json; from specwhisper.ui.config import AppConfig;"
            "from specwhisper.ui.theme import build_css;"
            "from specwhisper.ui.examples import find_examples; config = AppConfig();"
            "css, found = build_css(config.assets / 'css'), find_examples(config.examples);"
            "print(json.dumps([str(config.assets), len(css), [str(each.audio) for each in found]]))"
        )
        assets, css, examples = json.loads(python("-c", script, cwd=tmp_path, site=site))
    finally:
        (site / "assets").rmdir()
    assert assets == str((site / "specwhisper" / "assets").resolve())
    assert css > 10_000
    assert len(examples) == 4 and all(Path(each).is_file() for each in examples)
    assert python("-m", "specwhisper", "--version", cwd=tmp_path, site=site) == f"specwhisper {__version__}\n"


@pytest.fixture
def served(site: Path, tmp_path: Path) -> Iterator[str]:
    """The app of the installed package, from an empty folder. Over 5 s: it starts as a user starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "specwhisper", "app", "--device", "cpu", "--pair", "base+tiny"]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site), "GRADIO_TEMP_DIR": str(tmp_path / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            assert process.poll() is None, "the app ended"
            try:
                httpx.get(url, timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def test_its_app_has_its_looks_and_examples(site: Path, served: str) -> None:
    page = httpx.get(served, timeout=30).text
    assert ".sw-header" in page, "the style sheets"
    assert "sw-logo" in page and "Sense and Sensibility" in page
    logo = (site / "specwhisper" / "assets" / "logo.svg").read_bytes()
    assert httpx.get(f"{served}favicon.ico", timeout=30).content == logo
    clip = site / "specwhisper" / "assets" / "examples" / "go-forward.flac"
    answer = httpx.get(f"{served}gradio_api/file={clip.resolve()}", timeout=30)
    assert answer.content == clip.read_bytes()
