"""Tokenizers that old converters damaged become those of the Hub."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specwhisper.errors import WeightsCorruptError
from specwhisper.weights.readers.tokenizer_repair import mend


def tokenizer(merges: list[Any], last: str = "<|notimestamps|>") -> dict[str, Any]:
    model = {
        "type": "BPE",
        "fuse_unk": False,
        "vocab": {"Ġ": 0, "t": 1, "a": 2, "Ġt": 3, "Ġa": 4},
        "merges": merges,
    }
    return {"version": "1.0", "added_tokens": [{"id": 5, "content": last}], "model": model}


@pytest.mark.parametrize("merges", [["Ġ a"], [["Ġ", "a"]]])
def test_the_first_merge_and_the_timestamps_come_back(merges: list[Any]) -> None:
    mended = json.loads(mend(json.dumps(tokenizer(merges)).encode()))
    first = mended["model"]["merges"][0]
    assert first == ("Ġ t" if isinstance(merges[0], str) else ["Ġ", "t"])
    assert len(mended["model"]["merges"]) == 2
    stamps = mended["added_tokens"][1:]
    assert [stamps[0]["content"], stamps[1]["content"], stamps[-1]["content"]] == [
        "<|0.00|>",
        "<|0.02|>",
        "<|30.00|>",
    ]
    assert [stamps[0]["id"], stamps[-1]["id"]] == [6, 6 + 1500]
    keys = list(mended["model"])
    assert keys.index("byte_fallback") == keys.index("vocab") - 1


def test_what_is_whole_stays_as_it_is() -> None:
    whole = json.dumps(tokenizer(["Ġ t", "Ġ a"], last="<|30.00|>"), indent=7).encode()
    assert mend(whole) is whole
    mended = mend(json.dumps(tokenizer(["Ġ a"])).encode())
    assert mend(mended) == mended


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"model": 3, "added_tokens": []}', b"\xff\xfe", b"null"]
)
def test_other_files_are_refused(raw: bytes) -> None:
    with pytest.raises(WeightsCorruptError, match=r"tokenizer\.json"):
        mend(raw)
