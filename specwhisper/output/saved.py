"""A comparison that was saved as JSON, read again."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter

from specwhisper.errors import OptionError
from specwhisper.results import Comparison

MOST_BYTES = 64 * 2**20


def read_comparison(file: Path) -> Comparison:
    """What ``Comparison.to_dict`` made of a comparison.

    Every value has to be of the type it should have, so that a file of strangers cannot smuggle in others.

    Raises:
        OptionError: it is no saved comparison.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise OptionError(f"{file.name} is too large for a saved comparison: choose another file.")
        return comparison_from(file.read_bytes())
    except (OSError, ValueError) as error:
        raise OptionError(
            f"{file.name} is no saved comparison: choose a file that 'Comparison (JSON)' downloaded."
        ) from error


def comparison_from(content: str | bytes) -> Comparison:
    """The same from JSON.

    Raises:
        ValueError: something is missing or of the wrong kind.
    """
    adapter = TypeAdapter(Comparison)
    found = adapter.validate_json(content, strict=True)
    json.dumps(adapter.dump_python(found), allow_nan=False)  # a number that is none fits nowhere on the page
    for transcript in (found.baseline, found.speculative):
        for cycle in transcript.stats.cycles:
            if not 0 <= cycle.accepted <= len(cycle.proposed):
                raise ValueError(f"{cycle.accepted} of {len(cycle.proposed)} proposals accepted")
    return found
