"""Captions against sound: main writes the recording down with the captions as a draft, and is asked about
each difference how likely it finds the words of either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp, log

import numpy as np

from specwhisper.audio.waveform import SAMPLE_RATE, Waveform
from specwhisper.captions.captions import Captions
from specwhisper.captions.compare import Piece, Stretch, compare_words, pieces_of, unspaced
from specwhisper.proofread import Difference, Proofread, is_unrelated
from specwhisper.results import Transcript, Word
from specwhisper.transcription.tasks import Encode, EncodedWindow, Score, Steps
from specwhisper.transcription.walk import TextSide

_BEFORE, _AFTER = 8.0, 4.0  # seconds of sound around a difference
_WINDOW = 28.0  # seconds that are heard together at most
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class _Place:
    """A difference before main was asked about it."""

    stretch: Stretch
    start: float
    end: float


def proofread_steps(
    text: TextSide, audio: Waveform, captions: Captions, transcript: Transcript, task: str
) -> Steps[Proofread]:
    """The comparison, as a journey: only the places that differ are heard again."""
    pieces = pieces_of(captions)
    words = [word for segment in transcript.segments for word in segment.words]
    stretches = compare_words(pieces, words)
    confirmed = [False] * len(pieces)
    places = []
    for stretch in stretches:
        if stretch.equal:
            confirmed[slice(*stretch.captions)] = [True] * (stretch.captions[1] - stretch.captions[0])
        else:
            places.append(_Place(stretch, *_when(stretch, words, transcript.duration)))
    chances: dict[Stretch, tuple[float, float]] = {}
    for group in [] if is_unrelated(confirmed) else _groups(places):
        first, last = max(group[0].start - _BEFORE, 0.0), group[-1].end + _AFTER
        samples = _cut(audio, first, min(last, first + 30.0))
        if not len(samples):
            continue
        window: EncodedWindow = yield Encode(samples, False, True)
        for place in group:
            chances[place.stretch] = yield from _asked(
                text, window, transcript.language, task, place, pieces, words, first
            )
    differences = tuple(_difference(place, chances, pieces, words) for place in places)
    texts = _texts(
        captions,
        pieces,
        words,
        stretches,
        {place.stretch: each.sure for place, each in zip(places, differences, strict=True)},
    )
    starts = _starts(pieces, words, stretches, transcript.duration)
    return Proofread(captions, transcript, pieces, starts, tuple(confirmed), differences, texts)


def _asked(
    text: TextSide,
    window: EncodedWindow,
    language: str,
    task: str,
    place: _Place,
    pieces: Sequence[Piece],
    words: Sequence[Word],
    since: float,
) -> Steps[tuple[float, float]]:
    """What main gives its own words there, and the captions', after what it wrote before them."""
    first, last = place.stretch.main
    before = "".join(word.text for word in words[:first] if word.start >= since)
    own = "".join(word.text for word in words[first:last])
    theirs = _spaced([piece.text for piece in pieces[slice(*place.stretch.captions)]])
    following = words[last].text if last < len(words) else ""
    # Where one has no words there, it goes on with what follows.
    found = []
    for region in (own or following, theirs or following):
        prefix, tokens = text.codec.encode(before), text.codec.encode(region)
        room = text.context - 8 - len(tokens)
        prefix = prefix[-room:] if room > 0 else ()
        tokens = tokens[: text.context - 8]
        chances: Sequence[float] = yield Score(window, language, task, prefix, tokens)
        found.append(exp(sum(log(max(each, _LEAST)) for each in chances) / len(chances)) if chances else 0.0)
    return found[0], found[1]


def _spaced(texts: Sequence[str]) -> str:
    if texts and unspaced(texts[0]):
        return "".join(texts)
    return "".join(f" {text}" for text in texts)


def _groups(places: Sequence[_Place]) -> Iterator[list[_Place]]:
    """Those that one window holds."""
    group: list[_Place] = []
    for place in places:
        if group and place.end + _AFTER - (group[0].start - _BEFORE) > _WINDOW:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _when(stretch: Stretch, words: Sequence[Word], duration: float) -> tuple[float, float]:
    """When main's words there were said; where it has none, the gap between their neighbours."""
    first, last = stretch.main
    if first < last:
        return words[first].start, words[last - 1].end
    start = words[first - 1].end if first else 0.0
    end = words[first].start if first < len(words) else duration
    return start, max(min(end, start + 10.0), start)


def _starts(
    pieces: Sequence[Piece], words: Sequence[Word], stretches: Sequence[Stretch], duration: float
) -> tuple[float, ...]:
    """When each of the captions' words is said, as far as main heard something there."""
    starts = [0.0] * len(pieces)
    for stretch in stretches:
        (first, last), (begin, end) = stretch.captions, stretch.main
        since = _when(stretch, words, duration)[0]
        for index in range(first, last):
            place = begin + (index - first) * (end - begin) // (last - first)
            starts[index] = words[place].start if begin < end else since
    return tuple(starts)


def _cut(audio: Waveform, start: float, end: float) -> np.ndarray:
    return audio.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def _difference(
    place: _Place,
    chances: dict[Stretch, tuple[float, float]],
    pieces: Sequence[Piece],
    words: Sequence[Word],
) -> Difference:
    stretch = place.stretch
    first, last = stretch.captions
    own, theirs = chances.get(stretch, (0.0, 0.0))
    nearest = pieces[min(first, len(pieces) - 1)] if first < last else pieces[max(first - 1, 0)]
    return Difference(
        kind=stretch.kind,
        cue=nearest.cue,
        captions=_spaced([piece.text for piece in pieces[first:last]]).strip(),
        main="".join(word.text for word in words[slice(*stretch.main)]).strip(),
        start=place.start,
        end=place.end,
        main_probability=own,
        captions_probability=theirs,
        first=first,
        words=last - first,
    )


def _texts(
    captions: Captions,
    pieces: Sequence[Piece],
    words: Sequence[Word],
    stretches: Sequence[Stretch],
    sure: dict[Stretch, bool],
) -> dict[int, str]:
    """The corrected texts of cues that change: confirmed words as the captions have them, others as main."""
    made: list[tuple[int, str]] = []
    changed: set[int] = set()
    for stretch in stretches:
        theirs = pieces[slice(*stretch.captions)]
        if stretch.equal or not sure[stretch]:
            made += [(piece.cue, piece.text) for piece in theirs]
            continue
        changed.update(piece.cue for piece in theirs)
        own = words[slice(*stretch.main)]
        for index, word in enumerate(own):
            if theirs:
                cue = theirs[index * len(theirs) // len(own)].cue
            else:
                cue = _cue_at(captions, pieces, stretch.captions[0], word)
            changed.add(cue)
            made.append((cue, word.text.strip()))
    made.sort(key=lambda each: each[0])  # stays in order within a cue
    texts = dict.fromkeys(sorted(changed), "")
    for cue, group in groupby(made, key=lambda each: each[0]):
        if cue in changed:
            texts[cue] = _spaced([text for _, text in group]).strip()
    return texts


def _cue_at(captions: Captions, pieces: Sequence[Piece], first: int, word: Word) -> int:
    """The cue of a word that stands before piece ``first``: the one before, unless the next has begun."""
    before = pieces[first - 1].cue if first else pieces[0].cue
    after = pieces[first].cue if first < len(pieces) else before
    begins = captions.cues[after].start
    return after if begins is not None and word.start >= begins else before
