"""A measurement that was killed goes on where it was, and never mixes with another."""

from __future__ import annotations

from pathlib import Path

import pytest

from specwhisper.errors import OptionError
from specwhisper.evaluation.ledger import Ledger

QUESTION = {"mode": "speculative", "clips": ["a", "b"]}


def test_records_are_there_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "records.jsonl"
    ledger = Ledger(path, QUESTION)
    ledger.add("a", {"text": "ä"})
    again = Ledger(path, QUESTION)
    assert "a" in again
    assert "b" not in again
    assert again["a"] == {"text": "ä"}
    again.add("b", {})
    assert len(Ledger(path, QUESTION)) == 2


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_half_a_line_is_forgotten_and_the_rest_kept(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "records.jsonl"
    ledger = Ledger(path, QUESTION)
    ledger.add("a", {"number": 1})
    ledger.add("b", {"number": 2})
    path.write_bytes(path.read_bytes()[:-cut])
    again = Ledger(path, QUESTION)
    assert "a" in again
    assert "b" not in again
    again.add("b", {"number": 3})
    assert Ledger(path, QUESTION)["b"] == {"number": 3}


def test_a_file_cut_inside_its_first_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    Ledger(path, QUESTION)
    path.write_bytes(path.read_bytes()[:10])
    Ledger(path, QUESTION).add("a", {})
    assert len(Ledger(path, QUESTION)) == 1


def test_another_question_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    Ledger(path, QUESTION).add("a", {})
    with pytest.raises(OptionError, match="another question"):
        Ledger(path, {**QUESTION, "mode": "beam"})


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    Ledger(path, QUESTION)
    path.write_bytes(path.read_bytes() + b"nonsense\n")
    with pytest.raises(OptionError, match="damaged"):
        Ledger(path, QUESTION)


def test_without_a_file_everything_is_in_memory() -> None:
    ledger = Ledger(None, QUESTION)
    ledger.add("a", {"number": 1})
    ledger.close()
    assert ledger["a"] == {"number": 1}
