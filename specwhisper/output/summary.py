"""The finding of a comparison, in words and plain numbers, for every face that shows one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from specwhisper.names import shown
from specwhisper.results import Comparison, Transcript
from specwhisper.weights.pairs import kind_of

_NAME = 40  # characters of a model's name: it may be a folder's path

SILENT = "The draft kept silent: on this machine it would cost more time than it saves here"
"""Of a transcript whose ``stats.silent`` is true."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a comparison found.

    Attributes:
        identical: both decodes wrote the same tokens.
        verdict: "Identical: 42 of 42 tokens", or how many agree before they part.
        difference: the first difference in words; empty when identical.
        speed: "1.40× faster decode, 1.10× faster in total", or slower, or the same.
        speed_sentence: the same with a capital letter.
    """

    identical: bool
    verdict: str
    difference: str
    speed: str

    @property
    def speed_sentence(self) -> str:
        return self.speed[:1].upper() + self.speed[1:]


def find(comparison: Comparison) -> Finding:
    """Put a comparison into words."""
    return Finding(
        identical=comparison.identical,
        verdict=_verdict(comparison),
        difference=_difference(comparison),
        speed=f"{speed_phrase(comparison.speedup.decode, 'decode')}, "
        f"{speed_phrase(comparison.speedup.total, 'in total')}",
    )


def ways(comparison: Comparison) -> tuple[str, str]:
    """What the two are called: "base alone", "base + tiny draft"."""
    stats = comparison.speculative.stats
    main = shown(stats.main, _NAME)
    return f"{main} alone", f"{main} + {shown(stats.draft or 'no', _NAME)} draft"


def speed_phrase(factor: float, what: str) -> str:
    """``1.4, "decode"`` -> "1.40× faster decode"; below 1 it says slower, by the inverse."""
    if not math.isfinite(factor) or factor <= 0:
        return f"no time measured {what}" if what.startswith("in ") else f"no {what} time measured"
    if abs(factor - 1) < 0.005:
        return f"same time {what}" if what.startswith("in ") else f"same {what} time"
    if factor > 1:
        return f"{factor:.2f}× faster {what}"
    return f"{1 / factor:.2f}× slower {what}"


def spoken(transcript: Transcript) -> str:
    """``nl``, or ``nl (98%)`` where it was detected."""
    likely = transcript.language_probability
    return transcript.language if likely is None else f"{transcript.language} ({likely:.0%})"


def real_time_factor(transcript: Transcript) -> float:
    """Seconds of work per second of sound; 0 for a recording without length."""
    return transcript.stats.seconds.total / transcript.duration if transcript.duration else 0.0


def real_time(sound: float, work: float) -> str:
    """``30, 2.5`` -> "12x real time": how many seconds of sound were done in one of work."""
    if not sound or not work:
        return "no time measured"
    times = sound / work
    return f"{times:.0f}x real time" if times >= 10 else f"{times:.1f}x real time"


def why_total(comparison: Comparison) -> str:
    """Why a total gains less than its decode: what both ways have to do alike, as a share of this run."""
    spent = comparison.speculative.stats.seconds
    if not spent.total:
        return ""
    alike = (spent.audio + spent.features + spent.encode_main) / spent.total
    return (
        f"Reading and encoding the sound, the same for both, take {alike:.0%} of the total with the draft "
        "here: the draft can only save in the rest."
    )


def metrics(comparison: Comparison) -> dict[str, Any]:
    """The numbers a page or a script wants, as plain JSON data."""
    finding = find(comparison)
    stats = comparison.speculative.stats
    return {
        "identical": finding.identical,
        "verdict": finding.verdict,
        "difference": finding.difference,
        "speed": finding.speed,
        "speedup_decode": comparison.speedup.decode,
        "speedup_total": comparison.speedup.total,
        "tokens": len(comparison.speculative.tokens),
        "baseline_tokens": len(comparison.baseline.tokens),
        "cycles": len(stats.cycles),
        "drafted": stats.drafted,
        "accepted": stats.accepted,
        "acceptance_rate": stats.acceptance_rate,
        "tokens_per_cycle": stats.tokens_per_cycle,
        "near_ties": stats.near_ties,
        "held_back": stats.held_back,
        "kind": kind_of(stats.main, stats.draft),
        "duration": comparison.speculative.duration,
        "real_time_factor": real_time_factor(comparison.speculative),
        "baseline_real_time_factor": real_time_factor(comparison.baseline),
        "seconds": stats.seconds.to_dict(),
        "baseline_seconds": comparison.baseline.stats.seconds.to_dict(),
        "language": comparison.speculative.language,
        "spoken": spoken(comparison.speculative),
        "main": stats.main,
        "draft": stats.draft,
        "device": stats.device,
        "precision": stats.precision,
    }


def _verdict(comparison: Comparison) -> str:
    difference = comparison.first_difference
    total = len(comparison.baseline.tokens)
    if difference is not None:
        return f"Different: the first {difference.position} of {total} tokens agree"
    return f"Identical: {total} of {total} tokens" if total else "Identical: no speech, no tokens"


def _difference(comparison: Comparison) -> str:
    difference = comparison.first_difference
    if difference is None:
        return ""
    alone = _word(comparison.baseline, difference.baseline)
    drafted = _word(comparison.speculative, difference.speculative)
    return f"At token {difference.position + 1}, main alone {alone}; with its draft it {drafted}."


def _word(transcript: Transcript, token: int | None) -> str:
    if token is None:
        return "had already ended"
    return f"wrote “{transcript.token_text.get(token, f'token {token}').strip()}”"
