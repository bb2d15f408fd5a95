"""The keys and values that a decoder reads of the audio's keys and values, laid out for its kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from weakref import finalize

import numpy as np
import torch

from specwhisper.network.caches import Audio
from specwhisper.network.cpu.aligned import empty
from specwhisper.network.cpu.jobs import KEEP, NARROW, Job
from specwhisper.network.cpu.machine import of_many_rows
from specwhisper.network.cpu.maths import width_of
from specwhisper.network.cpu.packing import KINDS, Numbers, Packed
from specwhisper.network.cpu.portions import TALL_BLOCK
from specwhisper.network.cpu.thread_pool import run
from specwhisper.network.cpu.tiles import GROUP
from specwhisper.network.dimensions import HEAD_SIZE

_SPARE = 2
"""Pieces of memory kept for the next clip: one that is read and one that is filled are all a run needs."""


class Memory:
    """Memory of earlier clips, for the next ones: the system takes as long to hand over 100 MB as we
    take to fill them.
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def of(self, shape: tuple[int, ...], kind: type[np.generic]) -> tuple[np.ndarray, object]:
        """An array with anything in it, and what must live as long as it is used."""
        here = next((index for index, each in enumerate(self._free) if each.shape == shape), None)
        array = empty(shape, kind) if here is None else self._free.pop(here)
        lease = _Lease()
        finalize(lease, self._take_back, array)
        return array, lease

    def _take_back(self, array: np.ndarray) -> None:
        self._free = [array, *self._free][:_SPARE]


class _Lease:
    """Its end says that an array is free again."""


@dataclass(frozen=True)
class Layout:
    """Keys and values of every head, as :func:`specwhisper.network.cpu.pack_kv.keep` lays them out.

    Attributes:
        lease: what must live as long (see :class:`Memory`).
    """

    keys: np.ndarray
    key_scale: np.ndarray
    values: np.ndarray
    value_scale: np.ndarray
    lease: object = None

    @classmethod
    def of(
        cls, layers: int, heads: int, positions: int, numbers: Numbers, memory: Memory
    ) -> tuple[Layout, ...]:
        """For so many positions in every layer, all in one piece of memory.

        Behind the last position are zeros, which are multiplied by a weight of 0.
        """
        padded = positions + -positions % GROUP
        shape = layers, 2, heads, padded * HEAD_SIZE
        both, lease = memory.of(shape, np.int8 if numbers == "int8" else np.float32)
        both[..., -GROUP * HEAD_SIZE :] = 0
        key_scales = np.ones((layers, heads, padded), np.float32)
        value_scales = np.ones((layers, heads, HEAD_SIZE), np.float32)
        return tuple(
            cls(keys, key_scale, values, value_scale, lease)
            for (keys, values), key_scale, value_scale in zip(both, key_scales, value_scales, strict=True)
        )

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """Keys, their scales, values, theirs."""
        return self.keys, self.key_scale, self.values, self.value_scale

    @property
    def addresses(self) -> list[int]:
        """Of the arrays."""
        return [each.ctypes.data for each in self.arrays]

    def keys_of(self, head: int, encoded: int) -> torch.Tensor:
        """One head's keys as they were, but for rounding: [S, 64]."""
        stored = self.keys[head]
        together = 1 if stored.dtype == np.float32 else 2  # dimensions side by side
        grouped = stored.reshape(-1, HEAD_SIZE // together, GROUP, together)
        keys = grouped.transpose(0, 2, 1, 3).reshape(-1, HEAD_SIZE)
        return torch.from_numpy((keys * self.key_scale[head][:, None])[:encoded])


class Reading:
    """The keys and values that a decoder's layers read of one clip.

    Args:
        states: [S, D] float32, the clip's audio states.
        numbers: what the layers' weights are multiplied in.
    """

    def __init__(self, states: np.ndarray, numbers: Numbers) -> None:
        self._numbers = numbers
        positions, size = states.shape
        kind = KINDS[numbers].rows
        shape = positions + -positions % int(TALL_BLOCK), width_of(size, np.empty(0, kind))
        self._rows = empty(shape, kind)
        self._scales = empty((positions,), np.float32)
        run(self._rows.nbytes, Job.of(NARROW, numbers, states, self._rows, self._scales))

    def into(self, layout: Layout, packed: Packed) -> None:
        """Lay out what a layer with these weights [keys and values 2 x D, D] reads."""
        weight = packed.data.data_ptr(), packed.scale.numpy(), packed.bias.numpy()
        fetch = of_many_rows(self._numbers)
        job = Job.of(KEEP, self._numbers, self._rows, self._scales, *weight, *layout.arrays, fetch)
        run(len(self._rows) * packed.data.nbytes, job)


@dataclass(frozen=True)
class FusedAudio(Audio):
    """The keys and values of one clip, or of several in a row.

    Attributes:
        clips: per clip its layers.
        encoded: per clip its audio positions.
    """

    clips: tuple[tuple[Layout, ...], ...]
    encoded: tuple[int, ...]

    @property
    def positions(self) -> int:
        return max(self.encoded)

    def addresses(self, clips: int) -> np.ndarray:
        """[clips, layers, 4] of keys, their scales, values and theirs; one clip serves any number."""
        return self._spread(self._addresses, clips)

    def lengths(self, clips: int) -> np.ndarray:
        """[clips] audio positions."""
        return self._spread(self._lengths, clips)

    def _spread(self, own: np.ndarray, clips: int) -> np.ndarray:
        return own if len(own) == clips else np.repeat(own, clips, axis=0)

    @cached_property
    def _addresses(self) -> np.ndarray:
        return np.array([[layer.addresses for layer in clip] for clip in self.clips], np.int64)

    @cached_property
    def _lengths(self) -> np.ndarray:
        return np.array(self.encoded, np.int64)


class FusedSlots:
    """Which clips the rows of a batch read; nothing is copied."""

    def __init__(self, size: int) -> None:
        self._encoded: list[FusedAudio | None] = [None] * size

    def admit(self, slot: int, audio: Audio) -> None:
        """Let a row read this clip."""
        assert isinstance(audio, FusedAudio)
        self._encoded[slot] = audio

    def move(self, source: int, target: int) -> None:
        """Let the clip in one slot go on in another."""
        self._encoded[target] = self._encoded[source]

    def leave(self, slot: int) -> None:
        """The clip in a slot is done: its memory is free for another one."""
        self._encoded[slot] = None

    def grown(self, size: int) -> FusedSlots:
        """The same clips in so many slots."""
        grown = FusedSlots(size)
        grown._encoded[: len(self._encoded)] = self._encoded
        return grown

    def of(self, first: int, last: int) -> FusedAudio:
        """What some rows read; one without a clip, which is only padding, reads that of another."""
        rows = self._encoded[first:last]
        other = next(each for each in rows if each is not None)
        there = [each or other for each in rows]
        return FusedAudio(
            tuple(clip for each in there for clip in each.clips),
            tuple(length for each in there for length in each.encoded),
        )
