"""Static key/value buffers of the decoder.

The self-attention cache is allocated once. A position is valid when the decode loop says so (it hands
in ``start``), so rejecting proposals moves an integer: what they left behind is overwritten by the
next pass before anything reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np
import torch

from specwhisper.network.dimensions import HEAD_SIZE


class Audio:
    """The keys and values of one clip or several; only the decoder that made them can read them."""

    @property
    def positions(self) -> int:
        """Audio positions [S] of the longest clip."""
        raise NotImplementedError


@dataclass(frozen=True)
class CrossCache(Audio):
    """The keys and values of the plain decoder.

    Attributes:
        layers: per decoder layer the audio's keys [B, H, 64, S] and values [B, H, S, 64]; B is 1 when all
            rows of a pass read the same audio.
        padding_mask: [B, S], 0 where a row's audio is and -inf behind its end; None when all are as long.
    """

    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...]
    padding_mask: torch.Tensor | None = None

    @property
    def positions(self) -> int:
        return self.layers[0][1].shape[2]


class AudioSlots(Protocol):
    """Which clip each row of a batch reads."""

    def admit(self, slot: int, audio: Audio) -> None:
        """Let a row read this clip."""
        ...

    def move(self, source: int, target: int) -> None:
        """Let the clip in one slot go on in another."""
        ...

    def leave(self, slot: int) -> None:
        """The clip in a slot is done: nobody will read it again."""
        ...

    def grown(self, size: int) -> AudioSlots:
        """The same clips in so many slots."""
        ...

    def of(self, first: int, last: int) -> Audio:
        """What the rows from ``first`` to before ``last`` read."""
        ...


class CrossSlots:
    """The audio of the rows of a batch in one buffer per layer.

    It is never cleared: a new clip overwrites what was there, and the rest is masked when clips differ in
    length.
    """

    def __init__(
        self, size: int, layers: int, heads: int, length: int, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._lengths = [0] * size  # audio positions of each slot's clip
        self._mask = torch.zeros(size, length, device=device, dtype=dtype)  # -inf behind their ends

        def buffer(*shape: int) -> torch.Tensor:
            # Not ``empty``: what lies behind a short clip's end gets weight 0, and 0 times NaN is NaN.
            return torch.zeros(shape, device=device, dtype=dtype)

        self._layers = tuple(
            (buffer(size, heads, HEAD_SIZE, length), buffer(size, heads, length, HEAD_SIZE))
            for _ in range(layers)
        )

    def admit(self, slot: int, audio: Audio) -> None:
        """Copy the audio of one clip into a slot."""
        assert isinstance(audio, CrossCache)
        for (keys, values), (new_keys, new_values) in zip(self._layers, audio.layers, strict=True):
            self._lengths[slot] = length = new_values.shape[2]
            keys[slot, :, :, :length] = new_keys[0]
            values[slot, :, :length] = new_values[0]
        self._mask[slot, :length] = 0.0
        self._mask[slot, length:] = float("-inf")

    def move(self, source: int, target: int) -> None:
        """Let the clip in one slot go on in another."""
        length = self._lengths[target] = self._lengths[source]
        for keys, values in self._layers:
            keys[target, :, :, :length] = keys[source, :, :, :length]
            values[target, :, :length] = values[source, :, :length]
        self._mask[target] = self._mask[source]

    def leave(self, slot: int) -> None:
        """Nothing to do: the next clip overwrites this one."""

    def grown(self, size: int) -> CrossSlots:
        """The same clips in so many slots."""
        values = self._layers[0][1]
        _, heads, length, _ = values.shape
        grown = CrossSlots(size, len(self._layers), heads, length, values.device, values.dtype)
        grown._lengths[: len(self._lengths)] = self._lengths
        grown._mask[: len(self._mask)] = self._mask
        for new, old in zip(grown._layers, self._layers, strict=True):
            for buffer, tensor in zip(new, old, strict=True):
                buffer[: len(tensor)] = tensor
        return grown

    def of(self, first: int, last: int) -> CrossCache:
        """What some rows read, as slices of the buffers."""
        encoded = self._lengths[first:last]
        longest = max(encoded)
        padding_mask = self._mask[first:last, :longest] if min(encoded) < longest else None
        return CrossCache(
            tuple(
                (keys[first:last, :, :, :longest], values[first:last, :, :longest])
                for keys, values in self._layers
            ),
            padding_mask,
        )

    def whole(self, first: int, last: int) -> CrossCache:
        """The same, always as long as the buffers: passes over it work on the same memory every time."""
        layers = tuple((keys[first:last], values[first:last]) for keys, values in self._layers)
        return CrossCache(layers, self._mask[first:last])


@dataclass(frozen=True)
class SelfCache:
    """Keys and values of the tokens read so far.

    Attributes:
        buffer: [layers, 2, B, H, length, 64], keys before values: a layer stores both in one copy.
    """

    buffer: torch.Tensor

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
        """Zeros; on a CPU they become memory where tokens are written, for most texts are short."""
        shape = layers, 2, rows, heads, length, head_size
        if device.type != "cpu":
            return cls(torch.zeros(shape, device=device, dtype=dtype))
        untouched = np.zeros(prod(shape) * dtype.itemsize, np.uint8)
        return cls(torch.from_numpy(untouched).view(dtype).view(shape))

    def rows(self, first: int, last: int) -> SelfCache:
        """The same memory, seen as a cache of some of its rows."""
        return SelfCache(self.buffer[:, :, first:last])

    def view(self, start: torch.Tensor | int, width: int) -> Slice | Scatter | Static:
        """Where the next ``width`` tokens go: at one position for all rows, or at one per row [B]."""
        return Slice(self, start, width) if isinstance(start, int) else Scatter(self, start, width)


class FixedCache(SelfCache):
    """The same memory for passes that do the same work wherever their rows stand."""

    def view(self, start: torch.Tensor | int, width: int) -> Static:
        """Where the next ``width`` tokens go: at one position per row [B], which stays on the device."""
        assert isinstance(start, torch.Tensor)
        return Static(self, start, width)


class Slice:
    """All rows at the same position: plain slices, and no mask when the pass is one token wide."""

    def __init__(self, cache: SelfCache, start: int, width: int) -> None:
        self._start = start
        self._end = start + width
        # Cut once for all layers: in a small model such bookkeeping is a good part of a step.
        self._new = cache.buffer[..., start : self._end, :].unbind(0)
        self._seen = cache.buffer[..., : self._end, :].unbind(0)
        self.mask: torch.Tensor | None = None
        if width > 1:
            # Lower-right causal: token w sees everything before the pass and the pass up to itself.
            ahead = torch.ones(width, self._end, dtype=torch.bool, device=cache.buffer.device)
            self.mask = _minus_infinity(ahead.triu_(diagonal=start + 1), cache)

    def rows_of(self, positions: torch.Tensor) -> torch.Tensor:
        """The position embeddings of the pass, [W, D]."""
        return positions[self._start : self._end]

    def write(self, layer: int, keys_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store one layer's [2, B, H, W, 64] and return all of its keys and values up to the pass's end."""
        self._new[layer].copy_(keys_values)
        keys, values = self._seen[layer].unbind(0)
        return keys, values


class Scatter:
    """A position per row, known to the host: indexed writes, and a mask of what lies beyond each row."""

    def __init__(self, cache: SelfCache, start: torch.Tensor, width: int) -> None:
        self._buffer = cache.buffer
        device = cache.buffer.device
        # Rows near the end of the context may be padded past it: those writes land on the last position,
        # which such a row never reaches (the decode loop stops one token earlier).
        positions = (start[:, None] + torch.arange(width)).clamp_(max=cache.buffer.shape[4] - 1)  # [B, W]
        self._end = int(positions.max()) + 1  # known to the host: no device is asked
        self._positions = positions.to(device)
        self._rows = torch.arange(start.shape[0], device=device)[:, None]
        ahead = torch.arange(self._end, device=device) > self._positions[..., None]
        self.mask = _minus_infinity(ahead, cache)[:, None]  # [B, 1, W, end]

    def rows_of(self, positions: torch.Tensor) -> torch.Tensor:
        """The position embeddings of the pass, [B, W, D]."""
        return positions[self._positions]

    def write(self, layer: int, keys_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store one layer's [2, B, H, W, 64] and return its keys and values up to the longest row's end."""
        own = self._buffer[layer]
        own[:, self._rows, :, self._positions] = keys_values.permute(1, 3, 0, 2, 4)
        keys, values = own[..., : self._end, :].unbind(0)
        return keys, values


class Static:
    """A position per row that only the device knows: the same kernels on the same memory every time.

    That is what a CUDA graph can record. The price is that the whole context is read in every pass, with
    what lies ahead masked; in large-v2 that is a few thousandths of the bytes of the weights.
    """

    def __init__(self, cache: SelfCache, start: torch.Tensor, width: int) -> None:
        self._buffer = cache.buffer
        length, device = cache.buffer.shape[4], start.device
        # Beyond the end of the context everything lands on the last position, which no row ever looks at.
        self._positions = (start[:, None] + torch.arange(width, device=device)).clamp_(max=length - 1)
        self._rows = torch.arange(start.shape[0], device=device)[:, None]
        ahead = torch.arange(length, device=device) > self._positions[..., None]
        self.mask = _minus_infinity(ahead, cache)[:, None]  # [B, 1, W, length]

    def rows_of(self, positions: torch.Tensor) -> torch.Tensor:
        """The position embeddings of the pass, [B, W, D]."""
        return positions[self._positions]

    def write(self, layer: int, keys_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store one layer's [2, B, H, W, 64] and return the keys and values of the whole context."""
        own = self._buffer[layer]
        own[:, self._rows, :, self._positions] = keys_values.permute(1, 3, 0, 2, 4)
        keys, values = own.unbind(0)
        return keys, values


def _minus_infinity(where: torch.Tensor, cache: SelfCache) -> torch.Tensor:
    """What is added to scores, made once for all layers: -inf there and 0 elsewhere."""
    mask = torch.zeros(where.shape, dtype=cache.buffer.dtype, device=where.device)
    return mask.masked_fill_(where, float("-inf"))
