"""Where machine code is kept."""

from __future__ import annotations

from pathlib import Path

import numba
import pytest

from specwhisper.network.cpu import kernel_cache
from specwhisper.network.cpu.jit import compiled

MARKS = ("@compiled", "@by_type", "@intrinsic", "@summing")


def twice(number: int) -> int:
    return 2 * number


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kernel_cache, "kernel_folder", lambda: tmp_path / "kernels")
    return tmp_path / "kernels"


def files(folder: Path) -> list[str]:
    return sorted(path.name.split("-")[0] for path in folder.rglob("*.nb[ic]"))


def test_every_file_that_machine_code_is_made_from_names_the_folder() -> None:
    here = Path(kernel_cache.__file__).parent
    assert {path.stem for path in here.glob("*.py")} >= kernel_cache._CALLERS
    for name in kernel_cache._CALLERS:
        assert not any(mark in (here / f"{name}.py").read_text() for mark in MARKS)


def test_ours_alone_lie_there(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another library's loops that were compiled while ours were loaded were looked for in our folder."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "others"))
    assert compiled(twice)(21) == 42
    assert numba.njit(cache=True)(twice)(3) == 6
    for place in (folder, tmp_path / "others"):
        assert files(place) == ["test_kernel_cache.twice"] * 2  # an index, and the code


def test_what_is_kept_is_not_compiled_again(folder: Path) -> None:
    assert compiled(twice)(1) == 2
    again = compiled(twice)
    assert again(1) == 2
    assert sum(again.stats.cache_hits.values()) == 1


def test_a_copy_of_the_package_uses_what_another_compiled(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone or an installation elsewhere took two minutes more, under the title of warming up."""
    places = set()
    for clone in ("one", "other"):
        here = tmp_path / clone / "cpu"
        here.mkdir(parents=True)
        file = here / "kernels.py"
        file.write_text("")
        monkeypatch.setattr(kernel_cache, "_HERE", here)
        locator = kernel_cache._Locator(twice, str(file))
        places.add((locator.get_cache_path(), locator.get_source_stamp()))
    assert places == {(str(folder / "cpu"), folder.name)}


def test_where_nothing_can_be_kept_it_is_compiled(folder: Path) -> None:
    folder.write_bytes(b"a file, below which nothing can be")
    assert compiled(twice)(4) == 8


def test_where_nothing_more_can_be_kept_what_was_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compiled(twice)(1) == 2

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kernel_cache.FunctionCache, "save_overload", full)
    again = compiled(twice)
    assert (again(1), again(1.5)) == (2, 3.0)
    assert sum(again.stats.cache_hits.values()) == 1
