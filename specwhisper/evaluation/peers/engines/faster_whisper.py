"""faster-whisper, on CTranslate2: its features, its encoder, its greedy decode, timed one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.peers.engines.base import (
    Job,
    Stopwatch,
    WindowWritten,
    Workshop,
    by_windows,
    text_tokens,
)
from specwhisper.evaluation.peers.engines.ct2_export import write_ct2
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec

COMPUTE_TYPES = {"fp32": "float32", "bf16": "bfloat16", "int8": "int8"}
CONTEXT = 448  # prompt and text together, as faster-whisper has it


class FasterWhisper:
    """A ``WhisperModel`` driven as its ``transcribe`` drives it with beam_size=1, temperature=0,
    without_timestamps, condition_on_previous_text=False and no voice activity detection."""

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        from faster_whisper import WhisperModel

        size = len(json.loads((folder / "vocabulary.json").read_text("utf-8")))
        self._vocabulary = Vocabulary(size)
        self._codec = TextCodec(folder / "tokenizer.json", self._vocabulary)
        self._model: Any = WhisperModel(
            str(folder), device="cpu", compute_type=COMPUTE_TYPES[precision], cpu_threads=threads
        )

    def transcribe(self, samples: np.ndarray, language: str) -> Call:
        return by_windows(samples, self._codec, lambda window: self._write(window, language))

    def _write(self, samples: np.ndarray, language: str) -> WindowWritten:
        from faster_whisper.audio import pad_or_trim

        prompt = list(self._vocabulary.prompt(language))
        watch = Stopwatch()
        features = pad_or_trim(self._model.feature_extractor(samples))
        extracted = watch.lap()
        states = self._model.encode(features)  # returns when it is computed
        encoded = watch.lap()
        result = self._model.model.generate(
            states, [prompt], beam_size=1, max_length=CONTEXT, suppress_blank=True, suppress_tokens=[-1]
        )[0]
        decoded = watch.lap()
        tokens = text_tokens(result.sequences_ids[0], self._vocabulary)
        return WindowWritten(tokens, len(tokens) < CONTEXT - len(prompt), extracted, encoded, decoded)


def build(job: Job, workshop: Workshop) -> FasterWhisper:
    """faster-whisper with main's weights; int8 ones are quantised by CTranslate2 as it loads them."""
    return FasterWhisper(workshop.converted(job.pair.main, "ct2", write_ct2), job.precision, job.threads)
