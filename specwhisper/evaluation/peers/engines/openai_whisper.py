"""openai-whisper, the original, holding our tensors."""

from __future__ import annotations

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
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.weights.tensor_names import from_openai
from specwhisper.weights.weights import Weights


class OpenAIWhisper:
    """``whisper.decode`` on audio that was encoded before, greedy, without timestamps, float32."""

    def __init__(self, weights: Weights) -> None:
        self._vocabulary = Vocabulary(weights.dims.vocab_size)
        self._codec = TextCodec(weights.tokenizer_file, self._vocabulary)
        self._model = openai_model(weights)

    def transcribe(self, samples: np.ndarray, language: str) -> Call:
        return by_windows(samples, self._codec, lambda window: self._write(window, language))

    def _write(self, samples: np.ndarray, language: str) -> WindowWritten:
        import torch
        import whisper

        dims = self._model.dims
        options = whisper.DecodingOptions(
            language=language,
            temperature=0.0,
            without_timestamps=True,
            fp16=False,
            # Half the context is openai-whisper's own limit; the others write to its end.
            sample_len=dims.n_text_ctx - len(self._vocabulary.prompt(language)),
        )
        watch = Stopwatch()
        with torch.inference_mode():
            mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), n_mels=dims.n_mels)[None]
            extracted = watch.lap()
            states = self._model.embed_audio(mel)
            encoded = watch.lap()
            result = whisper.decode(self._model, states, options)[0]
        decoded = watch.lap()
        tokens = text_tokens(result.tokens, self._vocabulary)
        return WindowWritten(tokens, len(tokens) < (options.sample_len or 0), extracted, encoded, decoded)


def openai_model(weights: Weights) -> Any:
    """A ``whisper.model.Whisper`` with our tensors, under the names that it gives them."""
    from whisper.model import ModelDimensions, Whisper

    dims = weights.dims
    model = Whisper(
        ModelDimensions(
            n_mels=dims.n_mels,
            n_audio_ctx=dims.audio_context,
            n_audio_state=dims.d_model,
            n_audio_head=dims.heads,
            n_audio_layer=dims.encoder_layers,
            n_vocab=dims.vocab_size,
            n_text_ctx=dims.text_context,
            n_text_state=dims.d_model,
            n_text_head=dims.heads,
            n_text_layer=dims.decoder_layers,
        )
    )
    model.load_state_dict({name: weights.tensors[from_openai(name)].float() for name in model.state_dict()})
    return model.eval()


def build(job: Job, workshop: Workshop) -> OpenAIWhisper:
    """openai-whisper with main's weights."""
    import torch

    torch.set_num_threads(job.threads)
    return OpenAIWhisper(workshop.weights(job.pair.main))
