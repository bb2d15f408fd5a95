"""transformers' own Whisper, holding our tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from specwhisper.network.dimensions import Dimensions
from specwhisper.vocabulary.specials import Vocabulary


def transformers_model(
    dims: Dimensions,
    tensors: Mapping[str, torch.Tensor],
    *,
    suppress: Sequence[int] = (),
    begin_suppress: Sequence[int] = (),
) -> Any:
    """A ``WhisperForConditionalGeneration`` in float32, told what its vocabulary demands.

    Args:
        tensors: Hugging Face names without their ``model.``.
        suppress: ids it never writes.
        begin_suppress: ids it never begins a window with.

    Raises:
        ValueError: transformers' model has tensors that ours lacks, or the other way round.
    """
    from transformers import WhisperForConditionalGeneration

    vocabulary = Vocabulary(dims.vocab_size)
    model = WhisperForConditionalGeneration(_config(dims, vocabulary))
    state = {f"model.{name}": tensor.float() for name, tensor in tensors.items()}
    state["proj_out.weight"] = state["model.decoder.embed_tokens.weight"]
    missing, unexpected = model.load_state_dict(state, strict=False)
    if missing or unexpected:
        raise ValueError(f"transformers wants other tensors: {[*missing, *unexpected][:3]}")
    model.generation_config = _generation_config(dims, vocabulary, suppress, begin_suppress)
    return model.eval()


def _config(dims: Dimensions, vocabulary: Vocabulary) -> Any:
    from transformers import WhisperConfig

    return WhisperConfig(
        vocab_size=dims.vocab_size,
        num_mel_bins=dims.n_mels,
        d_model=dims.d_model,
        encoder_layers=dims.encoder_layers,
        decoder_layers=dims.decoder_layers,
        encoder_attention_heads=dims.heads,
        decoder_attention_heads=dims.heads,
        encoder_ffn_dim=4 * dims.d_model,
        decoder_ffn_dim=4 * dims.d_model,
        max_source_positions=dims.audio_context,
        max_target_positions=dims.text_context,
        bos_token_id=vocabulary.end_of_text,
        eos_token_id=vocabulary.end_of_text,
        pad_token_id=vocabulary.end_of_text,
        decoder_start_token_id=vocabulary.start_of_transcript,
    )


def _generation_config(
    dims: Dimensions, vocabulary: Vocabulary, suppress: Sequence[int], begin_suppress: Sequence[int]
) -> Any:
    from transformers import GenerationConfig

    # English-only checkpoints ship without these two tables; with them, generate() would insert a language.
    tables = {
        "lang_to_id": {f"<|{code}|>": token for code, token in vocabulary.languages.items()},
        "task_to_id": {name: vocabulary.tasks[name] for name in ("transcribe", "translate")},
    }
    return GenerationConfig(
        bos_token_id=vocabulary.end_of_text,
        eos_token_id=vocabulary.end_of_text,
        pad_token_id=vocabulary.end_of_text,
        decoder_start_token_id=vocabulary.start_of_transcript,
        is_multilingual=vocabulary.multilingual,
        **(tables if vocabulary.multilingual else {}),
        no_timestamps_token_id=vocabulary.no_timestamps,
        max_length=dims.text_context,
        suppress_tokens=list(suppress) or None,
        begin_suppress_tokens=list(begin_suppress) or None,
        return_timestamps=False,
    )
