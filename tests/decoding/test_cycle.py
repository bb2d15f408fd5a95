"""Batched decoding on random networks: every row is what it would be alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pytest
import torch

from specwhisper.decoding.acceptance import Greedy
from specwhisper.decoding.cycle import Row, cycle
from specwhisper.decoding.drafters.model import Bridge, ModelDrafter, Speaker
from specwhisper.decoding.lookahead import Confidence, Fixed, Lookahead
from specwhisper.decoding.reader import NetworkReader
from specwhisper.decoding.slots import Slots
from specwhisper.network.caches import Audio
from specwhisper.network.network import Network
from specwhisper.results import Decoded
from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.rules import Rules
from specwhisper.vocabulary.specials import Vocabulary
from tests.decoding.alone import Drafting, write
from tests.fakes import dimensions, network, perturbed, random_tensors

END = 599
CONTEXT = 40
DIMS = replace(dimensions(vocabulary=600, audio=20), text_context=CONTEXT)
TENSORS = random_tensors(DIMS)
LENGTHS = (17, 3, 25, 0, 9, 200, 12)  # 200: the limit comes first


@dataclass(frozen=True)
class EndsAfter:
    """Writes end-of-text after so many tokens, and not before."""

    prompt: int
    length: int
    end: int = END

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        ends = torch.arange(first, first + len(logits)) - self.prompt >= self.length
        logits = logits.clone()
        logits[~ends, self.end] = float("-inf")
        logits[ends, self.end] = 1e4
        return logits


def prompt_of(index: int) -> list[int]:
    """Prompts of different lengths, too."""
    return [500, 501 + index, 520, 530][: 3 + index % 2]


def rules_of(index: int, end: int = END, prompt: Sequence[int] | None = None) -> Rules:
    prompt = prompt_of(index) if prompt is None else prompt
    return Rules((EndsAfter(len(prompt), LENGTHS[index], end),))


@pytest.fixture(scope="module")
def main() -> Network:
    return network(DIMS, TENSORS)


@pytest.fixture(scope="module")
def draft() -> Network:
    return network(DIMS, perturbed(TENSORS, 0.1))


@cache
def heard(net: Network, index: int):
    made = torch.Generator().manual_seed(100 + index)
    mel = torch.randn(1, net.dims.n_mels, 2 * net.dims.audio_context, generator=made)
    return net.decoder.keys_values(net.encoder(mel))


@dataclass(frozen=True)
class Clip:
    """One window that waits to be written: what main and its draft encoded, and the row."""

    main: Audio
    draft: Audio | None
    row: Row


def waiting(
    main: Network, draft: Network | None, lookahead: Lookahead, limit: int, guard: float
) -> Iterator[Clip]:
    for index in range(len(LENGTHS)):
        rules = rules_of(index)
        drafter = ModelDrafter(Speaker(rules, END), lookahead, longest=CONTEXT) if draft else None
        row = Row(
            prompt_of(index), choice=Greedy(rules, guard), drafter=drafter, end=END, limit=limit, window=index
        )
        yield Clip(heard(main, index), heard(draft, index) if draft else None, row)


@cache
def single(main: Network, draft: Network | None, index: int, lookahead: Lookahead, limit: int) -> Decoded:
    drafting = None
    if draft:
        reader = NetworkReader(draft, heard(draft, index), draft.new_cache())
        drafting = Drafting.greedy(reader, END, lookahead, rules=rules_of(index))
    return write(
        NetworkReader(main, heard(main, index), main.new_cache()),
        prompt_of(index),
        drafting,
        choice=Greedy(rules_of(index), 1e-3),
        end=END,
        limit=limit,
        window=index,
    )


def batch(main, draft, lookahead, size, limit, *, guard=1e-3, clips=None) -> dict[int, Decoded]:
    """All clips, ``size`` at a time; one that is finished makes room for the next."""
    arriving = iter(waiting(main, draft, lookahead, limit, guard) if clips is None else clips)
    slots = [Slots(network) for network in (main, draft) if network]
    rows: list[tuple[int, Row]] = []
    written: dict[int, Decoded] = {}
    arrived = 0
    while True:
        while len(rows) < size and (clip := next(arriving, None)):
            if clip.row.finished:  # a prompt that leaves no room
                written[arrived] = clip.row.decoded()
                arrived += 1
                continue
            for each, cross in zip(slots, (clip.main, clip.draft), strict=False):
                each.grow(len(rows) + 1)
                if cross:
                    each.admit(len(rows), cross)
            rows.append((arrived, clip.row))
            arrived += 1
        if not rows:
            return written
        cycle(slots[0], slots[1] if draft else None, [row for _, row in rows], lambda: 0.0)
        for slot in reversed(range(len(rows))):
            index, row = rows[slot]
            if row.finished:
                written[index] = row.decoded()
                last = rows.pop()
                for each in slots:
                    if slot < len(rows):
                        each.move(len(rows), slot)
                    each.leave(len(rows))
                if slot < len(rows):
                    rows[slot] = last


@pytest.mark.parametrize("limit", [4, 5, 24, CONTEXT])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_greedy_rows_equal_single_runs(main, size: int, limit: int) -> None:
    rows = batch(main, None, Fixed(1), size, limit)
    assert len(rows) == len(LENGTHS)
    for index, decoded in rows.items():
        alone = single(main, None, index, Fixed(1), limit)
        assert (decoded.tokens, decoded.ended) == (alone.tokens, alone.ended)
        assert [cycle.tokens for cycle in decoded.cycles] == [cycle.tokens for cycle in alone.cycles]
        assert {cycle.window for cycle in decoded.cycles} <= {index}


@pytest.mark.parametrize("limit", [24, CONTEXT])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("lookahead", [Fixed(1), Fixed(3), Fixed(8), Confidence(0.3)], ids=str)
def test_speculative_rows_equal_single_runs(main, draft, lookahead, size: int, limit: int) -> None:
    rows = batch(main, draft, lookahead, size, limit)
    assert len(rows) == len(LENGTHS)
    for index, decoded in rows.items():
        alone = single(main, draft, index, lookahead, limit)
        assert (decoded.tokens, decoded.ended) == (alone.tokens, alone.ended)
        # The draft rounds differently in a batch, which nobody minds; here it proposes the same all the same.
        assert [(c.proposed, c.accepted) for c in decoded.cycles] == [
            (c.proposed, c.accepted) for c in alone.cycles
        ]


def test_the_draft_of_these_tests_is_sometimes_right_and_sometimes_wrong(main, draft) -> None:
    cycles = [cycle for row in batch(main, draft, Fixed(8), 3, CONTEXT).values() for cycle in row.cycles]
    accepted = sum(cycle.accepted for cycle in cycles)
    assert 0.1 < accepted / sum(len(cycle.proposed) for cycle in cycles) < 0.95
    assert {cycle.accepted for cycle in cycles} >= {0, 1, 2}


def test_clips_with_and_without_a_draft_share_a_batch(main, draft) -> None:
    drafted = list(waiting(main, draft, Fixed(3), CONTEXT, 1e-3))
    clips = [
        alone if index % 3 == 1 else drafted[index]
        for index, alone in enumerate(waiting(main, None, Fixed(3), CONTEXT, 1e-3))
    ]
    rows = batch(main, draft, Fixed(3), 3, CONTEXT, clips=clips)
    for index, decoded in rows.items():
        assert decoded.tokens == single(main, None, index, Fixed(3), CONTEXT).tokens
        if index % 3 == 1:
            assert all(cycle.proposed == () for cycle in decoded.cycles)


@pytest.mark.parametrize("size", [1, 3])
def test_every_row_can_be_decided_again(main, draft, size: int) -> None:
    """With a guard as wide as the world each decision is taken alone, and counted."""
    for drafted in (None, draft):
        rows = batch(main, drafted, Fixed(3), size, 24, guard=float("inf"))
        for index, decoded in rows.items():
            assert decoded.tokens == single(main, drafted, index, Fixed(3), 24).tokens
            if size > 1 and index == 5 and drafted:
                assert all(cycle.near_ties == cycle.accepted + 1 for cycle in decoded.cycles)
    alone = batch(main, None, Fixed(3), 1, 24, guard=float("inf"))
    assert all(cycle.near_ties == 0 for row in alone.values() for cycle in row.cycles)


@pytest.mark.parametrize("drafted", [False, True])
def test_a_tie_that_rounding_would_turn_is_decided_as_alone(main, draft, monkeypatch, drafted) -> None:
    """Passes of more than one row or token lean towards one of two equals; the guard brings it back."""
    head = type(main.decoder).logits

    def leaning(self, states: torch.Tensor, other: object = None) -> torch.Tensor:
        logits = head(self, states).clone()
        logits[..., 7] = logits[..., 8] = logits.amax(-1) + 1
        logits[..., 7 if states[..., 0].numel() == 1 else 8] += 1e-4
        return logits

    monkeypatch.setattr(type(main.decoder), "logits", leaning)
    net = draft if drafted else None
    # A greedy prompt is read in one pass of several tokens, so the first token of greedy decoding is 8.
    expected = single.__wrapped__(main, None, 5, Fixed(3), 24).tokens
    assert (expected[0], set(expected[1:])) == (8, {7})
    guarded = batch(main, net, Fixed(3), 3, 24)[5]
    assert guarded.tokens == expected
    assert sum(cycle.near_ties for cycle in guarded.cycles) > 10 - 5 * drafted
    assert 8 in batch(main, net, Fixed(3), 3, 24, guard=0.0)[5].tokens[1:]


@pytest.mark.parametrize("size", [1, 3])
def test_a_draft_of_another_version_proposes_through_the_bridge(size: int) -> None:
    v3, v2 = Vocabulary(51_866), Vocabulary(51_865)
    dims = dimensions(vocabulary=51_866, mels=128, audio=20, layers=1)
    tensors = random_tensors(dims, seed=3)
    main = network(dims, tensors)
    # The same weights without the rows of <|yue|>: an own encoder, but much the same opinions.
    to_main, to_draft = Remap.between(v2, v3), Remap.between(v3, v2)
    small = perturbed(tensors, 0.05)
    small["decoder.embed_tokens.weight"] = small["decoder.embed_tokens.weight"][list(to_main.table)]
    draft = network(replace(dims, vocab_size=51_865), small)
    prompt, own = v3.prompt("de"), v2.prompt("de")
    bridge = Bridge(own, len(prompt), to_draft, to_main)
    end = v3.end_of_text

    def clips() -> Iterator[Clip]:
        for index in range(len(LENGTHS)):
            own_rules, rules = rules_of(index, end, own), rules_of(index, end, prompt)
            drafter = ModelDrafter(Speaker(own_rules, end), Fixed(3), bridge)
            row = Row(prompt, choice=Greedy(rules, 1e-3), drafter=drafter, end=end, limit=24)
            yield Clip(heard(main, index), heard(draft, index), row)

    rows = batch(main, draft, Fixed(3), size, 24, clips=clips())
    for index, decoded in rows.items():
        alone = write(
            NetworkReader(main, heard(main, index), main.new_cache()),
            prompt,
            choice=Greedy(rules_of(index, end, prompt), 1e-3),
            end=end,
            limit=24,
        )
        assert (decoded.tokens, decoded.ended) == (alone.tokens, alone.ended)
    assert sum(cycle.accepted for row in rows.values() for cycle in row.cycles) > 5
