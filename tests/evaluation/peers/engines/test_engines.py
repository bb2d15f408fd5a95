"""Every engine, from our weights, writes what our greedy writes, and splits its time into stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import OptionError
from specwhisper.evaluation.common.calls import Call
from specwhisper.evaluation.common.machine import installed_version
from specwhisper.evaluation.peers.engines import faster_whisper, hf, openai_whisper, ours, whisper_cpp
from specwhisper.evaluation.peers.engines.base import Job, Workshop
from specwhisper.evaluation.peers.engines.catalogue import BASELINE, KINDS, kind_named
from specwhisper.weights.pairs import Pair
from tests.clips import ENGLISH, SECOND, path_of
from tests.marks import EXHAUSTIVE

PAIR = Pair("base", "tiny")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory, real_weights) -> Workshop:
    made = Workshop(tmp_path_factory.mktemp("peers"))
    for name in (PAIR.main, PAIR.draft):
        made.once(("weights", name), lambda name=name: real_weights(name))
    return made


def job(precision: str = "fp32", pair: Pair = PAIR) -> Job:
    import torch

    return Job(pair, precision, torch.get_num_threads())


def sounds() -> list[np.ndarray]:
    """Two clips, padded with silence: faster-whisper pads its features otherwise, and hears other ends."""
    clips = [load_audio(path_of(clip)).samples for clip in (ENGLISH, SECOND)]
    return [np.pad(samples, (0, 480_000 - len(samples))) for samples in clips]


@pytest.fixture(scope="module")
def ours_written(workshop: Workshop) -> list[Call]:
    engine = ours.greedy(job(), workshop)
    return [engine.transcribe(samples, "en") for samples in sounds()]


def check(written: list[Call], wanted: list[Call]) -> None:
    for one, other in zip(written, wanted, strict=True):
        assert one.tokens == other.tokens
        assert one.text == other.text
        assert one.decided == other.decided
        assert min(one.features, one.encode, one.decode) > 0


@pytest.mark.weights
@pytest.mark.parametrize("build", [ours.speculative, hf.greedy])
def test_what_is_always_here_writes_the_same(build, workshop: Workshop, ours_written) -> None:
    engine = build(job(), workshop)
    check([engine.transcribe(samples, "en") for samples in sounds()], ours_written)


@pytest.mark.weights
def test_assisted_generation_decodes_with_both(workshop: Workshop, ours_written) -> None:
    written = hf.assisted(job(), workshop).transcribe(sounds()[0], "en")
    # It leaves out begin_suppress_tokens, so it need not be the same decode; on this clip it is.
    assert written.text == ours_written[0].text


@pytest.mark.weights
@pytest.mark.parametrize(
    ("package", "build"),
    [
        ("faster_whisper", faster_whisper.build),
        pytest.param("whisper", openai_whisper.build, marks=EXHAUSTIVE),
        pytest.param("_pywhispercpp", whisper_cpp.build, marks=EXHAUSTIVE),
    ],
)
def test_installed_peers_write_the_same(package: str, build, workshop: Workshop, ours_written) -> None:
    pytest.importorskip(package)
    engine = build(job(), workshop)
    check([engine.transcribe(samples, "en") for samples in sounds()], ours_written)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("package", "build"),
    [
        ("faster_whisper", faster_whisper.build),
        pytest.param("_pywhispercpp", whisper_cpp.build, marks=EXHAUSTIVE),
    ],
)
def test_int8_peers_still_understand(package: str, build, workshop: Workshop) -> None:
    pytest.importorskip(package)
    written = build(job("int8"), workshop).transcribe(sounds()[0], "en")
    assert ENGLISH.phrase in written.text.lower()


@pytest.mark.weights
def test_assistants_of_another_vocabulary_are_refused(workshop: Workshop, real_weights) -> None:
    workshop.once(("weights", "tiny.en"), lambda: real_weights("tiny.en"))
    with pytest.raises(OptionError, match="main's vocabulary"):
        hf.assisted(job(pair=Pair("base", "tiny.en")), workshop)


def test_whisper_cpps_own_times_are_read() -> None:
    printed = """
whisper_print_timings:     fallbacks =   0 p /   0 h
whisper_print_timings:      mel time =     9.50 ms
whisper_print_timings:   sample time =    10.00 ms /    30 runs (     0.33 ms per run)
whisper_print_timings:   encode time =  1500.00 ms /     1 runs (  1500.00 ms per run)
whisper_print_timings:   decode time =     0.00 ms /     1 runs (     0.00 ms per run)
whisper_print_timings:   batchd time =   250.00 ms /    28 runs (     8.93 ms per run)
whisper_print_timings:   prompt time =     0.00 ms /     1 runs (     0.00 ms per run)
"""
    seconds = whisper_cpp.stage_seconds(printed)
    assert (seconds["mel"], seconds["encode"], seconds["batchd"]) == (0.0095, 1.5, 0.25)
    with pytest.raises(ValueError, match="no timings"):
        whisper_cpp.stage_seconds("")


def test_the_catalogue_pins_what_the_requirements_pin() -> None:
    lines = (Path(__file__).parents[4] / "requirements-peers.txt").read_text().splitlines()
    assert {kind.pip for kind in KINDS if kind.pip} <= set(lines)
    assert kind_named(BASELINE).installed
    assert installed_version("no-such-package") is None
