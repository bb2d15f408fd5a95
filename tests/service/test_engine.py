"""The owner of the engine: what stays loaded, who waits for whom, what a job may ask."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from specwhisper.errors import EmptyAudioError, GivenUpError, OptionError, SpecWhisperError
from specwhisper.service.benchmark import parse_benchmark
from specwhisper.service.engine import _half_a_card
from specwhisper.service.job import parse_job
from specwhisper.ui.config import AppConfig
from specwhisper.ui.downloads import Downloads
from specwhisper.ui.examples import find_examples
from tests.sham_cuda import sham_card
from tests.ui.comparisons import make_comparison
from tests.ui.conftest import fake_engine
from tests.ui.fakes import FakeLoader, write_wav


def quiet(fraction: float, message: str) -> None:
    pass


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "speech.wav", 0.2)


def test_a_pair_is_loaded_once(sound: Path) -> None:
    loader = FakeLoader()
    engine = fake_engine(loader)
    for _ in range(3):
        engine.compare(parse_job(sound, "base+tiny"), quiet)
    assert loader.loads == [("base+tiny", "auto", "auto")]


def test_the_least_recently_used_pair_leaves(sound: Path) -> None:
    loader = FakeLoader()
    engine = fake_engine(loader, keep=2)
    for pair, precision in (
        ("base+tiny", "auto"),
        ("small+tiny", "auto"),
        ("base+tiny", "auto"),
        ("base+tiny", "fp32"),  # now small+tiny leaves
        ("base+tiny", "auto"),
        ("small+tiny", "auto"),
    ):
        engine.transcribe(parse_job(sound, pair, precision=precision), quiet)
    assert [(pair, precision) for pair, _, precision in loader.loads] == [
        ("base+tiny", "auto"),
        ("small+tiny", "auto"),
        ("base+tiny", "fp32"),
        ("small+tiny", "auto"),
    ]


def test_a_bad_recording_costs_no_load(tmp_path: Path) -> None:
    loader = FakeLoader()
    silent = tmp_path / "empty.wav"
    silent.touch()
    with pytest.raises(EmptyAudioError):
        fake_engine(loader).compare(parse_job(silent, "base+tiny"), quiet)
    assert loader.loads == []


def test_a_failed_load_leaves_the_engine_usable(sound: Path) -> None:
    engine = fake_engine(FakeLoader())
    with pytest.raises(SpecWhisperError):
        engine.compare(parse_job(sound, "large-v2+tiny"), quiet)
    assert engine.compare(parse_job(sound, "base+tiny"), quiet).identical


def test_who_waits_hears_what_is_going_on(sound: Path) -> None:
    """A request that comes while the default pair loads reports that loading as its progress."""
    loader, release, heard = FakeLoader(), threading.Event(), []
    load = loader.load

    def slow(pair: str, *, on_progress, **options):
        on_progress(0.3, "Fetching base")
        assert release.wait(10)
        return load(pair, on_progress=on_progress, **options)

    loader.load = slow  # type: ignore[method-assign]
    engine = fake_engine(loader)
    engine.warm_up()

    def listen(fraction: float, message: str) -> None:
        heard.append((fraction, message))
        if message == "Fetching base":
            release.set()

    engine.compare(parse_job(sound, "base+tiny"), listen)
    assert (0.3, "Fetching base") in heard
    assert len(loader.loads) == 1


def test_warm_up_without_weights_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    engine = fake_engine(FakeLoader(), pair="large-v2+tiny")
    engine.warm_up().join(10)
    assert "large-v2+tiny is not loaded" in caplog.text


@pytest.mark.parametrize("value", ["auto", 1, 16, 8.0, "8"])
def test_lookahead_in_any_form(value: object) -> None:
    assert parse_job("a.wav", "base+tiny", lookahead=value).lookahead in ("auto", 1, 8, 16)


@pytest.mark.parametrize("value", [0, 17, 2.5, "many", None, True])
def test_no_other_lookahead(value: object) -> None:
    with pytest.raises(OptionError):
        parse_job("a.wav", "base+tiny", lookahead=value)


@pytest.mark.parametrize("value", ["auto", "", None])
def test_detecting_the_language(value: str | None) -> None:
    assert parse_job("a.wav", "base+tiny", value).language is None


def test_settings_are_checked() -> None:
    with pytest.raises(OptionError, match="'max seconds' must be above zero"):
        AppConfig(max_seconds=0)


def test_downloads_do_not_pile_up() -> None:
    downloads = Downloads(keep=2)
    paths = [downloads.comparison(make_comparison(), f"clip {i}.wav")[0] for i in range(4)]
    assert [path.exists() for path in paths] == [False, False, True, True]
    assert paths[-1].name == "clip 3.comparison.json"


def test_examples_are_what_the_manifest_lists_and_the_folder_holds(tmp_path: Path) -> None:
    assert find_examples(tmp_path) == ()
    write_wav(tmp_path / "dutch_speech.wav", 0.1)
    (tmp_path / "manifest.jsonl").write_text(
        '{"audio": "dutch_speech.wav", "text": "", "language": "nl"}\n\n{"audio": "gone.wav"}\n', "utf-8"
    )
    (example,) = find_examples(tmp_path)
    assert (example.title, example.language) == ("Dutch speech", "nl")


def test_the_default_pair_is_loaded_in_the_precision_of_the_requests(sound: Path) -> None:
    loader = FakeLoader()
    engine = fake_engine(loader, precision="int8")
    engine.warm_up().join(10)
    engine.transcribe(parse_job(sound, "base+tiny", precision="int8"), quiet)
    assert loader.loads == [("base+tiny", "auto", "int8")]
    assert engine.failed is None


def test_a_short_recording_need_not_wait_for_a_long_one(tmp_path: Path) -> None:
    loader, done = FakeLoader(), []
    loader.transcriber.delay = 1.5
    engine = fake_engine(loader, max_seconds=1_000, places=2)
    long, short = write_wav(tmp_path / "long.wav", 130), write_wav(tmp_path / "short.wav", 0.2)

    def ask(name: str, file: Path, precision: str) -> None:
        engine.transcribe(parse_job(file, "base+tiny", precision=precision), quiet)
        done.append(name)

    jobs = [("long", long, "auto"), ("second long", long, "auto"), ("short", short, "fp32")]
    threads = [threading.Thread(target=ask, args=job) for job in jobs]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join(20)
    assert done == ["long", "short", "second long"]


def test_others_are_served_between_the_clips_of_a_benchmark(sound: Path) -> None:
    loader, done = FakeLoader(), []
    engine = fake_engine(loader, places=2)
    inside, go_on = threading.Event(), threading.Event()

    def measured(job, load, device, on_progress, stop, between_clips):
        load("base+tiny", device, "auto", on_progress=on_progress)
        inside.set()
        assert go_on.wait(5)
        between_clips()
        return loader.benchmark(job, load, device, on_progress, stop, lambda: None)

    def other() -> None:
        with engine._scheduler.exclusive():
            done.append("other")

    engine._backend = replace(engine._backend, benchmark=measured)
    job = parse_benchmark(["base+tiny"], [sound] * 2)
    threads = [threading.Thread(target=engine.benchmark, args=(job, quiet, threading.Event()))]
    threads[0].start()
    assert inside.wait(5)
    threads.append(threading.Thread(target=other))
    threads[1].start()
    time.sleep(0.2)
    assert done == []  # its timings are its own
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert done == ["other"]


def test_a_benchmark_that_is_stopped_while_it_waits_gives_up(sound: Path) -> None:
    engine, stop = fake_engine(FakeLoader()), threading.Event()
    stop.set()
    with engine.line.turn(), pytest.raises(GivenUpError):
        engine.benchmark(parse_benchmark(["base+tiny"], [sound]), quiet, stop)


def test_pairs_fill_half_a_card_at_most() -> None:
    with sham_card() as card:
        assert _half_a_card("auto") == _half_a_card("cuda") == card.memory[1] // 2
        assert _half_a_card("cpu") is None
    assert _half_a_card("auto") is None
