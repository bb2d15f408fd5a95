"""What a mode of the benchmark hands over: what people read, and every figure behind it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.machine import Machine, describe_machine
from specwhisper.evaluation.common.plan import Plan
from specwhisper.output.page import Section, to_html, to_markdown
from specwhisper.output.writers import to_json, write_file

RESULTS, CLIPS, REPORT, PAGE = "results.json", "clips.csv", "report.md", "report.html"
LINES = "lines"  # their key in results.json
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")


@dataclass(frozen=True, slots=True)
class Document:
    """A report before it is written.

    Attributes:
        lead: one line below the title: where and on what it was measured.
        data: everything that was found, for ``results.json``.
        lines: what ``benchmark compare`` lays beside another run's; also in ``results.json``.
        rows: one mapping per clip, for ``clips.csv``; all with the same keys.
        failures: engines that broke.
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
    data: Mapping[str, Any]
    lines: tuple[Line, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    failures: int = 0

    @property
    def text(self) -> str:
        """As it is printed: the sections, without the title."""
        return "\n".join(f"### {one.title}\n\n{one.text.strip()}\n" for one in self.sections)


def document_of(
    title: str,
    plan: Plan,
    clips: Sequence[LoadedClip],
    sections: Sequence[Section],
    results: Sequence[Any],
    lines: Iterable[Line],
    rows: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """A mode's findings with where they were measured; ``results`` are dataclasses."""
    machine = describe_machine()
    return Document(
        title,
        lead_of(machine, plan, clips),
        tuple(sections),
        {"machine": asdict(machine), "results": [asdict(one, dict_factory=_named) for one in results]},
        tuple(lines),
        tuple(rows),
    )


def _named(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Fields by name; of a file's path its name alone, for results are shown to others."""
    return {key: value.name if isinstance(value, Path) else value for key, value in fields}


def lead_of(machine: Machine, plan: Plan, clips: Sequence[LoadedClip]) -> str:
    """The machine, the clips, the versions, in one line."""
    seconds = sum(heard.waveform.seconds for heard in clips)
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items() if version)
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.system}; {plan.threads} threads; "
        f"{len(clips)} clips ({seconds:.0f} s of sound), {plan.rounds} round{'s' * (plan.rounds != 1)}. "
        f"Python {machine.python}, {versions}."
    )


def write_document(document: Document, options: Mapping[str, Any], folder: Path) -> tuple[Path, ...]:
    """results.json, clips.csv (where there are rows), report.md and report.html; each whole or not at all.

    Args:
        options: of the command, as given.
    """
    contents = {
        RESULTS: to_json(
            {
                **document.data,
                LINES: [asdict(line) for line in document.lines],
                "options": dict(options),
            }
        ),
        REPORT: to_markdown(document.title, document.lead, document.sections),
        PAGE: to_html(document.title, document.lead, document.sections),
    }
    if document.rows:
        contents[CLIPS] = to_csv(document.rows)
    for name, content in contents.items():
        write_file(folder / name, content)
    return tuple(folder / name for name in contents)


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a heading, for people to open in a spreadsheet; the first row's keys are the columns."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _no_formula(value) for key, value in row.items()} for row in rows)
    return lines.getvalue()


def _no_formula(value: Any) -> Any:
    """A cell that a spreadsheet shows and does not compute: text that looks like a formula is marked as text.

    (A name or a transcript may be anybody's; see OWASP, "CSV Injection".)
    """
    if not isinstance(value, str):
        return value
    mark = "'" if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else ""
    return mark + value.replace("\r", "\n")  # which csv puts in quotes, and "\r" not before Python 3.13
