"""The whole engine on a sham card, in half precision, against the same models run plainly on the CPU.

A sham card is slow, and noise writes to the end of its context: several of these take five to ten seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from specwhisper.decoding.device_slots import DeviceSlots
from specwhisper.doctor.check_gpu import checked
from specwhisper.doctor.findings import Card as ShownCard
from specwhisper.errors import NoRoomError, SpecWhisperError
from specwhisper.network.kernels import WideHead
from specwhisper.network.recipes import Recipe, recipe_for
from specwhisper.results import Transcript
from specwhisper.transcription.model import Model
from specwhisper.transcription.transcriber import Transcriber
from specwhisper.transcription.window_decoder import rows_within
from specwhisper.weights.weights import Weights
from tests.fakes import CPU, dimensions, perturbed, random_tensors
from tests.marks import EXHAUSTIVE
from tests.sham_cuda import CUDA, Card, sham_card

pytestmark = pytest.mark.weights

DIMS = replace(dimensions(audio=1500), text_context=64)


def halves(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.half() for name, tensor in tensors.items()}


@pytest.fixture(scope="module")
def weights(real_weights) -> dict[str, Weights]:
    """Main, a draft that often agrees, and one of another vocabulary; noise with real tokenizers."""
    tensors = random_tensors(DIMS)
    made = {}
    models = ("main", "tiny", 51_865), ("draft", "tiny", 51_865), ("other", "tiny.en", 51_864)
    for name, of, vocabulary in models:
        own = tensors if name == "main" else perturbed(tensors, 0.02)
        dims = replace(DIMS, vocab_size=vocabulary)
        own = {**own, "decoder.embed_tokens.weight": own["decoder.embed_tokens.weight"][:vocabulary]}
        file = real_weights(of).tokenizer_file
        made[name] = Weights(name, dims, halves(own), file, None, "made", True)
    return made


def transcriber(weights: dict[str, Weights], draft: str, device: torch.device) -> Transcriber:
    recipe = recipe_for("fp16", device) if device.type == "cuda" else Recipe(torch.float16, head=WideHead)
    main = Model.of(weights["main"], device, recipe)
    small = device.type == "cuda"
    second = Model.of(weights[draft], device, recipe, margin=1.0, small_heads=small)
    return Transcriber(f"main+{draft}", main, second, "fp16")


@pytest.fixture(scope="module")
def card() -> Iterator[Card]:
    with pytest.MonkeyPatch.context() as patches, sham_card() as made:
        patches.setattr("specwhisper.transcription.passes._STARTS", (4,))  # the sham card is no quick one
        yield made


@pytest.fixture(scope="module")
def pairs(weights, card: Card) -> tuple[Transcriber, Transcriber]:
    """The same pair on the card, warmed up and checked, and on the CPU."""
    on_card = transcriber(weights, "draft", CUDA)
    on_card.warm_up()
    return on_card, transcriber(weights, "draft", CPU)


def sound(seed: int = 0, seconds: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(scale=0.1, size=round(16_000 * seconds))
    return noise.astype(np.float32)


def told(transcript: Transcript) -> tuple:
    words = [(word.text, word.start, word.end) for segment in transcript.segments for word in segment.words]
    return transcript.text, transcript.tokens, [segment.text for segment in transcript.segments], words


PLAINLY = {"language": "en", "vad": False, "fallback": False, "timestamps": "none"}

WAYS = {
    "greedy": {"speculative": False},
    "speculative": {"lookahead": 4},
    "lookahead by cost": {},
    "timestamps": {"lookahead": 4, "timestamps": "segment"},
    "words": {"lookahead": 4, "timestamps": "word"},
    "temperature": {"temperature": 0.7, "seed": 5, "lookahead": 4},
    "temperature alone": {"temperature": 0.7, "seed": 5, "speculative": False},
    "beams": {"beams": 3},
    "detected language": {"language": None, "lookahead": 3},
}


SELDOM = "lookahead by cost", "temperature alone", "detected language"


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=EXHAUSTIVE) if way in SELDOM else way for way in WAYS]
)
def test_every_way_writes_what_a_cpu_writes(pairs, way: str) -> None:
    options = PLAINLY | WAYS[way]
    on_card, plain = (told(pair.transcribe(sound(), **options)) for pair in pairs)
    if "temperature" not in way:
        assert on_card == plain
        return
    # A draw between two tokens may fall on the other side when sums are rounded otherwise, which nothing can
    # decide again; what follows is then another text. On some processors the two do round otherwise.
    assert on_card[1][0] == plain[1][0]
    assert on_card == told(pairs[0].transcribe(sound(), **options))


def test_it_was_recorded_and_checked(pairs) -> None:
    assert pairs[0].passes.recorded
    stats = pairs[0].transcribe(sound(), **PLAINLY).stats
    assert stats.variants["passes"] == "recorded, checked"
    assert stats.variants["card"] == "Sham T4"
    assert stats.device.startswith("cuda")


def test_a_batch_of_eight_writes_what_each_writes_alone(pairs) -> None:
    on_card = pairs[0]
    sounds = [sound(seed, 1.0 + 0.3 * seed) for seed in range(8)]
    options = PLAINLY | {"lookahead": 4, "timestamps": "segment"}
    together = on_card.transcribe_batch(sounds, batch_size=8, **options)
    assert [told(each) for each in together] == [told(on_card.transcribe(each, **options)) for each in sounds]


def test_drafts_of_another_vocabulary(weights, card: Card) -> None:
    on_card, plain = (transcriber(weights, "other", device) for device in (CUDA, CPU))
    on_card.warm_up()
    options = PLAINLY | {"lookahead": 4}
    found = on_card.transcribe(sound(), **options)
    assert found.stats.drafted > 0
    assert told(found) == told(plain.transcribe(sound(), **options))
    assert told(found) == told(on_card.transcribe(sound(), **options | {"speculative": False}))


def test_a_step_takes_one_copy_each_way_and_one_wait(pairs, card: Card) -> None:
    options = PLAINLY | {"lookahead": 4, "timestamps": "segment"}
    pairs[0].transcribe(sound(), **options)  # a smaller head for this language is there by now
    card.reset()
    cycles = pairs[0].transcribe(sound(), **options).stats.cycles
    steps = sum(len(cycle.proposed) for cycle in cycles) + len(cycles)
    again = sum(cycle.near_ties for cycle in cycles)
    decided = "decoding/fixed_pass.py"
    for counted in (card.counts.waits, card.counts.up, card.counts.down):
        assert sum(count for place, count in counted.items() if decided in place) <= steps + again
        # The rest is the window's, not the steps': features, encoder, prompt, whether anybody speaks.
        assert sum(count for place, count in counted.items() if decided not in place) <= 20
    assert card.counts.replays == steps + again


def test_what_cannot_be_recorded_runs_eagerly_and_says_so(weights, card: Card, pairs) -> None:
    card.capture_fails = torch.cuda.OutOfMemoryError("CUDA out of memory.")
    try:
        faulty = transcriber(weights, "draft", CUDA)
        faulty.warm_up()
    finally:
        card.capture_fails = None
    assert not faulty.passes.recorded
    options = PLAINLY | {"lookahead": 4}
    found = faulty.transcribe(sound(), **options)
    assert found.stats.variants["passes"] == "eager: there was not enough memory to record passes"
    assert told(found) == told(pairs[1].transcribe(sound(), **options))


def test_where_memory_runs_out_windows_wait_for_a_row(pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    on_card = pairs[0]
    sounds = [sound(seed, 1.0) for seed in range(4)]
    options = PLAINLY | {"lookahead": 4}
    alone = [told(on_card.transcribe(each, **options)) for each in sounds]
    monkeypatch.setattr(on_card.decoder, "_main_slots", on_card.main.slots(1, on_card.recorder))
    grow = DeviceSlots.grow

    def grow_to_two(slots: DeviceSlots, size: int) -> None:
        if size > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        grow(slots, size)

    monkeypatch.setattr(DeviceSlots, "grow", grow_to_two)
    together = on_card.transcribe_batch(sounds, batch_size=4, **options)
    assert [told(each) for each in together] == alone
    assert on_card.decoder.most_rows == 2


def test_where_there_is_no_room_for_one_it_is_said(pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    def admit(slots: DeviceSlots, slot: int, audio: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(DeviceSlots, "admit", admit)
    with pytest.raises(NoRoomError, match="does not hold a window of main"):
        pairs[0].transcribe(sound(), language="en", vad=False)


@pytest.mark.parametrize(("free", "rows"), [(10, 1), (24, 1), (25, 2), (60, 4), (1000, 64)])
def test_rows_are_reckoned_from_free_memory(free: int, rows: int) -> None:
    assert rows_within(free, 10) == rows


@EXHAUSTIVE
def test_threads_of_others_may_ask(pairs) -> None:
    """A server's requests come in threads of their own."""
    options = PLAINLY | {"lookahead": 4}
    expected = told(pairs[0].transcribe(sound(), **options))
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(told(pairs[0].transcribe(sound(), **options)))
        except SpecWhisperError as error:
            found.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected, expected]


def test_check_gpu_finds_it_fine(pairs) -> None:
    found = checked(ShownCard(True, "PyTorch can use it.", "Sham T4"), pairs[0], None, lambda *told: None)
    assert found.good, "\n".join(found.lines())
