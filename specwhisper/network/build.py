"""From named weights to a network that is wired up for a device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256

import torch

from specwhisper.network.cpu.decoder import FusedDecoder, pack_decoder
from specwhisper.network.cpu.encoder import FusedEncoder, pack_encoder
from specwhisper.network.cpu.machine import profile
from specwhisper.network.cpu.packed_store import PackedStore, Source
from specwhisper.network.cpu.packing import Numbers
from specwhisper.network.decoder import AnyDecoder, Decoder
from specwhisper.network.dimensions import Dimensions
from specwhisper.network.encoder import AnyEncoder, Encoder, LibraryEncoder
from specwhisper.network.layers import Take
from specwhisper.network.network import Network
from specwhisper.network.recipes import Recipe

Tensors = Mapping[str, torch.Tensor]


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
        store = PackedStore.of(source, recipe.fused)
        encoder = encoder or _encoder_beside_fused(take, dims, recipe, store)
        decoder = _fused_decoder(take, table, dims, store, lambda: encoder_digest(tensors))
    return Network(dims, encoder, decoder, device, recipe.dtype)


def _encoder_beside_fused(take: Take, dims: Dimensions, recipe: Recipe, store: PackedStore) -> AnyEncoder:
    if recipe.encode or (recipe.fused == "fp32" and profile().variants.encoder == "library"):
        return LibraryEncoder(take, dims.encoder_layers, Recipe(encode=recipe.encode))
    parts = store.parts("encoder", lambda: pack_encoder(take, dims.encoder_layers, store.many_rows))
    return FusedEncoder(parts, dims.encoder_layers)


def _fused_decoder(
    take: Take,
    table: Callable[[], torch.Tensor],
    dims: Dimensions,
    store: PackedStore,
    digest: Callable[[], str],
) -> FusedDecoder:
    parts = store.parts(
        "decoder",
        lambda: pack_decoder(take, table(), dims.decoder_layers, store),
        lambda: {"dims": asdict(dims), "encoder": digest()},
    )
    return FusedDecoder(parts, dims.decoder_layers, dims.audio_context, store)


def packed_before(source: Source, numbers: Numbers) -> tuple[Dimensions, str] | None:
    """The sizes of a model whose weights lie packed on disk, and its encoder's digest; None if none do."""
    about = PackedStore.of(source, numbers).about("decoder")
    return None if about is None else (Dimensions(**about["dims"]), about["encoder"])


def encoder_digest(tensors: Tensors) -> str:
    """The same for models with bit-identical encoder weights."""
    digest = sha256()
    for name in sorted(name for name in tensors if name.startswith("encoder.")):
        tensor = tensors[name].contiguous()
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        digest.update(tensor.view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
