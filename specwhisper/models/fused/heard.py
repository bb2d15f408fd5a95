"""What a decoder heard: the audio's keys and values, laid out for its kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from specwhisper.models.caches import Audio
from specwhisper.models.dimensions import HEAD_SIZE
from specwhisper.models.fused.jobs import KEEP, Job
from specwhisper.models.fused.packing import Numbers
from specwhisper.models.fused.thread_pool import run
from specwhisper.models.fused.tiles import GROUP


@dataclass(frozen=True)
class Layout:
    """Keys and values of every head, as :func:`specwhisper.models.fused.keep.keep` lays them out."""

    keys: np.ndarray
    key_scale: np.ndarray
    values: np.ndarray
    value_scale: np.ndarray

    @classmethod
    def of(cls, heads: int, positions: int, numbers: Numbers) -> Layout:
        """For so many positions. Zeros: what is behind the last one is multiplied by a weight of 0."""
        padded = positions + -positions % GROUP
        stored = np.int8 if numbers == "int8" else np.float32
        return cls(
            np.zeros((heads, padded * HEAD_SIZE), stored),
            np.ones((heads, padded), np.float32),
            np.zeros((heads, padded * HEAD_SIZE), stored),
            np.ones((heads, HEAD_SIZE), np.float32),
        )

    @classmethod
    def holding(cls, keys_values: torch.Tensor, numbers: Numbers) -> Layout:
        """What a layer heard of a clip, from keys and values [S, 2 x D]."""
        positions, both = keys_values.shape
        made = cls.of(both // (2 * HEAD_SIZE), positions, numbers)
        run(keys_values.nbytes, Job.of(KEEP, numbers, keys_values.numpy(), *made.arrays))
        return made

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
