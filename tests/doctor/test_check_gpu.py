"""``specwhisper check-gpu``: its words and exit status, without a card, and what it says of a sham one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from specwhisper.cli import main
from specwhisper.doctor.check_gpu import Checked
from specwhisper.doctor.findings import Card

USED = Card(True, "PyTorch can use it.", "Sham T4")
SAME = SimpleNamespace(identical=True, speedup=SimpleNamespace(decode=2.5))
FINE = Checked(USED, "base+tiny", "recorded, checked", "exact", SAME, named=True)  # type: ignore[arg-type]


def test_without_a_card_it_says_why_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["check-gpu"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("! No card: ")
    assert second == "! Everything runs on the CPU."


@pytest.mark.parametrize("wrong", [["--pair", "nonsense"], ["nofile.wav"], [__file__]])
def test_a_mistake_is_found_without_a_card_too(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-gpu", *wrong]) in (1, 2)
    said = capsys.readouterr()
    assert not said.out
    assert said.err.strip().splitlines()[-1].startswith("specwhisper: ")


def test_what_is_as_it_should_be_is_said_without_an_exclamation_mark() -> None:
    assert FINE.good
    assert not any(line.startswith("!") for line in FINE.lines())
    assert "2.50 times" in "\n".join(FINE.lines())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (replace(FINE, passes="eager: a recorded pass gave no numbers"), "gave no numbers"),
        (replace(FINE, comparison=SimpleNamespace(identical=False, speedup=SAME.speedup)), "report"),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_is_marked(wrong: Checked, words: str) -> None:
    assert not wrong.good
    assert words in next(line for line in wrong.lines() if line.startswith("!"))
