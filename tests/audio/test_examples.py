"""The example clips that come with the project."""

from __future__ import annotations

from pathlib import Path

from specwhisper.audio.decode import load_audio
from tests.eval_data import manifest

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"


def test_examples_are_small_audible_and_licensed() -> None:
    entries = manifest(EXAMPLES)
    licences = (EXAMPLES / "LICENSES.md").read_text("utf-8")
    assert {entry["audio"] for entry in entries} == {path.name for path in EXAMPLES.glob("*.flac")}
    for entry in entries:
        clip = EXAMPLES / entry["audio"]
        assert clip.stat().st_size < 400_000
        assert 2 < load_audio(clip).seconds < 30
        assert f"`{clip.name}`" in licences
        assert entry["text"] in licences
        assert entry["language"] == "en"
