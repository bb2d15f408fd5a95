"""Silero VAD's network for 16 kHz, with plain operations and the weights that its package carries.

The package's own is a TorchScript archive; to load it and to interpret it for the first time takes as long as
a minute of sound. The weights are taken out of it once and kept in the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
import torch.nn.functional as F

from specwhisper.storage.folder import put_if_free, store_folder
from specwhisper.storage.tensor_file import map_tensors, write_tensors

Memory = tuple[torch.Tensor, torch.Tensor]
"""What the network remembers of the frames before: two tensors [1, 1, 128]."""

_WIDTH = 128
_BINS = 129  # of a spectrum of 256 samples
_HOP = 128  # samples between two of the four spectra of a frame
_MIRRORED = 64  # samples after the end of a frame
_STRIDES = (1, 2, 2, 1)  # of the encoder's convolutions
_LSTM = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@dataclass(frozen=True)
class Silero:
    """The network.

    Attributes:
        weights: its tensors, under the names that they have in the package.
    """

    weights: Mapping[str, torch.Tensor]

    @classmethod
    def from_package(cls, archive: Path) -> Silero:
        """The weights of ``silero_vad.jit``, from the store where they are there already."""
        state = archive.stat()
        origin = f"{archive.resolve()} {state.st_size} {state.st_mtime_ns}"
        kept = store_folder() / "packed" / f"silero.{sha256(origin.encode()).hexdigest()[:16]}"
        there = map_tensors(kept)
        if there is not None:
            return cls(there.tensors)
        weights = dict(_unpacked(archive))
        put_if_free(kept, lambda path: write_tensors(path, weights.items()))
        return cls(weights)

    def nothing_heard(self) -> Memory:
        """The memory before the first frame."""
        return torch.zeros(1, 1, _WIDTH), torch.zeros(1, 1, _WIDTH)

    def chances(self, frames: torch.Tensor, memory: Memory) -> tuple[torch.Tensor, Memory]:
        """How sure the network is of speech in each frame.

        Only its memory has to go through the frames one after the other.

        Args:
            frames: [N, 576] samples, 64 of which belong to the frame before.
            memory: after that.

        Returns:
            [N] from 0 to 1, and the memory after the last frame.
        """
        weights = self.weights
        spectra = F.conv1d(
            F.pad(frames, (0, _MIRRORED), "reflect")[:, None],
            weights["stft.forward_basis_buffer"],
            stride=_HOP,
        )
        x = torch.sqrt(spectra[:, :_BINS].pow(2) + spectra[:, _BINS:].pow(2))
        for layer, stride in enumerate(_STRIDES):
            name = f"encoder.{layer}.reparam_conv"
            x = F.conv1d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride, padding=1).relu()
        lstm = [weights[f"decoder.rnn.{name}"] for name in _LSTM]
        x, *after = torch.lstm(x.transpose(1, 2), memory, lstm, True, 1, 0.0, False, False, False)
        last = weights["decoder.decoder.2.weight"], weights["decoder.decoder.2.bias"]
        return torch.sigmoid(F.conv1d(x.transpose(1, 2).relu(), *last)).flatten(), (after[0], after[1])


def _unpacked(archive: Path) -> Iterator[tuple[str, torch.Tensor]]:
    network = torch.jit.load(archive, map_location="cpu")._model  # the one for 16 kHz
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        yield name, tensor.detach()
