"""Two vocabularies in words, for the terminal, and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from specwhisper.vocabulary.inspect import NAMES, NO_MAP, Band, Overview, Span
from specwhisper.vocabulary.lookup import Lookup, Reading


def describe(seen: Overview, found: Lookup | None = None) -> str:
    """The finding, a table of the id space, and a lookup if there was one."""
    lines = [seen.finding] if seen.mapped else [seen.finding, NO_MAP]
    rows = [("", title(seen.source.size), "", title(seen.target.size))]
    rows += [(band.name, ids(band.source), relation(band), ids(band.target)) for band in seen.bands]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    if found:
        lines += [f"{found.query!r}: {found.finding or 'see below.'}", *map(_reading, _readings(found))]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_dict(seen: Overview, found: Lookup | None = None) -> dict[str, Any]:
    """All of it as JSON data; ids that have no map count as null."""
    data: dict[str, Any] = {
        "source": seen.source.size,
        "target": seen.target.size,
        "finding": seen.finding,
        "reason": "" if seen.mapped else NO_MAP,
        "identical": seen.identical,
        "shifted": seen.shifted,
        "only_source": list(seen.only_source),
        "only_target": list(seen.only_target),
        "bands": [asdict(band) for band in seen.bands],
        "lookup": None,
    }
    if found:
        data["lookup"] = {"query": found.query, "kind": found.kind, "finding": found.finding} | {
            side: {"tokens": [asdict(token) for token in reading.tokens], "note": reading.note}
            for side, reading in zip(("source", "target"), _readings(found), strict=True)
        }
    return data


def title(size: int) -> str:
    """ "Multilingual, 51,865"."""
    return f"{NAMES[size]}, {size:,}"


def ids(span: Span | None) -> str:
    """ "50,364–51,864", one id, or a dash for none."""
    if span is None:
        return "—"
    return f"{span.first:,}" if span.first == span.last else f"{span.first:,}–{span.last:,}"


def relation(band: Band) -> str:
    """How the ids of a band relate, in a sign or two."""
    if band.relation == "shifted":
        return f"{band.offset:+d}".replace("-", "−")
    absent = "new" if band.source is None else "none"
    return {"same": "=", "absent": absent, "differs": "bytes"}[band.relation]


def _readings(found: Lookup) -> tuple[Reading, Reading]:
    return found.source, found.target


def _reading(reading: Reading) -> str:
    tokens = "  ".join(f"{token.id}:{token.text!r}" for token in reading.tokens)
    return f"  {NAMES[reading.vocabulary.size]:12}  " + "  ".join(filter(None, (tokens, reading.note)))
