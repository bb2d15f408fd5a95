"""The Whisper network, lean: plain tensors, static caches, any number of rows per pass.

Architecture: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision"
(pre-norm encoder-decoder transformer, learned positions, weights of the output head tied to the token
embedding). Written for one purpose: a decoder pass over W new tokens per row whose cost is as close
as possible to that of one token, and whose undoing costs nothing.

Shapes: B rows (clips), W new tokens per row, S audio positions (1,500 for 30 s), D model width,
H heads of 64, V vocabulary.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass

import torch

from specwhisper.network.caches import SelfCache
from specwhisper.network.cpu.decoder import FusedDecoder
from specwhisper.network.cpu.machine import profile
from specwhisper.network.cpu.thread_pool import exclusive_threads
from specwhisper.network.decoder import AnyDecoder
from specwhisper.network.dimensions import HEAD_SIZE, Dimensions
from specwhisper.network.encoder import AnyEncoder


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
