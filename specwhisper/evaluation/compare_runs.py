"""``benchmark compare A B``: what changed from one measurement to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from specwhisper.errors import OptionError
from specwhisper.evaluation.common.document import LINES, RESULTS
from specwhisper.evaluation.common.line import Line
from specwhisper.evaluation.common.tables import table
from specwhisper.names import shown

_HEADINGS = (
    "pair", "precision", "way", "WER", "", "ms per token", "", "decode gain", "", "gain of the whole",
    "", "verdict",
)  # fmt: skip


def compare_folders(one: Path, other: Path) -> str:
    """A table with both runs' figures side by side, as Markdown.

    A gain counts as changed when the intervals of both runs do not touch: times of two runs are not measured
    interleaved, so ms per token may differ by the mood of the machine alone.

    Raises:
        OptionError: a folder holds no results, or results that cannot be compared.
    """
    first, second = _read(one), _read(other)
    ways, others = _lines(first, one), _lines(second, other)
    common = [key for key in ways if key in others]
    if not common:
        raise OptionError(
            f"{shown(str(one))} and {shown(str(other))} have no pair, precision and way in common: "
            "nothing to compare."
        )
    lines = [f"A: {shown(str(one))}\nB: {shown(str(other))}\n"]
    lines += [f"* {difference}\n" for difference in _differences(first, second)]
    rows = [(*key, *_row(ways[key], others[key])) for key in common]
    headings = [heading or "B" for heading in _HEADINGS]
    lines.append(table([f"A: {each}" if each in _HEADINGS[3:11] else each for each in headings], rows))
    alone = len(ways) + len(others) - 2 * len(common)
    if alone:
        lines.append(f"{alone} of the ways stand in one of the two only.\n")
    return "\n".join(lines)


def _read(folder: Path) -> Any:
    path = folder / RESULTS
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise OptionError(
            f"{shown(str(path))} cannot be read ({error.strerror}): name a benchmark's folder."
        ) from error
    except ValueError as error:
        raise OptionError(
            f"{shown(str(path))} is no result of a benchmark: name a benchmark's folder."
        ) from error


def _lines(data: Any, folder: Path) -> dict[tuple[str, str, str], Line]:
    try:
        lines = TypeAdapter(tuple[Line, ...]).validate_python(data[LINES])
    except (KeyError, TypeError, ValidationError) as error:
        raise OptionError(
            f"{shown(str(folder))} cannot be compared: its {RESULTS} is of another version."
        ) from error
    return {line.key: line for line in lines}


def _differences(one: Any, other: Any) -> list[str]:
    """Why the runs may differ: machine, versions, options."""
    found = []
    machines = [f"{each['machine']['processor']}, {each['machine']['cores']} cores" for each in (one, other)]
    if machines[0] != machines[1]:
        found.append(f"machine: {machines[0]} | {machines[1]}")
    for name, version in one["machine"]["versions"].items():
        if version != other["machine"]["versions"].get(name):
            found.append(f"{name}: {version} | {other['machine']['versions'].get(name)}")
    for name in ("dataset", "samples", "seed", "rounds", "threads", "device"):
        values = one["options"].get(name), other["options"].get(name)
        if values[0] != values[1]:
            found.append(f"--{name}: {values[0]} | {values[1]}")
    return found


def _row(one: Line, other: Line) -> tuple[str, ...]:
    both = one, other
    return (
        *(_filled("{:.2f}%", None if each.wer is None else 100 * each.wer) for each in both),
        *(_filled("{:.2f}", each.ms_per_token) for each in both),
        *(_filled("{:.2f}x", each.decode_gain) for each in both),
        *(_filled("{:.2f}x", each.total_gain) for each in both),
        _verdict(one.total_interval, other.total_interval),
    )


def _filled(form: str, value: float | None) -> str:
    return "" if value is None else form.format(value)


def _verdict(one: tuple[float, float] | None, other: tuple[float, float] | None) -> str:
    if one is None or other is None:
        return ""
    if other[0] > one[1]:
        return "B gains more"
    if other[1] < one[0]:
        return "A gains more"
    return "no clear change"
