"""The Whisper network, lean: plain tensors, static caches, any number of rows per pass.

Architecture: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision"
(pre-norm encoder-decoder transformer, learned positions, weights of the output head tied to the token
embedding). Written for one purpose: a decoder pass over W new tokens per row whose cost is as close
as possible to that of one token, and whose undoing costs nothing.

Shapes: B rows (clips), W new tokens per row, S audio positions (1,500 for 30 s), D model width,
H heads of 64, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Protocol

import torch
import torch.nn.functional as F

from specwhisper.network.attention import Attention, merge_heads, split_heads
from specwhisper.network.caches import Audio, AudioSlots, CrossCache, CrossSlots, SelfCache
from specwhisper.network.cpu.decoder import FusedDecoder, pack_decoder
from specwhisper.network.cpu.encoder import FusedEncoder, pack_encoder
from specwhisper.network.cpu.machine import profile
from specwhisper.network.cpu.packed_store import PackedStore, Source
from specwhisper.network.cpu.packing import Numbers
from specwhisper.network.cpu.thread_pool import exclusive_threads, release_threads
from specwhisper.network.dimensions import HEAD_SIZE, Dimensions
from specwhisper.network.kernels import Kernel
from specwhisper.network.layers import DecoderLayer, EncoderLayer, Norm, Take
from specwhisper.network.recipes import Recipe

Tensors = Mapping[str, torch.Tensor]


class AnyEncoder(Protocol):
    """Log-mel features to audio states: :class:`Encoder`, or the fused one of a CPU."""

    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        ...


class AnyDecoder(Protocol):
    """Tokens, one or many per pass, to logits: :class:`Decoder`, or the fused one of a CPU."""

    head: Kernel
    table: torch.Tensor

    def keys_values(self, states: torch.Tensor) -> Audio:
        """The cross-attention keys and values of audio states [B, S, D], for every layer."""
        ...

    def slots(self, size: int) -> AudioSlots:
        """Rows of a batch that read different clips."""
        ...

    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """See :meth:`Decoder.__call__`."""
        ...

    def read(
        self, tokens: Sequence[int], start: int, cache: SelfCache, cross: Audio, head: Kernel | None = None
    ) -> torch.Tensor:
        """See :meth:`Decoder.read`."""
        ...

    def logits(self, states: torch.Tensor, head: Kernel | None = None) -> torch.Tensor:
        """See :meth:`Decoder.logits`."""
        ...

    def pruned_head(self, kept: torch.Tensor) -> Kernel:
        """A head of the tokens ``kept`` (ids) alone: [..., D] states to [..., kept] logits."""
        ...

    def states(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """See :meth:`Decoder.states`."""
        ...

    def watch(
        self, tokens: torch.Tensor, cache: SelfCache, cross: Audio, heads: Sequence[tuple[int, int]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See :meth:`Decoder.watch`."""
        ...


class Encoder:
    """Log-mel features to audio states."""

    def __init__(self, take: Take, layers: int, recipe: Recipe) -> None:
        self.conv1 = (take("encoder.conv1.weight"), take("encoder.conv1.bias"))
        self.conv2 = (take("encoder.conv2.weight"), take("encoder.conv2.bias"))
        self.positions = take("encoder.embed_positions.weight")
        self.layers = tuple(
            EncoderLayer.of(take, f"encoder.layers.{index}", recipe.make) for index in range(layers)
        )
        self.norm = Norm.of(take, "encoder.layer_norm")

    @torch.inference_mode()
    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        x = F.gelu(F.conv1d(mel, *self.conv1, padding=1))
        x = F.gelu(F.conv1d(x, *self.conv2, stride=2, padding=1))
        x = x.transpose(1, 2) + self.positions[: x.shape[2]]
        for layer in self.layers:
            query, key, value = (
                split_heads(part) for part in layer.attention.qkv(layer.attention.norm(x)).chunk(3, dim=-1)
            )
            encoded = merge_heads(F.scaled_dot_product_attention(query, key, value))
            x = x + layer.attention.out(encoded)
            x = x + layer.feed_forward(x)
        return self.norm(x)


class LibraryEncoder(Encoder):
    """The same beside a fused decoder, where the library's products are quicker."""

    def __call__(self, mel: torch.Tensor) -> torch.Tensor:
        """[B, n_mels, 2S] log-mel -> [B, S, D] audio states."""
        torch.set_flush_denormal(True)
        try:
            with release_threads():
                return super().__call__(mel)
        finally:
            torch.set_flush_denormal(False)


class Decoder:
    """Tokens, one or many per pass, to logits."""

    def __init__(
        self, take: Take, stored_table: torch.Tensor, layers: int, audio_context: int, recipe: Recipe
    ) -> None:
        head = take("decoder.embed_tokens.weight")
        self.table = head if recipe.float_head else stored_table
        self._make_head = recipe.make
        self._audio_context = audio_context
        self.head: Kernel = recipe.make(head, None)
        self.positions = take("decoder.embed_positions.weight")
        self.layers = tuple(
            DecoderLayer.of(take, f"decoder.layers.{index}", recipe.make) for index in range(layers)
        )
        self.norm = Norm.of(take, "decoder.layer_norm")
        self._attention = Attention()

    @torch.inference_mode()
    def keys_values(self, states: torch.Tensor) -> CrossCache:
        """The cross-attention keys and values of audio states [B, S, D], for every layer."""
        pairs = [layer.cross.key_value(states).chunk(2, dim=-1) for layer in self.layers]
        return CrossCache(
            tuple(self._attention.keep(split_heads(key), split_heads(value)) for key, value in pairs)
        )

    def slots(self, size: int) -> CrossSlots:
        """Rows of a batch that read different clips."""
        heads = self.positions.shape[1] // HEAD_SIZE
        dtype, device = self.positions.dtype, self.positions.device
        return CrossSlots(size, len(self.layers), heads, self._audio_context, device, dtype)

    @torch.inference_mode()
    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """Read W tokens per row and return the logits after each of them.

        Args:
            tokens: [B, W] ids.
            start: position of the first token: one integer for all rows, or [B] with one per row.
            cache: keys and values of everything before ``start``; those of ``tokens`` are written into
                it from ``start`` on, over whatever an earlier, rejected pass left there.
            cross: the audio, from :meth:`keys_values`.

        Returns:
            [B, W, V] logits in float32.
        """
        return self.logits(self.states(tokens, start, cache, cross))

    @torch.inference_mode()
    def read(
        self, tokens: Sequence[int], start: int, cache: SelfCache, cross: Audio, head: Kernel | None = None
    ) -> torch.Tensor:
        """One row: the logits [W, V] after each of its tokens, which begin at ``start``."""
        ids = torch.tensor([tokens], device=self.positions.device)
        return self.logits(self.states(ids, start, cache, cross)[0], head)

    @torch.inference_mode()
    def logits(self, states: torch.Tensor, head: Kernel | None = None) -> torch.Tensor:
        """[..., D] states to [..., V] logits in float32; ``head`` is another than the model's own."""
        return (head or self.head)(states).float()

    def pruned_head(self, kept: torch.Tensor) -> Kernel:
        """A head of the tokens ``kept`` (ids) alone: [..., D] states to [..., kept] logits."""
        weight = F.embedding(kept.to(self.table.device), self.table).to(self.positions.dtype)
        return self._make_head(weight, None)

    @torch.inference_mode()
    def states(
        self, tokens: torch.Tensor, start: torch.Tensor | int, cache: SelfCache, cross: Audio
    ) -> torch.Tensor:
        """As :meth:`__call__`, but stops before the head: [B, W, D].

        In a small model the head is most of a pass; a batch asks it only about the rows that are no padding.
        """
        return self._through(tokens, start, cache, cross, [])

    @torch.inference_mode()
    def watch(
        self, tokens: torch.Tensor, cache: SelfCache, cross: Audio, heads: Sequence[tuple[int, int]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Read tokens [1, W] from the beginning and see how some heads of cross-attention score the audio.

        Args:
            heads: (layer, head) pairs.

        Returns:
            The states [1, W, D], and the scores before the softmax, [heads, W, S].
        """
        assert isinstance(cross, CrossCache)
        queries: list[torch.Tensor] = []
        states = self._through(tokens, 0, cache, cross, queries)
        scores = [
            split_heads(queries[layer])[0, head] @ cross.layers[layer][0][0, head] for layer, head in heads
        ]
        return states, torch.stack(scores)

    def _through(
        self,
        tokens: torch.Tensor,
        start: torch.Tensor | int,
        cache: SelfCache,
        cross: Audio,
        queries: list[torch.Tensor],
    ) -> torch.Tensor:
        """All layers; ``queries`` to the audio, [B, W, D] each, are left there for who wants them."""
        assert isinstance(cross, CrossCache)
        view = cache.view(start, tokens.shape[1])
        x = F.embedding(tokens, self.table).to(self.positions.dtype) + view.rows_of(self.positions)
        for index, layer in enumerate(self.layers):
            new = layer.attention.qkv(layer.attention.norm(x))
            new = new.view(*tokens.shape, 3, -1, HEAD_SIZE).permute(2, 0, 3, 1, 4)  # [3, B, H, W, 64]
            keys, values = view.write(index, new[1:])
            seen = self._attention.to_text(new[0], keys, values, view.mask)
            x = x + layer.attention.out(merge_heads(seen))
            query = layer.cross.query(layer.cross.norm(x))
            queries.append(query)
            x = x + layer.cross.out(self._attention.to_audio(query, *cross.layers[index], cross.padding_mask))
            x = x + layer.feed_forward(x)
        return self.norm(x)


@dataclass(frozen=True)
class Network:
    """Encoder and decoder of one model on one device.

    Two models whose encoder weights are equal hold the same ``Encoder`` object (see :func:`build`),
    which then runs once for both.
    """

    dims: Dimensions
    encoder: AnyEncoder
    decoder: AnyDecoder
    device: torch.device
    dtype: torch.dtype

    def exclusive_threads(self) -> AbstractContextManager[None]:
        """To be held by the thread that works with the network: fused passes bring threads of their own."""
        if not isinstance(self.decoder, FusedDecoder):
            return nullcontext()
        return exclusive_threads(profile().variants.threads)

    def release_threads(self) -> AbstractContextManager[None]:
        """To be held while :meth:`exclusive_threads` when others may work with the network meanwhile."""
        return release_threads() if isinstance(self.decoder, FusedDecoder) else nullcontext()

    @property
    def exact_rows(self) -> bool:
        """Whether a token's logits are the same, bit for bit, whatever else is in the pass."""
        return isinstance(self.decoder, FusedDecoder)

    @property
    def variants(self) -> dict[str, str | int]:
        """The ways to compute that were chosen for this processor; none for the plain network."""
        return asdict(profile().variants) if isinstance(self.decoder, FusedDecoder) else {}

    def new_cache(self, rows: int = 1) -> SelfCache:
        """An empty self-attention cache for ``rows`` clips."""
        return SelfCache.empty(
            layers=self.dims.decoder_layers,
            rows=rows,
            heads=self.dims.heads,
            length=self.dims.text_context,
            head_size=HEAD_SIZE,
            device=self.device,
            dtype=self.dtype,
        )


def build(
    tensors: Tensors,
    dims: Dimensions,
    device: torch.device,
    recipe: Recipe,
    *,
    encoder: AnyEncoder | None = None,
    source: Source | None = None,
) -> Network:
    """Move weights (Hugging Face names, any float dtype) to a device and wire them up.

    Args:
        tensors: not looked at where all of them lie packed on disk.
        recipe: which kernels the network is made of.
        encoder: an encoder with the same weights that is already there, to be shared.
        source: the files that the weights came from, under which packed ones are kept; None keeps none.
    """

    def take(name: str) -> torch.Tensor:
        # One by one, so that loading never holds a second copy of the whole model.
        return tensors[name].to(device=device, dtype=recipe.dtype)

    def table() -> torch.Tensor:
        return tensors["decoder.embed_tokens.weight"].to(device)

    decoder: AnyDecoder
    if recipe.fused is None:
        encoder = encoder or Encoder(take, dims.encoder_layers, recipe)
        decoder = Decoder(take, table(), dims.decoder_layers, dims.audio_context, recipe)
    else:
        store = PackedStore(source, recipe.fused)
        encoder = encoder or _encoder_beside_fused(take, dims, store)
        decoder = _fused_decoder(take, table, dims, store, lambda: encoder_digest(tensors))
    return Network(dims, encoder, decoder, device, recipe.dtype)


def _encoder_beside_fused(take: Take, dims: Dimensions, store: PackedStore) -> AnyEncoder:
    if store.numbers == "fp32" and profile().variants.encoder == "library":
        return LibraryEncoder(take, dims.encoder_layers, Recipe())
    parts = store.parts("encoder", lambda: pack_encoder(take, dims.encoder_layers, store.numbers))
    return FusedEncoder(parts, dims.encoder_layers, store.numbers)


def _fused_decoder(
    take: Take,
    table: Callable[[], torch.Tensor],
    dims: Dimensions,
    store: PackedStore,
    digest: Callable[[], str],
) -> FusedDecoder:
    parts = store.parts(
        "decoder",
        lambda: pack_decoder(take, table(), dims.decoder_layers, store.numbers),
        lambda: {"dims": asdict(dims), "encoder": digest()},
    )
    return FusedDecoder(parts, dims.decoder_layers, dims.audio_context, store)


def packed_before(source: Source, numbers: Numbers) -> tuple[Dimensions, str] | None:
    """The sizes of a model whose weights lie packed on disk, and its encoder's digest; None if none do."""
    about = PackedStore(source, numbers).about("decoder")
    return None if about is None else (Dimensions(**about["dims"]), about["encoder"])


def encoder_digest(tensors: Tensors) -> str:
    """The same for models with bit-identical encoder weights."""
    digest = sha256()
    for name in sorted(name for name in tensors if name.startswith("encoder.")):
        tensor = tensors[name].contiguous()
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        digest.update(tensor.view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
