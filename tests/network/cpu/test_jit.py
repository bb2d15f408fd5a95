"""Where machine code is kept."""

from __future__ import annotations

from pathlib import Path

from specwhisper.network.cpu import jit

MARKS = ("@compiled", "@by_type", "@intrinsic", "@summing")


def test_every_file_that_machine_code_is_made_from_names_the_folder() -> None:
    here = Path(jit.__file__).parent
    assert {path.stem for path in here.glob("*.py")} >= jit._CALLERS
    for name in jit._CALLERS:
        assert not any(mark in (here / f"{name}.py").read_text() for mark in MARKS)
