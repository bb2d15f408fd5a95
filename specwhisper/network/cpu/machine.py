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
import statistics
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Literal, cast

from specwhisper.errors import OptionError
from specwhisper.network.cpu.jit import features
from specwhisper.network.cpu.kernel_cache import kernel_folder
from specwhisper.network.cpu.matrix_unit import usable
from specwhisper.network.cpu.packing import Numbers
from specwhisper.network.cpu.thread_pool import MOST, allowed
from specwhisper.network.cpu.tiles import MATRIX, STAYS, instructions
from specwhisper.network.cpu.timings import (
    MAIN_BYTES,
    OPERATIONS,
    candidates,
    of_products,
    of_threads,
    of_weights,
    undisturbed_share,
)

SWITCH = "SPECWHISPER_VARIANTS"
"""Environment variable that forces choices: ``weights=keep|pass``, ``encoder=own|library|matrix``,
``products=vector|matrix``, ``threads=N``, separated by commas.
"""


@dataclass(frozen=True, slots=True)
class Variants:
    """What is chosen.

    Attributes:
        weights: whether what a main model's pass reads once may stay in the caches (``keep``), or is fetched
            with the advice not to keep it (``pass``), so that the draft's weights stay.
        encoder: main's fp32 encoder by our kernels on the vector unit (``own``), by the library's products
            (``library``), or by our kernels on a matrix unit (``matrix``, see :mod:`bf16x3`).
        products: int8 products of many rows by the vector unit, or by a matrix unit (see ``matrix_unit``).
        threads: of a pass, at most.
    """

    weights: Literal["keep", "pass"] = "keep"
    encoder: Literal["own", "library", "matrix"] = "own"
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
    return int(MATRIX if by_matrix or numbers == "bf16x3" else STAYS)


def kept_for_many_rows(numbers: Numbers) -> Numbers:
    """What the weights of a product of many rows are packed in, where those of a pass are these numbers."""
    by_matrix = numbers == "fp32" and usable() and profile().variants.encoder == "matrix"
    return "bf16x3" if by_matrix else numbers


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
    quiet = undisturbed_share(most) > _QUIET
    seconds = of_threads(most)
    threads = _choose_threads(seconds, most)
    seconds |= of_weights(threads)
    products = of_products(threads)
    seconds |= {name: min(values) for name, values in products.items()}
    # By the typical time: a matrix unit is shared with whoever else runs on the core, and slows down most.
    usual = {name: statistics.median(values) for name, values in products.items()}
    cycle = {way: seconds[f"weights={way}"] for way in ("keep", "pass")}
    encoder, int8 = (
        {way: usual[f"{name}={way}"] for way in ways if f"{name}={way}" in usual}
        for name, ways in (("encoder", ("own", "library", "matrix")), ("products", ("vector", "matrix")))
    )
    return Profile(
        processor=processor(),
        instructions=instructions(),
        allowed=allowed(),
        variants=Variants(
            # The exception must be worth it; measured costs vary by some percent.
            weights="pass" if cycle["pass"] < 0.97 * cycle["keep"] else "keep",
            encoder=_encoder_of(encoder),
            products="matrix" if int8.get("matrix", math.inf) < 0.9 * int8["vector"] else "vector",
            threads=threads,
        ),
        memory=MAIN_BYTES / seconds.pop("read"),
        library=OPERATIONS / seconds["encoder=library"],
        fp32=OPERATIONS / seconds["encoder=own"],
        int8=OPERATIONS / min(seconds["products=vector"], seconds.get("products=matrix", math.inf)),
        seconds={name: round(value, 6) for name, value in seconds.items()},
        quiet=quiet and undisturbed_share(most) > _QUIET,
    )


def _encoder_of(seconds: Mapping[str, float]) -> Literal["own", "library", "matrix"]:
    """What is not our own plain kernel must be worth it."""
    best = min(seconds, key=lambda way: seconds[way])
    return cast(Literal["own", "library", "matrix"], best if seconds[best] < 0.9 * seconds["own"] else "own")


def forget() -> None:
    """Measure anew at the next :func:`profile`."""
    _profile.cache_clear()
    with suppress(OSError):  # not there, or not ours to remove: then what is measured next is not kept
        _file().unlink()


_QUIET = 0.9  # share of the processors that counts as quiet


def undisturbed() -> bool:
    """Whether our threads have the processors to themselves just now; takes a moment to find out."""
    return undisturbed_share(profile().variants.threads) > _QUIET


def _choose_threads(seconds: Mapping[str, float], most: int) -> int:
    """All of them, unless fewer are clearly quicker: beside a busy program they would be only now."""
    quickest = min(candidates(most), key=lambda n: seconds[f"threads={n}"])
    clearly = seconds[f"threads={quickest}"] < 0.85 * seconds[f"threads={most}"]
    return quickest if clearly else most


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
        elif name == "encoder" and value in ("own", "library", *(["matrix"] if usable() else [])):
            chosen = replace(chosen, encoder=cast(Literal["own", "library", "matrix"], value))
        elif name == "products" and (value == "vector" or (value == "matrix" and usable())):
            chosen = replace(chosen, products="matrix" if value == "matrix" else "vector")
        elif name == "threads" and value.isdecimal() and 1 <= int(value) <= MOST:
            chosen = replace(chosen, threads=int(value))
        else:
            raise OptionError(
                f"{SWITCH} holds {part!r}: choose among weights=keep, weights=pass, encoder=own, "
                f"encoder=library, products=vector, "
                f"{'encoder=matrix, products=matrix, ' if usable() else ''}"
                f"and threads=1 to {MOST}."
            )
    return chosen
