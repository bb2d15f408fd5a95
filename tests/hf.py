"""The reference: transformers' own Whisper, holding the same tensors as ours."""

from __future__ import annotations

import torch
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

from specwhisper.models.dimensions import Dimensions
from specwhisper.vocabulary.specials import Vocabulary


def transformers_model(
    dims: Dimensions,
    tensors: dict[str, torch.Tensor],
    *,
    suppress: tuple[int, ...] = (),
    begin_suppress: tuple[int, ...] = (),
) -> WhisperForConditionalGeneration:
    """The model in float32 with the generation config that its vocabulary demands."""
    vocabulary = Vocabulary(dims.vocab_size)
    config = WhisperConfig(
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
    model = WhisperForConditionalGeneration(config)
    state = {f"model.{name}": tensor.float() for name, tensor in tensors.items()}
    state["proj_out.weight"] = tensors["decoder.embed_tokens.weight"].float()
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not missing, missing
    assert not unexpected, unexpected
    # English-only checkpoints ship without these two tables; with them, generate() would insert a language.
    tables = {
        "lang_to_id": {f"<|{code}|>": token for code, token in vocabulary.languages.items()},
        "task_to_id": {name: vocabulary.tasks[name] for name in ("transcribe", "translate")},
    }
    model.generation_config = GenerationConfig(
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
    return model.eval()
