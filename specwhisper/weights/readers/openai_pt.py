"""OpenAI's own checkpoints: a .pt file with ``dims`` and ``model_state_dict``."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path
from typing import Any

import torch

from specwhisper.errors import WeightsCorruptError
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.tensor_names import Tensors, from_openai

# What torch.load raises on files that are damaged or hold something else. It allows tensors and plain
# containers only (weights_only), so that nothing in the file is ever executed.
_DAMAGE = (
    RuntimeError,
    pickle.UnpicklingError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
)


def looks_like(path: Path) -> bool:
    """Whether the file is a zip archive, which is what torch.save writes."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def read(path: Path) -> tuple[Dimensions, Tensors]:
    """Read a checkpoint; tensors keep their dtype and stay mapped to the file.

    Raises:
        WeightsCorruptError: damaged, or not such a checkpoint.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except _DAMAGE as error:
        first = str(error).strip().partition("\n")[0]
        raise WeightsCorruptError(
            f"{path} is damaged or not a checkpoint of tensors ({first[:120]}): get the file again."
        ) from error
    dims, state = _parts(checkpoint, path)
    return dims, {from_openai(name): tensor for name, tensor in state.items()}


def _parts(checkpoint: Any, path: Path) -> tuple[Dimensions, dict[str, torch.Tensor]]:
    try:
        sizes, state = checkpoint["dims"], checkpoint["model_state_dict"]
        n = {key: sizes[key] for key in sizes if type(sizes[key]) is int}
        dims = Dimensions(
            n_mels=n["n_mels"],
            vocab_size=n["n_vocab"],
            d_model=n["n_audio_state"],
            heads=n["n_audio_head"],
            encoder_layers=n["n_audio_layer"],
            decoder_layers=n["n_text_layer"],
            audio_context=n["n_audio_ctx"],
            text_context=n["n_text_ctx"],
        )
        same = n["n_text_state"] == dims.d_model and n["n_text_head"] == dims.heads
    except (KeyError, TypeError, IndexError) as error:
        raise WeightsCorruptError(
            f"{path} holds no Whisper checkpoint ({error} is missing): name one of OpenAI's .pt files."
        ) from error
    tensors_only = isinstance(state, dict) and all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in state.items()
    )
    if not same or not tensors_only:
        raise WeightsCorruptError(f"{path} holds no standard Whisper: name one of OpenAI's .pt files.")
    return dims, state
