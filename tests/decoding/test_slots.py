"""The rows of a batch: padding and moving leave every row as it would be alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from specwhisper.decoding.reader import NetworkReader, Pass
from specwhisper.decoding.slots import Slots
from specwhisper.network.caches import CrossCache
from specwhisper.network.network import Network
from tests.fakes import dimensions, network, random_tensors

CONTEXT = 40
DIMS = replace(dimensions(vocabulary=600, audio=20), text_context=CONTEXT)


@pytest.fixture(scope="module")
def main() -> Network:
    return network(DIMS, random_tensors(DIMS))


def heard(net: Network, index: int) -> CrossCache:
    made = torch.Generator().manual_seed(100 + index)
    return net.decoder.keys_values(net.encoder(torch.randn(1, 80, 40, generator=made)))


def test_padding_beyond_the_context_disturbs_nothing(main) -> None:
    """A wide pass with a row at the very end: its padding is clamped onto the position it never uses."""
    text = torch.randint(0, 500, (CONTEXT,), generator=torch.Generator().manual_seed(8)).tolist()
    slots = Slots(main, 2)
    for slot in range(2):
        slots.admit(slot, heard(main, slot))
    near, width = CONTEXT - 2, 9
    slots.read([Pass(text[:near], 0, 0), Pass(text[:10], 0, 0)])
    rows = slots.read([Pass(text[near : near + 1], near, 1), Pass(text[10 : 10 + width], 10, width)])
    for slot, end, found in ((0, near + 1, rows[:1]), (1, 10 + width, rows[1:])):
        reader = NetworkReader(main, heard(main, slot), main.new_cache())
        alone = reader.read(text[:end], 0)[-len(found) :]
        torch.testing.assert_close(found, alone, atol=2e-4, rtol=1e-4)
    # Nor do the rows that only stand between others: the same tokens give the same again.
    slots.read([Pass((), near + 1, 0), Pass(text[:width], 10, width)])
    again = slots.read([Pass(text[near : near + 1], near, 1), Pass(text[10 : 10 + width], 10, width)])
    torch.testing.assert_close(again, rows, atol=2e-4, rtol=1e-4)


def test_a_moved_row_goes_on_where_it_was(main) -> None:
    slots = Slots(main, 3)
    for slot in range(3):
        slots.admit(slot, heard(main, slot))
    text = list(range(20))
    slots.read([Pass(text[: 5 + slot], 0, 0) for slot in range(3)])
    before = slots.alone(2).read(text[7:9], 7)
    slots.move(2, 0)
    torch.testing.assert_close(slots.alone(0).read(text[7:9], 7), before)


def test_clips_of_different_length_share_a_pass(main) -> None:
    """A draft hears only the clip; what lies behind a short one's end must not be heard, whatever it is."""
    torch.use_deterministic_algorithms(True)  # fills uninitialised memory with NaN
    try:
        slots = Slots(main, 3)
    finally:
        torch.use_deterministic_algorithms(False)
    made = torch.Generator().manual_seed(5)
    clips = [
        main.decoder.keys_values(main.encoder(torch.randn(1, 80, frames, generator=made)))
        for frames in (40, 12, 26)
    ]
    for slot, cross in enumerate(clips):
        slots.admit(slot, cross)
    text = list(range(30, 37))
    together = slots.read([Pass(text, 0, len(text))] * 3).view(3, len(text), -1)
    for slot, cross in enumerate(clips):
        alone = NetworkReader(main, cross, main.new_cache()).read(text, 0)
        torch.testing.assert_close(together[slot], alone, atol=2e-4, rtol=1e-4)
    slots.move(1, 0)
    again = slots.read([Pass(text, 0, len(text))] * 3).view(3, len(text), -1)
    torch.testing.assert_close(again[0], together[1], atol=2e-4, rtol=1e-4)
