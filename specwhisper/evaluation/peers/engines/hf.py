"""transformers: greedy ``generate``, and its assisted generation (speculative decoding)."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import OptionError
from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.peers.engines.base import (
    Job,
    Stopwatch,
    WindowWritten,
    Workshop,
    by_windows,
    suppression,
    text_tokens,
)
from specwhisper.evaluation.peers.engines.hf_export import transformers_model
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.weights.weights import Weights


class Transformers:
    """``generate`` of a main model, with the help of an assistant or without."""

    def __init__(self, main: Weights, draft: Weights | None) -> None:
        from transformers import WhisperFeatureExtractor

        self._vocabulary = Vocabulary(main.dims.vocab_size)
        self._codec = TextCodec(main.tokenizer_file, self._vocabulary)
        self._extract = WhisperFeatureExtractor(feature_size=main.dims.n_mels)
        self._model = _model_of(main)
        self._help: dict[str, Any] = {"assistant_model": _model_of(draft)} if draft else {}
        self._encoding = EncoderClock()
        for model in (self._model, *self._help.values()):
            self._encoding.watch(model.model.encoder)

    def transcribe(self, samples: np.ndarray, language: str) -> Call:
        return by_windows(samples, self._codec, lambda window: self._write(window, language))

    def _write(self, samples: np.ndarray, language: str) -> WindowWritten:
        import torch

        watch = Stopwatch()
        features = self._extract(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features
        extracted = watch.lap()
        told = {"language": language, "task": "transcribe"} if self._vocabulary.multilingual else {}
        self._encoding.seconds = 0.0
        with torch.inference_mode():
            ids = self._model.generate(
                features, return_timestamps=False, num_beams=1, do_sample=False, **told, **self._help
            )[0].tolist()
        generated, encoded = watch.lap(), self._encoding.seconds
        # transformers takes the prompt off, and in some versions the end as well; a window that did not
        # reach the limit has ended.
        tokens = text_tokens(ids, self._vocabulary)
        limit = self._model.config.max_target_positions - len(self._vocabulary.prompt(language))
        return WindowWritten(tokens, len(tokens) < limit, extracted, encoded, generated - encoded)


class EncoderClock:
    """Seconds spent inside encoders, wherever ``generate`` calls them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def watch(self, encoder: Any) -> None:
        encoder.register_forward_pre_hook(self._start)
        encoder.register_forward_hook(self._stop)

    def _start(self, *_: object) -> None:
        self._began = time.perf_counter()

    def _stop(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began


def greedy(job: Job, workshop: Workshop) -> Transformers:
    """Main alone."""
    _prepare(job)
    return Transformers(workshop.weights(job.pair.main), None)


def assisted(job: Job, workshop: Workshop) -> Transformers:
    """Main with its draft as assistant.

    Raises:
        OptionError: the two have different vocabularies or mel bins, which transformers cannot bridge here.
    """
    if job.pair.draft is None:
        raise OptionError(f"{job.pair.name} has no draft.")
    main, draft = workshop.weights(job.pair.main), workshop.weights(job.pair.draft)
    if (main.dims.vocab_size, main.dims.n_mels) != (draft.dims.vocab_size, draft.dims.n_mels):
        raise OptionError("assisted generation needs a draft with main's vocabulary and mel bins")
    _prepare(job)
    return Transformers(main, draft)


def _model_of(weights: Weights) -> Any:
    suppress, begin = suppression(weights)
    return transformers_model(weights.dims, weights.tensors, suppress=suppress, begin_suppress=begin)


def _prepare(job: Job) -> None:
    import torch
    from transformers.utils import logging

    logging.set_verbosity_error()  # its generate() warns about what its generate() does
    torch.set_num_threads(job.threads)
