"""What is quick on this machine: measured once, kept beside the compiled kernels.

Nothing about a processor is assumed. What helps on one costs on another (the advice not to keep weights was
found to make a pass 13% quicker on one, and twice as slow on the next), so each choice is timed, in turn with
its alternatives, on arrays of a small model's size. It takes a second or two.
"""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F

from specwhisper.errors import OptionError
from specwhisper.network.cpu.aligned import empty
from specwhisper.network.cpu.jit import features, kernel_folder
from specwhisper.network.cpu.jobs import HEAD, LAYER, Job
from specwhisper.network.cpu.matrix_unit import usable
from specwhisper.network.cpu.packing import KINDS, Numbers, Packed
from specwhisper.network.cpu.thread_pool import MOST, allowed, exclusive_threads, pool_of
from specwhisper.network.cpu.tiles import FLEETING, GROUP, MATRIX, STAYS, TAIL, instructions

SWITCH = "SPECWHISPER_VARIANTS"
"""Environment variable that forces choices: ``weights=keep|pass``, ``encoder=own|library``,
``products=vector|matrix``, ``threads=N``, separated by commas.
"""


@dataclass(frozen=True, slots=True)
class Variants:
    """What is chosen.

    Attributes:
        weights: whether what a main model's pass reads once may stay in the caches (``keep``), or is fetched
            with the advice not to keep it (``pass``), so that the draft's weights stay.
        encoder: main's fp32 encoder by our kernels (``own``) or by the library's products (``library``).
        products: int8 products of many rows by the vector unit, or by a matrix unit (see ``matrix_unit``).
        threads: of a pass, at most.
    """

    weights: Literal["keep", "pass"] = "keep"
    encoder: Literal["own", "library"] = "own"
    products: Literal["vector", "matrix"] = "vector"
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Profile:
    """What was measured, and what follows from it.

    Attributes:
        processor: its name, for people.
        instructions: which of our loops it runs (see ``tiles``).
        allowed: processors this process may use.
        memory: bytes read per second by all threads that were chosen.
        library: float32 operations per second of the library's matrix product.
        fp32, int8: the same of ours.
        seconds: how long each alternative took, by name.
        quiet: whether the threads had the processors to themselves meanwhile. If not, the choices are
            guesses: they are used, but not kept.
    """

    processor: str
    instructions: str
    allowed: int
    variants: Variants
    memory: float
    library: float
    fp32: float
    int8: float
    seconds: dict[str, float] = field(default_factory=dict)
    quiet: bool = True


def processor() -> str:
    """The processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass  # another system
    return platform.processor() or platform.machine()


def profile() -> Profile:
    """The machine's profile: as it was kept, or measured now and kept.

    Raises:
        OptionError: the environment forces a choice that does not exist.
    """
    found = _profile(allowed())
    return replace(found, variants=_forced(found.variants))


def of_many_rows(numbers: Numbers) -> int:
    """How a product of many rows fetches its weights here: STAYS or MATRIX, see ``tiles``."""
    by_matrix = numbers == "int8" and usable() and profile().variants.products == "matrix"
    return int(MATRIX if by_matrix else STAYS)


@lru_cache
def _profile(processors: int) -> Profile:
    found = _kept()
    if found is None:
        found = measure()
        if found.quiet:
            _keep(found)
    return found


def measure() -> Profile:
    """Time every alternative, interleaved, and choose."""
    most = min(allowed(), MOST)
    quiet = _undisturbed_share(most) > _QUIET
    seconds = _threads(most)
    threads = _choose_threads(seconds, most)
    seconds |= _weights(threads) | _encoder(threads)
    cycle = {way: seconds[f"weights={way}"] for way in ("keep", "pass")}
    encoder = {way: seconds[f"encoder={way}"] for way in ("own", "library")}
    int8 = {way: seconds[f"products={way}"] for way in ("vector", "matrix") if f"products={way}" in seconds}
    operations = 2.0 * _ROWS * _INPUTS * _OUTPUTS
    return Profile(
        processor=processor(),
        instructions=instructions(),
        allowed=allowed(),
        variants=Variants(
            # The exception must be worth it; measured costs vary by some percent.
            weights="pass" if cycle["pass"] < 0.97 * cycle["keep"] else "keep",
            encoder="library" if encoder["library"] < 0.9 * encoder["own"] else "own",
            products="matrix" if int8.get("matrix", math.inf) < 0.9 * int8["vector"] else "vector",
            threads=threads,
        ),
        memory=_MAIN_BYTES / seconds.pop("read"),
        library=operations / encoder["library"],
        fp32=operations / encoder["own"],
        int8=operations / min(int8.values()),
        seconds={name: round(value, 6) for name, value in seconds.items()},
        quiet=quiet and _undisturbed_share(most) > _QUIET,
    )


def forget() -> None:
    """Measure anew at the next :func:`profile`."""
    _profile.cache_clear()
    with suppress(OSError):  # not there, or not ours to remove: then what is measured next is not kept
        _file().unlink()


_ROUNDS = 7
_LOOK, _QUIET = 0.15, 0.9  # seconds of looking whether others compute, and the share that counts as quiet
_ROWS, _INPUTS, _OUTPUTS = 1_500, 512, 2_048  # of the timed product: the widest of base's encoder
_MAIN_INPUTS, _MAIN_OUTPUTS = 512, 32_768
_MAIN_BYTES = 4 * _MAIN_INPUTS * _MAIN_OUTPUTS  # 64 MiB: more than most last caches keep
_DRAFT_INPUTS, _DRAFT_OUTPUTS = 384, 65_536  # 24 MiB of int8: tiny's decoder
_VERIFIED, _PROPOSED = 4, 5


def undisturbed() -> bool:
    """Whether our threads have the processors to themselves just now; takes a moment to find out."""
    return _undisturbed_share(profile().variants.threads) > _QUIET


def _undisturbed_share(threads: int) -> float:
    """Of the time that so many threads of ours wanted to compute, how much they could (0 to 1)."""
    product = _product("fp32")
    pool = pool_of(threads)
    with exclusive_threads():
        pool.run(product)
        began, used = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < _LOOK:
            pool.run(product)
        return (time.process_time() - used) / (time.perf_counter() - began) / threads


def _choose_threads(seconds: Mapping[str, float], most: int) -> int:
    """All of them, unless fewer are clearly quicker: beside a busy program they would be only now."""
    quickest = min(_candidates(most), key=lambda n: seconds[f"threads={n}"])
    clearly = seconds[f"threads={quickest}"] < 0.85 * seconds[f"threads={most}"]
    return quickest if clearly else most


def _candidates(most: int) -> list[int]:
    """Numbers of threads worth trying: two on one core may be slower than one."""
    return sorted({1, max(1, most // 2), most})


def _threads(most: int) -> dict[str, float]:
    product = _product("fp32")
    ways = {f"threads={n}": (lambda n=n: pool_of(n).run(product)) for n in _candidates(most)}
    with exclusive_threads():
        return _interleaved(ways)


def _weights(threads: int) -> dict[str, float]:
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


def _encoder(threads: int) -> dict[str, float]:
    """The largest product of an encoder, ours and the library's."""
    pool = pool_of(threads)
    ours = {"encoder=own": _product("fp32"), "products=vector": _product("int8")}
    if usable():
        ours["products=matrix"] = _product("int8", int(MATRIX))
    x, weight, bias = torch.ones(_ROWS, _INPUTS), torch.ones(_OUTPUTS, _INPUTS), torch.ones(_OUTPUTS)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        library = _interleaved({"encoder=library": lambda: F.linear(x, weight, bias)})
    finally:
        torch.set_num_threads(before)
    with exclusive_threads():
        return library | _interleaved({name: partial(pool.run, job) for name, job in ours.items()})


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
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(_ROUNDS + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if turn:  # the first finds cold caches
                taken[name].append(time.perf_counter() - began)
    return {name: min(values) for name, values in taken.items()}


def _file() -> Path:
    kind = sha256(repr((processor(), sorted(features()), allowed())).encode()).hexdigest()
    return kernel_folder() / f"machine-{kind[:12]}.json"


def _kept() -> Profile | None:
    """What was measured on this kind of processor, with as many of its cores allowed."""
    try:
        read = json.loads(_file().read_text())
        return Profile(**{**read, "variants": Variants(**read["variants"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _keep(found: Profile) -> None:
    text = json.dumps(asdict(found), indent=1)
    path = _file()
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text)
        partial.replace(path)
    except OSError:
        return  # nowhere to keep it: the next process measures again


def _forced(chosen: Variants) -> Variants:
    text = os.environ.get(SWITCH, "").strip()
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, value = part.partition("=")
        if name == "weights" and value in ("keep", "pass"):
            chosen = replace(chosen, weights="pass" if value == "pass" else "keep")
        elif name == "encoder" and value in ("own", "library"):
            chosen = replace(chosen, encoder="own" if value == "own" else "library")
        elif name == "products" and (value == "vector" or (value == "matrix" and usable())):
            chosen = replace(chosen, products="matrix" if value == "matrix" else "vector")
        elif name == "threads" and value.isdecimal() and 1 <= int(value) <= MOST:
            chosen = replace(chosen, threads=int(value))
        else:
            raise OptionError(
                f"{SWITCH} holds {part!r}: choose among weights=keep, weights=pass, encoder=own, "
                f"encoder=library, products=vector, {'products=matrix, ' if usable() else ''}"
                f"and threads=1 to {MOST}."
            )
    return chosen
