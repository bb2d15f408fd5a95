"""The timeline: a log-mel picture of the sound, and below it the words where they were said.

A bar in full colour lasts as long as its word. The word itself needs more room than that, so it stands in one
of a few lanes further down, on a tint of the same colour, and begins where it is said.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.output.figures_base import escape, finish, legend
from specwhisper.output.palette import INK, ORIGIN_COLOURS, VERDICT_LABELS
from specwhisper.output.spoken import Spoken, spoken
from specwhisper.results import Origin, Transcript

SHOWN_SECONDS = 120.0
"""Of a longer recording the beginning is drawn: a page has no room for more."""

ROW_SECONDS = 16.0
"""At most so much stands in a row; more would leave no room for words."""

COLUMNS = 1600
MELS = 80
RANGE = 60  # dB between the loudest and what is drawn as silence
_QUIET = 1e-4  # power: where nothing is louder, noise is not drawn as if it were loud
_FFT, _FRAME, _SHORTEST_HOP = 1024, 512, 160  # samples
_KILOHERTZ = (1, 4)

PICTURE, STRIP, LANE, AXIS = 84, 8, 18, 34  # pixels
LANES = 4
NARROWEST = 840  # pixels of a row; the app's style sheet lets a narrower screen scroll
LETTER = 6.9  # pixels of one, about
_SPACE = 10  # pixels between one label's text and the next one's

LABELS: dict[Origin, str] = {
    "main": "Main's own",
    "accepted": VERDICT_LABELS["accepted"],
    "correction": VERDICT_LABELS["correction"],
    "bonus": VERDICT_LABELS["bonus"],
}


@dataclass(frozen=True, slots=True)
class Label:
    """A word's place below the picture: its lane from the top, and the seconds that its label covers."""

    word: Spoken
    lane: int
    start: float
    end: float


def sound_timeline(transcript: Transcript, sound: Waveform) -> go.Figure:
    """The sound and its words, in rows of some seconds.

    Args:
        sound: the recording, or its beginning (:data:`SHOWN_SECONDS`).
    """
    shown = min(sound.seconds, SHOWN_SECONDS) or 1.0
    words = [word for word in spoken(transcript) if word.start < shown]
    count = math.ceil(shown / ROW_SECONDS)
    length = shown / count
    labels = [placed(words, row * length, length) for row in range(count)]
    lanes = 1 + max((label.lane for row in labels for label in row), default=-1)
    height = PICTURE + STRIP + 6 + LANE * lanes
    # Rows are `height` pixels high, and the space between them holds the axis of the upper one.
    whole = count * height + (count - 1) * AXIS
    figure = make_subplots(rows=count, cols=1, vertical_spacing=AXIS / whole if count > 1 else 0)
    picture, hop = log_mel_picture(sound.cut(0, shown).samples)
    for row in range(count):
        begin = row * length
        parts = (
            _picture(picture, hop, begin, begin + length),
            _strip(
                [word for word in words if word.end > begin and word.start < begin + length], begin, length
            ),
            _labels(labels[row]),
        )
        for part in parts:
            figure.add_trace(part, row=row + 1, col=1)
        figure.update_xaxes(range=[begin, begin + length], row=row + 1, col=1)
    figure.add_traces(_legend_entries(words))
    finish(
        figure,
        title=_title(words),
        subtitle=_subtitle(words, sound.seconds),
        height=whole + 72 + 70,
        legend=legend(80),
        margin={"l": 44, "r": 12, "t": 72, "b": 70},
        barmode="overlay",
        showlegend=bool(words),
    )
    figure.update_xaxes(ticksuffix=" s", showgrid=False, nticks=10)
    figure.update_yaxes(
        range=[PICTURE - height, PICTURE],
        tickvals=[_height_of(1000 * kilohertz) for kilohertz in _KILOHERTZ],
        ticktext=[f"{kilohertz} kHz" for kilohertz in _KILOHERTZ],
        showgrid=False,
    )
    return figure


def log_mel_picture(samples: np.ndarray) -> tuple[np.ndarray, float]:
    """Loudness by pitch and time, from 0 (silent) to :data:`RANGE`: uint8 [MELS, columns].

    Args:
        samples: float32 at 16 kHz.

    Returns:
        The picture, and how many seconds lie between two of its columns.
    """
    import librosa  # takes a second, and only this figure needs it

    hop = max(_SHORTEST_HOP, math.ceil(len(samples) / COLUMNS))
    power = librosa.feature.melspectrogram(
        y=np.pad(samples, (0, max(0, _FFT - len(samples)))),
        sr=SAMPLE_RATE,
        n_fft=_FFT,
        win_length=_FRAME,
        hop_length=hop,
        n_mels=MELS,
    )
    loud = librosa.power_to_db(power, ref=max(float(power.max()), _QUIET), top_db=None)
    return np.rint(np.clip(loud + RANGE, 0, RANGE)).astype(np.uint8), hop / SAMPLE_RATE


def placed(words: Sequence[Spoken], begin: float, length: float) -> list[Label]:
    """The labels that fit below a row; of a word without room only the bar and the hover are left.

    Args:
        begin, length: of the row (s).
    """
    second = NARROWEST / length  # in pixels
    free = [begin] * LANES
    labels = []
    for word in words:
        if not begin <= word.start < begin + length:
            continue
        wide = (LETTER * _letters(word.text) + _SPACE) / second
        start = max(begin, min(word.start, begin + length - wide))
        lane = next((lane for lane in range(LANES) if free[lane] <= start), None)
        if lane is not None:
            free[lane] = start + wide
            labels.append(Label(word, lane, start, start + wide))
    return labels


def _letters(text: str) -> int:
    """Width in letters; those of East Asian scripts are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _picture(picture: np.ndarray, hop: float, begin: float, end: float) -> go.Heatmap:
    first, last = int(begin / hop), math.ceil(end / hop) + 1
    return go.Heatmap(
        z=picture[:, first:last],
        x0=first * hop,
        dx=hop,
        y=np.linspace(0, PICTURE, MELS + 1),
        colorscale=[[0, "rgba(111, 123, 136, 0)"], [1, "rgba(111, 123, 136, 1)"]],
        zmin=0,
        zmax=RANGE,
        zsmooth="fast",
        showscale=False,
        hoverinfo="skip",
        name="sound",
    )


def _strip(words: Sequence[Spoken], begin: float, length: float) -> go.Bar:
    """One bar per word, as long as it lasts; a word that goes on in the next row has one in each."""
    starts = [max(word.start, begin) for word in words]
    ends = [min(word.end, begin + length) for word in words]
    return go.Bar(
        orientation="h",
        base=starts,
        x=[end - start for start, end in zip(starts, ends, strict=True)],
        y=[-2 - STRIP / 2] * len(words),
        width=STRIP,
        marker={"color": [ORIGIN_COLOURS[word.origin] for word in words], "line": {"width": 0}},
        showlegend=False,
        name="words",
        **_hover(words),
    )


def _labels(labels: Sequence[Label]) -> go.Bar:
    words = [label.word for label in labels]
    return go.Bar(
        orientation="h",
        base=[label.start for label in labels],
        x=[label.end - label.start for label in labels],
        y=[-4 - STRIP - LANE * (label.lane + 0.5) for label in labels],
        width=LANE - 3,
        marker={"color": [tint(ORIGIN_COLOURS[word.origin]) for word in words], "line": {"width": 0}},
        text=[escape(word.text) for word in words],
        textposition="inside",
        insidetextanchor="start",
        textangle=0,
        constraintext="none",
        textfont={"size": 12, "color": INK},
        showlegend=False,
        name="labels",
        **_hover(words),
    )


def _hover(words: Sequence[Spoken]) -> dict[str, object]:
    return {
        "hovertext": [_told(word) for word in words],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _told(word: Spoken) -> str:
    about = "" if word.measured else "about "
    sure = "" if word.probability is None else f"<br>{word.probability:.0%} sure"
    return f"“{escape(word.text)}”, {about}{word.start:.1f}–{word.end:.1f} s<br>{LABELS[word.origin]}{sure}"


def tint(colour: str) -> str:
    """A colour as the ground for text: ``#rrggbb`` at a quarter of its strength."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.25)"


def _legend_entries(words: Sequence[Spoken]) -> list[go.Scatter]:
    there = {word.origin for word in words}
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=label,
            marker={"symbol": "square", "size": 11, "color": ORIGIN_COLOURS[origin]},
        )
        for origin, label in LABELS.items()
        if origin in there
    ]


def _title(words: Sequence[Spoken]) -> str:
    if not words:
        return "No words in this sound"
    many = f"{len(words)} {'word' if len(words) == 1 else 'words'}"
    drafted = sum(word.origin == "accepted" for word in words)
    return f"{drafted} of {many} came from the draft" if drafted else f"{many}, all of main's own"


def _subtitle(words: Sequence[Spoken], seconds: float) -> str:
    part = f"The first {SHOWN_SECONDS / 60:.0f} minutes. " if seconds > SHOWN_SECONDS else ""
    if not words:
        return f"{part}Low tones below, high tones above"
    if all(word.measured for word in words):
        return f"{part}Each word begins where it was said"
    return f"{part}Times are estimated within each segment"


def _height_of(hertz: float) -> float:
    """Where a frequency stands in the picture."""
    import librosa

    return float(PICTURE * librosa.hz_to_mel(hertz) / librosa.hz_to_mel(SAMPLE_RATE / 2))
