"""What is found out about recorded passes at load, on a sham card: wrong ones are not used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from specwhisper.network.recorder import Recorder
from specwhisper.transcription.passes import Passes, find_passes
from tests.decoding.test_device_slots import DIMS, MUTANTS, on_card, rules
from tests.sham_cuda import CUDA, Card, sham_card


@pytest.fixture
def card() -> Iterator[Card]:
    with sham_card() as made:
        yield made


def found(recorder: Recorder | None = None) -> Passes:
    grammar = rules(CUDA)[1]
    model: Any = SimpleNamespace(
        name="small",
        network=on_card(),
        vocabulary=SimpleNamespace(end_of_text=400, timestamp_begin=500),
        context=DIMS.text_context,
        head_of=lambda language: None,
        grammar=lambda head: grammar,
    )
    return find_passes([model], recorder or Recorder(CUDA))


def test_recordings_that_do_what_eager_passes_do_are_used(card: Card) -> None:
    passes = found()
    assert passes.recorded and not passes.why_not
    assert passes.variants["passes"] == "recorded, checked"
    assert passes.variants["card"] == "Sham T4"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_wrong_recordings_are_not(card: Card, monkeypatch: pytest.MonkeyPatch, mutant: type) -> None:
    monkeypatch.setattr("specwhisper.decoding.device_slots.FixedPass", mutant)
    recorder = Recorder(CUDA)
    passes = found(recorder)
    assert not passes.recorded
    assert recorder.why_not == passes.why_not != ""
    assert str(passes.variants["passes"]).startswith("eager: ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory."), "there was not enough memory to record passes"),
        (RuntimeError("not permitted\nmore"), "recording failed (RuntimeError: not permitted)"),
    ],
)
def test_what_cannot_be_recorded_runs_eagerly(card: Card, error: Exception, said: str) -> None:
    card.capture_fails = error
    assert found().why_not == said


def not_a_number(results: list[torch.Tensor]) -> None:
    for result in results:
        if result.is_floating_point():
            result.fill_(float("nan"))


def another_number(results: list[torch.Tensor]) -> None:
    for result in results:
        if result.is_floating_point():
            result.add_(3.0)


@pytest.mark.parametrize("spoil", [not_a_number, another_number])
def test_replays_that_give_something_else_are_noticed(
    card: Card, spoil: Callable[[list[torch.Tensor]], None]
) -> None:
    card.spoil = spoil
    assert not found().recorded
