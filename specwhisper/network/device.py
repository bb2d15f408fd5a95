"""Which device and which number format to run on, and how to read its clock."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import torch

from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.network.cpu.jit import features

OLD_DRIVER = "the NVIDIA driver is too old"

PRECISIONS = ("fp32", "bf16", "fp16", "int8")

# Two passes of a plain network that differ in width differ by rounding only: at most 8e-5 in float32 for
# base and small (logits of widths 4, 8 and 16 against width 1, four LibriSpeech decodes). float16 keeps 10
# bits of mantissa, 8,192 times fewer; its output head hands out float32, so that only the states are rounded.
# With its band 24 of 24 clips were identical, with none 23 (float16 on a CPU; no card has been met yet). A
# number that is rounded to the other side of an 8-bit step moves logits further. A fused network needs no
# band: its rows do not know their neighbours.
GUARD_BANDS: dict[str, float] = {"fp32": 1e-3, "bf16": 1e-3, "fp16": 0.03, "int8": 0.1}


def resolve_device(device: str) -> torch.device:
    """``auto`` is the CUDA card when there is one, otherwise the CPU.

    Raises:
        OptionError: the device does not exist here.
    """
    if device == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise OptionError(f"Unknown device '{shown(str(device))}': choose auto, cpu or cuda.") from error
    if chosen.type not in ("cpu", "cuda"):
        raise OptionError(f"Device '{shown(str(device))}' is not supported: choose auto, cpu or cuda.")
    if chosen.type == "cpu" and chosen.index:
        raise OptionError(f"There is only one CPU here, so {device!r} is none: choose auto, cpu or cuda.")
    if chosen.type == "cuda" and (
        not torch.cuda.is_available() or (chosen.index or 0) >= torch.cuda.device_count()
    ):
        raise OptionError(f"There is no CUDA card for device {device!r} here: choose auto or cpu.")
    return torch.device("cuda", chosen.index or 0) if chosen.type == "cuda" else chosen


def lent_per_call() -> bool:
    """Whether a card is only lent for the length of a call, as on a ZeroGPU Space; its package is there."""
    asked = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true")
    return asked and ("spaces" in sys.modules or find_spec("spaces") is not None)


def where_it_runs(device: str = "auto") -> str:
    """One sentence about what the models will run on, and why; for logs."""
    if device == "cpu":
        return "Runs on the CPU, as asked for."
    if lent_per_call():
        return "Runs on a card that is lent for each call."
    told = cards_trouble()
    if told is None:
        return f"Runs on {torch.cuda.get_device_name(resolve_device(device))}."
    return f"Runs on the CPU: {told}."


def cards_trouble() -> str | None:
    """Why PyTorch uses no card; None where it can."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        if torch.cuda.is_available():
            return None
    if torch.version.cuda is None:
        return "this PyTorch is a build without CUDA"
    if any("too old" in str(warning.message) for warning in said):
        return (
            f"{OLD_DRIVER} for this PyTorch, which was built for CUDA {torch.version.cuda} "
            "(update the driver, or install PyTorch for an older CUDA, such as its cu126 wheel)"
        )
    return f"no NVIDIA driver answers that this PyTorch (CUDA {torch.version.cuda}) can use"


def resolve_precision(precision: str, device: torch.device) -> str:
    """``auto`` is fp16 on CUDA and fp32 on a CPU.

    Raises:
        OptionError: unknown, or not available on this device.
    """
    if precision == "auto":
        return "fp16" if device.type == "cuda" else "fp32"
    if precision not in PRECISIONS:
        raise OptionError(
            f"Unknown precision '{shown(str(precision))}': choose auto, {', '.join(PRECISIONS[:-1])} "
            f"or {PRECISIONS[-1]}."
        )
    if precision in ("int8", "bf16") and device.type != "cpu":
        raise OptionError(f"{precision} runs on a CPU: choose fp16 on a CUDA card.")
    if precision == "bf16" and not multiplies_bf16():
        raise OptionError("This processor does not multiply in bfloat16: choose fp32 or int8.")
    if precision == "fp16" and device.type == "cpu":
        raise OptionError("fp16 needs a CUDA card: choose fp32 or int8 on a CPU.")
    return precision


def multiplies_bf16() -> bool:
    """Whether the processor has instructions for products in bfloat16; without them they take longer."""
    return bool(features() & {"amx-bf16", "avx512bf16"})


def clock_of(device: torch.device) -> Callable[[], float]:
    """A clock in seconds that first waits for everything the device was asked to do."""
    if device.type != "cuda":
        return time.perf_counter

    def synchronised() -> float:
        torch.cuda.synchronize(device)
        return time.perf_counter()

    return synchronised
