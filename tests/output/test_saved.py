"""A saved comparison is read again as it was; anything else is refused in a sentence."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specwhisper.errors import OptionError
from specwhisper.output.saved import comparison_from, read_comparison
from tests.ui.comparisons import make_comparison

COMPARISON = make_comparison(differ_at=5)
DATA = json.loads(json.dumps(COMPARISON.to_dict()))


def test_what_was_saved_is_read_again() -> None:
    assert comparison_from(json.dumps(DATA)) == COMPARISON


@pytest.mark.parametrize(
    "content", ["", "nonsense", "[]", "{}", "null", '{"baseline": {}}', "[" * 100_000, b"\xff\xfe"]
)
def test_other_files_are_refused(tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(OptionError, match=r"other\.json is no saved comparison"):
        read_comparison(file)
    with pytest.raises(OptionError):
        read_comparison(tmp_path / "missing.json")


ODD = st.sampled_from([None, -1, 10**30, "x", [], {}, float("nan"), True])


@settings(deadline=None)  # a busy machine is no fault
@given(st.data())
def test_changed_values_are_refused_or_of_the_right_type(data: st.DataObject) -> None:
    changed = copy.deepcopy(DATA)
    place = changed
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(ODD)
        break
    try:
        found = comparison_from(json.dumps(changed))
    except ValueError:
        return
    assert isinstance(found.speculative.text, str)
    assert all(isinstance(token, int) for token in found.speculative.tokens)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    with pytest.raises(ValueError):
        comparison_from(json.dumps({**DATA, "speedup": {"decode": number, "total": 1.0}}))


def test_more_accepted_than_proposed_is_refused() -> None:
    changed = copy.deepcopy(DATA)
    changed["speculative"]["stats"]["cycles"][0]["accepted"] = 99
    with pytest.raises(ValueError, match="99 of"):
        comparison_from(json.dumps(changed))
