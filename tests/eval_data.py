"""Real speech with reference transcripts that lies beside the project, for the tests that can use it.

The data is not part of the repository: the environment variable ``SPECWHISPER_EVAL`` names its folder, else
``../shared/eval`` beside the repository is tried. Tests skip where there is none.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "eval"


def faults_folder() -> Path | None:
    """The folder of recordings that once went wrong, ``None`` where there is none."""
    folder = Path(os.environ.get("SPECWHISPER_EVAL") or _BESIDE) / "faults"
    return folder if folder.is_dir() else None


def eval_folder(name: str) -> Path | None:
    """The dataset folder ``name`` (it holds ``manifest.jsonl``), ``None`` where there is none."""
    folder = Path(os.environ.get("SPECWHISPER_EVAL") or _BESIDE) / name
    return folder if (folder / "manifest.jsonl").is_file() else None


def fault(name: str) -> Path | None:
    """A file of the folder of recordings that once went wrong, ``None`` where there is none."""
    folder = faults_folder()
    return folder / name if folder and (folder / name).is_file() else None


def manifest(folder: Path) -> list[dict[str, Any]]:
    """The lines of a dataset: ``audio`` (relative to it), ``text``, ``language``, ``duration_s``, ..."""
    lines = (folder / "manifest.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]
