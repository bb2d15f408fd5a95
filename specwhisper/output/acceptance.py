"""What became of each token: one row per cycle, one column per draft position, one for main's own token."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.output.palette import VERDICT_LABELS, Verdict
from specwhisper.results import Cycle, Transcript

LEGEND: tuple[Verdict, ...] = ("accepted", "rejected", "unchecked", "correction", "bonus", "absent")


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the heatmap: what became of it, the token's text, and what to say of it, line by line."""

    verdict: Verdict
    text: str = ""
    told: tuple[str, ...] = ()


def cells(cycle: Cycle, number: int, width: int, token_text: dict[int, str]) -> list[Cell]:
    """A row: ``width`` draft positions, then main's own token."""
    row = [_draft_cell(cycle, number, place, token_text) for place in range(width)]
    return [*row, _own_cell(cycle, number, token_text)]


def grid(transcript: Transcript) -> tuple[list[list[Cell]], int]:
    """All rows, and their draft positions."""
    cycles = transcript.stats.cycles
    width = max((len(cycle.proposed) for cycle in cycles), default=0)
    return [cells(cycle, i + 1, width, transcript.token_text) for i, cycle in enumerate(cycles)], width


def heading(transcript: Transcript) -> tuple[str, str]:
    """What the heatmap shows, or why there is nothing to show: the finding, and a line below it."""
    stats = transcript.stats
    if stats.silent:
        return "The draft kept silent", "It would cost more time here than it saves."
    if not stats.drafted:
        return "No tokens were drafted", "There was nothing for the draft model to propose."
    many = f"{len(stats.cycles)} {'cycle' if len(stats.cycles) == 1 else 'cycles'}"
    return (
        f"{stats.acceptance_rate:.0%} of drafted tokens accepted",
        f"{stats.tokens_per_cycle:.1f} tokens per cycle, {many} from top to bottom",
    )


def _draft_cell(cycle: Cycle, number: int, place: int, token_text: dict[int, str]) -> Cell:
    where = f"Cycle {number}, position {place + 1}"
    if place >= len(cycle.proposed):
        return Cell("absent", "", (where, "Not proposed: the draft had stopped"))
    token = _name(cycle.proposed[place], token_text)
    sure = ""
    if place < len(cycle.draft_probability):
        sure = f", draft {cycle.draft_probability[place]:.0%} sure"
    head = where, f"“{token}”{sure}"
    if place < cycle.accepted:
        return Cell("accepted", token, (*head, "Accepted"))
    if place > cycle.accepted:
        return Cell("unchecked", token, (*head, "Not checked: an earlier token was rejected"))
    instead = ""
    if cycle.correction is not None:
        instead = f": main wrote “{_name(cycle.correction, token_text)}”"
    return Cell("rejected", token, (*head, f"Rejected{instead}"))


def _own_cell(cycle: Cycle, number: int, token_text: dict[int, str]) -> Cell:
    where = f"Cycle {number}"
    if cycle.correction is None:
        return Cell("absent", "", (where, "The text ended with the draft's last token"))
    verdict: Verdict = "bonus" if cycle.accepted == len(cycle.proposed) else "correction"
    token = _name(cycle.correction, token_text)
    return Cell(verdict, token, (where, f"“{token}”", VERDICT_LABELS[verdict]))


def short(text: str, letters: int) -> str:
    """A token as it fits into a cell; what is told of it has all."""
    text = text.strip()
    if text == "<|endoftext|>":
        text = "end"
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _name(token: int, token_text: dict[int, str]) -> str:
    return token_text.get(token, f"token {token}")
