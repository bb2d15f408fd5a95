"""The fused decoder: tokens, one or many per pass, to logits, with the interface of the plain one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np
import torch
import torch.nn.functional as F

from specwhisper.network.caches import Audio, SelfCache
from specwhisper.network.cpu.cross_cache import FusedAudio, FusedSlots, Layout, Memory, Reading
from specwhisper.network.cpu.jobs import HEAD, LAYERS, Job
from specwhisper.network.cpu.machine import profile
from specwhisper.network.cpu.packed_store import PackedStore, Parts
from specwhisper.network.cpu.packing import Packed, flattened, numbers_for, numbers_of
from specwhisper.network.cpu.thread_pool import run
from specwhisper.network.cpu.tiles import FLEETING, GROUP, STAYS
from specwhisper.network.cpu.workspace import Workspace
from specwhisper.network.dimensions import HEAD_SIZE
from specwhisper.network.kernels import Kernel
from specwhisper.network.layers import Norm, Take, linear_weights, stacked_weights

_KEPT = 40_000_000  # bytes: tiny in int8 has 29 million, base 48
_OF_A_LAYER = 6  # products
_SCALE = HEAD_SIZE**-0.5  # a power of two: folded into the queries' weights, it costs no bit of precision


class FusedHead:
    """An output head: [..., D] states to [..., V] logits.

    Args:
        beside: bytes of the other weights of a pass.
    """

    def __init__(self, packed: Packed, work: Workspace, beside: int = 0) -> None:
        self._packed = packed
        self.fetch = _fetch(packed.nbytes + beside)
        self._scale, self._bias = self._packed.scale.numpy(), self._packed.bias.numpy()
        self._work = work
        self.nbytes = self._packed.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        logits = self.of(x.reshape(-1, x.shape[-1]).numpy())
        return logits.view(*x.shape[:-1], logits.shape[-1])

    def of(self, states: np.ndarray) -> torch.Tensor:
        """[R, D] states to [R, V] logits."""
        work, packed, rows = self._work, self._packed, len(states)
        out = np.empty((rows, len(self._scale)), np.float32)
        if rows:
            there = work.fitting(rows)
            weight = packed.data.data_ptr(), self._scale, self._bias
            spaces = there.narrowed[0], there.floats[-1], there.sums
            job = Job.of(HEAD, work.numbers, states, *weight, *spaces, out, self.fetch)
            run(rows * packed.data.nbytes, job)
        return torch.from_numpy(out[:, : packed.outputs])


def pack_decoder(
    take: Take, stored_table: torch.Tensor, layers: int, store: PackedStore
) -> Iterator[tuple[str, torch.Tensor]]:
    """The arrays of a :class:`FusedDecoder`, one after the other.

    Args:
        take: fetches weights by name.
        stored_table: the token embedding as it was stored; tokens are looked up in it.
        layers: how many.
        store: says what the weights are multiplied in.
    """
    numbers = store.numbers
    # numpy knows no bfloat16.
    yield "table", stored_table.float() if stored_table.dtype == torch.bfloat16 else stored_table
    positions = take("decoder.embed_positions.weight")
    yield "positions", positions
    parameters = []
    names = [f"decoder.layers.{index}" for index in range(layers)]
    many_rows = numbers_for((_keys_values(take, name)[0] for name in names), store.many_rows)
    for index, name in enumerate(names):
        packed = [Packed.of(*weights, numbers) for weights in _weights_of(take, name)]
        norms = [
            Norm.of(take, f"{name}.{norm}_layer_norm") for norm in ("self_attn", "encoder_attn", "final")
        ]
        parameters.append(flattened(norms, packed))
        yield from ((f"layers.{index}.{place}", each.data) for place, each in enumerate(packed))
        yield from Packed.of(*_keys_values(take, name), many_rows).parts(f"reads.{index}")
    last = flattened([Norm.of(take, "decoder.layer_norm")], [])
    rest = parameters[0].numel() - 2 * positions.shape[1]
    yield "parameters", torch.stack([*parameters, F.pad(last, (0, rest))])
    yield from Packed.of(take("decoder.embed_tokens.weight"), None, numbers).parts("head")


class FusedDecoder:
    """A decoder whose pass is one compiled function per precision.

    Args:
        parts: the arrays of :func:`pack_decoder`.
        layers: how many.
        positions: of the audio, at most.
        store: where smaller heads are kept; its numbers are what the weights are multiplied in.
    """

    def __init__(self, parts: Parts, layers: int, positions: int, store: PackedStore) -> None:
        self._store = store
        self.numbers = self._numbers = numbers = store.numbers
        self.table = parts["table"]
        self._embeddings = self.table.numpy()
        self.positions = parts["positions"]
        self._places = self.positions.numpy()
        size = self.positions.shape[1]
        self._work = Workspace(size, max(positions + -positions % GROUP, self.positions.shape[0]), numbers)
        self._packed = [
            parts[f"layers.{index}.{place}"] for index in range(layers) for place in range(_OF_A_LAYER)
        ]
        self._reads = [Packed.held(parts, f"reads.{index}") for index in range(layers)]
        self._memory = Memory()
        self._parameters = parts["parameters"]
        self._flat = self._parameters.numpy()
        self._bytes = sum(each.nbytes for each in self._packed)
        packed = Packed.held(parts, "head", len(self.table))
        head = FusedHead(packed, self._work, beside=self._bytes + self._parameters.nbytes)
        self.head: Kernel = head
        self._fetch = head.fetch
        addresses = [each.data_ptr() for each in self._packed]
        self._weights = np.array(addresses, np.int64).reshape(layers, _OF_A_LAYER)

    @torch.inference_mode()
    def keys_values(self, states: torch.Tensor) -> FusedAudio:
        """The cross-attention keys and values of audio states [B, S, D], for every layer."""
        clips, positions, size = states.shape
        encoded = []
        for clip in states:
            layers = Layout.of(len(self._reads), size // HEAD_SIZE, positions, self._numbers, self._memory)
            reading = Reading(clip.numpy(), numbers_of(self._reads[0].data))
            for packed, layer in zip(self._reads, layers, strict=True):
                reading.into(layer, packed)
            encoded.append(layers)
        return FusedAudio(tuple(encoded), (positions,) * clips)

    def slots(self, size: int) -> FusedSlots:
        """Rows of a batch that read different clips."""
        return FusedSlots(size)

    @torch.inference_mode()
    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """As :meth:`specwhisper.network.decoder.Decoder.__call__`."""
        return self.logits(self.states(tokens, start, cache, cross))

    def read(
        self, tokens: Sequence[int], start: int, cache: SelfCache, cross: Audio, head: Kernel | None = None
    ) -> torch.Tensor:
        """As :meth:`specwhisper.network.decoder.Decoder.read`, with the least of Python there can be."""
        ids, starts = np.array([tokens], np.int64), np.array([start], np.int64)
        states, _ = self._through(ids, starts, cache, cross, layers_seen=0)
        own = head or self.head
        assert isinstance(own, FusedHead)
        return own.of(states)

    @torch.inference_mode()
    def logits(self, states: torch.Tensor, head: Kernel | None = None) -> torch.Tensor:
        """As :meth:`specwhisper.network.decoder.Decoder.logits`."""
        return (head or self.head)(states)

    def pruned_head(self, kept: torch.Tensor) -> Kernel:
        """A head of the tokens ``kept`` (ids) alone: [..., D] states to [..., kept] logits."""

        def make() -> Iterator[tuple[str, torch.Tensor]]:
            weight = F.embedding(kept, self.table).float()
            yield from Packed.of(weight, None, self._numbers).parts("head")

        which = f"head-{sha256(kept.numpy().data).hexdigest()[:16]}"
        parts = self._store.parts(which, make)
        return FusedHead(Packed.held(parts, "head", len(kept)), self._work)

    @torch.inference_mode()
    def states(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """As :meth:`specwhisper.network.decoder.Decoder.states`."""
        clips, width = tokens.shape
        starts = np.full(clips, start, np.int64) if isinstance(start, int) else start.view(-1).numpy()
        states, _ = self._through(tokens.numpy(), starts, cache, cross, layers_seen=0)
        return torch.from_numpy(states).view(clips, width, -1)

    @torch.inference_mode()
    def watch(
        self, tokens: torch.Tensor, cache: SelfCache, cross: Audio, heads: Sequence[tuple[int, int]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As :meth:`specwhisper.network.decoder.Decoder.watch`."""
        assert isinstance(cross, FusedAudio)
        starts = np.zeros(1, np.int64)
        states, queries = self._through(tokens.numpy(), starts, cache, cross, layers_seen=len(self._reads))
        scores = [
            torch.from_numpy(queries[layer]).view(tokens.shape[1], -1, HEAD_SIZE)[:, head]
            @ cross.clips[0][layer].keys_of(head, cross.encoded[0]).T
            for layer, head in heads
        ]
        return torch.from_numpy(states)[None], torch.stack(scores)

    def _through(
        self, tokens: np.ndarray, starts: np.ndarray, cache: SelfCache, cross: Audio, layers_seen: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """All layers over ids [B, W]: states [R, D] and, of so many layers, the queries to the audio."""
        assert isinstance(cross, FusedAudio)
        clips, width = tokens.shape
        rows, size = clips * width, self.positions.shape[1]
        x = self._embedded(tokens, starts)
        buffer = cache.buffer
        queries = np.empty((layers_seen, rows, size), np.float32)
        out = np.empty((rows, size), np.float32)
        there = self._work.fitting(rows)
        run(
            rows * self._bytes,
            Job.of(
                LAYERS,
                self._numbers,
                x,
                starts,
                np.array([buffer.data_ptr(), *(4 * step for step in buffer.stride()[:4])], np.int64),
                buffer.shape[4],
                cross.addresses(clips),
                cross.lengths(clips),
                self._weights,
                self._flat,
                *there.floats,
                *there.narrowed,
                there.sums,
                queries,
                out,
                self._fetch,
            ),
        )
        return out, queries

    def _embedded(self, tokens: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """[B, W] ids to [B x W, D]; rows that reach beyond the context all stand at its end."""
        last = len(self._places) - tokens.shape[1]
        if len(starts) == 1 and starts[0] <= last:
            places = self._places[starts[0] : starts[0] + tokens.shape[1]]
        else:
            at = np.minimum(starts[:, None] + np.arange(tokens.shape[1]), len(self._places) - 1)
            places = self._places[at.reshape(-1)]
        return self._embeddings[tokens.reshape(-1)].astype(np.float32) + places


def _fetch(weights: int) -> int:
    """How so many bytes of weights of a pass are fetched: the last cache cannot be expected to keep many."""
    return int(FLEETING if weights > _KEPT and profile().variants.weights == "pass" else STAYS)


def _weights_of(take: Take, layer: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The six products of a layer in the order of a pass, each as weight and bias."""
    return [
        stacked_weights(take, f"{layer}.self_attn", ("q_proj", "k_proj", "v_proj"), scale=_SCALE),
        linear_weights(take, f"{layer}.self_attn.out_proj"),
        linear_weights(take, f"{layer}.encoder_attn.q_proj", scale=_SCALE),
        linear_weights(take, f"{layer}.encoder_attn.out_proj"),
        linear_weights(take, f"{layer}.fc1"),
        linear_weights(take, f"{layer}.fc2"),
    ]


def _keys_values(take: Take, layer: str) -> tuple[torch.Tensor, torch.Tensor]:
    """What reads the audio's keys and values, as weight and bias."""
    return stacked_weights(take, f"{layer}.encoder_attn", ("k_proj", "v_proj"))
