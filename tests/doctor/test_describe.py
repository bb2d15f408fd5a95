"""The page of text: every fact on a line, and what is amiss marked."""

from __future__ import annotations

from dataclasses import replace

from specwhisper.doctor.describe import describe
from specwhisper.doctor.findings import Card, Findings, Place, Source, Speed
from specwhisper.network.cpu.machine import Profile, Variants

FINDINGS = Findings(
    versions={"specwhisper": "0.1.0", "torch": "2.13.0", "gradio": None},
    system="Linux x86_64",
    python="3.11.7",
    cores=8,
    profile=Profile(
        "Some EPYC", "vnni", 2, Variants("pass", "own", threads=2), 30e9, 100e9, 200e9, 700e9, {"a": 0.002}
    ),
    card=Card(False, "No driver answers."),
    speeds=(
        Speed("base+tiny", "fp32", "cpu", 3.0, 0.5, 180e9, (0.010, 0.0125), 24e9, 0.0008, 0.05),
        Speed("base", "int8", "cpu", 3.0, 0.2, 450e9, (0.003, 0.0045), 28e9),
    ),
    pairs={"base+tiny": "ready", "large-v2+tiny": "unavailable"},
    places=(Place("weights", "/somewhere", 1_500_000_000, False, 20_000_000_000),),
    sources=(Source("pip", True, "its registry answers"), Source("Hugging Face Hub", False, "no answer")),
    environment={"OMP_NUM_THREADS": "1"},
)


def line_with(words: str, text: str) -> str:
    return next(line for line in text.splitlines() if words in line)


def test_facts_are_there() -> None:
    text = describe(FINDINGS)
    assert line_with("SpecWhisper", text) == "SpecWhisper 0.1.0, Python 3.11.7, Linux x86_64"
    assert "torch 2.13.0, gradio not installed" in text
    assert "Some EPYC; 8 cores, 2 allowed; vnni instructions" in line_with("processor", text)
    assert "weights=pass, encoder=own, products=vector, threads=2" in line_with("chosen", text)
    assert "180 GFLOP/s, 90% of float32 products" in text
    assert "pass of 1 token 10.00 ms (24.0 GB/s, 80% of memory), of 8 tokens 1.25 times that" in text
    assert "draft 0.80 ms per token; it hears 15 s in 50 ms" in text
    assert "OMP_NUM_THREADS=1" in text
    assert line_with("pairs ready", text).endswith(" base+tiny")


def test_what_is_amiss_is_marked() -> None:
    text = describe(FINDINGS)
    assert line_with("Hugging Face Hub", text).startswith("! ")
    assert line_with("/somewhere", text).startswith("! ")
    assert not line_with("its registry answers", text).startswith("!")
    assert "! no pair is here" in describe(replace(FINDINGS, speeds=()))


def test_a_card_that_cannot_be_used_is_marked_but_not_a_machine_without_one() -> None:
    assert line_with("No driver", describe(FINDINGS)).startswith("card")
    unused = replace(FINDINGS, card=Card(False, "Too old a driver.", "Tesla T4", 15_000_000_000, "450.1"))
    assert line_with("Tesla T4", describe(unused)).startswith("! card")
    assert "Tesla T4, 15 GB, driver 450.1. Too old a driver." in describe(unused)
