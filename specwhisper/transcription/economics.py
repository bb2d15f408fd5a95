"""Timing two loaded models: what lookahead reckons with, and what warms them up."""

from __future__ import annotations

from dataclasses import replace

import torch

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.audio.windows import WINDOW_SAMPLES
from specwhisper.decoding.acceptance import verify
from specwhisper.decoding.choice import best_with_gap, best_with_probabilities
from specwhisper.decoding.costs import Costs, measure, measure_hearing
from specwhisper.decoding.draft import Draft
from specwhisper.decoding.slots import Pass, Slots
from specwhisper.transcription.kept_costs import keep_costs, kept_costs
from specwhisper.transcription.model import Model

_POSITION = 40  # where the timed passes stand: the middle of a usual text
_SPEECH = 8 * SAMPLE_RATE  # samples of a usual clip


def costs_of(main: Model, draft: Model, rows: int = 1, *, anew: bool = False) -> Costs:
    """As :func:`measure_costs`, but where an earlier process has measured them they are only read.

    Args:
        anew: measure them in any case.
    """
    lasting = main.network.exact_rows and draft.network.exact_rows and None not in (main.files, draft.files)
    costs = kept_costs(main, draft, rows) if lasting and not anew else None
    if costs is None:
        costs = measure_costs(main, draft, rows)
        if lasting:
            keep_costs(main, draft, rows, costs)
    return costs


def measure_costs(main: Model, draft: Model, rows: int = 1) -> Costs:
    """What draft steps, verify passes and the draft's hearing cost on this device, decisions included, when
    so many rows share a pass.
    """
    return replace(_steps(main, draft, rows), hear=measure_hearing(lambda sound: _hear(main, draft, sound)))


def _hear(main: Model, draft: Model, sound: float) -> None:
    samples = min(round(sound * SAMPLE_RATE), WINDOW_SAMPLES)
    if draft.network.encoder is main.network.encoder:
        draft.unhearing(samples)
        return
    network = draft.network
    features = torch.zeros(
        1, network.dims.n_mels, 2 * network.dims.audio_context, dtype=network.dtype, device=network.device
    )
    draft.reader(network.encoder(draft.heard_of(features, samples)))


def _steps(main: Model, draft: Model, rows: int) -> Costs:
    hearing, drafting = main.unhearing(_SPEECH), draft.unhearing(_SPEECH)
    prompt, rules, own_rules = main.vocabulary.prompt("en"), main.rules(4), draft.rules(4)
    context = [prompt[0]] * _POSITION
    if rows == 1:
        small = draft.heads.of("en") if draft.heads else None
        reader = drafting.with_head(small.head) if small else drafting
        writer = Draft(reader, own_rules, draft.vocabulary.end_of_text, small)

        def step() -> None:
            writer.begin(context)
            writer.step()

        step()  # reads the context; from then on only its last token
        return measure(
            step,
            lambda width: verify(
                hearing, context, _POSITION - 1, [0] * (width - 1), rules=rules, end=-1, guard=0.0
            ),
        )
    asked, asking = Slots(main.network, rows), Slots(draft.network, rows)
    for row in range(rows):
        asked.admit(row, hearing.cross)
        asking.admit(row, drafting.cross)
    return measure(
        lambda: best_with_probabilities(own_rules.apply(_read(asking, rows, 1), context, _POSITION)),
        lambda width: best_with_gap(rules.apply(_read(asked, rows, width), context, _POSITION)),
        rows,
    )


def _read(slots: Slots, rows: int, width: int) -> torch.Tensor:
    return slots.read([Pass([0] * width, _POSITION, width)] * rows)
