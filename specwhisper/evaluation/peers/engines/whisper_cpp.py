"""whisper.cpp, through pywhispercpp. Its keys and values are float16 whatever the weights are."""

from __future__ import annotations

import os
import re
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.peers.engines.base import Job, WindowWritten, Workshop, by_windows, text_tokens
from specwhisper.evaluation.peers.engines.ggml_export import writer
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec

STORED = {"fp32": "fp16", "int8": "int8"}
"""Asked for -> how the weights are stored."""
SETTINGS: dict[str, Any] = {
    "print_progress": False,
    "print_timestamps": False,
    "no_context": True,
    "no_timestamps": True,
    "single_segment": True,
    "suppress_blank": True,
    "suppress_nst": True,
    "temperature": 0.0,
    "temperature_inc": 0.0,  # no second try at a higher temperature
    "no_speech_thold": 1.0,  # nothing is left out as silence
    "greedy": {"best_of": 1},
}
LIMIT = 448 // 2 - 4  # tokens that whisper.cpp writes into a window at most


class WhisperCpp:
    """``whisper_full``, greedy. It does everything in one call, so the stages' times are its own."""

    def __init__(self, folder: Path, threads: int) -> None:
        from pywhispercpp.model import Model

        file = folder / "model.bin"
        self._vocabulary = Vocabulary(_vocabulary_size(file))
        self._codec = TextCodec(folder / "tokenizer.json", self._vocabulary)
        self._threads = threads
        self._model: Any = Model(str(file), redirect_whispercpp_logs_to=None, n_threads=threads, **SETTINGS)

    def transcribe(self, samples: np.ndarray, language: str) -> Call:
        return by_windows(samples, self._codec, lambda window: self._write(window, language))

    def _write(self, samples: np.ndarray, language: str) -> WindowWritten:
        import _pywhispercpp as library

        samples = np.ascontiguousarray(samples)
        context = self._model._ctx  # the only way to the ids: the wrapper's own results are text
        library.whisper_reset_timings(context)
        self._model.transcribe(samples, language=language)
        ids = [
            library.whisper_full_get_token_id(context, segment, index)
            for segment in range(library.whisper_full_n_segments(context))
            for index in range(library.whisper_full_n_tokens(context, segment))
        ]
        seconds = stage_seconds(_printed(lambda: library.whisper_print_timings(context)))
        tokens = text_tokens(ids, self._vocabulary)
        return WindowWritten(
            tokens,
            len(tokens) < LIMIT,
            seconds["mel"],
            seconds["encode"],
            sum(seconds[stage] for stage in ("prompt", "decode", "batchd", "sample")),
        )


def stage_seconds(printed: str) -> dict[str, float]:
    """What ``whisper_print_timings`` says of each stage, in seconds.

    Raises:
        ValueError: it says something else.
    """
    found = {stage: float(ms) / 1000 for stage, ms in re.findall(r"(\w+) time =\s*([\d.]+) ms", printed)}
    if not {"mel", "encode", "prompt", "decode", "batchd", "sample"} <= found.keys():
        raise ValueError(f"whisper.cpp printed no timings but {printed!r}")
    return found


def _printed(work: Callable[[], None]) -> str:
    """What C code wrote to standard error meanwhile; Python's own redirection does not see that."""
    with tempfile.TemporaryFile() as caught:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            work()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        caught.seek(0)
        return caught.read().decode(errors="replace")


def _vocabulary_size(file: Path) -> int:
    with file.open("rb") as opened:
        return int(struct.unpack("<Ii", opened.read(8))[1])


def build(job: Job, workshop: Workshop) -> WhisperCpp:
    """whisper.cpp with main's weights: float16 for fp32, which it cannot do, or Q8_0 for int8."""
    precision = STORED[job.precision]
    folder = workshop.converted(job.pair.main, f"ggml-{precision}", writer(precision))
    return WhisperCpp(folder, job.threads)
