"""Models nobody can download here, made from what can be had, in the folder format of the Hub."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from specwhisper.network.dimensions import Dimensions
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.weights.weights import Weights


def write_hub_folder(
    folder: Path, dims: Dimensions, tensors: dict[str, torch.Tensor], tokenizer: Path
) -> Path:
    """config.json, model.safetensors and tokenizer.json as a Hub snapshot has them."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = Vocabulary(dims.vocab_size)
    config = {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "activation_function": "gelu",
        "vocab_size": dims.vocab_size,
        "num_mel_bins": dims.n_mels,
        "d_model": dims.d_model,
        "encoder_layers": dims.encoder_layers,
        "decoder_layers": dims.decoder_layers,
        "encoder_attention_heads": dims.heads,
        "decoder_attention_heads": dims.heads,
        "encoder_ffn_dim": 4 * dims.d_model,
        "decoder_ffn_dim": 4 * dims.d_model,
        "max_source_positions": dims.audio_context,
        "max_target_positions": dims.text_context,
        "decoder_start_token_id": vocabulary.start_of_transcript,
        "eos_token_id": vocabulary.end_of_text,
        "torch_dtype": "float16",
    }
    (folder / "config.json").write_text(json.dumps(config))
    save_file(
        {f"model.{name}": tensor.contiguous() for name, tensor in tensors.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    shutil.copy(tokenizer, folder / "tokenizer.json")
    return folder


def with_cantonese(weights: Weights, folder: Path) -> Path:
    """A real v2 model with the vocabulary of large-v3: a row for ``<|yue|>`` is put in (that of Chinese).

    Every other token keeps its weights, so on any language but Cantonese the text is the original's.
    """
    v2, v3 = Vocabulary(51_865), Vocabulary(51_866)
    embedding = weights.tensors["decoder.embed_tokens.weight"]
    at, chinese = v3.languages["yue"], v2.languages["zh"]
    widened = torch.cat([embedding[:at], embedding[chinese : chinese + 1], embedding[at:]])
    tensors = {**weights.tensors, "decoder.embed_tokens.weight": widened}
    dims = Dimensions(
        n_mels=weights.dims.n_mels,
        vocab_size=v3.size,
        d_model=weights.dims.d_model,
        heads=weights.dims.heads,
        encoder_layers=weights.dims.encoder_layers,
        decoder_layers=weights.dims.decoder_layers,
    )
    return write_hub_folder(folder, dims, tensors, weights.tokenizer_file)
