"""The fused network against the plain one, and the promise that rows do not know their neighbours."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from specwhisper.decoding.reader import NetworkReader, Pass
from specwhisper.decoding.slots import Slots
from specwhisper.network.build import build
from specwhisper.network.cpu.thread_pool import exclusive_threads, library_threads
from specwhisper.network.footprint import encoder_bytes
from specwhisper.network.recipes import Recipe, recipe_for
from tests.fakes import CPU, dimensions, random_tensors

DIMS = dimensions(width=192, audio=150)
TENSORS = random_tensors(DIMS)
TOKENS = [50258, 50259, 50359, 50363, 11, 222, 3333, 44, 55, 6666, 777, 8, 9, 10, 1100]


@pytest.fixture(scope="module", params=["fp32", "int8"])
def precision(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def fused(precision: str):
    return build(TENSORS, DIMS, CPU, recipe_for(precision, CPU))


@pytest.fixture(scope="module")
def plain(precision: str):
    return build(TENSORS, DIMS, CPU, recipe_for(precision, CPU, plain=True))


def mel(frames: int = 300, seed: int = 3) -> torch.Tensor:
    return torch.randn(1, 80, frames, generator=torch.Generator().manual_seed(seed))


def reader(net, frames: int = 300, seed: int = 3) -> NetworkReader:
    return NetworkReader(net, net.decoder.keys_values(net.encoder(mel(frames, seed))), net.new_cache())


@pytest.fixture(scope="module")
def whole(fused) -> torch.Tensor:
    return reader(fused).read(TOKENS, 0)


def near(precision: str, found: torch.Tensor, expected: torch.Tensor) -> bool:
    """int8 rounds attention as well, which its plain twin does not."""
    share = ((found - expected).norm() / expected.norm()).item()
    return share < (1e-4 if precision == "fp32" else 0.05)


@pytest.mark.parametrize("frames", [300, 256, 2, 130])
def test_the_encoder_is_the_plain_one(fused, plain, precision: str, frames: int) -> None:
    assert near(precision, fused.encoder(mel(frames)), plain.encoder(mel(frames)))


def test_the_decoder_is_the_plain_one(fused, plain, precision: str, whole) -> None:
    assert near(precision, whole, reader(plain).read(TOKENS, 0))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("width", range(1, len(TOKENS) + 1))
def test_every_width_and_team_gives_the_same_bits(fused, whole, width: int, threads: int) -> None:
    with library_threads(threads):
        read = reader(fused)
        rows = torch.cat([read.read(TOKENS[i : i + width], i) for i in range(0, len(TOKENS), width)])
    assert torch.equal(rows, whole)


def test_rows_of_a_batch_are_those_of_single_passes(fused) -> None:
    readers = [reader(fused, frames, seed) for seed, frames in enumerate((300, 130, 260))]
    slots = Slots(fused, 3)
    for row, each in enumerate(readers):
        slots.admit(row, each.cross)
    together = slots.read([Pass(TOKENS[: 5 + row], 0, 5 + row) for row in range(3)])
    alone = torch.cat([each.read(TOKENS[: 5 + row], 0) for row, each in enumerate(readers)])
    assert torch.equal(together, alone)
    slots.move(2, 0)
    moved = slots.read([Pass(TOKENS[7:9], 7, 2)])
    assert torch.equal(moved, readers[2].read(TOKENS[7:9], 7))


def test_a_pass_over_the_end_of_the_context_is_harmless(fused) -> None:
    slots = Slots(fused, 2)
    for row in range(2):
        slots.admit(row, reader(fused).cross)
    last = DIMS.text_context - 1
    rows = slots.read([Pass(TOKENS[:6], 0, 6), Pass(TOKENS[:1], last, 1)])
    assert rows.isfinite().all()


def test_one_audio_serves_several_texts(fused, whole) -> None:
    cross = reader(fused).cross
    tokens = torch.tensor([TOKENS, TOKENS])
    states = fused.decoder.states(tokens, 0, fused.new_cache(2), cross)
    logits = fused.decoder.logits(states)
    assert torch.equal(logits[0], whole) and torch.equal(logits[1], whole)


def test_a_smaller_head_gives_its_columns(fused, whole) -> None:
    kept = torch.arange(5, 51_000, 7)
    found = reader(fused).read(TOKENS, 0, fused.decoder.pruned_head(kept))
    assert torch.equal(found, whole[:, kept])


def test_what_heads_look_at_is_what_plain_ones_do(fused, plain, precision: str) -> None:
    heads = [(0, 1), (1, 0), (1, 2)]
    logits, scores = reader(fused).watch(TOKENS, heads)
    others, expected = reader(plain).watch(TOKENS, heads)
    assert scores.shape == expected.shape
    assert near(precision, logits, others) and near(precision, scores, expected)


def test_threads_of_the_caller_do_not_disturb_each_other(fused, whole) -> None:
    def one(_: int) -> torch.Tensor:
        with exclusive_threads():
            return reader(fused).read(TOKENS, 0)

    with ThreadPoolExecutor(4) as pool:
        for rows in pool.map(one, range(12)):
            assert torch.equal(rows, whole)


def test_the_library_gets_its_threads_back() -> None:
    before = torch.get_num_threads()
    with library_threads(3):
        with exclusive_threads():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before


def test_a_plain_network_is_left_alone() -> None:
    network = build(TENSORS, DIMS, CPU, Recipe())
    before = torch.get_num_threads()
    with network.exclusive_threads():
        assert torch.get_num_threads() == before
    assert not network.exact_rows


def test_memory_of_a_clip_serves_the_next_one_only_when_nobody_reads_it(fused) -> None:
    first, second = reader(fused).cross, reader(fused, seed=4).cross
    places = [layer.keys.ctypes.data for clip in (first, second) for layer in clip.clips[0]]
    assert len(set(places)) == len(places)
    del first
    third = reader(fused, seed=5).cross
    assert {layer.keys.ctypes.data for layer in third.clips[0]} < set(places)


def test_bf16_is_the_encoder_alone() -> None:
    """It runs on any processor; that it is offered only where it is quick is another matter."""
    narrow, exact = (build(TENSORS, DIMS, CPU, recipe_for(precision, CPU)) for precision in ("bf16", "fp32"))
    states = narrow.encoder(mel())
    assert states.dtype == torch.float32
    share = ((states - exact.encoder(mel())).norm() / states.norm()).item()
    assert 0 < share < 0.02
    assert encoder_bytes(narrow.encoder) < 0.7 * encoder_bytes(exact.encoder)
    assert narrow.exact_rows
    found, expected = (
        NetworkReader(net, net.decoder.keys_values(states), net.new_cache()).read(TOKENS, 0)
        for net in (narrow, exact)
    )
    assert torch.equal(found, expected)
