"""What a decoder heard: the audio's keys and values, laid out for its kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from weakref import finalize

import numpy as np
import torch

from specwhisper.models.caches import Audio
from specwhisper.models.dimensions import HEAD_SIZE
from specwhisper.models.fused.jobs import KEEP, Job
from specwhisper.models.fused.packing import Numbers
from specwhisper.models.fused.thread_pool import run
from specwhisper.models.fused.tiles import GROUP

_SPARE = 2
"""Pieces of memory kept for the next clip: one that is read and one that is filled are all a run needs."""


class Memory:
    """Where earlier clips were heard, for the next ones: the system takes as long to hand over 100 MB as we
    take to fill them.
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def of(self, shape: tuple[int, ...], kind: type[np.generic]) -> tuple[np.ndarray, object]:
        """An array with anything in it, and what must live as long as it is used."""
        here = next((index for index, each in enumerate(self._free) if each.shape == shape), None)
        array = np.empty(shape, kind) if here is None else self._free.pop(here)
        lease = _Lease()
        finalize(lease, self._take_back, array)
        return array, lease

    def _take_back(self, array: np.ndarray) -> None:
        self._free = [array, *self._free][:_SPARE]


class _Lease:
    """Its end says that an array is free again."""


@dataclass(frozen=True)
class Layout:
    """Keys and values of every head, as :func:`specwhisper.models.fused.keep.keep` lays them out.

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

    def hold(self, keys_values: np.ndarray, numbers: Numbers) -> None:
        """Lay out what a layer heard of a clip: keys and values [S, 2 x D]."""
        run(keys_values.nbytes, Job.of(KEEP, numbers, keys_values, *self.arrays))

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """Keys, their scales, values, theirs."""
        return self.keys, self.key_scale, self.values, self.value_scale

    @property
    def addresses(self) -> list[int]:
        """Of the arrays."""
        return [each.ctypes.data for each in self.arrays]

    def keys_of(self, head: int, heard: int) -> torch.Tensor:
        """One head's keys as they were, but for rounding: [S, 64]."""
        stored = self.keys[head]
        together = 1 if stored.dtype == np.float32 else 2  # dimensions side by side
        grouped = stored.reshape(-1, HEAD_SIZE // together, GROUP, together)
        keys = grouped.transpose(0, 2, 1, 3).reshape(-1, HEAD_SIZE)
        return torch.from_numpy((keys * self.key_scale[head][:, None])[:heard])


@dataclass(frozen=True)
class FusedAudio(Audio):
    """What was heard of one clip, or of several in a row.

    Attributes:
        clips: per clip its layers.
        heard: per clip its audio positions.
    """

    clips: tuple[tuple[Layout, ...], ...]
    heard: tuple[int, ...]

    @property
    def positions(self) -> int:
        return max(self.heard)

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
        return np.array(self.heard, np.int64)


class FusedSlots:
    """Which clips the rows of a batch hear; nothing is copied."""

    def __init__(self, size: int) -> None:
        self._heard: list[FusedAudio | None] = [None] * size

    def admit(self, slot: int, audio: Audio) -> None:
        """Let a row hear this clip."""
        assert isinstance(audio, FusedAudio)
        self._heard[slot] = audio

    def move(self, source: int, target: int) -> None:
        """Let the clip in one slot go on in another."""
        self._heard[target] = self._heard[source]

    def of(self, first: int, last: int) -> FusedAudio:
        """What some rows hear."""
        there = [each for each in self._heard[first:last] if each is not None]
        return FusedAudio(
            tuple(clip for each in there for clip in each.clips),
            tuple(length for each in there for length in each.heard),
        )
