"""Drafts from another vocabulary on real speech: lossless, and as useful as ones from the same.

By default a sample of the clips; ``SPECWHISPER_ALL_CLIPS=1`` takes every one and small as a main, too.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.results import Comparison
from specwhisper.transcription.loading import load
from specwhisper.transcription.transcriber import Transcriber
from tests.clips import ENGLISH, path_of
from tests.eval_data import eval_folder, manifest
from tests.marks import EXHAUSTIVE
from tests.standins import with_cantonese

ALL = bool(os.environ.get("SPECWHISPER_ALL_CLIPS"))
EVERY = 1 if ALL else 80
MAINS = ("base", "small") if ALL else ("base",)

pytestmark = [pytest.mark.weights, pytest.mark.timeout(7200)]


@dataclass
class Tally:
    """What a pair did over some clips."""

    clips: int = 0
    tokens: int = 0
    cycles: int = 0
    held_back: int = 0
    texts: list[str] = field(default_factory=list)

    def add(self, comparison: Comparison) -> None:
        stats = comparison.speculative.stats
        self.clips += 1
        self.tokens += stats.tokens
        self.cycles += len(stats.cycles)
        self.held_back += stats.held_back
        self.texts.append(comparison.speculative.text)

    @property
    def per_cycle(self) -> float:
        return self.tokens / self.cycles


def clips(*sets: str) -> list[dict[str, Any]]:
    chosen = []
    for name in sets:
        folder = eval_folder(name)
        if folder is None:
            pytest.skip("no evaluation speech here: SPECWHISPER_EVAL names its folder")
        chosen += [{**entry, "path": folder / entry["audio"]} for entry in manifest(folder)[::EVERY]]
    return chosen


def tally(transcriber: Transcriber, chosen: list[dict[str, Any]]) -> Tally:
    result = Tally()
    for clip in chosen:
        # A fixed lookahead: "auto" goes by prices measured at load, and pairs are compared by their tokens.
        comparison = transcriber.compare(load_audio(clip["path"]), language=clip["language"], lookahead=8)
        assert comparison.identical, (transcriber.pair, clip["audio"])
        result.add(comparison)
    return result


@pytest.mark.parametrize("main", MAINS)
@pytest.mark.parametrize(
    "sets", [("librispeech", "dummy73"), ("multilingual",), pytest.param(("dutch",), marks=EXHAUSTIVE)]
)
def test_a_v3_main_with_a_v2_draft_loses_nothing(
    main, sets, real_weights, real_pair, tmp_path, capsys
) -> None:
    real_weights("tiny")
    standin = with_cantonese(real_weights(main), tmp_path / f"{main}-v3")
    chosen = clips(*sets)
    same = tally(real_pair(f"{main}+tiny"), chosen)
    crossed = tally(load(f"{standin}+tiny", device="cpu"), chosen)
    assert crossed.per_cycle == pytest.approx(same.per_cycle, rel=0.01)
    assert crossed.texts == same.texts
    with capsys.disabled():
        print(
            f"\n{main}(v3)+tiny on {'+'.join(sets)}: {crossed.clips} of {crossed.clips} identical, "
            f"{crossed.per_cycle:.3f} tokens per cycle ({main}+tiny: {same.per_cycle:.3f})"
        )


def test_a_v2_main_with_a_v3_draft(real_weights, real_pair, tmp_path) -> None:
    real_weights("base")
    draft = with_cantonese(real_weights("tiny"), tmp_path / "tiny-v3")
    comparison = load(f"base+{draft}", device="cpu").compare(path_of(ENGLISH), lookahead=8)
    same = real_pair("base+tiny").compare(path_of(ENGLISH), lookahead=8)
    assert comparison.identical
    assert comparison.speculative.text == same.speculative.text
    assert len(comparison.speculative.stats.cycles) == len(same.speculative.stats.cycles)


def test_cantonese_is_drafted_by_a_model_that_has_no_token_for_it(real_weights, tmp_path) -> None:
    real_weights("tiny")
    standin = with_cantonese(real_weights("tiny"), tmp_path / "tiny-v3")
    comparison = load(f"{standin}+tiny", device="cpu").compare(path_of(ENGLISH), language="yue", lookahead=4)
    assert comparison.identical
    assert comparison.speculative.stats.drafted > 0


@pytest.mark.parametrize("pair", ["base+tiny.en", pytest.param("base.en+tiny", marks=EXHAUSTIVE)])
def test_an_english_draft_for_a_multilingual_main_and_back(pair: str, real_pair, capsys) -> None:
    chosen = clips("librispeech", "dummy73")
    same = "base+tiny" if pair.startswith("base+") else "base.en+tiny.en"
    crossed, same = (tally(real_pair(each), chosen) for each in (pair, same))
    assert crossed.texts == same.texts
    assert crossed.per_cycle > 1.5
    with capsys.disabled():
        print(
            f"\n{pair}: {crossed.clips} clips identical, {crossed.per_cycle:.3f} tokens per cycle "
            f"(same vocabulary: {same.per_cycle:.3f}), {crossed.held_back} draft tokens held back"
        )


def test_an_english_draft_keeps_silent_in_other_languages(real_pair) -> None:
    comparison = real_pair("base+tiny.en").compare(path_of(ENGLISH), language="nl")
    assert comparison.identical
    assert comparison.speculative.stats.drafted == 0
