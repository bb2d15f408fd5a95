"""What was measured once is read at the next load, on the same machine and for the same pair."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from specwhisper.decoding.costs import LENGTHS, WIDTHS, Costs
from specwhisper.network.cpu.packed_store import Source
from specwhisper.storage.folder import exclusive
from specwhisper.transcription import pair_costs as economics
from specwhisper.transcription.kept_costs import LOADS, forget_costs, keep_costs, kept_costs
from specwhisper.transcription.pair_costs import costs_of
from tests.fakes import dimensions

COSTS = Costs(
    0.001, tuple(0.002 + 0.0001 * width for width in range(WIDTHS[-1])), tuple(0.01 for _ in LENGTHS)
)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPECWHISPER_CACHE", str(tmp_path / "store"))
    return tmp_path / "store" / "costs"


def model(name: str, *, size: int = 1, exact: bool = True) -> Any:
    """As much of a model as costs depend on."""
    network = SimpleNamespace(dims=dimensions(), decoder=SimpleNamespace(numbers="int8"), exact_rows=exact)
    return SimpleNamespace(name=name, network=network, margin=None, files=Source(((name, size, 1),)))


def test_costs_come_back_for_the_same_pair_alone() -> None:
    main, draft = model("base"), model("tiny")
    keep_costs(main, draft, 1, COSTS)
    assert kept_costs(main, draft, 1) == (COSTS, 1)
    assert kept_costs(main, draft, 4) is None
    assert kept_costs(draft, main, 1) is None
    assert kept_costs(main, model("tiny", size=2), 1) is None
    forget_costs()
    assert kept_costs(main, draft, 1) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"draft": 1}', b'{"draft": 1, "verify": [1]}'])
def test_damaged_files_are_as_good_as_none(content: bytes, store: Path) -> None:
    main, draft = model("base"), model("tiny")
    keep_costs(main, draft, 1, COSTS)
    (path,) = store.iterdir()
    path.write_bytes(content)
    assert kept_costs(main, draft, 1) is None


def test_after_a_month_they_are_measured_again(store: Path) -> None:
    main, draft = model("base"), model("tiny")
    keep_costs(main, draft, 1, COSTS)
    (path,) = store.iterdir()
    os.utime(path, (1, 1))
    assert kept_costs(main, draft, 1) is None


def test_a_store_that_is_held_keeps_nothing() -> None:
    main, draft = model("base"), model("tiny")
    with exclusive():
        keep_costs(main, draft, 1, COSTS)
    assert kept_costs(main, draft, 1) is None


def test_a_load_measures_what_no_earlier_one_has(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[int] = []

    def measure_costs(main: object, draft: object, rows: int, recorder: object) -> Costs:
        measured.append(rows)
        return COSTS

    monkeypatch.setattr(economics, "measure_costs", measure_costs)
    busy = [True, False]
    monkeypatch.setattr(economics, "undisturbed", lambda: not busy.pop(0) if busy else True)
    main, draft = model("base"), model("tiny")
    costs_of(main, draft)  # beside a busy program: not kept
    assert kept_costs(main, draft, 1) is None
    measured.clear()
    for _ in range(LOADS + 2):
        assert costs_of(main, draft) == COSTS
    assert len(measured) == LOADS
    costs_of(main, draft, anew=True)
    assert len(measured) == LOADS + 1
    assert kept_costs(main, draft, 1) == (COSTS, 1)
    for _ in range(LOADS + 2):  # whose passes are warmed up by being measured
        costs_of(model("base", exact=False), draft)
    assert len(measured) == 2 * LOADS + 3


def test_a_moment_in_which_a_machine_was_busy_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Costs(0.005, tuple(2 * each for each in COSTS.verify), tuple(0.03 for _ in LENGTHS))
    moments = [slow, replace(COSTS, draft=0.004), replace(slow, draft=0.001)]
    monkeypatch.setattr(economics, "measure_costs", lambda main, draft, rows, recorder: moments.pop(0))
    monkeypatch.setattr(economics, "undisturbed", lambda: True)
    main, draft = model("base"), model("tiny")
    assert costs_of(main, draft) == slow
    assert costs_of(main, draft) == replace(COSTS, draft=0.004)
    assert costs_of(main, draft) == COSTS == costs_of(main, draft)
