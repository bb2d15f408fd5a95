"""With real models: a short recording joins beside a long one, and both texts are as always."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from specwhisper.audio.decode import load_audio
from specwhisper.service.backend import real_backend
from specwhisper.service.engine import HEARD_AHEAD, Engine
from specwhisper.service.job import parse_job
from specwhisper.transcription.scheduler import Scheduler
from specwhisper.transcription.transcriber import Transcriber
from tests.clips import ENGLISH, SECOND, path_of
from tests.ui.fakes import write_samples

pytestmark = pytest.mark.weights


def quiet(fraction: float, message: str) -> None:
    pass


def test_texts_are_those_of_single_runs(real_pair, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("specwhisper.service.engine.HEARD_AHEAD", 30.0)
    assert HEARD_AHEAD > 30
    samples = np.concatenate([load_audio(path_of(clip)).samples for clip in (ENGLISH, SECOND, ENGLISH)])
    long = write_samples(tmp_path / "long.wav", samples)
    alone = real_pair("base+tiny")
    expected = [alone.transcribe(file, language="en") for file in (long, path_of(SECOND))]

    def shared(*names: str, scheduler: Scheduler, **options: object) -> Transcriber:
        return Transcriber(alone.pair, alone.main, alone.draft, alone.precision, scheduler)

    backend = replace(real_backend(), load=shared)
    engine = Engine(backend, device="cpu", pair="base+tiny", max_seconds=600)
    threads_before = torch.get_num_threads()
    began, done, texts = threading.Event(), [], {}

    def on_long(fraction: float, message: str) -> None:
        if "with its draft" in message:
            began.set()

    def write(name: str, file: Path, on_progress) -> None:
        texts[name] = engine.transcribe(parse_job(file, "base+tiny", "en"), on_progress)
        done.append(name)

    threads = [threading.Thread(target=write, args=("long", long, on_long))]
    threads[0].start()
    assert began.wait(120)
    threads.append(threading.Thread(target=write, args=("short", path_of(SECOND), quiet)))
    threads[1].start()
    for thread in threads:
        thread.join(120)
    assert done == ["short", "long"]
    for name, single in zip(("long", "short"), expected, strict=True):
        assert texts[name].tokens == single.tokens
        assert texts[name].segments == single.segments
    assert torch.get_num_threads() == threads_before
