"""From a pair's name to a working transcriber."""

from __future__ import annotations

from threading import Thread
from types import NoneType

import torch

from specwhisper.errors import OptionError
from specwhisper.network.cpu.jobs import work_address
from specwhisper.network.cpu.kernel_cache import compiled_before
from specwhisper.network.device import resolve_device, resolve_precision
from specwhisper.network.heap import give_back
from specwhisper.network.numba_alone import spare_scipy
from specwhisper.network.recipes import recipe_for
from specwhisper.progress import OnProgress, part_of, unwatched
from specwhisper.transcription.calls import check_receiver, only_known
from specwhisper.transcription.model import TRIMMED_MARGIN, Model
from specwhisper.transcription.options import SWITCH, check_kind
from specwhisper.transcription.scheduler import Scheduler
from specwhisper.transcription.transcriber import Transcriber
from specwhisper.weights.pairs import default_pair, parse_pair
from specwhisper.weights.weights import load_weights, same_encoder


@only_known
def load(
    pair: str | None = None,
    device: str = "auto",
    precision: str = "auto",
    *,
    plain: bool = False,
    scheduler: Scheduler | None = None,
    on_progress: OnProgress | None = None,
) -> Transcriber:
    """Load a pair, fetching its weights when they are not there yet, and warm it up.

    Args:
        pair: ``MAIN+DRAFT`` or ``MAIN``; each a catalogue name, a Hub id or a folder. None takes the
            default of the device: large-v2+tiny on a CUDA card with 8 GB, base+tiny on a CPU.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: ``auto`` (fp16 on CUDA, else fp32), ``fp32``, ``fp16`` (CUDA only), ``int8`` (CPU only) or
            ``bf16`` (the encoder's products in bfloat16, the decoder in float32; CPUs with instructions for
            it).
        plain: every fast path off: no packed weights, and a draft that is as exact as main. The text is the
            same, later; for tests and doubts.
        scheduler: shared with other pairs on the same device; None makes one.
        on_progress: called with the fraction done and a short message while weights arrive.

    Raises:
        OptionError: no such pair, device or precision.
        ModelError: the weights cannot be had or read, or are none of Whisper's.
    """
    check(pair, device, precision)
    check_receiver("on_progress", on_progress)
    check_kind("plain", plain, SWITCH)
    check_kind("scheduler", scheduler, ((Scheduler, NoneType), "a Scheduler or None"))
    where = resolve_device(device)
    chosen_precision = resolve_precision(precision, where)
    chosen = parse_pair(default_pair(where.type) if pair is None else pair)
    report = on_progress or unwatched
    if where.type == "cuda":
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False  # sums stay in float32

    report(0.0, f"Loading {chosen.main} on the {'CPU' if where.type == 'cpu' else 'card'}")
    recipe = recipe_for(chosen_precision, where, plain=plain)
    spare_scipy()
    compiling = _compile_ahead() if recipe.fused and not compiled_before() else None
    weights = load_weights(chosen.main, packed=recipe.fused, on_progress=part_of(report, 0.0, 0.5))
    if compiling:
        report(0.5, "Compiling for this processor, once (a minute or two)")
        compiling.join()
    main = Model.of(weights, where, recipe)
    draft = None
    if chosen.draft:
        report(0.5, f"Loading {chosen.draft}")
        recipe = recipe_for(chosen_precision, where, "draft", plain=plain)
        other = load_weights(chosen.draft, packed=recipe.fused, on_progress=part_of(report, 0.5, 0.9))
        shared = main.network.encoder if same_encoder(weights, other) else None
        draft = Model.of(
            other,
            where,
            recipe,
            encoder=shared,
            codec=main.codec,
            margin=None if plain or shared else TRIMMED_MARGIN,
            small_heads=not plain,
        )
        del other
    del weights
    give_back()
    transcriber = Transcriber(chosen.name, main, draft, chosen_precision, scheduler)
    report(0.9, "Warming up")
    transcriber.warm_up()
    report(1.0, "Ready")
    return transcriber


def check(pair: str | None = None, device: str = "auto", precision: str = "auto") -> None:
    """Find mistakes in what :func:`load` is to be asked for, without loading anything.

    Raises:
        OptionError: no such pair, device or precision.
        ModelError: a path where nothing is.
    """
    if pair is not None and not isinstance(pair, str):
        raise OptionError(f"A pair is text such as 'base+tiny', not {pair!r}.")
    resolve_precision(precision, resolve_device(device))
    if pair is not None:
        parse_pair(pair)


def _compile_ahead() -> Thread:
    """Compile in a thread of its own, which has much of the time while weights are being downloaded."""
    thread = Thread(target=work_address, name="compile", daemon=True)
    thread.start()
    return thread
