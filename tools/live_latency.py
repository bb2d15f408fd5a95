"""How long after a word is said it is there, provisionally and settled, while sound comes in real time.

    python tools/live_latency.py FOLDER --clips 20 --pair base+tiny
    python tools/live_latency.py FOLDER --sessions 2      # two recordings at a time
    python tools/live_latency.py FOLDER --hour            # as fast as it can be heard: memory

FOLDER holds a ``manifest.jsonl`` (audio, text, language per line); several may be given. When words end is
taken from the transcript of the whole file with word timestamps; words are compared by their letters.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import jiwer
import numpy as np
from rapidfuzz.distance import Indel

from specwhisper import Transcriber, load
from specwhisper.audio.decode import load_audio
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.captions.compare import key
from specwhisper.evaluation.common.normalise import normalise
from specwhisper.network.cpu.machine import processor
from specwhisper.transcription.live.meter import LiveMeter
from specwhisper.transcription.live.update import LiveUpdate

BLOCK = 0.1  # seconds of sound at a time
LIMITS = (10.0, 60.0)  # seconds of the recordings that are taken


@dataclass(frozen=True)
class Clip:
    """A recording, its reference and its language."""

    path: Path
    text: str
    language: str
    samples: np.ndarray

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class Told:
    """What a session told, and when: seconds after its sound began."""

    updates: tuple[tuple[float, LiveUpdate], ...]
    text: str
    meter: LiveMeter


def find_clips(folders: Sequence[Path], most: int) -> list[Clip]:
    """Some of them, spread over the folders."""
    rows = []
    for folder in folders:
        with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
            own = [(folder, json.loads(line)) for line in lines]
        rows += [each for each in own if LIMITS[0] <= each[1].get("duration_s", 0.0) <= LIMITS[1]]
    rows = [rows[at * len(rows) // min(most, len(rows))] for at in range(min(most, len(rows)))]
    return [
        Clip(folder / row["audio"], row["text"], row["language"], load_audio(folder / row["audio"]).samples)
        for folder, row in rows
    ]


def follow(transcriber: Transcriber, clip: Clip, *, real_time: bool = True, **options: Any) -> Told:
    """Feed a clip as a microphone would, and write down what is told."""
    session = transcriber.live(language=clip.language, **options)
    began = time.monotonic()

    def feed() -> None:
        step = int(BLOCK * SAMPLE_RATE)
        for first in range(0, len(clip.samples), step):
            session.feed(clip.samples[first : first + step])
            if real_time:
                time.sleep(max(0.0, began + (first + step) / SAMPLE_RATE - time.monotonic()))
            else:
                session.drained()
        session.close()

    threading.Thread(target=feed, daemon=True).start()
    updates = [(time.monotonic() - began, update) for update in session]
    return Told(tuple(updates), session.transcript().text, session.meter)


def latencies(told: Told, words: Sequence[tuple[str, float]]) -> tuple[list[float], list[float]]:
    """Seconds from each word's end to its first appearance, and to where it was settled.

    Args:
        words: of the whole file, with their ends (s).
    """
    provisional: dict[int, float] = {}
    settled: dict[int, float] = {}
    keys = [key(word) for word, _ in words]
    text = ""
    for at, update in told.updates:
        text += update.settled
        for place, view in ((settled, text), (provisional, f"{text} {update.provisional}")):
            for index in matched(keys, [key(word) for word in view.split()]):
                place.setdefault(index, at)
    return (
        [at - words[index][1] for index, at in provisional.items()],
        [at - words[index][1] for index, at in settled.items()],
    )


def matched(words: Sequence[str], shown: Sequence[str]) -> list[int]:
    """Which of the words are shown."""
    return [
        index
        for step in Indel.opcodes(list(words), list(shown))
        if step.tag == "equal"
        for index in range(step.src_start, step.src_end)
    ]


def quantile(values: Sequence[float], share: float) -> float:
    """Of so many, the one that this share does not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def word_errors(clips: Sequence[Clip], texts: Sequence[str]) -> float:
    """WER of all together, normalised, in percent."""
    pairs = [
        (normalise(clip.text, clip.language), normalise(text, clip.language))
        for clip, text in zip(clips, texts, strict=True)
    ]
    return 100 * float(jiwer.wer([one for one, _ in pairs], [other for _, other in pairs]))


def measure(transcriber: Transcriber, clips: Sequence[Clip], sessions: int, options: dict[str, Any]) -> None:
    """Follow all clips, some at a time, and print what came of it."""
    files = [
        transcriber.transcribe(clip.samples, language=clip.language, timestamps="word") for clip in clips
    ]
    spent = time.process_time()
    told: list[Told | None] = [None] * len(clips)

    def work(first: int) -> None:
        for index in range(first, len(clips), sessions):
            told[index] = follow(transcriber, clips[index], **options)
            print(f"{clips[index].path.name}: {told[index].text[:90]}", file=sys.stderr)  # type: ignore[union-attr]

    threads = [threading.Thread(target=work, args=(first,)) for first in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.process_time() - spent
    followed = [each for each in told if each is not None]
    sound = sum(clip.seconds for clip in clips)
    provisional: list[float] = []
    settled: list[float] = []
    for each, file in zip(followed, files, strict=True):
        words = [(word.text, word.end) for segment in file.segments for word in segment.words]
        one, other = latencies(each, words)
        provisional += one
        settled += other
    print(f"{processor()}; {len(clips)} clips, {sound:.0f} s, {sessions} at a time; {options or 'as usual'}")
    for name, values in (("provisional", provisional), ("settled", settled)):
        print(
            f"{name}: median {median(values):.2f} s, 95% {quantile(values, 0.95):.2f} s "
            f"after the end of a word ({len(values)} words)"
        )
    live, whole = (
        word_errors(clips, [each.text for each in followed]),
        word_errors(clips, [f.text for f in files]),
    )
    print(f"WER: settled {live:.1f}%, transcript of the file {whole:.1f}%")
    meters = [each.meter for each in followed]
    cycles, tokens = sum(each.cycles for each in meters), sum(each.tokens for each in meters)
    print(
        f"processor time per second of sound: {spent / sound:.2f} s; main decoded "
        f"{sum(each.decodes for each in meters)} times, {tokens / max(cycles, 1):.2f} tokens per cycle, "
        f"{sum(each.decode for each in meters):.1f} s of decoding, "
        f"{sum(each.encode for each in meters):.1f} s of encoding"
    )


def hour(transcriber: Transcriber, clips: Sequence[Clip], seconds: float, options: dict[str, Any]) -> None:
    """One session over so many seconds of sound, and the memory that it holds meanwhile."""
    every = np.concatenate([clip.samples for clip in clips])
    session = transcriber.live(language="en", **options)
    threading.Thread(target=lambda: [None for _ in session], daemon=True).start()
    began, fed = time.monotonic(), 0
    step = SAMPLE_RATE
    while fed < seconds * SAMPLE_RATE:
        at = fed % (len(every) - step)
        session.feed(every[at : at + step])
        session.drained()
        fed += step
        if fed % (300 * SAMPLE_RATE) < step:
            now, most = resident()
            minutes, spent = fed / SAMPLE_RATE / 60, time.monotonic() - began
            print(f"{minutes:3.0f} min: {now} MB (peak {most} MB), {spent:.0f} s")
    session.close()
    while not session.done:
        time.sleep(0.1)


def resident() -> tuple[int, int]:
    """Megabytes that the process holds now, and has held at most."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--pair", default="base+tiny")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--audio-context", default="full")
    parser.add_argument("--without-drafts", action="store_true", help="main decodes alone every time")
    parser.add_argument("--fast", action="store_true", help="as fast as it can be heard: costs, no latencies")
    parser.add_argument("--hour", type=float, nargs="?", const=3600.0, metavar="SECONDS")
    arguments = parser.parse_args()
    options: dict[str, Any] = {"audio_context": arguments.audio_context}
    if arguments.without_drafts:
        options["speculative"] = False
    if arguments.fast:
        options["real_time"] = False
    transcriber = load(arguments.pair, "cpu", arguments.precision)
    clips = find_clips(arguments.folders, arguments.clips)
    if arguments.hour:
        hour(transcriber, clips, arguments.hour, options)
    else:
        measure(transcriber, clips, arguments.sessions, options)


if __name__ == "__main__":
    main()
