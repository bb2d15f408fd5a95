"""How quickly a pair that is here works, measured now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import torch

from specwhisper.doctor.findings import Speed
from specwhisper.evaluation.peers.floors import work_of
from specwhisper.network.device import multiplies_bf16, resolve_device
from specwhisper.progress import OnProgress, part_of
from specwhisper.transcription.loading import load
from specwhisper.transcription.model import Model
from specwhisper.transcription.pair_costs import measure_costs

_ROUNDS = 3
_WIDE = 8  # tokens
_SOUND = 15.0  # seconds of a usual clip


def speeds_of(pair: str, on_progress: OnProgress) -> Iterator[Speed]:
    """The pair in every precision of its device, one after the other."""
    device = resolve_device("auto")
    on_cpu = ("fp32", "bf16", "int8") if multiplies_bf16() else ("fp32", "int8")
    precisions = ("fp16",) if device.type == "cuda" else on_cpu
    for number, precision in enumerate(precisions):
        report = part_of(on_progress, number / len(precisions), (number + 1) / len(precisions), precision)
        yield _speed(pair, precision, report)


def _speed(pair: str, precision: str, report: OnProgress) -> Speed:
    began = time.perf_counter()
    transcriber = load(pair, precision=precision, on_progress=part_of(report, 0.0, 0.5))
    loaded = time.perf_counter() - began
    report(0.5, "measuring")
    main, draft = transcriber.main, transcriber.draft
    work = work_of(main.network.dims, precision)
    with main.network.exclusive_threads():
        encode = _encode(main, transcriber.clock)
        # Loading has just measured those of a pair.
        costs = transcriber.costs() or measure_costs(main, main)
    one = costs.pass_of(1)
    return Speed(
        pair=pair,
        precision=precision,
        device=str(transcriber.device),
        seconds_to_load=loaded,
        encode=encode,
        encode_rate=work.encoder_flops / encode,
        passes=(one, costs.pass_of(_WIDE)),
        read_rate=work.step_bytes / one,
        draft_step=costs.draft if draft else None,
        draft_hears=costs.encoding(_SOUND) if draft else None,
    )


def _encode(main: Model, clock: Callable[[], float]) -> float:
    dims = main.network.dims
    shape = 1, dims.n_mels, 2 * dims.audio_context
    mel = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    mel = mel.to(main.network.device, main.network.dtype)
    taken = []
    for _ in range(_ROUNDS):
        began = clock()
        main.network.encoder(mel)
        taken.append(clock() - began)
    return median(taken)
