"""Hugging Face folders: config.json and model.safetensors, whole or in shards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from specwhisper.errors import ModelError, WeightsCorruptError
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.tensor_names import Tensors

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_JSON = 64 << 20  # bytes

_OUTPUT = "proj_out.weight"
_EMBEDDING = "decoder.embed_tokens.weight"


def read(folder: Path) -> tuple[Dimensions, Tensors]:
    """Read a folder written by ``save_pretrained``, original or fine-tuned.

    The tensors keep their dtype and stay mapped to the file, so nothing is read before it is used.

    Raises:
        ModelError: not a Whisper, or one with parts that this project does not compute.
        WeightsCorruptError: damaged files.
    """
    dims = dimensions(folder)
    files = weight_files(folder)
    if not files:
        raise ModelError(
            f"{folder} holds no complete {SINGLE}: add the file, or convert with save_pretrained."
        )
    tensors: Tensors = {}
    for file in files:
        try:
            with safe_open(str(file), framework="pt") as stored:
                for name in stored.keys():  # noqa: SIM118 (not a mapping)
                    tensors[name.removeprefix("model.")] = stored.get_tensor(name)
        except (SafetensorError, OSError, RuntimeError, ValueError) as error:
            raise WeightsCorruptError(
                f"{file.name} in {folder} is damaged ({error}): get it again."
            ) from error
    _drop_redundant(tensors, folder)
    return dims, tensors


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The weight files of a folder; empty when there are none or one of the shards is missing."""
    if (folder / SINGLE).is_file():
        return (folder / SINGLE,)
    if not (folder / INDEX).is_file():
        return ()
    files = tuple(folder / name for name in shard_names(folder / INDEX))
    return files if files and all(file.is_file() for file in files) else ()


def shard_names(index: Path) -> tuple[str, ...]:
    """The names of the files that an index lists.

    Raises:
        WeightsCorruptError: the index is damaged or points out of its folder.
    """
    listing = load_json(index).get("weight_map")
    if not isinstance(listing, dict) or not all(isinstance(name, str) for name in listing.values()):
        raise WeightsCorruptError(f"{index} lists no files: get it again.")
    names = tuple(sorted(set(listing.values())))
    if any(Path(name).name != name for name in names):
        raise WeightsCorruptError(f"{index} points outside its folder: do not use this model.")
    return names


def dimensions(folder: Path) -> Dimensions:
    """What config.json says.

    Raises:
        ModelError: the model is not a Whisper or differs from one in a way that changes its results.
        WeightsCorruptError: unreadable.
    """
    config = load_json(folder / "config.json")
    if config.get("model_type") != "whisper":
        raise ModelError(f"{folder} is a model of type {config.get('model_type')!r}: choose a Whisper.")
    try:
        dims = Dimensions(
            n_mels=_count(config["num_mel_bins"]),
            vocab_size=_count(config["vocab_size"]),
            d_model=_count(config["d_model"]),
            heads=_count(config["encoder_attention_heads"]),
            encoder_layers=_count(config["encoder_layers"]),
            decoder_layers=_count(config["decoder_layers"]),
            audio_context=_count(config.get("max_source_positions", 1500)),
            text_context=_count(config.get("max_target_positions", 448)),
        )
        usual = (
            config.get("activation_function", "gelu") == "gelu"
            and not config.get("scale_embedding", False)
            and config["decoder_attention_heads"] == dims.heads
            and config["encoder_ffn_dim"] == config["decoder_ffn_dim"] == 4 * dims.d_model
        )
    except (KeyError, TypeError) as error:
        raise WeightsCorruptError(
            f"{folder / 'config.json'} is incomplete ({error}): get it again."
        ) from error
    if not usual:
        raise ModelError(
            f"{folder} is a Whisper of an unusual architecture: choose one with standard layers."
        )
    return dims


def load_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        WeightsCorruptError: missing, huge or damaged.
    """
    try:
        if path.stat().st_size > MAX_JSON:
            raise ValueError("it is far too big")
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsCorruptError(f"{path} cannot be read ({error}): get it again.") from error
    if not isinstance(content, dict):
        raise WeightsCorruptError(f"{path} is not a JSON object: get it again.")
    return content


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a number")
    return value


def _drop_redundant(tensors: Tensors, folder: Path) -> None:
    """Leave out what Whisper ties or keeps at zero, after making sure that it is so."""
    output = tensors.pop(_OUTPUT, None)
    embedding = tensors.get(_EMBEDDING)
    tied = output is None or (embedding is not None and torch.equal(output.float(), embedding.float()))
    if not tied:
        raise ModelError(f"{folder} has an output head that is not its embedding: choose a standard Whisper.")
    for name in [name for name in tensors if name.endswith("k_proj.bias")]:
        if tensors.pop(name).any():
            raise ModelError(f"{folder} has biased keys ({name}): choose a standard Whisper.")
