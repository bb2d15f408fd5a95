"""A made-up engine: real result types, invented numbers, no model. Fast, and the same on every run."""

from __future__ import annotations

import hashlib
import random
import re
import threading
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from specwhisper.errors import EmptyAudioError, NotAudioError, OptionError, WeightsUnavailableError
from specwhisper.results import (
    Comparison,
    Cycle,
    Difference,
    Piece,
    Seconds,
    Segment,
    Speedup,
    Stats,
    Transcript,
)

SPEECH = (
    "Concord returned to its place amidst the tents. He hoped there would be stew for dinner, turnips "
    "and carrots and bruised potatoes and fat mutton pieces to be ladled out in thick, peppered, flour "
    "fattened sauce. Stuff it into you, his belly counselled him."
)
HOSTILE = 'He said <b>bold</b> & "quoted" <script>window.hacked = 1</script> ${1 + 1} {{value}} </span> done.'

Progress = Callable[[float, str], None] | None


@dataclass(frozen=True)
class FakePairState:
    """As specwhisper.models.pairs.PairState."""

    name: str
    kind: str
    state: str
    detail: str
    download_bytes: int


PAIRS = (
    FakePairState("base+tiny", "same vocabulary", "ready", "Both models are on this machine.", 0),
    FakePairState("small+tiny", "same vocabulary", "can be fetched", "small: 250 MB.", 250_000_000),
    FakePairState(
        "large-v2+tiny",
        "same vocabulary",
        "unavailable",
        "large-v2: none of the known sources can be reached from here.",
        3_086_000_000,
    ),
)


def split(text: str) -> list[str]:
    """Text as token-like pieces that join to it: words of up to six letters, leading space included."""
    return [
        part for word in re.findall(r"\s?[^\s]+", text) for part in re.findall(r"\s?.{1,6}", word, flags=re.S)
    ]


def make_comparison(
    text: str = SPEECH,
    *,
    seed: int = 0,
    lookahead: int = 8,
    differ_at: int | None = None,
    duration: float = 11.3,
    speed: float = 1.4,
    repeat: int = 1,
) -> Comparison:
    """A comparison of ``text`` with itself, drafted with made-up luck.

    Args:
        text: what was said; empty for silence.
        seed: decides which drafts fail.
        lookahead: tokens drafted per cycle, 1 and up.
        differ_at: position of a first difference, to see one.
        duration: seconds of sound.
        speed: baseline decode seconds / speculative decode seconds.
        repeat: the text this many times over, one window each.
    """
    chance = random.Random(seed)
    parts = split(text) * repeat
    names: dict[int, str] = {50257: "<|endoftext|>"}
    ids = []
    for part in parts:
        token = 100 + len(names)
        token = next((known for known, name in names.items() if name == part), token)
        names[token] = part
        ids.append(token)
    window = max(1, len(ids) // repeat)

    alone_cycles = tuple(
        Cycle(
            (), 0, token, verify_seconds=0.017 * chance.uniform(0.9, 1.1), window=min(i // window, repeat - 1)
        )
        for i, token in enumerate([*ids, 50257])
    )
    alone_decode = sum(cycle.verify_seconds for cycle in alone_cycles)
    drafted_cycles, origins = _draft(
        [*ids, 50257], names, chance, lookahead, window, repeat, alone_decode / speed
    )
    base = Seconds(audio=0.02, features=0.03, encode_main=0.42, verify=alone_decode, other=0.01)
    spent = Seconds(
        audio=0.02,
        features=0.03,
        encode_main=0.42,
        encode_draft=0.15,
        draft=sum(cycle.draft_seconds for cycle in drafted_cycles),
        verify=sum(cycle.verify_seconds for cycle in drafted_cycles),
        other=0.01,
    )
    other_ids = list(ids)
    difference = None
    if differ_at is not None:
        other_ids[differ_at] = ids[differ_at - 1]
        difference = Difference(differ_at, ids[differ_at], other_ids[differ_at])

    def transcript(tokens: list[int], stats: Stats, where: list) -> Transcript:
        said = "".join(names[token] for token in tokens)
        return Transcript(
            text=said.strip(),
            language="en",
            duration=duration,
            segments=(Segment(0.0, duration, said, tuple(tokens)),),
            tokens=tuple(tokens),
            stats=stats,
            pieces=tuple(Piece(names[t], (t,), o) for t, o in zip(tokens, where, strict=True)),
            token_text=dict(names),
        )

    return Comparison(
        baseline=transcript(
            ids, Stats("greedy", "base", None, "fp32", "cpu", alone_cycles, base), ["main"] * len(ids)
        ),
        speculative=transcript(
            other_ids,
            Stats("speculative", "base", "tiny", "fp32", "cpu", drafted_cycles, spent),
            origins[: len(ids)],
        ),
        first_difference=difference,
        speedup=Speedup(
            decode=base.decode / spent.decode if spent.decode else 1.0, total=base.total / spent.total
        ),
    )


def _draft(
    ids: list[int],
    names: dict[int, str],
    chance: random.Random,
    lookahead: int,
    window: int,
    windows: int,
    budget: float,
) -> tuple[tuple[Cycle, ...], list]:
    """Cut the tokens into cycles; accepted runs are bimodal, as on real speech."""
    plan: list[tuple[tuple[int, ...], int, int | None, tuple[float, ...], int]] = []
    origins: list[str] = []
    position = 0
    while position < len(ids):
        proposed = ids[position : position + chance.choice((lookahead, lookahead, max(1, lookahead // 2)))]
        accepted = (
            len(proposed) if chance.random() < 0.45 else min(len(proposed), chance.choice((0, 1, 2, 3)))
        )
        if accepted < len(proposed):
            wrong = chance.choice(list(names))
            proposed = [*proposed[:accepted], wrong, *proposed[accepted + 1 :]]
        after = position + accepted
        own = ids[after] if after < len(ids) else None
        sure = tuple(
            chance.uniform(0.7, 0.99) if i < accepted else chance.uniform(0.2, 0.6)
            for i in range(len(proposed))
        )
        plan.append((tuple(proposed), accepted, own, sure, min(position // window, windows - 1)))
        origins += ["accepted"] * accepted
        if own is not None:
            origins.append("bonus" if accepted == len(proposed) else "correction")
        position = after + (own is not None)
    weight = sum(len(proposed) * 0.4 + 2 for proposed, *_ in plan)
    cycles = tuple(
        Cycle(
            proposed,
            accepted,
            own,
            sure,
            draft_seconds=budget * len(proposed) * 0.4 / weight,
            verify_seconds=budget * 2 / weight,
            near_ties=int(chance.random() < 0.04),
            window=where,
        )
        for proposed, accepted, own, sure, where in plan
    )
    return cycles, origins


@dataclass
class FakeTranscriber:
    """What ``specwhisper.load`` returns, as far as the app can tell.

    The text depends on the sound (its length and a digest), so that two clients can tell whose result
    they got. ``busy`` counts overlapping calls: the app must never cause one.
    """

    delay: float = 0.05
    text: str = SPEECH
    busy: int = 0
    worst: int = 0
    calls: list[dict] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def compare(self, audio: object, *, on_progress: Progress = None, **options: object) -> Comparison:
        said, duration = self._hear(audio, options, on_progress)
        return make_comparison(said, duration=duration)

    def transcribe(self, audio: object, *, on_progress: Progress = None, **options: object) -> Transcript:
        said, duration = self._hear(audio, options, on_progress)
        return make_comparison(said, duration=duration).speculative

    def _hear(self, audio: object, options: dict, on_progress: Progress) -> tuple[str, float]:
        with self.guard:
            self.busy += 1
            self.worst = max(self.worst, self.busy)
            self.calls.append(options)
        try:
            frames, duration = read(Path(str(audio)))
            for done in (0.25, 0.5, 0.75):
                time.sleep(self.delay / 3)
                if on_progress:
                    on_progress(done, "Main alone" if done < 0.5 else "With draft")
            digest = hashlib.sha256(frames).hexdigest()[:8]
            return f"{self.text} Clip {digest}.", duration
        finally:
            with self.guard:
                self.busy -= 1


def read(path: Path) -> tuple[bytes, float]:
    """Frames and seconds of a WAV file, with the errors of the real audio layer."""
    if path.stat().st_size == 0:
        raise EmptyAudioError(f"{path.name} is empty: record or upload it again.")
    try:
        with wave.open(str(path)) as sound:
            return sound.readframes(sound.getnframes()), sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError):
        raise NotAudioError(
            f"{path.name} is not a sound file that can be read: try WAV, MP3 or FLAC."
        ) from None


@dataclass
class FakeLoader:
    """What stands in for ``specwhisper.load`` and ``pair_states``."""

    transcriber: FakeTranscriber = field(default_factory=FakeTranscriber)
    loads: list[tuple[str, str, str]] = field(default_factory=list)
    fetched: set[str] = field(default_factory=set)

    def load(
        self, pair: str, *, device: str = "auto", precision: str = "auto", on_progress: Progress = None
    ) -> FakeTranscriber:
        state = next((state for state in PAIRS if state.name == pair), None)
        if state is None:
            raise OptionError(f"Unknown pair {pair!r}.")
        if state.state == "unavailable":
            raise WeightsUnavailableError(f"{pair} cannot be loaded here: put its weights in a folder.")
        self.loads.append((pair, device, precision))
        if on_progress:
            on_progress(0.5, f"Loading {pair}")
        self.fetched.add(pair)
        return self.transcriber

    def pair_states(self) -> tuple[FakePairState, ...]:
        return tuple(
            FakePairState(state.name, state.kind, "ready", "Both models are on this machine.", 0)
            if state.name in self.fetched
            else state
            for state in PAIRS
        )


def write_wav(path: Path, seconds: float = 1.0, tone: float = 220.0) -> Path:
    """A short tone, 16 kHz mono 16-bit."""
    import math
    import struct

    frames = b"".join(
        struct.pack("<h", int(9000 * math.sin(2 * math.pi * tone * i / 16_000)))
        for i in range(int(16_000 * seconds))
    )
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(frames)
    return path
