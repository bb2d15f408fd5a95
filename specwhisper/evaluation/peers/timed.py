"""One engine on one clip by our clock; what other people's engines raise becomes a sentence."""

from __future__ import annotations

import time
from dataclasses import replace

from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.rounds import Broken
from specwhisper.evaluation.peers.engines.base import Engine

# After a parallel region Intel's OpenMP (in CTranslate2) keeps its threads spinning for 200 ms. Without a
# pause, they would take the cores from the engine whose turn is next.
SETTLE_SECONDS = 0.25

PEER_ERRORS = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, OSError, ArithmeticError)
"""What other people's engines raise when they cannot: it concerns that engine alone."""


def timed(engine: Engine, heard: LoadedClip, settle: float = SETTLE_SECONDS) -> Call:
    """Let an engine transcribe a clip, after a pause of so many seconds.

    Raises:
        Broken: it failed.
    """
    time.sleep(settle)
    began = time.perf_counter()
    try:
        call = engine.transcribe(heard.waveform.samples, heard.clip.language)
    except PEER_ERRORS as error:
        raise Broken(one_line(error)) from error
    return replace(call, total=time.perf_counter() - began)


def one_line(error: BaseException) -> str:
    """An exception as one short line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else f"{said[:197]}..."
