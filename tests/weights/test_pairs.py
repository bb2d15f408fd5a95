"""Names of pairs, kinds of match, what is ready, and what those get who name nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from specwhisper.errors import ModelError, OptionError
from specwhisper.weights import hub
from specwhisper.weights.catalogue import MODELS, find_spec, unknown_model
from specwhisper.weights.hub import Reachable
from specwhisper.weights.packages import clients
from specwhisper.weights.packages.store import stored_path
from specwhisper.weights.pairs import (
    DEFAULTS,
    KIND_MEANINGS,
    KNOWN_PAIRS,
    Pair,
    default_pair,
    kind,
    kind_of,
    pair_state,
    pair_states,
    parse_pair,
)


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing cached, no Hub; pip and npm there."""
    monkeypatch.setenv("SPECWHISPER_CACHE", str(tmp_path / "store"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hub, "reachable", lambda: Reachable(False, "test"))
    monkeypatch.setattr(clients, "npm_on_path", lambda: "npm")
    monkeypatch.setattr(clients, "_pip", lambda: ("pip",))


def pretend_stored(name: str) -> None:
    """Files of the right sizes (sparse) in the store."""
    spec = MODELS[name]
    for file in (*spec.sources[0].files, spec.tokenizers[0]):
        path = stored_path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            stream.truncate(file.size)


def test_every_known_pair_is_made_of_known_models() -> None:
    for name in KNOWN_PAIRS:
        pair = parse_pair(name)
        assert pair.name == name
        assert {pair.main, pair.draft} <= MODELS.keys()


def test_the_catalogue_agrees_with_what_is_published() -> None:
    millions = {name: round(spec.dims.parameters / 1e6) for name, spec in MODELS.items()}
    assert millions["tiny"] == 38
    assert millions["large-v2"] == 1543
    assert millions["large-v3-turbo"] == 809
    assert millions["distil-large-v3"] == millions["distil-large-v3.5"] == 756
    for spec in MODELS.values():
        assert spec.dims.n_mels == (128 if spec.dims.vocab_size == 51_866 else 80)
        assert (spec.dims.vocab_size == 51_864) == spec.name.endswith(".en")
        assert all(len(file.sha256) == 64 for source in spec.sources for file in source.files)
        if spec.encoder_of:
            assert MODELS[spec.encoder_of].dims.encoder_layers == spec.dims.encoder_layers
            assert MODELS[spec.encoder_of].dims.n_mels == spec.dims.n_mels


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("base+tiny", Pair("base", "tiny")),
        (" Base + TINY ", Pair("base", "tiny")),
        ("small", Pair("small")),
        ("openai/whisper-small+someone/their-draft", Pair("small", "someone/their-draft")),
    ],
)
def test_parses(text: str, pair: Pair) -> None:
    assert parse_pair(text) == pair


def test_folders_may_have_a_plus_sign(tmp_path: Path) -> None:
    folder = tmp_path / "c++" / "my model"
    folder.mkdir(parents=True)
    assert parse_pair(f"{folder}+tiny") == Pair(str(folder), "tiny")
    assert parse_pair(str(folder)) == Pair(str(folder))
    with pytest.raises(ModelError, match="no folder or file"):
        parse_pair(f"{tmp_path}/nowhere+tiny")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base+tinny", ["'tinny'", "did you mean tiny", "large-v3-turbo"]),
        ("large-v2+distil-large-2", ["did you mean distil-large-v2"]),
        ("huge", ["'huge'", "choose one of tiny, "]),
        ("base+", ["half a pair"]),
        ("", ["No pair"]),
        ("+", ["No pair"]),
        ("x" * 5000, ["no model"]),
    ],
)
def test_unknown_names_get_help_in_one_sentence(text: str, words: list[str]) -> None:
    with pytest.raises(OptionError) as caught:
        parse_pair(text)
    assert all(word in str(caught.value) for word in words), caught.value
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("text", ["base+base", "Base + openai/whisper-base", "someone/model+someone/model"])
def test_a_model_is_no_draft_of_itself(text: str) -> None:
    with pytest.raises(OptionError, match=r"must be a smaller model.*\.$"):
        parse_pair(text)


def test_nor_is_a_folder_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    with pytest.raises(OptionError, match="must be a smaller model"):
        parse_pair(f"{tmp_path}+{tmp_path / 'again'}")


@pytest.mark.parametrize("text", ["/etc+tiny", "./x", "someone/model", "~/model+tiny", "."])
def test_strangers_may_name_only_the_catalogue(text: str) -> None:
    with pytest.raises(OptionError):
        parse_pair(text, catalogue_only=True)


def test_kinds() -> None:
    d = {name: spec.dims for name, spec in MODELS.items()}
    assert kind(d["base"], d["tiny"]) == "same vocabulary"
    assert kind(d["large-v2"], d["distil-large-v2"], shared=True) == "shared encoder"
    assert kind(d["large-v3"], d["tiny"]) == "cross-version"
    assert kind(d["base"], d["tiny.en"]) == "cross-vocabulary"
    assert kind(d["base"], None) == "main alone"
    assert all(sentence.endswith(".") for sentence in KIND_MEANINGS.values())


def test_kinds_by_name() -> None:
    assert kind_of("base", "tiny.en") == "cross-vocabulary"
    assert kind_of("large-v2", "distil-large-v2") == "shared encoder"
    assert kind_of("openai/whisper-large-v3", "tiny") == "cross-version"
    assert kind_of("base", None) == "main alone"
    assert kind_of("my-folder", "tiny") is None
    assert kind_of("base", "my-folder") is None


def test_any_two_models_of_the_catalogue_are_a_pair() -> None:
    state = pair_state(" openai/whisper-base + small ")
    assert (state.name, state.kind, state.state) == ("base+small", "same vocabulary", "can be fetched")


def test_states_of_a_bare_machine() -> None:
    states = {state.name: state for state in pair_states()}
    assert states["base+tiny"].state == "can be fetched"
    # The tokenizer comes out of base's own package, so it costs nothing.
    assert states["base+tiny"].download_bytes == 66_273_783 + 67_069_883 + 70_568_799
    assert "204 MB" in states["base+tiny"].detail
    assert states["large-v2+tiny"].state == "unavailable"
    assert "Hub cannot be reached (test)" in states["large-v2+tiny"].detail
    assert states["base+tiny.en"].state == "can be fetched"
    assert "as bytes" in states["base+tiny.en"].meaning
    assert states["large-v2+distil-large-v2"].kind == "shared encoder"


def test_states_follow_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_stored("base")
    assert pair_state("base").state == "ready"
    assert pair_state("base+tiny").download_bytes == 70_568_799
    pretend_stored("tiny")
    assert pair_state("base+tiny").state == "ready"
    monkeypatch.setattr(hub, "reachable", lambda: Reachable(True))
    assert pair_state("large-v2+tiny").state == "can be fetched"
    assert "6,176 MB" in pair_state("large-v2+tiny").detail


def test_npm_may_have_to_come_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "npm_on_path", lambda: None)
    assert pair_state("base+tiny").download_bytes == 66_273_783 + 67_069_883 + 70_568_799 + clients.NODE.size


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_pair("cpu") == "base+tiny"
    assert default_pair("cuda") == "base+tiny"  # no card here, or no way to large-v2
    monkeypatch.setattr("specwhisper.weights.pairs._has_room", lambda device: device == "cuda")
    monkeypatch.setattr(hub, "reachable", lambda: Reachable(True))
    assert default_pair("cuda") == "large-v2+tiny"
    assert default_pair("cpu") == "base+tiny"


def test_default_without_npm_is_what_pip_can_bring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "npm_problem", lambda: "npm is not installed")
    assert default_pair() == "base+tiny.en"
    pretend_stored("tiny")
    assert default_pair() == "base+tiny"
    monkeypatch.setattr(clients, "_pip", lambda: ())
    assert default_pair() == "tiny"


def test_default_of_a_machine_that_can_do_nothing_still_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "npm_on_path", lambda: None)
    monkeypatch.setattr(clients, "_pip", lambda: ())
    assert default_pair() == DEFAULTS[0]
    assert "npm is not installed" in pair_state("tiny").detail


def test_listing_is_quick() -> None:
    start = time.monotonic()
    pair_states()
    assert time.monotonic() - start < 1


def test_models_are_found_by_either_name() -> None:
    assert find_spec("openai/whisper-tiny") is MODELS["tiny"]
    assert find_spec("nobody/nothing") is None
    assert "did you mean medium" in unknown_model("medum")
