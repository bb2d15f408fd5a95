"""What a folder or file holds: one that the user names, or that of the Hub's cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from specwhisper.errors import ModelError
from specwhisper.weights.catalogue import Kind
from specwhisper.weights.readers import ct2, ggml, openai_pt
from specwhisper.weights.readers.safetensors import weight_files

_HELP = (
    "name a Hugging Face folder (config.json with model.safetensors), a CTranslate2 folder (model.bin), "
    "a whisper.cpp .bin or an OpenAI .pt"
)
_ONNX_ENCODERS = ("encoder_model_quantized.onnx", "encoder_model_int8.onnx")
_ONNX_DECODERS = ("decoder_model_merged_quantized.onnx", "decoder_model_merged_int8.onnx")


@dataclass(frozen=True, slots=True)
class Found:
    """Weights on this machine and what lies beside them.

    Attributes:
        kind: which reader understands them.
        files: what that reader takes: the folder, the file, or two ONNX files.
        tokenizer: tokenizer.json beside them, if there.
        generation_config: generation_config.json beside them, if there.
    """

    kind: Kind
    files: tuple[Path, ...]
    tokenizer: Path | None = None
    generation_config: Path | None = None


def examine(path: Path) -> Found:
    """Tell what kind of model a folder or file is, by its content.

    Raises:
        ModelError: none that can be read; says what can be.
    """
    try:
        kind, files = _folder(path) if path.is_dir() else _file(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}): {_HELP}.") from error
    beside = path if path.is_dir() else path.parent
    return Found(
        kind, files, _existing(beside / "tokenizer.json"), _existing(beside / "generation_config.json")
    )


def _folder(folder: Path) -> tuple[Kind, tuple[Path, ...]]:
    if (folder / "config.json").is_file() and weight_files(folder):
        return "huggingface", (folder,)
    if (folder / "model.bin").is_file() and ct2.looks_like(folder / "model.bin"):
        return "ct2", (folder / "model.bin",)
    for place in (folder, folder / "onnx"):
        for encoder, decoder in zip(_ONNX_ENCODERS, _ONNX_DECODERS, strict=True):
            if (place / encoder).is_file() and (place / decoder).is_file():
                return "onnx", (place / encoder, place / decoder)
    candidates = [file for file in sorted(folder.iterdir()) if file.suffix in (".pt", ".bin")]
    if len(candidates) == 1:
        return _file(candidates[0])
    raise ModelError(f"The folder {folder} holds no model that can be read here: {_HELP}.")


def _file(path: Path) -> tuple[Kind, tuple[Path, ...]]:
    if path.suffix == ".safetensors" or path.name == "config.json":
        return _folder(path.parent)
    if path.suffix == ".onnx":
        return _folder(path.parent)
    if ggml.looks_like(path):
        return "ggml", (path,)
    if ct2.looks_like(path):
        return "ct2", (path,)
    if openai_pt.looks_like(path):
        return "openai", (path,)
    raise ModelError(f"The file {path} is no model that can be read here: {_HELP}.")


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
