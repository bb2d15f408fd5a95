"""Compiling to machine code with numba, once per machine: what was compiled is kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils, sigutils
from numba.core.ccallback import CFunc
from numba.extending import intrinsic, overload

from specwhisper.network.cpu.kernel_cache import KernelCache

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
    options = {"error_model": "numpy", "fastmath": _AS_WRITTEN}
    made: Any = CFunc(function, sigutils.normalize_signature(signature), {}, options)
    made._cache = KernelCache(function)
    made.compile()
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
    options = {"error_model": "numpy", "fastmath": freedom, "nogil": True, "no_cfunc_wrapper": True}
    made: Any = numba.njit(**options)(function)
    made._cache = KernelCache(function)  # as numba does it where it is told to keep code
    return cast(F, made)


@lru_cache(maxsize=1)
def features() -> frozenset[str]:
    """What the processor can do, in LLVM's names; nothing, where numba was told to imitate another."""
    if numba.config.CPU_NAME or numba.config.CPU_FEATURES:
        return frozenset()
    return frozenset(name for name, there in llvm.get_host_cpu_features().items() if there)
