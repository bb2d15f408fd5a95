"""Compiling to machine code with numba, once per machine: what was compiled is kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding as llvm
import numba
from numba.extending import overload

from specwhisper.models.store import store_folder

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function in machine code, free of the interpreter's lock.

    Sums may be taken in another order than they are written, the same one at every call.
    """
    with _kept_in(_folder()):
        options = {
            "nogil": True,
            "fastmath": {"reassoc", "contract", "nsz", "arcp", "nnan"},
            "error_model": "numpy",
        }
        try:
            made: F = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # nowhere to keep it: compiled anew by every process
            made = numba.njit(**options)(function)
    return made


def by_type(function: Callable[..., Any]) -> Callable[[F], F]:
    """Choose an implementation of ``function`` for compiled callers from the types of its arguments."""
    chosen: Callable[[F], F] = overload(
        function, jit_options={"fastmath": {"reassoc", "contract", "nsz", "nnan"}}
    )
    return chosen


@lru_cache(maxsize=1)
def features() -> frozenset[str]:
    """What the processor can do, in LLVM's names; nothing, where numba was told to imitate another."""
    if numba.config.CPU_NAME or numba.config.CPU_FEATURES:
        return frozenset()
    return frozenset(name for name, there in llvm.get_host_cpu_features().items() if there)


@lru_cache(maxsize=1)
def _folder() -> Path:
    """Where machine code is kept: its name changes with every line of this package.

    numba looks at the file of a function alone, and would keep one whose callees have changed.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return store_folder() / "kernels" / digest[:12]


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
