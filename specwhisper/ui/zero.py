"""ZeroGPU: on such a Space a GPU is lent for the length of a call, to functions that ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specwhisper.network.device import lent_per_call

SECONDS = 120
"""How long a GPU is asked for; ZeroGPU takes it back afterwards."""


def on_gpu(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is, or, on a ZeroGPU Space, with a GPU while it runs.

    The ``spaces`` package is there only on Spaces; elsewhere nothing of it is needed.
    """
    if not lent_per_call():
        return function
    try:
        import spaces
    except ImportError:
        return function
    lent: Callable[..., Any] = spaces.GPU(duration=SECONDS)(function)
    return lent
