"""Folders, caches, the Hub and packages, in that order; and quickly on to the next when one is not there."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants

from specwhisper.errors import ModelError, OptionError, WeightsCorruptError, WeightsUnavailableError
from specwhisper.weights import catalogue, hub, sources
from specwhisper.weights.catalogue import MODELS
from specwhisper.weights.hub import Reachable
from specwhisper.weights.packages import registry
from specwhisper.weights.packages.pinned import TOKENIZERS, StoredFile
from specwhisper.weights.packages.store import stored_path
from specwhisper.weights.weights import load_weights
from tests.weights import writers
from tests.weights.fake_hub import fake_hub
from tests.weights.writers import SMALL, random_tensors

TOKENIZER = json.dumps(
    {
        "added_tokens": [{"id": 50, "content": "<|30.00|>"}],
        "model": {"vocab": {"Ġt": 0}, "merges": ["Ġ t"]},
    }
)


@pytest.fixture(autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECWHISPER_CACHE", str(tmp_path / "store"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hub, "reachable", lambda: Reachable(False, "test"))


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Hub that serves the folder it gives."""
    root = tmp_path / "served"
    root.mkdir()
    with fake_hub(root) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(hub, "reachable", lambda: Reachable(True))
        yield root


def with_tokenizer(folder: Path) -> Path:
    (folder / "tokenizer.json").write_text(TOKENIZER)
    return folder


def assert_same(weights: Any, tensors: dict[str, torch.Tensor]) -> None:
    assert weights.tensors.keys() == tensors.keys()
    assert all(torch.equal(weights.tensors[name], tensor) for name, tensor in tensors.items())


def test_a_folder_of_the_user_comes_first(tmp_path: Path) -> None:
    tensors = random_tensors()
    folder = with_tokenizer(writers.write_hf(tmp_path / "mine", tensors))
    (folder / "generation_config.json").write_text('{"alignment_heads": [[1, 0]], "suppress_tokens": [1]}')
    weights = load_weights(str(folder))
    assert_same(weights, tensors)
    assert weights.dims == SMALL
    assert weights.name == "mine"
    assert weights.source == str(folder)
    assert weights.exact
    assert weights.tokenizer_file == folder / "tokenizer.json"
    assert weights.generation_config == {"alignment_heads": [[1, 0]], "suppress_tokens": [1]}
    assert weights.alignment_heads == ((1, 0),)


def test_a_damaged_tokenizer_beside_a_model_is_mended_in_a_copy(tmp_path: Path) -> None:
    writers.write_ct2(tmp_path / "model.bin", random_tensors())
    damaged = {
        "added_tokens": [{"id": 50, "content": "<|notimestamps|>"}],
        "model": {"vocab": {"Ġt": 0}, "merges": ["a b"]},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(damaged))
    path = load_weights(str(tmp_path)).tokenizer_file
    assert path != tmp_path / "tokenizer.json"
    assert json.loads(path.read_text())["model"]["merges"] == ["Ġ t", "a b"]
    assert json.loads((tmp_path / "tokenizer.json").read_text()) == damaged


def test_a_lone_file_gets_the_tokenizer_of_its_vocabulary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = writers.write_ggml(tmp_path / "lone.bin", random_tensors())
    with pytest.raises(WeightsUnavailableError, match="none is known for 51 tokens"):
        load_weights(str(file))
    content = TOKENIZER.encode()
    known = StoredFile("tokenizers/x.json", hashlib.sha256(content).hexdigest(), len(content), ())
    monkeypatch.setitem(TOKENIZERS, 51, (known,))
    stored_path(known).parent.mkdir(parents=True)
    stored_path(known).write_bytes(content)
    assert load_weights(str(file)).tokenizer_file == stored_path(known)


@pytest.mark.parametrize("reference", ["/no/such/folder", "./nothing", "~/nothing-at-all-here"])
def test_paths_where_nothing_is(reference: str) -> None:
    with pytest.raises(ModelError, match="no folder or file"):
        load_weights(reference)


def test_a_name_nobody_knows() -> None:
    with pytest.raises(OptionError, match="did you mean tiny"):
        load_weights("tinny")


def test_without_any_source_the_ways_out_are_named() -> None:
    with pytest.raises(WeightsUnavailableError) as caught:
        load_weights("large-v2")
    for words in (
        "Hub cannot be reached (test)",
        "no registry package",
        "local Hugging Face cache",
        "name a folder",
    ):
        assert words in str(caught.value)
    with pytest.raises(WeightsUnavailableError, match=r"nobody/nothing .* Hub cannot be reached"):
        load_weights("nobody/nothing")
    with pytest.raises(WeightsUnavailableError, match="switched off"):
        load_weights("base", fetch_missing=False)


@pytest.mark.parametrize("shards", [1, 2])
def test_the_hub_and_then_its_cache(served: Path, monkeypatch: pytest.MonkeyPatch, shards: int) -> None:
    tensors = random_tensors()
    with_tokenizer(writers.write_hf(served / "someone" / "whisper", tensors, shards=shards))
    seen: list[tuple[float, str]] = []
    weights = load_weights("someone/whisper", on_progress=lambda done, text: seen.append((done, text)))
    assert_same(weights, tensors)
    assert "Hub" in weights.source
    assert any(done == 1.0 and "safetensors" in text for done, text in seen)

    shutil.rmtree(served / "someone")
    monkeypatch.setattr(hub, "reachable", lambda: Reachable(False, "test"))
    again = load_weights("someone/whisper")
    assert_same(again, tensors)
    assert "local Hugging Face cache" in again.source


def test_what_the_hub_has_not(served: Path) -> None:
    with pytest.raises(WeightsUnavailableError, match=r"does not exist|needs a token"):
        load_weights("someone/nothing")
    folder = writers.write_hf(served / "someone" / "old", random_tensors())
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsUnavailableError, match=r"no model\.safetensors"):
        load_weights("someone/old")


def test_a_file_damaged_on_its_way_from_the_hub_is_removed(served: Path, tmp_path: Path) -> None:
    folder = with_tokenizer(writers.write_hf(served / "someone" / "whisper", random_tensors()))
    (folder / "model.safetensors.etag").write_text("a" * 64)
    with pytest.raises(WeightsCorruptError, match="damaged and was removed"):
        load_weights("someone/whisper")
    assert not list((tmp_path / "hub").rglob("*.safetensors"))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Data processing error: IO Error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_not_taken_for_the_network(
    served: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with_tokenizer(writers.write_hf(served / "openai" / "whisper-base", random_tensors()))

    def full(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("huggingface_hub.hf_hub_download", full)
    with pytest.raises(ModelError, match=r"The disk is full: .* HF_HOME"):
        load_weights("base")


def test_a_catalogue_model_with_other_sizes_is_refused(served: Path) -> None:
    with_tokenizer(writers.write_hf(served / "openai" / "whisper-large-v2", random_tensors()))
    with pytest.raises(WeightsCorruptError, match="another model"):
        load_weights("large-v2")


def test_the_hub_failing_half_way_leads_on_to_packages(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(registry, "fetch_files", lambda files, label, progress: fetched.append(label))
    sources.fetch_source(MODELS["base"], MODELS["base"].sources[0])
    with pytest.raises(WeightsUnavailableError):
        # The served Hub has no openai/whisper-large-v3, nor has a package.
        load_weights("large-v3")
    monkeypatch.setattr(sources, "_stored", lambda spec, source: (spec.name, source.kind))
    assert sources._download("base", None) == ("base", "ct2")
    assert fetched == ["base", "base"]


def test_an_unreachable_hub_is_noticed_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with socket.socket() as silent:  # takes calls and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        hub.reachable.cache_clear()
        start = time.monotonic()
        assert not hub.reachable()
        assert time.monotonic() - start < 4
        start = time.monotonic()
        assert not hub.reachable()
        assert time.monotonic() - start < 0.01
    hub.reachable.cache_clear()


def test_a_name_lookup_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    released = threading.Event()

    class Client:
        def head(self, *args: Any, **options: Any) -> None:
            released.wait(20)
            raise OSError

    monkeypatch.setattr(huggingface_hub, "get_session", Client)
    hub.reachable.cache_clear()
    start = time.monotonic()
    assert hub.reachable() == Reachable(False, "it does not answer")
    assert time.monotonic() - start < 4
    released.set()
    hub.reachable.cache_clear()


def test_offline_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.reachable.cache_clear()
    assert hub.reachable() == Reachable(False, "HF_HUB_OFFLINE is set")
    hub.reachable.cache_clear()


def test_a_tokenizer_comes_out_of_a_package_that_is_needed_anyway() -> None:
    for name, packages in (("base", 2), ("small", 1), ("tiny.en", 1)):
        spec = catalogue.MODELS[name]
        files = sources.wanted_files(spec, spec.sources[0])
        assert files[-1].path.startswith("tokenizers/")
        assert (
            len({package for file in files for package in (part.package for part in file.parts)}) == packages
        )
