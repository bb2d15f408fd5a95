"""Results as files to download."""

from __future__ import annotations

import tempfile
from pathlib import Path

from specwhisper.output.writers import to_json, write_file
from specwhisper.results import Comparison


class Downloads:
    """Writes result files to a folder of its own, which disappears with the process.

    Gradio copies each file into its cache (and deletes it there after ``cache_seconds``), so only the
    last few originals are kept.
    """

    def __init__(self, keep: int = 8) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="specwhisper-")
        self._keep = keep
        self._written: list[Path] = []
        self._count = 0

    def comparison(self, comparison: Comparison, name: str) -> Path:
        """The whole comparison as JSON; ``name`` is the recording's, for the file's name."""
        self._count += 1
        stem = Path(name).stem or "recording"
        path = Path(self._folder.name) / str(self._count) / f"{stem}.comparison.json"
        write_file(path, to_json(comparison.to_dict()))
        self._written.append(path)
        while len(self._written) > self._keep:
            self._written.pop(0).unlink(missing_ok=True)
        return path
