"""Every text as a draft for main alone, beside main without one and main with its draft model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from specwhisper.evaluation.common.calls import (
    GREEDY,
    SPECULATIVE,
    Call,
    ClipCalls,
    call_of,
    on_clip,
    together,
)
from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.each_pair import Turn, each_pair
from specwhisper.evaluation.common.study import Study
from specwhisper.evaluation.text.garble import garbled
from specwhisper.results import Transcript
from specwhisper.transcription.loading import load
from specwhisper.transcription.transcriber import Transcriber

SHARES = (0.05, 0.1, 0.2, 0.4)
"""Of the words of the draft's text that are replaced."""

OWN, DRAFTS, REFERENCE, OTHER = "main's own text", "the draft's text", "the reference", "another clip's text"
BOTH = "the draft's text, then the draft"
BOTH_OTHER = "another clip's text, then the draft"
GARBLED = {f"{DRAFTS}, {share:.0%} replaced": share for share in SHARES}
TEXTS = (OWN, DRAFTS, *GARBLED, REFERENCE, OTHER)
"""Ways in which there is no draft model beside the text."""

WAYS = (GREEDY, SPECULATIVE, *TEXTS, BOTH, BOTH_OTHER)


@dataclass(frozen=True, slots=True)
class TextResult:
    """One pair at one precision.

    Attributes:
        ways: each way's clips; those of its clips that had a text.
        different: by way, clips whose tokens are not main's own.
    """

    pair: str
    precision: str
    ways: dict[str, tuple[ClipCalls, ...]]
    different: dict[str, int]

    def gain(self, way: str, what: str) -> float:
        """How many times faster than main alone, over the same clips: ``decode`` or ``total``."""
        names = [one.clip.name for one in self.ways[way]]
        alone = [one for one in self.ways[GREEDY] if one.clip.name in names]
        return _seconds(alone, what) / _seconds(self.ways[way], what)

    def tokens_per_cycle(self, way: str) -> float:
        calls = together([one.typical for one in self.ways[way]])
        return calls.decided / calls.cycles if calls.cycles else 0.0


def run_texts(study: Study) -> list[TextResult]:
    """Every pair and precision.

    Raises:
        SpecWhisperError: a pair cannot be loaded.
    """
    return [_result(turn, study.clips) for turn in each_pair(study)]


def _result(turn: Turn, clips: Sequence[LoadedClip]) -> TextResult:
    drafts = _Texts(turn, clips)

    def measure(heard: LoadedClip, way: str) -> Call:
        texts = drafts.of(heard)
        if way in (GREEDY, SPECULATIVE):
            return call_of(_written(turn.ready(), heard, None, speculative=way == SPECULATIVE))
        if way in (BOTH, BOTH_OTHER):
            return call_of(_written(turn.ready(), heard, texts[DRAFTS if way == BOTH else OTHER]))
        return call_of(_written(drafts.main(), heard, texts[way]))

    def warm(way: str) -> None:
        measure(clips[0], way)

    subjects = [(heard.clip.name, heard) for heard in clips]
    every = list(turn.rounds(subjects, WAYS, Call).each(measure, turn.on_progress, warm=warm))
    ways = {way: tuple(on_clip(found, way) for found in every if _has(found.subject, way)) for way in WAYS}
    own = {one.clip.name: one.typical.tokens for one in ways[GREEDY]}
    different = {
        way: sum(any(call.tokens != own[one.clip.name] for call in one.calls) for one in found)
        for way, found in ways.items()
    }
    return TextResult(turn.pair.name, turn.precision, ways, different)


def _has(heard: LoadedClip, way: str) -> bool:
    return way != REFERENCE or bool((heard.clip.text or "").strip())


class _Texts:
    """The texts of each clip, made when one is measured first and kept in the ledger."""

    def __init__(self, turn: Turn, clips: Sequence[LoadedClip]) -> None:
        self._turn = turn
        self._clips = clips
        self.main = cache(lambda: load(turn.pair.main, turn.study.plan.device, turn.precision))
        self._draft = cache(lambda: load(turn.pair.draft, turn.study.plan.device, turn.precision))

    def of(self, heard: LoadedClip) -> dict[str, str]:
        """By way; a clip in which nobody speaks has a full stop for a text."""
        at = next(at for at, each in enumerate(self._clips) if each is heard)
        other = self._clips[(at + len(self._clips) // 2) % len(self._clips)]
        by_draft = self._by(self._draft, "draft", heard)
        texts = {
            OWN: self._by(self.main, "main", heard),
            DRAFTS: by_draft,
            REFERENCE: heard.clip.text or "",
            OTHER: self._by(self.main, "main", other),
        }
        texts |= {way: garbled(by_draft, share, at) for way, share in GARBLED.items()}
        return {way: text if text.strip() else "." for way, text in texts.items()}

    def _by(self, model: Callable[[], Transcriber], name: str, heard: LoadedClip) -> str:
        def make() -> str:
            return _written(model(), heard, None, speculative=False).text

        return self._turn.study.ledger.once(f"{self._turn.name} {name} {heard.clip.name} text", str, make)


def _written(
    transcriber: Transcriber, heard: LoadedClip, text: str | None, *, speculative: bool = True
) -> Transcript:
    return transcriber.transcribe(
        heard.waveform,
        language=heard.clip.language,
        speculative=speculative,
        draft_text=text,
        timestamps="none",
        vad=False,
        max_seconds=None,
    )


def _seconds(clips: Sequence[ClipCalls], what: str) -> float:
    return float(sum(getattr(one.typical, what) for one in clips))
