"""PyTorch's threads for what one of our threads asks of it; the others keep theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


@contextmanager
def own_threads(number: int) -> Iterator[None]:
    """Let PyTorch use so many threads for what the calling thread asks of it.

    ``torch.set_num_threads`` would do more: a thread that is born meanwhile keeps that number for good.
    """
    import torch

    torch.get_num_threads()  # gives a thread its number, the first time
    with _openmp().limit(limits=number):
        yield


@lru_cache(maxsize=1)
def _openmp() -> ThreadpoolController:
    """What PyTorch's threads come from; asked for when PyTorch is there."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="openmp")
