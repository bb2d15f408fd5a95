"""int8 and bf16: what greedy writes, speculation writes, without any guard; and how far it is from float32.

By default a few clips; ``SPECWHISPER_ALL_CLIPS=1`` takes every one of them.
"""

from __future__ import annotations

import os

import jiwer
import pytest
import torch
from transformers.models.whisper.english_normalizer import BasicTextNormalizer

from specwhisper.audio.decode import load_audio
from specwhisper.network.device import multiplies_bf16
from specwhisper.transcription.tasks import Encode
from specwhisper.transcription.window_decoder import encode
from tests.clips import ENGLISH, SECOND, path_of
from tests.eval_data import eval_folder, manifest

ALL = bool(os.environ.get("SPECWHISPER_ALL_CLIPS"))
EVERY = 1 if ALL else 40
PAIRS = ("base+tiny", "small+tiny") if ALL else ("base+tiny",)
PROMPT = [50258, 50259, 50359, 50363]

pytestmark = [pytest.mark.weights, pytest.mark.timeout(5400)]


def clips() -> list[dict]:
    chosen = []
    for name in ("librispeech", "dummy73"):
        folder = eval_folder(name)
        if folder is None:
            pytest.skip("no evaluation speech here: SPECWHISPER_EVAL names its folder")
        chosen += [{**entry, "path": folder / entry["audio"]} for entry in manifest(folder)[::EVERY]]
    return chosen


@pytest.mark.parametrize("precision", ["int8", "bf16"])
@pytest.mark.parametrize("pair", PAIRS)
def test_speculative_equals_greedy_without_a_guard(pair: str, precision: str, real_pair, capsys) -> None:
    if precision == "bf16" and not multiplies_bf16():
        pytest.skip("this processor does not multiply in bfloat16")
    quick, exact = real_pair(pair, precision), real_pair(pair)
    assert quick.guard == 0
    said, narrow, float32 = [], [], []
    for clip in clips():
        waveform = load_audio(clip["path"])
        comparison = quick.compare(waveform, language="en")
        assert comparison.identical, clip["audio"]
        assert comparison.speculative.stats.near_ties == 0
        said.append(clip["text"])
        narrow.append(comparison.speculative.text)
        float32.append(exact.transcribe(waveform, language="en", timestamps="none", speculative=False).text)
    normalise = BasicTextNormalizer()
    wer = [
        jiwer.wer([normalise(text) for text in said], [normalise(text) for text in texts])
        for texts in (float32, narrow)
    ]
    assert wer[1] < wer[0] + (0.01 if ALL else 0.05)  # one word of a sample is 1.6%
    with capsys.disabled():
        print(f"\n{pair} {precision}: {len(said)} clips identical, WER {wer[1]:.2%} (float32: {wer[0]:.2%})")


def test_every_width_gives_the_same_bits(real_pair) -> None:
    main = real_pair("base+tiny", "int8").main
    task = Encode(load_audio(path_of(ENGLISH)).samples, drafted=False, blank=False)
    reader = main.reader(encode(main, None, task, lambda: 0.0).main)
    tokens = [*PROMPT, *range(400, 424)]
    whole = reader.read(tokens, 0)
    for width in (1, 2, 3, 5, 9):
        rows = [reader.read(tokens[at : at + width], at) for at in range(0, len(tokens), width)]
        assert torch.equal(torch.cat(rows), whole), width


def test_a_batch_of_int8_equals_single_runs(real_pair) -> None:
    transcriber = real_pair("base+tiny", "int8")
    audios = [path_of(clip) for clip in (ENGLISH, SECOND, ENGLISH)]
    single = [transcriber.transcribe(audio, language="en", timestamps="none").tokens for audio in audios[:2]]
    together = transcriber.transcribe_batch(audios, language="en", batch_size=3)
    assert [transcript.tokens for transcript in together] == [*single, single[0]]
