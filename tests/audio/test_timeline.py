"""Sound stands where the media's own clock puts it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.audio.timeline import LONGEST_NEW_CLOCK, Timeline
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import AudioTooLongError
from tests.audio.recordings import Format, at_times, recording, voice
from tests.audio.test_formats import FRAGMENTS, _name
from tests.eval_data import fault

TS = Format("mpegts", "mp2")
MKV = Format("matroska", "pcm_s16le")
AAC_MP4 = Format("mp4", "aac", "fltp")
CLOCKED = [MKV, AAC_MP4, Format("mp4", "aac", "fltp", FRAGMENTS), Format("webm", "libopus"), TS,
           Format("flv", "aac", "fltp"), Format("nut", "pcm_s16le")]  # fmt: skip


def starts(samples: np.ndarray) -> list[float]:
    """Where sound begins after silence of a third of a second, to a tenth."""
    step = SAMPLE_RATE // 10
    loud = [
        at for at in range(len(samples) // step) if np.abs(samples[at * step : (at + 1) * step]).max() > 0.05
    ]
    return [at / 10 for before, at in zip([-9, *loud], loud, strict=False) if at - before > 3]


@pytest.mark.parametrize("how", CLOCKED, ids=_name)
def test_silence_stands_where_the_clock_jumps_ahead(how: Format) -> None:
    heard = load_audio(at_times([(0.0, voice(1.0)), (4.0, voice(1.0))], how))
    assert starts(heard.samples) == [0.0, pytest.approx(4.0, abs=0.11)]
    assert heard.seconds == pytest.approx(5.0, abs=0.1)
    assert heard.warnings == ()


@pytest.mark.parametrize("how", [MKV, AAC_MP4, TS], ids=_name)
def test_sound_that_begins_after_the_picture(how: Format) -> None:
    heard = load_audio(at_times([(5.0, voice(1.0))], how, picture=True))
    assert starts(heard.samples) == [pytest.approx(5.0, abs=0.11)]


def test_a_clock_that_begins_late_or_large_shifts_nothing() -> None:
    """Live streams and pieces of them: without a picture the first packet of sound is the beginning."""
    for how in (MKV, TS):
        assert starts(load_audio(at_times([(900.0, voice(1.0))], how)).samples) == [0.0]


def test_gaps_of_less_than_50_ms_are_left() -> None:
    whole = load_audio(at_times([(0.0, voice(1.0))], MKV)).seconds
    assert load_audio(at_times([(0.0, voice(1.0)), (whole + 0.04, voice(1.0))], MKV)).seconds == 2 * whole
    longer = load_audio(at_times([(0.0, voice(1.0)), (whole + 0.07, voice(1.0))], MKV)).seconds
    assert longer == pytest.approx(2 * whole + 0.07, abs=0.002)


def test_what_overlaps_is_left_out() -> None:
    """Two pieces of a broadcast, the second of which begins before the first has ended."""
    pieces = at_times([(0.0, voice(4.0))], TS), at_times([(2.1, voice(2.0))], TS)
    heard = load_audio(b"".join(pieces))
    assert heard.seconds == pytest.approx(4.1, abs=0.06)
    assert len(heard.warnings) == 1
    assert "steps back" in heard.warnings[0]


def test_a_clock_that_begins_anew_is_another_recording() -> None:
    for how in (TS, Format("webm", "libopus"), MKV):
        data = recording(how, 3.0)
        assert load_audio(data + data).seconds == pytest.approx(2 * load_audio(data).seconds, abs=0.05)


def test_absurd_times_make_no_hours_of_silence() -> None:
    far = LONGEST_NEW_CLOCK + 600
    heard = load_audio(at_times([(0.0, voice(2.0))], TS) + at_times([(far, voice(2.0))], TS))
    assert heard.seconds < 5
    assert "jumps ahead by 1,198 seconds" in heard.warnings[0]
    with pytest.raises(AudioTooLongError):
        load_audio(at_times([(0.0, voice(1.0)), (5 * 3600.0, voice(3.0))], MKV))


def followed(times: list[float], seconds: float = 0.1, limit: float = math.inf) -> tuple[float, list[str]]:
    """The length of a recording of pieces that stand at ``times``, and what is noted about it."""
    timeline = Timeline("it", limit)
    timeline.begin_clock(0.0)
    for at in times:
        timeline.heard(at, seconds)
    samples = np.ones(round(timeline.sound * SAMPLE_RATE), np.float32)
    return len(timeline.placed(samples)) / SAMPLE_RATE, timeline.notes


STEADY = [number / 10 for number in range(100)]


def test_clocks_that_are_not_followed() -> None:
    assert followed(STEADY) == (10.0, [])
    assert followed([at * 2 for at in STEADY]) == (10.0, [])  # a header that states half the rate
    assert followed([at * 1.088 for at in STEADY]) == (10.0, [])  # 48,000 for 44,100
    assert followed([at + 0.02 * (-1) ** number for number, at in enumerate(STEADY)]) == (10.0, [])  # jitter
    assert followed([*STEADY[:50], 9999.0, *STEADY[51:]]) == (10.0, [])  # one wild time
    assert followed([*STEADY[:-1], 9999.0]) == (10.0, [])
    assert followed([*STEADY[:50], 5.3, 5.4, *STEADY[52:]]) == (10.0, [])  # unsteady, and back at once
    assert followed([-3.0, *STEADY[1:]]) == (10.0, [])


def test_clocks_that_are() -> None:
    assert followed([at + 3 for at in STEADY])[0] == pytest.approx(13.0)
    assert followed([at + 3 * (at > 5) for at in STEADY])[0] == pytest.approx(13.0)
    assert followed([at + at // 1 * 0.3 for at in STEADY])[0] == pytest.approx(12.7)  # lost packets
    assert followed([at + 0.0002 * number for number, at in enumerate(STEADY)])[0] == pytest.approx(10.0)
    assert followed([at - 2 * (at >= 5) for at in STEADY])[0] == pytest.approx(8.0)


def test_silence_ends_at_the_limit() -> None:
    times = [at + 3000 * (at > 5) for at in STEADY]
    assert followed(times)[0] == pytest.approx(3010)
    length, notes = followed(times, limit=60.0)
    assert length == pytest.approx(10.0)
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("name", "second"), [("gap.webm", 23.0), ("gap.mp4", 23.0), ("delay5.mkv", 5.0), ("delay5.webm", 5.0)]
)
def test_recordings_on_which_it_went_wrong(name: str, second: float) -> None:
    file = fault(name)
    if file is None:
        pytest.skip("no evaluation data beside the project")
    samples = load_audio(file).samples
    quiet = round((second - 0.5) * SAMPLE_RATE)
    assert not samples[quiet - SAMPLE_RATE : quiet].any()
    assert samples[quiet + SAMPLE_RATE : quiet + 3 * SAMPLE_RATE].any()
