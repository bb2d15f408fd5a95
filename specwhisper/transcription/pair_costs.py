"""Timing two loaded models: what lookahead reckons with, and what warms them up."""

from __future__ import annotations

from dataclasses import replace

import torch

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import WINDOW_SAMPLES
from specwhisper.decoding.acceptance import Greedy
from specwhisper.decoding.costs import Costs, least_of, measure, measure_encoding
from specwhisper.decoding.cycle import Row, propose, verify
from specwhisper.decoding.drafters.base import Proposal
from specwhisper.decoding.drafters.model import ModelDrafter, Speaker
from specwhisper.decoding.lookahead import Fixed
from specwhisper.network.cpu.machine import undisturbed
from specwhisper.network.recorder import Recorder
from specwhisper.transcription.kept_costs import LOADS, keep_costs, kept_costs
from specwhisper.transcription.model import Model

_POSITION = 40  # where the timed passes stand: the middle of a usual text
_SPEECH = 8 * SAMPLE_RATE  # samples of a usual clip


def costs_of(
    main: Model, draft: Model, rows: int = 1, *, anew: bool = False, recorder: Recorder | None = None
) -> Costs:
    """As :func:`measure_costs`, but where enough earlier loads have measured them they are only read.

    What is measured beside a busy program is used, and not kept.

    Args:
        anew: measure them in any case, and forget what was measured before.
        recorder: of the card they are on; None on a CPU.
    """
    lasting = main.network.exact_rows and draft.network.exact_rows and None not in (main.files, draft.files)
    kept = kept_costs(main, draft, rows) if lasting and not anew else None
    if kept is not None and kept[1] >= LOADS:
        return kept[0]
    costs, loads = measure_costs(main, draft, rows, recorder), 1
    if kept is not None:
        costs, loads = least_of(costs, kept[0]), kept[1] + 1
    if lasting and undisturbed():
        keep_costs(main, draft, rows, costs, loads)
    return costs


def measure_costs(main: Model, draft: Model, rows: int = 1, recorder: Recorder | None = None) -> Costs:
    """What draft steps, verify passes and the draft's hearing cost on this device, decisions included, when
    so many rows share a pass.

    Args:
        draft: main itself where there is none; then nothing is heard twice.
    """
    steps = _steps(main, draft, rows, recorder)
    if draft is main:
        return steps
    return replace(steps, encode=measure_encoding(lambda sound: _encode(main, draft, sound)))


def _encode(main: Model, draft: Model, sound: float) -> None:
    samples = min(round(sound * SAMPLE_RATE), WINDOW_SAMPLES)
    if draft.network.encoder is main.network.encoder:
        draft.dummy_reader(samples)
        return
    network = draft.network
    features = torch.zeros(
        1, network.dims.n_mels, 2 * network.dims.audio_context, dtype=network.dtype, device=network.device
    )
    network.decoder.keys_values(network.encoder(draft.features_of(features, samples)))


def _steps(main: Model, draft: Model, rows: int, recorder: Recorder | None) -> Costs:
    asked, asking = main.slots(rows, recorder), draft.slots(rows, recorder)
    window, own_window = main.dummy_reader(_SPEECH).cross, draft.dummy_reader(_SPEECH).cross
    for row in range(rows):
        asked.admit(row, window)
        asking.admit(row, own_window)
    context = [main.vocabulary.prompt("en")[0]] * _POSITION
    choice = Greedy(main.rules(4))
    head = draft.head_of("en")

    def written_row() -> Row:
        drafter = ModelDrafter(Speaker(draft.rules(4), draft.vocabulary.end_of_text, head), Fixed(1))
        # Its cache holds all but the last token, as far as anybody can tell.
        drafter.context.tokens, drafter.context.cached = list(context), _POSITION - 1
        return Row(context, choice=choice, drafter=drafter, end=-1, limit=main.context, cached=_POSITION - 1)

    written = [written_row() for _ in range(rows)]

    def verify_pass(width: int) -> None:
        verify(asked, written, [Proposal((0,) * (width - 1))] * rows)

    return measure(lambda: propose(asking, written), verify_pass, rows)
