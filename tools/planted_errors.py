"""Proofreading, measured: errors are planted into references, and it is counted which are flagged.

    python -m tools.planted_errors FOLDER --clips 30 --each 2 --pair base+tiny

FOLDER holds a manifest.jsonl with audio, text and language per line. Planted are wrong, missing and added
words at places chosen by a seed. An error counts as heard where main, given the clean reference, confirms the
words there. A false alarm is a word of a clean reference that main would write otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from specwhisper import load
from specwhisper.audio.decode import load_audio
from specwhisper.captions.compare import key
from specwhisper.proofread import Proofread

WORDS = (
    "cabbage",
    "seventeen",
    "harbour",
    "quietly",
    "Robert",
    "yellow",
    "beneath",
    "carries",
    "window",
    "never",
)
KINDS = ("wrong", "missing", "added")
WHAT = ("planted", "heard", "flagged", "heard and flagged")


@dataclass(frozen=True)
class Planted:
    """An error: what was done, where in the clean text and in the wrong one, and the word it concerns."""

    kind: str
    clean: int
    at: int
    word: str


def plant(words: list[str], count: int, chosen: random.Random) -> tuple[list[str], list[Planted]]:
    """The words with so many errors, none beside another."""
    places: list[int] = []
    for place in chosen.sample(range(1, len(words) - 1), len(words) - 2):
        if all(abs(place - other) > 3 for other in places):
            places.append(place)
        if len(places) == count:
            break
    made: list[str] = []
    planted = []
    for index, word in enumerate(words):
        if index not in places:
            made.append(word)
            continue
        kind = chosen.choice(KINDS)
        other = chosen.choice([each for each in WORDS if key(each) != key(word)])
        planted.append(Planted(kind, index, len(made), word if kind == "missing" else other))
        made += {"wrong": [other], "missing": [], "added": [other, word]}[kind]
    return made, planted


def flagged(found: Proofread, error: Planted) -> bool:
    """Whether a difference stands at the error."""
    for each in found.differences:
        last = each.first + max(each.words, 1)
        if error.kind == "missing":
            if each.first - 1 <= error.at <= last and key(error.word) in key(each.main):
                return True
        elif each.first <= error.at < last and each.words:
            return True
    return False


def main() -> None:
    """Plant, proofread, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=30)
    parser.add_argument("--each", type=int, default=2, help="errors per clip")
    parser.add_argument("--pair", default="base+tiny")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in (arguments.folder / "manifest.jsonl").open(encoding="utf-8")]
    long_enough = [row for row in rows if len(row["text"].split()) > 5 * arguments.each]
    step = max(len(long_enough) // arguments.clips, 1)
    chosen = random.Random(arguments.seed)
    transcriber = load(arguments.pair)
    counts: Counter[str] = Counter()
    for row in long_enough[::step][: arguments.clips]:
        audio = load_audio(arguments.folder / row["audio"])
        words = row["text"].split()
        options = {"language": row.get("language")}
        clean = transcriber.proofread(audio, " ".join(words), **options)
        wrong, planted = plant(words, arguments.each, chosen)
        found = transcriber.proofread(audio, " ".join(wrong), **options)
        assert found.transcript.text == clean.transcript.text
        counts["words"] += len(words)
        counts["false alarms"] += sum(not each for each in clean.confirmed)
        for error in planted:
            near = clean.confirmed[max(error.clean - 1, 0) : error.clean + 2]
            heard, seen = all(near), flagged(found, error)
            counts[f"{error.kind} planted"] += 1
            counts[f"{error.kind} heard"] += heard
            counts[f"{error.kind} flagged"] += seen
            counts[f"{error.kind} heard and flagged"] += heard and seen
            if heard and not seen:
                print(row["audio"], error, found.verdict)
    print(dict(counts))
    total = Counter({what: sum(counts[f"{kind} {what}"] for kind in KINDS) for what in WHAT})
    share = total["heard and flagged"] / max(total["heard"], 1)
    print(f"{dict(total)}: {share:.0%} of those that main hears")
    print(f"false alarms: {counts['false alarms']} of {counts['words']} words")


if __name__ == "__main__":
    main()
