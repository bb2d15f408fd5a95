"""Compiling to machine code with numba, once per machine: what was compiled is kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from specwhisper.storage.folder import store_folder

F = TypeVar("F", bound=Callable[..., Any])


_ANY_ORDER = {"contract", "nsz", "nnan", "reassoc"}
_AS_WRITTEN = {"contract", "nsz", "nnan"}


def compiled(function: F) -> F:
    """The function in machine code, free of the interpreter's lock.

    Sums are taken in the order they are written, so that it does not matter which of several copies the
    compiler made of a loop does the work. Nothing may be NaN.
    """
    return _compiled(function, _AS_WRITTEN)


def summing(function: F) -> F:
    """As :func:`compiled`, for a function whose own additions are those of one sum: it is taken in whatever
    order is quickest, the same one at every call.
    """
    return _compiled(function, _ANY_ORDER)


def address_of(function: Callable[..., Any], signature: Any) -> int:
    """Compile for one signature of plain numbers; where the machine code lies, which lives from then on.

    Compiled code that calls it there (see :func:`call`) need not hold a copy of its own.
    """
    made = _made(partial(numba.cfunc, signature), function, fastmath=_AS_WRITTEN)
    _CALLED.append(made)
    address: int = made.address
    return address


_CALLED: list[Any] = []
"""Whose machine code must not be thrown away."""


@intrinsic
def call(typing_context, address, one, two, three, four):  # type: ignore[no-untyped-def]
    """Call what :func:`address_of` compiled for four int64 and to return one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = ir.IntType(64)
        kind = ir.FunctionType(number, [number] * 4)
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

    return types.int64(*[types.int64] * 5), generate


def instruction(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """What one of LLVM's own functions gives, most of which are one instruction of the processor."""
    kind = ir.FunctionType(result, [each.type for each in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def place_at(builder: Any, base: Any, offset: Any) -> Any:
    """A pointer to so many bytes behind an address."""
    return builder.inttoptr(builder.add(base, offset), ir.PointerType())


def by_type(function: Callable[..., Any]) -> Callable[[F], F]:
    """Choose an implementation of ``function`` for compiled callers from the types of its arguments."""
    chosen: Callable[[F], F] = overload(function, jit_options={"fastmath": _AS_WRITTEN})
    return chosen


@intrinsic
def once(typing_context):  # type: ignore[no-untyped-def]
    """Called in a function, it is compiled once and called, not copied into its callers: compiling takes a
    fraction of the time then, and every caller gets the same sums. It is :func:`widest` too.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.function.attributes.add("noinline")
        _widen(builder)
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def widest(typing_context):  # type: ignore[no-untyped-def]
    """Called in a function, its loops use the widest vectors there are. LLVM by itself takes half of them on
    Intel's processors, whose clock once fell with wide ones; our products use them anyway.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _widen(builder)
        return context.get_dummy_value()

    return types.void(), generate


def _widen(builder: Any) -> None:
    # llvmlite's own method takes attributes that are names only; this one has a value.
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')


def _compiled(function: F, freedom: set[str]) -> F:
    made: F = _made(numba.njit, function, fastmath=freedom, nogil=True, no_cfunc_wrapper=True)
    return made


def _made(decorator: Callable[..., Any], function: Callable[..., Any], **options: Any) -> Any:
    """What a decorator of numba's makes of a function, kept on disk where that is possible."""
    with _kept_in(kernel_folder()):
        try:
            return decorator(cache=True, error_model="numpy", **options)(function)
        except RuntimeError:  # nowhere to keep it: compiled anew by every process
            return decorator(error_model="numpy", **options)(function)


@lru_cache(maxsize=1)
def features() -> frozenset[str]:
    """What the processor can do, in LLVM's names; nothing, where numba was told to imitate another."""
    if numba.config.CPU_NAME or numba.config.CPU_FEATURES:
        return frozenset()
    return frozenset(name for name, there in llvm.get_host_cpu_features().items() if there)


_CALLERS = {"cross_cache", "decoder", "encoder", "machine", "packed_store", "timings", "workspace"}
"""Modules of this package that only call compiled functions: no machine code depends on them."""


@lru_cache(maxsize=1)
def kernel_folder() -> Path:
    """Where machine code is kept: its name changes with every line that it is made from.

    numba looks at the file of a function alone, and would keep one whose callees have changed.
    """
    here = Path(__file__).parent
    own = sorted(path for path in here.glob("*.py") if path.stem not in _CALLERS)
    sources = [*own, here.parent / "rounding.py", here.parent / "dimensions.py"]
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return store_folder() / "kernels" / digest[:12]


def compiled_before() -> bool:
    """Whether a process of this version has compiled here, so that this one need not."""
    return any(kernel_folder().rglob("*.nbc"))


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
