"""Static key/value buffers of the decoder.

The self-attention cache is allocated once. A position is valid when the decode loop says so (it hands
in ``start``), so rejecting proposals moves an integer: what they left behind is overwritten by the
next pass before anything reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class CrossCache:
    """Per decoder layer the audio's (keys, values), each [B, H, S, 64]."""

    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...]

    @property
    def nbytes(self) -> int:
        return sum(key.nbytes + value.nbytes for key, value in self.layers)


@dataclass(frozen=True)
class SelfCache:
    """Keys and values of the tokens read so far.

    Attributes:
        keys: [layers, B, H, length, 64].
        values: the same shape.
    """

    keys: torch.Tensor
    values: torch.Tensor

    @classmethod
    def empty(
        cls,
        *,
        layers: int,
        rows: int,
        heads: int,
        length: int,
        head_size: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> SelfCache:
        shape = (layers, rows, heads, length, head_size)
        return cls(
            torch.zeros(shape, device=device, dtype=dtype), torch.zeros(shape, device=device, dtype=dtype)
        )

    def view(self, start: torch.Tensor | int, width: int) -> Slice | Scatter:
        """Where the next ``width`` tokens go: at one position for all rows, or at one per row [B]."""
        if isinstance(start, int):
            return Slice(self, start, width)
        return Scatter(self, start, width)


class Slice:
    """All rows at the same position: plain slices, and no mask when the pass is one token wide."""

    def __init__(self, cache: SelfCache, start: int, width: int) -> None:
        self._cache = cache
        self._start = start
        self._end = start + width
        self.mask: torch.Tensor | None = None
        if width > 1:
            # Lower-right causal: token w sees everything before the pass and the pass up to itself.
            seen = torch.ones(width, self._end, dtype=torch.bool, device=cache.keys.device)
            self.mask = seen.tril_(diagonal=start)

    def rows_of(self, positions: torch.Tensor) -> torch.Tensor:
        """The position embeddings of the pass, [W, D]."""
        return positions[self._start : self._end]

    def write(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store one layer's [B, H, W, 64] and return all of its keys and values up to the pass's end."""
        keys, values = self._cache.keys[layer], self._cache.values[layer]
        keys[:, :, self._start : self._end] = key
        values[:, :, self._start : self._end] = value
        return keys[:, :, : self._end], values[:, :, : self._end]


class Scatter:
    """A position per row: indexed writes, and a mask that hides what lies beyond each row."""

    def __init__(self, cache: SelfCache, start: torch.Tensor, width: int) -> None:
        self._cache = cache
        offsets = torch.arange(width, device=start.device)
        # Rows near the end of the context may be padded past it: those writes land on the last position,
        # which such a row never reaches (the decode loop stops one token earlier).
        self._positions = (start[:, None] + offsets).clamp_(max=cache.keys.shape[3] - 1)  # [B, W]
        self._end = int(self._positions.max()) + 1
        self._rows = torch.arange(start.shape[0], device=start.device)[:, None]
        keys_seen = torch.arange(self._end, device=start.device)
        self.mask = (keys_seen <= self._positions[..., None])[:, None]  # [B, 1, W, end]

    def rows_of(self, positions: torch.Tensor) -> torch.Tensor:
        """The position embeddings of the pass, [B, W, D]."""
        return positions[self._positions]

    def write(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store one layer's [B, H, W, 64] and return its keys and values up to the longest row's end."""
        keys, values = self._cache.keys[layer], self._cache.values[layer]
        keys[self._rows, :, self._positions] = key.transpose(1, 2)
        values[self._rows, :, self._positions] = value.transpose(1, 2)
        return keys[:, :, : self._end], values[:, :, : self._end]
