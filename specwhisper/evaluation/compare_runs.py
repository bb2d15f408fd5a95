"""``benchmark compare A B``: what changed from one measurement to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specwhisper.errors import OptionError
from specwhisper.evaluation.document import RESULTS
from specwhisper.evaluation.tables import table

_HEADINGS = (
    "pair", "precision", "way", "WER", "", "ms per token", "", "decode gain", "", "whole clip gain",
    "", "verdict",
)  # fmt: skip


def compare_folders(one: Path, other: Path) -> str:
    """A table with both runs' figures side by side, as Markdown.

    A gain counts as changed when the intervals of both runs do not touch: times of two runs are not measured
    turn and turn about, so ms per token may differ by the mood of the machine alone.

    Raises:
        OptionError: a folder holds no results, or results that cannot be compared.
    """
    first, second = _read(one), _read(other)
    ways, others = _ways(first, one), _ways(second, other)
    common = [key for key in ways if key in others]
    if not common:
        raise OptionError(f"{one} and {other} have no pair, precision and way in common: nothing to compare.")
    lines = [f"A: {one}\nB: {other}\n"]
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
        raise OptionError(f"{path} cannot be read ({error.strerror}): name a benchmark's folder.") from error
    except ValueError as error:
        raise OptionError(f"{path} is no result of a benchmark: name a benchmark's folder.") from error


def _ways(data: Any, folder: Path) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    try:
        return {
            (pair["pair"], pair["precision"], way["name"]): way
            for pair in data["results"]
            for way in pair["ways"]
        }
    except (KeyError, TypeError) as error:
        raise OptionError(
            f"{folder} is of a mode that cannot be compared: take speculative, v3, beam or drafts."
        ) from error


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


def _row(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    rates = [f"{100 * each['wer']['value']:.2f}%" if each["wer"] else "" for each in (one, other)]
    gains = [f"{each[name]['value']:.2f}x" for name in ("decode_gain", "total_gain") for each in (one, other)]
    speeds = [f"{each['ms_per_token']:.2f}" for each in (one, other)]
    return (*rates, *speeds, *gains, _verdict(one["total_gain"], other["total_gain"]))


def _verdict(one: Mapping[str, float], other: Mapping[str, float]) -> str:
    if other["low"] > one["high"]:
        return "B gains more"
    if other["high"] < one["low"]:
        return "A gains more"
    return "no clear change"
