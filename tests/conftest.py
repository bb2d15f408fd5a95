"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from specwhisper.errors import WeightsUnavailableError
from specwhisper.models.weights import Weights, load_weights


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
