"""How long the alternatives of :mod:`machine` take here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from specwhisper.network.cpu.aligned import empty
from specwhisper.network.cpu.jobs import HEAD, LAYER, Job
from specwhisper.network.cpu.matrix_unit import usable
from specwhisper.network.cpu.packing import KINDS, Numbers, Packed
from specwhisper.network.cpu.thread_pool import MOST, exclusive_threads, library_threads, pool_of
from specwhisper.network.cpu.tiles import FLEETING, GROUP, MATRIX, STAYS, TAIL

_ROUNDS = 7
_LOOK = 0.15  # seconds of looking whether others compute
_ROWS, _INPUTS, _OUTPUTS = 1_500, 512, 2_048  # of the timed product: the widest of base's encoder

OPERATIONS = 2.0 * _ROWS * _INPUTS * _OUTPUTS
"""float32 operations of it."""

_MAIN_INPUTS, _MAIN_OUTPUTS = 512, 32_768
MAIN_BYTES = 4 * _MAIN_INPUTS * _MAIN_OUTPUTS
"""Of the weights that are read: 64 MiB, more than most last caches keep."""

_DRAFT_INPUTS, _DRAFT_OUTPUTS = 384, 65_536  # 24 MiB of int8: tiny's decoder
_VERIFIED, _PROPOSED = 4, 5


def undisturbed_share(threads: int) -> float:
    """Of the time that so many threads of ours wanted to compute, how much they could (0 to 1)."""
    product = _product("fp32")
    pool = pool_of(threads)
    with exclusive_threads():
        pool.run(product)
        began, used = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < _LOOK:
            pool.run(product)
        return (time.process_time() - used) / (time.perf_counter() - began) / threads


def candidates(most: int) -> list[int]:
    """Numbers of threads worth trying: two on one core may be slower than one."""
    return sorted({1, max(1, most // 2), most})


def of_threads(most: int) -> dict[str, float]:
    product = _product("fp32")
    ways = {f"threads={n}": (lambda n=n: pool_of(n).run(product)) for n in candidates(most)}
    with exclusive_threads():
        return _interleaved(ways)


def of_weights(threads: int) -> dict[str, float]:
    """A cycle of one pass over main's weights and some over the draft's; and reading main's alone."""
    pool = pool_of(threads)
    draft = _head("int8", 1, _DRAFT_INPUTS, _DRAFT_OUTPUTS, int(STAYS))
    weight = _packed("fp32", _MAIN_INPUTS, _MAIN_OUTPUTS)

    def cycle(fetch: int) -> Callable[[], None]:
        main = _head("fp32", _VERIFIED, _MAIN_INPUTS, _MAIN_OUTPUTS, fetch, weight)

        def run() -> None:
            pool.run(main)
            for _ in range(_PROPOSED):
                pool.run(draft)

        return run

    alone = _head("fp32", 1, _MAIN_INPUTS, _MAIN_OUTPUTS, int(STAYS), weight)
    ways = {"weights=keep": cycle(int(STAYS)), "weights=pass": cycle(int(FLEETING))}
    with exclusive_threads():
        return _interleaved(ways | {"read": lambda: pool.run(alone)})


def of_products(threads: int) -> dict[str, list[float]]:
    """The largest product of an encoder, ours and the library's."""
    pool = pool_of(threads)
    ours = {"encoder=own": _product("fp32"), "products=vector": _product("int8")}
    if usable():
        ours["products=matrix"] = _product("int8", int(MATRIX))
        ours["encoder=matrix"] = _product("bf16x3", int(MATRIX))
    x, weight, bias = torch.ones(_ROWS, _INPUTS), torch.ones(_OUTPUTS, _INPUTS), torch.ones(_OUTPUTS)
    with library_threads(threads):
        library = _timed({"encoder=library": lambda: F.linear(x, weight, bias)})
    with exclusive_threads():
        return library | _timed({name: partial(pool.run, job) for name, job in ours.items()})


def _product(numbers: Numbers, fetch: int = int(STAYS)) -> Job:
    x = np.ones((_ROWS, _INPUTS), np.float32)
    packed = _packed(numbers, _INPUTS, _OUTPUTS)
    out = empty((_ROWS, _OUTPUTS), np.float32)
    weight = packed.data.data_ptr(), packed.scale.numpy(), packed.bias.numpy()
    return Job.of(LAYER, numbers, x, *weight, out, fetch, keep=packed.data.numpy())


def _head(
    numbers: Numbers, rows: int, inputs: int, outputs: int, fetch: int, packed: Packed | None = None
) -> Job:
    packed = packed or _packed(numbers, inputs, outputs)
    kinds = KINDS[numbers]
    states, out = np.ones((rows, inputs), np.float32), empty((rows, outputs), np.float32)
    weight = packed.data.data_ptr(), packed.scale.numpy(), packed.bias.numpy()
    spaces = (
        empty((MOST, rows, inputs + TAIL), kinds.rows),
        empty((MOST, rows), np.float32),
        empty((MOST, rows, GROUP), kinds.sums),
    )
    return Job.of(HEAD, numbers, states, *weight, *spaces, out, fetch, keep=packed.data.numpy())


def _packed(numbers: Numbers, inputs: int, outputs: int) -> Packed:
    return Packed.of(torch.ones(outputs, inputs), None, numbers)


def _interleaved(ways: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The least seconds of each, taken in turn: whatever else the machine does can only add."""
    return {name: min(values) for name, values in _timed(ways).items()}


def _timed(ways: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds of each way in every round, taken in turn."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(_ROUNDS + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if turn:  # the first finds cold caches
                taken[name].append(time.perf_counter() - began)
    return taken
