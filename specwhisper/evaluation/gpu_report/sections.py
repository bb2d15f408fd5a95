"""What is found out about a card, one question after the other; each gives plain JSON data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

from specwhisper.decoding.device_slots import WIDTHS, DeviceSlots
from specwhisper.decoding.reader import Asked
from specwhisper.endings import is_recording
from specwhisper.evaluation.gpu_report.shaped import Shaped
from specwhisper.evaluation.peers.floors import work_of
from specwhisper.network.recorder import Recorder
from specwhisper.transcription.passes import check_recorded, find_passes, has_exact_rows
from specwhisper.vocabulary.grammar import NOWHERE
from specwhisper.weights.catalogue import MODELS

POSITION = 100
REPEATS = 30
BUFFER = 2**30
"""Bytes copied to find the bandwidth."""

LOOKAHEAD = 5


def card(device: torch.device) -> dict[str, Any]:
    """What it is."""
    found: dict[str, Any] = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": str(device)}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found |= {
            "name": properties.name,
            "capability": list(torch.cuda.get_device_capability(device)),
            "architectures": torch.cuda.get_arch_list(),
            "memory": properties.total_memory,
            "free": torch.cuda.mem_get_info(device)[0],
        }
    return found


def rates(device: torch.device) -> dict[str, float]:
    """Bandwidth of a copy (GB/s, read and written bytes together); microseconds of a launch and a wait."""
    source = torch.ones(BUFFER // 8, device=device)
    target = torch.empty_like(source)
    copied = BUFFER / _median(lambda: target.copy_(source), device) / 1e6
    little = torch.ones(8, device=device)
    many = 1000

    def launches() -> None:
        for _ in range(many):
            little.add_(1.0)

    return {
        "gigabytes_per_second": copied,
        "launch_us": 1000 * _median(launches, device) / many,
        "wait_us": 1000 * _median(lambda: little[0].item(), device),
    }


def checks(names: Sequence[str], device: torch.device, precision: str) -> dict[str, Any]:
    """The check at load, on noise in the shape of each model: whether recorded passes may be trusted."""
    found = {}
    for name in names:
        began = time.perf_counter()
        model = Shaped.of(name, MODELS[name].dims, device, precision)
        loaded = time.perf_counter()
        if device.type == "cuda":
            passes = find_passes([model], Recorder(device))
            outcome: dict[str, Any] = {
                **passes.variants,
                "recorded": passes.recorded,
                "exact_rows": passes.exact_rows,
            }
        else:
            check_recorded(model, Recorder(device, "there is no card"))
            outcome = {
                "recorded": False,
                "exact_rows": has_exact_rows(model),
                "passes": "eager: there is no card",
            }
        outcome["loading_seconds"] = loaded - began
        outcome["checking_seconds"] = time.perf_counter() - loaded
        found[name] = outcome
    return found


def timings(names: Sequence[str], device: torch.device, precision: str) -> dict[str, Any]:
    """Milliseconds of a decided pass by width, eager and recorded, and of reading its bytes."""
    bandwidth = rates(device)["gigabytes_per_second"]
    found = {}
    for name in names:
        model = Shaped.of(name, MODELS[name].dims, device, precision)
        eager, recorded = both(model, device)
        found[name] = {
            "floor": work_of(MODELS[name].dims, precision).step_bytes / bandwidth / 1e6,
            "eager": {width: _pass(eager, width, device) for width in WIDTHS},
        }
        if device.type == "cuda":
            found[name]["recorded"] = {width: _pass(recorded, width, device) for width in WIDTHS}
    return found


def cycles(main: str, draft: str, device: torch.device, precision: str) -> dict[str, float]:
    """Milliseconds of a greedy step and of a cycle of five proposals, eager and recorded, interleaved."""
    asked_ways, asking_ways = (
        both(Shaped.of(name, MODELS[name].dims, device, precision), device) for name in (main, draft)
    )
    sides = {"eager": (asked_ways[0], asking_ways[0])}
    if device.type == "cuda":
        sides["recorded"] = asked_ways[1], asking_ways[1]
    found: dict[str, list[float]] = {}
    for _ in range(3):
        for side, (asked, asking) in sides.items():
            step, proposal = _pass(asked, 1, device), _pass(asking, 1, device)
            verify = _pass(asked, LOOKAHEAD + 1, device)
            for what, value in (("greedy", step), ("draft", proposal), ("verify", verify)):
                found.setdefault(f"{side}_{what}", []).append(value)
            found.setdefault(f"{side}_cycle", []).append(LOOKAHEAD * proposal + verify)
    return {name: median(values) for name, values in found.items()}


def pair(name: str, folder: Path, device: torch.device, precision: str) -> dict[str, Any]:
    """A real pair on real clips: whether speculative and greedy tokens are equal, and what it takes."""
    import specwhisper

    transcriber = specwhisper.load(name, device=str(device), precision=precision)
    clips = clips_in(folder)
    different, ties, decode = [], 0, {"greedy": 0.0, "speculative": 0.0}
    for clip in clips:
        both_ways = transcriber.compare(clip)
        if not both_ways.identical:
            different.append(clip.name)
        ties += both_ways.speculative.stats.near_ties
        decode["greedy"] += both_ways.baseline.stats.seconds.decode
        decode["speculative"] += both_ways.speculative.stats.seconds.decode
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return {
        "pair": name, "clips": len(clips), "different": different, "near_ties": ties,
        "decode_seconds": decode, "peak_bytes": peak, "variants": transcriber.variants,
    }  # fmt: skip


def clips_in(folder: Path) -> list[Path]:
    """The recordings in a folder and below."""
    return sorted(file for file in folder.rglob("*") if is_recording(file.name))


def faults(device: torch.device, precision: str) -> dict[str, str]:
    """What is said when recording fails, and when there is no memory for it."""
    found = {}
    for fault in ("no recording", "no memory"):
        model = Shaped.of("tiny", MODELS["tiny"].dims, device, precision)
        recorder = _Failing(device, fault)
        found[fault] = find_passes([model], recorder).why_not
    return found


class _Failing(Recorder):
    """A recorder that cannot."""

    def __init__(self, device: torch.device, fault: str) -> None:
        super().__init__(device)
        self._fault = fault

    def recorded(self, work: Callable[[], None]) -> Callable[[], None]:
        if self.why_not:
            return work
        if self._fault == "no memory":
            raise torch.cuda.OutOfMemoryError("forced")
        raise RuntimeError("forced")


def both(model: Shaped, device: torch.device) -> tuple[DeviceSlots, DeviceSlots]:
    """Slots that run eagerly, and such that run recorded passes where there is a card."""
    dims = model.network.dims
    states = torch.randn(1, dims.audio_context, dims.d_model, generator=torch.Generator().manual_seed(1))
    audio = model.network.decoder.keys_values(states.to(device, model.network.dtype))
    why_not = "" if device.type == "cuda" else "there is no card"
    made = []
    for recorder in (Recorder(device, "to compare with"), Recorder(device, why_not)):
        slots = DeviceSlots(model.network, model.grammar, recorder)
        slots.admit(0, audio)
        made.append(slots)
    return made[0], made[1]


def _pass(slots: DeviceSlots, width: int, device: torch.device) -> float:
    asked = Asked(list(range(width)), POSITION, [NOWHERE] * width)
    return _median(lambda: slots.decide([asked]), device)


def _median(work: Callable[[], object], device: torch.device) -> float:
    """Milliseconds of one run, the device waited for."""
    taken = []
    for _ in range(REPEATS + 3):
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(1000 * (time.perf_counter() - began))
    return median(taken[3:])
