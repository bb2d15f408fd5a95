"""Sets of the Hub become clips; what is wrong with one is said in a sentence."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from specwhisper.errors import OptionError
from specwhisper.evaluation.common.dataset import Clip
from specwhisper.evaluation.common.datasets_hub import FOR_A_PAGE, KNOWN, add_columns, clips_of
from specwhisper.weights.hub import Reachable
from tests.clips import ENGLISH, path_of


def arguments(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset")
    add_columns(parser)
    return parser.parse_args([str(word) for word in words])


@pytest.fixture
def hub(monkeypatch) -> dict[str, Any]:
    """A real dataset in place of the Hub's; tells what was asked for."""
    import datasets

    asked: dict[str, Any] = {}

    def load_dataset(name: str, config: str | None, *, split: str) -> datasets.Dataset:
        asked.update(name=name, config=config, split=split)
        if name == "nobody/nothing":
            raise FileNotFoundError("no such set\nand much more")
        path = path_of(ENGLISH)
        sounds = [{"bytes": path.read_bytes(), "path": None}, {"bytes": None, "path": str(path)}]
        texts = ["one", None]
        columns = {"audio": sounds, "text": texts, "normalized_text": texts}
        return datasets.Dataset.from_dict(columns).cast_column("audio", datasets.Audio())

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    monkeypatch.setattr("specwhisper.weights.hub.reachable", lambda: Reachable(True))
    return asked


def test_a_known_set_has_its_own_place_and_columns(hub) -> None:
    first, second = clips_of(arguments("--dataset", "voxpopuli-nl"))
    assert hub == {"name": "facebook/voxpopuli", "config": "nl", "split": "test"}
    assert first == Clip("test-00000", path_of(ENGLISH).read_bytes(), "one", "nl")
    assert second == Clip("test-00001", path_of(ENGLISH), "", "nl")
    assert set(KNOWN) == {"librispeech-dummy", "voxpopuli-nl"}
    assert set(FOR_A_PAGE) <= set(KNOWN)


def test_any_set_takes_its_columns_from_the_options(hub) -> None:
    words = ("--dataset", "me/mine", "--config", "c", "--split", "s", "--text-column", "normalized_text")
    assert clips_of(arguments(*words))[0].text == "one"
    assert hub == {"name": "me/mine", "config": "c", "split": "s"}
    with pytest.raises(OptionError, match="no column words: it has audio, text"):
        clips_of(arguments("--dataset", "me/mine", "--text-column", "words"))


def test_a_set_that_is_not_there_is_one_sentence(hub) -> None:
    with pytest.raises(OptionError, match=r"nobody/nothing cannot be had \(no such set\)"):
        clips_of(arguments("--dataset", "nobody/nothing"))


def test_without_the_hub_it_is_one_sentence_at_once_unless_the_set_is_here(
    hub, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("specwhisper.weights.hub.reachable", lambda: Reachable(False, "no network"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path)
    with pytest.raises(
        OptionError, match=r"Hub cannot be reached \(no network\), and it was not downloaded"
    ) as told:
        clips_of(arguments("--dataset", "librispeech-dummy"))
    assert "\n" not in str(told.value)
    assert not hub, "nobody tried"
    (tmp_path / "hf-internal-testing___librispeech_asr_dummy").mkdir()
    assert len(clips_of(arguments("--dataset", "librispeech-dummy"))) == 2


def test_a_folder_stays_a_folder(tmp_path: Path) -> None:
    line = {"audio": str(path_of(ENGLISH)), "text": "x", "language": "en"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(line))
    assert len(clips_of(arguments("--dataset", tmp_path))) == 1
    for wrong in ("", "nowhere", "./no/where"):
        with pytest.raises(OptionError):
            clips_of(arguments("--dataset", wrong))
