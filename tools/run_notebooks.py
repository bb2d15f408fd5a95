"""Execute the notebooks and save them with their outputs: ``python tools/run_notebooks.py``."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def executed(path: Path, seconds: int = 600) -> nbformat.NotebookNode:
    """The notebook, run from top to bottom in its own folder.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=seconds, resources={"metadata": {"path": str(path.parent)}}).execute()
    return notebook


def main() -> None:
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = executed(path)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of day: they would differ in every commit
            outputs = [o for o in cell.get("outputs", ()) if o.get("name") != "stderr"]
            if "outputs" in cell:
                cell.outputs = outputs
        nbformat.write(notebook, path)
        print(path.name)


if __name__ == "__main__":
    main()
