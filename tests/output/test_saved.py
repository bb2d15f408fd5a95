"""A saved comparison is read again as it was; anything else is refused in a sentence."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specwhisper.errors import OptionError
from specwhisper.output.saved import comparison_from, read_comparison
from tests.ui.comparisons import make_comparison

COMPARISON = make_comparison(differ_at=5)
DATA = json.loads(json.dumps(COMPARISON.to_dict()))


def test_what_was_saved_is_read_again() -> None:
    assert comparison_from(DATA) == COMPARISON


@pytest.mark.parametrize("content", ["", "nonsense", "[]", "{}", "null", '{"baseline": {}}', "[" * 100_000])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(content)
    with pytest.raises(OptionError, match=r"other\.json is no saved comparison"):
        read_comparison(file)
    with pytest.raises(OptionError):
        read_comparison(tmp_path / "missing.json")


ODD = st.sampled_from([None, -1, 10**30, "x", [], {}, float("nan"), True])


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
        found = comparison_from(changed)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return
    assert isinstance(found.speculative.text, str)
    assert all(isinstance(token, int) for token in found.speculative.tokens)
