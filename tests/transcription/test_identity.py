"""The claim the project stands on: speculative == greedy == transformers, token for token, on real speech.

By default a sample of the clips is decoded; ``SPECWHISPER_ALL_CLIPS=1`` takes every one of them.
"""

from __future__ import annotations

import os

import jiwer
import pytest
import torch
from transformers.models.whisper.english_normalizer import BasicTextNormalizer

from specwhisper.audio.decode import load_audio
from specwhisper.audio.windows import windows_of
from specwhisper.vocabulary.rules import begin_suppressed_tokens, suppressed_tokens
from tests.eval_data import eval_folder, manifest
from tests.hf import transformers_model
from tests.marks import EXHAUSTIVE

EVERY = 1 if os.environ.get("SPECWHISPER_ALL_CLIPS") else 36
SETS = ("librispeech", "dummy73")

pytestmark = pytest.mark.weights


def clips() -> list[dict]:
    chosen = []
    for name in SETS:
        folder = eval_folder(name)
        if folder is None:
            pytest.skip("no evaluation speech here: SPECWHISPER_EVAL names its folder")
        chosen += [{**entry, "path": folder / entry["audio"]} for entry in manifest(folder)[::EVERY]]
    return chosen


def reference_tokens(model, transcriber, samples) -> list[int]:
    """What transformers' own ``generate`` writes for one window, prompt and end-of-text taken off."""
    vocabulary = transcriber.main.vocabulary
    features = transcriber.main.features(torch.from_numpy(samples))
    options = {"language": "en", "task": "transcribe"} if vocabulary.multilingual else {}
    with torch.inference_mode():
        ids = model.generate(features, return_timestamps=False, num_beams=1, do_sample=False, **options)[
            0
        ].tolist()
    return [token for token in ids if not vocabulary.is_special(token)]


@pytest.mark.timeout(5400)
@pytest.mark.parametrize("pair", ["base+tiny", pytest.param("base.en+tiny.en", marks=EXHAUSTIVE)])
def test_speculative_equals_greedy_equals_transformers(pair: str, real_weights, real_pair, capsys) -> None:
    weights = real_weights(pair.split("+")[0])
    transcriber = real_pair(pair)
    model, codec = transcriber.main, transcriber.main.codec
    reference = transformers_model(
        weights.dims,
        weights.tensors,
        suppress=suppressed_tokens(model.vocabulary, codec),
        begin_suppress=begin_suppressed_tokens(model.vocabulary, codec),
    )
    normalise = BasicTextNormalizer()
    said, greedy, speculative = [], [], []
    cycles = tokens = near_ties = 0
    for clip in clips():
        waveform = load_audio(clip["path"])
        comparison = transcriber.compare(waveform, language="en")
        assert comparison.identical, clip["audio"]
        expected = [
            token
            for window in windows_of(waveform.samples)
            for token in reference_tokens(reference, transcriber, window.samples)
        ]
        assert list(comparison.speculative.tokens) == expected, clip["audio"]
        said.append(normalise(clip["text"]))
        greedy.append(normalise(comparison.baseline.text))
        speculative.append(normalise(comparison.speculative.text))
        cycles += len(comparison.speculative.stats.cycles)
        tokens += comparison.speculative.stats.tokens
        near_ties += comparison.speculative.stats.near_ties
    assert jiwer.wer(said, greedy) == jiwer.wer(said, speculative)
    with capsys.disabled():
        print(
            f"\n{pair}: {len(said)} of {len(said)} clips identical, "
            f"WER {jiwer.wer(said, greedy):.2%} for both, "
            f"{tokens / cycles:.2f} tokens per cycle, near ties: {near_ties}"
        )
