"""Which text belongs to which recording: one file for one, or a folder with one for each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from specwhisper.captions.captions import Captions
from specwhisper.captions.read import ENDINGS, read_captions
from specwhisper.cli.inputs import STANDARD_INPUT, called
from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.terminal import note


def draft_texts(given: str | None, files: Sequence[str]) -> Mapping[str, Captions]:
    """The text of each recording that has one, by the recording's name on the command line.

    Args:
        given: a file, or a folder that holds one of the recording's name for each; None: there are none.

    Raises:
        OptionError: it cannot be read, or is one text for several recordings.
    """
    if given is None:
        return {}
    path = Path(given)
    if not os.path.isdir(path):  # noqa: PTH112 - Path's raises for some names
        if len(files) > 1:
            raise OptionError(
                f"{shown(given)} is one text for {len(files)} recordings: name a folder that holds one for "
                "each, called like the recording."
            )
        return {files[0]: read_captions(path)} if files else {}
    found: dict[str, Captions] = {}
    for file in files:
        if (text := _beside(path, file)) is not None:
            found[file] = read_captions(text)
        else:
            note(f"{called(file)}: no text of that name in {shown(given)}; it is written without one.")
    return found


def _beside(folder: Path, file: str) -> Path | None:
    if file == STANDARD_INPUT:
        return None
    stem = Path(file).stem
    candidates = (folder / f"{name}{ending}" for ending in ENDINGS for name in (stem, Path(file).name))
    return next((each for each in candidates if os.path.isfile(each)), None)  # noqa: PTH113 - as above
