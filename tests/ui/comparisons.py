"""Made-up comparisons: real result types, invented numbers, the same on every run."""

from __future__ import annotations

import random
import re

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
