"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator

import pytest
import torch

from specwhisper.errors import WeightsUnavailableError
from specwhisper.network.cpu.encoder import FusedEncoder
from specwhisper.network.encoder import Encoder
from specwhisper.transcription.loading import load
from specwhisper.transcription.transcriber import Transcriber
from specwhisper.weights.weights import Weights, load_weights
from tests.encoded_once import EncodedOnce

KEPT = 3
"""Pairs that stay in the memory of a test process."""


@pytest.fixture(scope="session")
def real_weights() -> Callable[[str], Weights]:
    """``real_weights(name)``: a real model, fetched if need be and read once per session.

    Where it can neither be found nor fetched the test is skipped, or fails if the environment says
    SPECWHISPER_REQUIRE_WEIGHTS=1.
    """
    loaded: dict[str, Weights] = {}

    def get(name: str) -> Weights:
        if name not in loaded:
            try:
                loaded[name] = load_weights(name)
            except WeightsUnavailableError as error:
                if os.environ.get("SPECWHISPER_REQUIRE_WEIGHTS") == "1":
                    pytest.fail(str(error))
                pytest.skip(str(error))
        return loaded[name]

    return get


@pytest.fixture(scope="session")
def real_pair(real_weights) -> Callable[..., Transcriber]:
    """``real_pair("base+tiny", "int8")``: a pair of real models on the CPU, shared by the tests."""
    loaded: OrderedDict[tuple[str, str], Transcriber] = OrderedDict()

    def get(pair: str, precision: str = "auto") -> Transcriber:
        if (pair, precision) not in loaded:
            for name in pair.split("+"):
                real_weights(name)
            while len(loaded) >= KEPT:
                loaded.popitem(last=False)
            loaded[pair, precision] = load(pair, "cpu", precision)
        loaded.move_to_end((pair, precision))
        return loaded[pair, precision]

    return get


@pytest.fixture(scope="session")
def states() -> Iterator[EncodedOnce]:
    """What encoders have computed in this process."""
    once = EncodedOnce()
    with pytest.MonkeyPatch.context() as patches:
        for kind in (Encoder, FusedEncoder):
            once.patch(patches, kind)
        yield once


@pytest.fixture(autouse=True)
def encoded_once(request: pytest.FixtureRequest, states: EncodedOnce) -> None:
    """Tests of the network itself, and those marked ``encodes``, compute every state."""
    states.on = "network" not in request.path.parts and "encodes" not in request.keywords


@pytest.fixture(autouse=True)
def threads_stay() -> Iterator[None]:
    """Engines are told how many threads to use; the other tests keep theirs."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
