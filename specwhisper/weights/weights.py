"""One model's weights in memory, wherever and in whatever format they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from specwhisper.errors import WeightsCorruptError, WeightsUnavailableError
from specwhisper.network.build import encoder_digest, packed_before
from specwhisper.network.cpu.packed_store import Source
from specwhisper.network.cpu.packing import Numbers
from specwhisper.network.dimensions import Dimensions
from specwhisper.progress import OnProgress
from specwhisper.weights import tokenizers
from specwhisper.weights.local import Found
from specwhisper.weights.packages.pinned import TOKENIZERS
from specwhisper.weights.packages.store import keep_derived, stored_path
from specwhisper.weights.progress import Progress
from specwhisper.weights.readers import ct2, ggml, openai_pt, safetensors
from specwhisper.weights.readers.tokenizer_repair import mend
from specwhisper.weights.sources import Located, fetch, locate
from specwhisper.weights.tensor_names import Tensors, check_tensors


@dataclass(frozen=True)
class Weights:
    """A model's weights and what is needed to use them.

    Attributes:
        name: catalogue name, Hub id, or name of the folder or file.
        tensors: exactly those of :func:`tensor_names.tensor_shapes`, on the CPU, in the dtype in which they
            were stored (fp16 or fp32, biases and norms sometimes fp32 beside fp16); not read before they are
            needed, where they lie packed on disk.
        tokenizer_file: a complete tokenizer.json.
        generation_config: the model's generation_config.json, where it came with one.
        alignment_heads: (layer, head) pairs whose cross-attention follows the time; empty when unknown.
        files: where they were read from, exactly; None for weights that were made.
        source: where the weights came from, for people.
        exact: False when they went through a quantisation and are only close to the originals.
    """

    name: str
    dims: Dimensions
    tensors: Mapping[str, torch.Tensor]
    tokenizer_file: Path
    generation_config: dict[str, Any] | None
    source: str
    exact: bool
    alignment_heads: tuple[tuple[int, int], ...] = ()
    files: Source | None = None
    known_encoder: str = ""

    @cached_property
    def encoder(self) -> str:
        """A digest of the encoder's tensors."""
        return self.known_encoder or encoder_digest(self.tensors)


class _Unread(Mapping[str, torch.Tensor]):
    """Tensors that are read when one of them is asked for."""

    def __init__(self, read: Callable[[], Tensors]) -> None:
        self._read = read

    @cached_property
    def _tensors(self) -> Tensors:
        return self._read()

    def __getitem__(self, name: str) -> torch.Tensor:
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)


def same_encoder(one: Weights, other: Weights) -> bool:
    """True when both models carry bit-identical encoder weights."""
    sizes = [
        (each.dims.n_mels, each.dims.d_model, each.dims.encoder_layers, each.dims.audio_context)
        for each in (one, other)
    ]
    return sizes[0] == sizes[1] and one.encoder == other.encoder


def load_weights(
    reference: str,
    *,
    fetch_missing: bool = True,
    packed: Numbers | None = None,
    on_progress: OnProgress | None = None,
) -> Weights:
    """Find or fetch a model and read it.

    Args:
        reference: a catalogue name, a Hub id, or a folder or file: a Hugging Face folder, a CTranslate2
            folder or its model.bin, a whisper.cpp .bin, an OpenAI .pt. A lone file without a
            tokenizer.json beside it gets the tokenizer of its vocabulary.
        fetch_missing: download what is not here; otherwise raise.
        packed: in what numbers its weights will be packed, if they will. Where they lie packed on disk
            already, and the files they came from are still as they were, those are neither verified nor read.
        on_progress: called with the fraction done (0 to 1) and a short message while downloading.

    Raises:
        OptionError: no such model; names the nearest.
        WeightsUnavailableError: the weights cannot be had; names the ways out.
        WeightsCorruptError: a file is damaged.
        ModelError: the model cannot be used here.
    """

    def report(progress: Progress) -> None:
        if on_progress is not None:
            on_progress(progress.fraction, str(progress))

    def read() -> tuple[Located, Dimensions, Tensors]:
        located = fetch(reference, report) if fetch_missing else locate(reference)
        if located is None:
            raise WeightsUnavailableError(
                f"The weights of {reference} are not here (or damaged), and fetching them is switched off: "
                f"fetch {reference} first."
            )
        dims, tensors = read_files(located.found)
        if located.spec is not None and dims != located.spec.dims:
            raise WeightsCorruptError(
                f"The files of {located.name} hold another model ({dims}): remove them from the cache "
                "and fetch it again."
            )
        return located, dims, tensors

    tensors: Mapping[str, torch.Tensor]
    there = _packed_before(reference, packed) if packed else None
    if there is None:
        located, dims, tensors = read()
        encoder = ""
    else:
        (located, dims, encoder), tensors = there, _Unread(lambda: read()[2])
    tokenizer = located.found.tokenizer or tokenizers.obtain(
        dims.vocab_size, located.name, fetch_missing=fetch_missing, progress=report
    )
    config = _generation_config(located.found)
    return Weights(
        name=located.name,
        dims=dims,
        tensors=tensors,
        tokenizer_file=_whole_tokenizer(tokenizer),
        generation_config=config,
        source=located.source,
        exact=located.exact and located.found.kind != "onnx",
        alignment_heads=_alignment_heads(located, config),
        files=_files(located.found),
        known_encoder=encoder,
    )


def _packed_before(reference: str, numbers: Numbers) -> tuple[Located, Dimensions, str] | None:
    """A model that is here and whose weights lie packed on disk: where, its sizes, its encoder's digest."""
    located = locate(reference, verify=False)
    files = None if located is None else _files(located.found)
    about = None if files is None else packed_before(files, numbers)
    if located is None or about is None or (located.spec is not None and about[0] != located.spec.dims):
        return None
    return (located, *about)


def _files(found: Found) -> Source | None:
    """The files that make up the weights, as they are now."""
    if found.kind == "huggingface":
        folder = found.files[0]
        return Source.of((folder / "config.json", *safetensors.weight_files(folder)))
    return Source.of(found.files)


def read_files(found: Found) -> tuple[Dimensions, Tensors]:
    """Read the files with the reader of their kind and check every name and shape.

    Raises:
        WeightsCorruptError: damaged, or not exactly the tensors of a Whisper.
        ModelError: a variant that cannot be read.
    """
    if found.kind == "onnx":
        from specwhisper.weights.readers import onnx  # a library that the other kinds do without

        dims, tensors = onnx.read(*found.files)
    else:
        readers = {
            "huggingface": safetensors.read,
            "ct2": ct2.read,
            "ggml": ggml.read,
            "openai": openai_pt.read,
        }
        dims, tensors = readers[found.kind](found.files[0])
    check_tensors(tensors, dims, str(found.files[0]))
    return dims, tensors


def _whole_tokenizer(path: Path) -> Path:
    """The tokenizer.json itself, or a mended copy of one that an old converter damaged."""
    if any(path == stored_path(way) for ways in TOKENIZERS.values() for way in ways):
        return path  # its digest was verified
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise WeightsCorruptError(f"{path} cannot be read ({error.strerror}): copy it again.") from error
    mended = mend(raw)
    return path if mended == raw else keep_derived(mended, "tokenizer.json")


def _generation_config(found: Found) -> dict[str, Any] | None:
    return safetensors.load_json(found.generation_config) if found.generation_config else None


def _alignment_heads(located: Located, config: dict[str, Any] | None) -> tuple[tuple[int, int], ...]:
    heads = (config or {}).get("alignment_heads")
    if isinstance(heads, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in heads):
        return tuple((int(layer), int(head)) for layer, head in heads)
    return located.spec.alignment_heads if located.spec else ()
