"""Arithmetic without denormal numbers: what is smaller than 2^-126 counts as 0.

Intel's cores take some 150 cycles for an operation on such a number, and the tails of a softmax or of GELU
are full of them. (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, section 10.2.3.)
"""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from specwhisper.network.cpu.jit import compiled, instruction

_MACHINE = platform.machine().lower()
_X86, _ARM = _MACHINE in ("x86_64", "amd64"), _MACHINE in ("aarch64", "arm64")
_FLUSH = np.int64(0x8040 if _X86 else 1 << 24)
"""Flush to zero and denormals are zero, in x86's MXCSR; FZ in Arm's FPCR."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)


@intrinsic
def control(typing_context):  # type: ignore[no-untyped-def]
    """The calling thread's floating-point control register; 0 on a processor that is not known here."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _X86:
            place = cgutils.alloca_once(builder, _I32)
            instruction(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), place)
            return builder.zext(builder.load(place, typ=_I32), _I64)
        if _ARM:
            return instruction(builder, "llvm.aarch64.get.fpcr", _I64)
        return _I64(0)

    return types.int64(), generate


@intrinsic
def set_control(typing_context, value):  # type: ignore[no-untyped-def]
    """Set that register."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _X86:
            place = cgutils.alloca_once(builder, _I32)
            builder.store(builder.trunc(arguments[0], _I32), place)
            instruction(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), place)
        elif _ARM:
            instruction(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), arguments[0])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@compiled
def flushing(before):  # type: ignore[no-untyped-def]
    """That register's value ``before``, changed so that denormal numbers are neither made nor read."""
    return before | _FLUSH
