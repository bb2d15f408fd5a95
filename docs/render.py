"""``make report``: the paper, docs/report.typ, as docs/report.pdf; needs ``typst`` (requirements-dev.txt)."""

from __future__ import annotations

from pathlib import Path

import typst

HERE = Path(__file__).resolve().parent


def render(target: Path) -> None:
    """Compile the paper. Its fonts are those of typst, so it looks the same everywhere."""
    typst.compile(HERE / "report.typ", output=target, root=HERE, ignore_system_fonts=True)


if __name__ == "__main__":
    render(HERE / "report.pdf")
