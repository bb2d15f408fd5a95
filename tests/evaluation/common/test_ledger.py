"""A measurement that was killed goes on where it was, and never mixes with another."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

import pytest

from specwhisper.errors import OptionError
from specwhisper.evaluation.common.ledger import Ledger

QUESTION = {"mode": "speculative", "clips": ["a", "b"]}


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    number: int
    parts: tuple[Part, ...] = ()
    sizes: dict[int, Part | None] | None = None


FULL = Note(1, (Part("\u00e4", (0.1, 1e-9)), Part("b")), {2: Part("c"), 3: None})


def never() -> Note:
    raise AssertionError("measured twice")


def keep(ledger: Ledger, key: str, note: Note = FULL) -> Note:
    return ledger.once(key, Note, lambda: note)


def test_records_are_there_again_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "new" / "records.jsonl"
    ledger = Ledger(path, QUESTION)
    assert keep(ledger, "a") == FULL
    assert ledger.once("a", Note, never) == FULL
    again = Ledger(path, QUESTION)
    assert "a" in again
    assert "b" not in again
    assert again.once("a", Note, never) == FULL
    keep(again, "b", Note(2))
    assert len(Ledger(path, QUESTION)) == 2


def test_what_could_not_be_measured_is_tried_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "records.jsonl", QUESTION)
    with pytest.raises(AssertionError):
        ledger.once("a", Note, never)
    assert "a" not in ledger
    assert keep(ledger, "a") == FULL


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_half_a_line_is_forgotten_and_the_rest_kept(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "records.jsonl"
    ledger = Ledger(path, QUESTION)
    keep(ledger, "a")
    keep(ledger, "b", Note(2))
    path.write_bytes(path.read_bytes()[:-cut])
    again = Ledger(path, QUESTION)
    assert "a" in again
    assert "b" not in again
    keep(again, "b", Note(3))
    assert Ledger(path, QUESTION).once("b", Note, never) == Note(3)


def test_a_file_cut_inside_its_first_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    Ledger(path, QUESTION)
    path.write_bytes(path.read_bytes()[:10])
    keep(Ledger(path, QUESTION), "a")
    assert len(Ledger(path, QUESTION)) == 1


def test_another_question_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    keep(Ledger(path, QUESTION), "a")
    with pytest.raises(OptionError, match="another question"):
        Ledger(path, {**QUESTION, "mode": "beam"})


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    Ledger(path, QUESTION)
    path.write_bytes(path.read_bytes() + b"nonsense\n")
    with pytest.raises(OptionError, match="damaged"):
        Ledger(path, QUESTION)


def test_a_record_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    keep(Ledger(path, QUESTION), "a")
    with pytest.raises(OptionError, match="damaged"):
        Ledger(path, QUESTION).once("a", Part, lambda: Part(""))


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch) -> None:
    ledger = Ledger(tmp_path / "records.jsonl", QUESTION)

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OptionError, match=r"No space left on device.*goes on"):
        keep(ledger, "a")


def test_without_a_file_everything_is_in_memory() -> None:
    ledger = Ledger(None, QUESTION)
    keep(ledger, "a")
    ledger.close()
    assert ledger.once("a", Note, never) == FULL


def test_a_text_with_a_line_separator_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    text = "one\u2028two\u0085three\udce9"
    first = Ledger(path, QUESTION)
    first.once("a", Part, lambda: Part(text))
    first.close()
    assert Ledger(path, QUESTION).once("a", Part, never) == Part(text)
