"""Looking at everything on this machine that what the product does depends on."""

from __future__ import annotations

import os

from specwhisper.doctor.card import find_card
from specwhisper.doctor.findings import Findings, Speed
from specwhisper.doctor.reach import places, sources
from specwhisper.doctor.speeds import speeds_of
from specwhisper.errors import SpecWhisperError
from specwhisper.evaluation.common.machine import describe_machine
from specwhisper.network.cpu import machine
from specwhisper.network.device import resolve_device
from specwhisper.progress import OnProgress, part_of
from specwhisper.transcription.kept_costs import forget_costs
from specwhisper.weights.pairs import DEFAULTS, default_pair, pair_states, parse_pair

PACKAGES = (
    "torch",
    "numpy",
    "numba",
    "llvmlite",
    "transformers",
    "huggingface-hub",
    "av",
    "gradio",
    "fastapi",
)

VARIABLES = (
    machine.SWITCH,
    "SPECWHISPER_CACHE",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_HUB_OFFLINE",
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
)
"""Those that change what the product does; none of them holds a secret."""


def examine(pair: str | None, on_progress: OnProgress) -> Findings:
    """Find out everything, and measure anew what is otherwise measured once and kept.

    Args:
        pair: whose speed to measure; None takes the device's default if it is here, else the next best
            that is.

    Raises:
        SpecWhisperError: the named pair cannot be loaded, or the environment forces what does not exist.
    """
    if pair is not None:
        parse_pair(pair)  # refused now rather than after measuring
    on_progress(0.0, "measuring the processor")
    machine.forget()
    forget_costs()
    profile = machine.profile()
    on_progress(0.1, "asking the Hub and the registries")
    there = sources()
    pairs: dict[str, str] = {state.name: state.state for state in pair_states()}
    chosen = _ready(pairs) if pair is None else pair
    found: tuple[Speed, ...] = ()
    if chosen:
        found = _speeds(chosen, named=pair is not None, report=part_of(on_progress, 0.2, 0.95, chosen))
    on_progress(0.95, "looking at folders")
    described = describe_machine(PACKAGES)
    return Findings(
        versions=described.versions,
        system=described.system,
        python=described.python,
        cores=os.cpu_count() or 1,
        profile=profile,
        card=find_card(),
        speeds=found,
        pairs=pairs,
        places=places(),
        sources=there,
        environment={name: os.environ[name] for name in VARIABLES if name in os.environ},
    )


def _ready(pairs: dict[str, str]) -> str | None:
    wished = (default_pair(resolve_device("auto").type), *DEFAULTS, *pairs)
    return next((name for name in wished if pairs.get(name) == "ready"), None)


def _speeds(pair: str, *, named: bool, report: OnProgress) -> tuple[Speed, ...]:
    try:
        return tuple(speeds_of(pair, report))
    except SpecWhisperError:
        if named:
            raise
        return ()  # what nobody asked for by name must not hide the rest
