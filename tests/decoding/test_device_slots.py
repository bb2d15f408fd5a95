"""Passes over fixed memory, decided on the device: first on a CPU, then recorded on a sham card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from specwhisper.decoding.choice import best_with_gap
from specwhisper.decoding.device_slots import DeviceSlots
from specwhisper.decoding.fixed_pass import FixedPass
from specwhisper.decoding.reader import Asked, Pass
from specwhisper.decoding.slots import Slots
from specwhisper.network.build import build
from specwhisper.network.network import Network
from specwhisper.network.recipes import recipe_for
from specwhisper.network.recorder import Recorder
from specwhisper.vocabulary.grammar import Grammar, states
from specwhisper.vocabulary.rules import Rules, Suppress, SuppressAtBegin
from specwhisper.vocabulary.timestamps import Timestamps
from tests.fakes import CPU, dimensions, network, random_tensors
from tests.sham_cuda import CUDA, Card, sham_card

DIMS = replace(dimensions(vocabulary=600, audio=20), text_context=64)
TENSORS = random_tensors(DIMS)
PROMPT = 4


def rules(device: torch.device) -> tuple[Rules, Grammar]:
    suppress = Suppress.of([7, 9], 600, device)
    begin = SuppressAtBegin.of([11], 600, device, PROMPT)
    times = Timestamps(500, PROMPT, 500, 400, 401)
    return Rules((suppress, begin, times)), Grammar.of(suppress, begin, times)


def encoded(net: Network, seed: int, frames: int = 40):
    noise = torch.randn(1, 80, frames, generator=torch.Generator().manual_seed(seed))
    return net.decoder.keys_values(net.encoder(noise.to(net.device, net.dtype)))


@pytest.fixture(scope="module")
def plain() -> Network:
    return network(DIMS, TENSORS)


def device_slots(net: Network, recorder: Recorder, rows: int = 1) -> DeviceSlots:
    grammar = rules(net.device)[1]
    return DeviceSlots(net, lambda head: grammar, recorder, rows)


TEXTS = [
    [1, 2, 3, 4, 505, 20, 21, 510, 510, 30, 31, 32, 33, 34, 35, 36],
    [1, 2, 3, 4, 501, 40, 41, 42, 43, 44, 45, 46, 47, 48],
    [5, 6, 7, 8, 500, 50],
]


def test_what_is_decided_is_what_the_host_decides_from_the_logits(plain: Network) -> None:
    ruled, _ = rules(CPU)
    host, device = Slots(plain, 3), device_slots(plain, Recorder(CPU, "there is no card"), 3)
    for row, frames in enumerate((40, 24, 40)):
        for slots in (host, device):
            slots.admit(row, encoded(plain, row, frames))
    starts = [0, 0, 0]
    while any(start < len(text) for start, text in zip(starts, TEXTS, strict=True)):
        passes, asked = [], []
        for row, (start, text) in enumerate(zip(starts, TEXTS, strict=True)):
            stop = min(len(text), start + (4, 3, 1)[row])
            tokens = text[start:stop]
            passes.append(Pass(tokens, start, len(tokens)))
            asked.append(Asked(tokens, start, states(ruled, text[:stop], start + 1, len(tokens))))
        first = next(row for row, one in enumerate(passes) if one.tokens)
        logits = host.read(passes[first:], first).split([one.wanted for one in passes[first:]])
        for row, decided in enumerate(device.decide(asked[first:], first), first):
            if not passes[row].tokens:
                continue
            start = starts[row]
            allowed = ruled.apply(logits[row - first], TEXTS[row], start + 1)
            tokens, gaps = best_with_gap(allowed)
            assert list(decided.tokens) == tokens
            assert decided.gaps == pytest.approx(gaps, abs=1e-4)
            scores = allowed.log_softmax(-1).amax(-1)
            assert decided.log_probabilities == pytest.approx(scores.tolist(), abs=1e-4)
            starts[row] += passes[row].wanted


def test_what_is_longer_than_the_widest_pass_is_read_beforehand(plain: Network) -> None:
    ruled, _ = rules(CPU)
    text = list(range(20, 60))
    one, other = (device_slots(plain, Recorder(CPU, "there is no card")) for _ in range(2))
    for slots in (one, other):
        slots.admit(0, encoded(plain, 1))
    asked = states(ruled, text, len(text) - 1, 2)
    (whole,) = one.decide([Asked(text, 0, asked)])
    other.alone(0).fill(text[:-2], 0)
    (end,) = other.decide([Asked(text[-2:], len(text) - 2, asked)])
    assert whole == end


def test_near_the_end_of_the_context_padding_stays_inside(plain: Network) -> None:
    slots = device_slots(plain, Recorder(CPU, "there is no card"))
    slots.admit(0, encoded(plain, 1))
    text = list(range(20, 20 + DIMS.text_context - 1))
    slots.alone(0).fill(text[:-3], 0)
    before = slots.cache.buffer.clone()
    ruled, _ = rules(CPU)
    (found,) = slots.decide([Asked(text[-3:], len(text) - 3, states(ruled, text, len(text), 1))])
    assert len(found.tokens) == 1
    assert torch.equal(slots.cache.buffer[..., : len(text) - 3, :], before[..., : len(text) - 3, :])


@pytest.fixture
def card() -> Iterator[Card]:
    with sham_card() as made:
        yield made


def on_card() -> Network:
    halves = {name: tensor.half() for name, tensor in TENSORS.items()}
    return build(halves, DIMS, CUDA, recipe_for("fp16", CUDA))


def walked(slots: DeviceSlots, net: Network, *, clips: int = 2) -> list[torch.Tensor]:
    """The decisions of a walk through a text in passes of many widths, clip after clip."""
    ruled, _ = rules(net.device)
    text = torch.randint(0, 600, (44,), generator=torch.Generator().manual_seed(5)).tolist()
    found = []
    for clip in range(clips):
        slots.admit(0, encoded(net, clip, 40 - 16 * clip))
        at = 0
        for width in (4, 1, 1, 6, 2, 5, 1, 6):
            asked = states(ruled, text, at + 1, width)
            (decided,) = slots.decide([Asked(text[at : at + width], at, asked)])
            found.append(torch.tensor([decided.tokens, decided.gaps, decided.log_probabilities]))
            at += width
    return found


def test_recorded_passes_are_the_eager_ones(card: Card) -> None:
    net = on_card()
    eager = walked(device_slots(net, Recorder(CUDA, "the reference")), net)
    slots = device_slots(net, Recorder(CUDA))
    assert all(map(torch.equal, walked(slots, net), eager))
    card.reset()
    again = walked(slots, net)  # everything is recorded by now
    assert all(map(torch.equal, again, eager))
    passes = len(eager)
    assert card.counts.replays == passes
    own = "specwhisper/decoding/fixed_pass.py"
    for counted in (card.counts.up, card.counts.down, card.counts.waits):
        assert sum(count for place, count in counted.items() if own in place) == passes
    assert sum(card.counts.waits.values()) == passes, "one wait a pass"


def test_rows_of_a_batch_are_recorded_together(card: Card) -> None:
    net = on_card()
    ruled, _ = rules(CUDA)
    results = []
    for recorder in (Recorder(CUDA, "the reference"), Recorder(CUDA)):
        slots = device_slots(net, recorder, 3)
        for row in range(3):
            slots.admit(row, encoded(net, row, 40 - 8 * row))
        asked = [Asked(text[:4], 0, states(ruled, text[:4], 4, 1)) for text in TEXTS]
        results.append([slots.decide(asked), slots.decide(asked[1:], 1), slots.decide(asked[2:], 2)])
    assert results[0] == results[1]
    assert slots.size == 4


class Broken(FixedPass):
    """A pass that is wrong as soon as it is recorded."""

    def __init__(self, *args, **options) -> None:
        self.recording = not args[-1].why_not
        super().__init__(*args, **options)

    def _work(self) -> None:
        if self.recording:
            self.spoil()
        super()._work()

    def spoil(self) -> None:
        """What is wrong with it."""


class Baked(Broken):
    """The position of the first run is a number in the recording."""

    def spoil(self) -> None:
        self._sent[-self.rows :] = 3


class Freed(Broken):
    """It was recorded over memory that is given back."""

    def spoil(self) -> None:
        self._cross = replace(
            self._cross, layers=tuple((keys.clone(), values.clone()) for keys, values in self._cross.layers)
        )


class Asks(Broken):
    """The host looks at a number."""

    def spoil(self) -> None:
        assert float(self._out.max()) < 1e9


class Uploads(Broken):
    """A tensor is made on the host each time."""

    def spoil(self) -> None:
        self._sent[: self.width].copy_(torch.tensor([1] * self.width))


class Elsewhere(Broken):
    """It writes where nothing belongs."""

    def spoil(self) -> None:
        self._cache.buffer[..., 1, :] += 1.0


MUTANTS = [Baked, Freed, Asks, Uploads, Elsewhere]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_what_goes_wrong_with_recordings_shows(
    card: Card, monkeypatch: pytest.MonkeyPatch, mutant: type
) -> None:
    net = on_card()
    eager = walked(device_slots(net, Recorder(CUDA, "the reference")), net)
    monkeypatch.setattr("specwhisper.decoding.device_slots.FixedPass", mutant)
    try:
        found = walked(device_slots(net, Recorder(CUDA)), net)
    except RuntimeError:
        return
    assert not all(map(torch.equal, found, eager))
