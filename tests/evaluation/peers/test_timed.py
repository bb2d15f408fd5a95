"""An engine is timed by our clock, and what it raises becomes a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.common.rounds import Broken
from specwhisper.evaluation.peers.timed import timed
from tests.evaluation.made import call, heard


class Engine:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def transcribe(self, samples: np.ndarray, language: str) -> Call:
        if self.error:
            raise self.error
        return call()


def test_the_total_is_the_time_on_the_wall() -> None:
    made = timed(Engine(), heard(), settle=0)
    assert made.text == call().text
    assert 0 < made.total < call().total


def test_an_engine_that_breaks_says_why_in_one_line() -> None:
    with pytest.raises(Broken, match=r"^out of paper$"):
        timed(Engine(RuntimeError("out of\n  paper")), heard(), settle=0)
    with pytest.raises(KeyboardInterrupt):
        timed(Engine(KeyboardInterrupt()), heard(), settle=0)
