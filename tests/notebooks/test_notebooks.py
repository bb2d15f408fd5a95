"""The notebooks run from top to bottom, are saved with their outputs, and name nobody's machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.marks import EXHAUSTIVE

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def test_there_are_two() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["cross_version", "speculative_decoding"]


@pytest.mark.weights
@EXHAUSTIVE
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, real_weights, monkeypatch) -> None:
    from tools.run_notebooks import executed

    for model in ("base", "tiny", "tiny.en"):
        real_weights(model)
    monkeypatch.setenv("NOTEBOOK_SAMPLES", "1")
    notebook = executed(path)
    printed = json.dumps(notebook)
    assert "identical: True" in printed or "identical: 4 of 4" in printed


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_saved_with_outputs(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert sum(bool(cell["outputs"]) for cell in code) >= len(code) - 3
    assert not any(output.get("output_type") == "error" for cell in code for output in cell["outputs"])
    assert "/root/" not in path.read_text("utf-8")
