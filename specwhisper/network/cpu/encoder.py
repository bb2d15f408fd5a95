"""The fused encoder: log-mel features to audio states, with the interface of the plain one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from specwhisper.network.cpu.aligned import empty
from specwhisper.network.cpu.cross_cache import Layout, Memory
from specwhisper.network.cpu.jobs import CONVOLUTION, ENCODER, Job
from specwhisper.network.cpu.machine import of_many_rows
from specwhisper.network.cpu.packed_store import Parts
from specwhisper.network.cpu.packing import Numbers, Packed, flattened, numbers_for, numbers_of
from specwhisper.network.cpu.thread_pool import run
from specwhisper.network.dimensions import HEAD_SIZE
from specwhisper.network.layers import Norm, Take, linear_weights, stacked_weights

_OF_A_LAYER = 4  # products


def pack_encoder(take: Take, layers: int, numbers: Numbers) -> Iterator[tuple[str, torch.Tensor]]:
    """The arrays of a :class:`FusedEncoder`, one after the other.

    Args:
        take: fetches weights by name.
        layers: how many.
        numbers: what the weights are multiplied in.
    """
    for which in (1, 2):
        yield from _convolution(take, f"encoder.conv{which}").parts(f"conv{which}")
    positions = take("encoder.embed_positions.weight")
    yield "positions", positions
    names = [f"encoder.layers.{index}" for index in range(layers)]
    # All layers go through the same loop.
    numbers = numbers_for((weight for name in names for weight, _ in _weights_of(take, name)), numbers)
    parameters = []
    for index, name in enumerate(names):
        packed = [Packed.of(*weights, numbers) for weights in _weights_of(take, name)]
        norms = [Norm.of(take, f"{name}.{norm}_layer_norm") for norm in ("self_attn", "final")]
        parameters.append(flattened(norms, packed))
        yield from ((f"layers.{index}.{place}", each.data) for place, each in enumerate(packed))
    last = flattened([Norm.of(take, "encoder.layer_norm")], [])
    rest = parameters[0].numel() - 2 * positions.shape[1]
    yield "parameters", torch.stack([*parameters, F.pad(last, (0, rest))])


class FusedEncoder:
    """An encoder whose layers are one compiled function per precision; its convolutions are float32.

    Args:
        parts: the arrays of :func:`pack_encoder`.
        layers: how many.
    """

    def __init__(self, parts: Parts, layers: int) -> None:
        self._convolutions = tuple(Packed.held(parts, f"conv{which}") for which in (1, 2))
        self._positions = parts["positions"]
        self._memory = Memory()
        self._packed = [
            parts[f"layers.{index}.{place}"] for index in range(layers) for place in range(_OF_A_LAYER)
        ]
        self.numbers = numbers_of(self._packed[0])
        self._parameters = parts["parameters"]
        addresses = [each.data_ptr() for each in self._packed]
        self._weights = np.array(addresses, np.int64).reshape(layers, _OF_A_LAYER)

    @torch.inference_mode()
    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        return torch.stack([self._one(clip) for clip in mel])

    def _one(self, mel: torch.Tensor) -> torch.Tensor:
        x = mel.T.contiguous().numpy()
        for packed, stride in zip(self._convolutions, (1, 2), strict=True):
            padded = np.zeros((x.shape[0] + 2, x.shape[1]), np.float32)
            padded[1:-1] = x
            x = empty((x.shape[0] // stride, self._positions.shape[1]), np.float32)
            weight = packed.data.data_ptr(), packed.scale.numpy(), packed.bias.numpy()
            run(len(x) * packed.data.nbytes, Job.of(CONVOLUTION, "fp32", padded, stride, *weight, x))
        positions, size = x.shape
        x += self._positions.numpy()[:positions]
        (layout,) = Layout.of(1, size // HEAD_SIZE, positions, self.numbers, self._memory)
        projected = empty((positions, 3 * size), np.float32)
        job = Job.of(
            ENCODER, self.numbers, x, self._weights, self._parameters.numpy(), projected, *layout.arrays,
            of_many_rows(self.numbers),
        )  # fmt: skip
        run(positions * self._parameters.nbytes, job)
        return torch.from_numpy(x)


def _convolution(take: Take, name: str) -> Packed:
    weight = take(f"{name}.weight")  # [D, C, 3]
    return Packed.of(weight.transpose(1, 2).flatten(1), take(f"{name}.bias"), "fp32")


def _weights_of(take: Take, layer: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The four products of a layer in the order of a pass, each as weight and bias."""
    return [
        stacked_weights(take, f"{layer}.self_attn", ("q_proj", "k_proj", "v_proj"), scale=HEAD_SIZE**-0.5),
        linear_weights(take, f"{layer}.self_attn.out_proj"),
        linear_weights(take, f"{layer}.fc1"),
        linear_weights(take, f"{layer}.fc2"),
    ]
