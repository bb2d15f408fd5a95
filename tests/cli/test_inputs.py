"""What the words of a command line stand for: folders without what is not the user's, and odd names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from specwhisper.cli import main
from specwhisper.cli.inputs import expand
from specwhisper.errors import NotAudioError

LATIN_1 = os.fsdecode("caf\u00e9.wav".encode("latin-1"))


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def inside(folder: Path) -> list[str]:
    files, left_out = expand([str(folder)])
    assert not left_out
    return [str(Path(file).relative_to(folder)) for file in files]


def test_hidden_and_system_files_are_passed_over(tmp_path: Path) -> None:
    mine = ["a.wav", "deep/c.m2ts", "deep/er/b.MTS"]
    make(
        tmp_path, *mine, "._a.wav", ".hidden.mp3", ".Trashes/501/x.wav", ".stversions/a.wav",
        "@eaDir/a.wav/x.mp3", "$RECYCLE.BIN/S-1/x.wav", "$Recycle.Bin/y.wav",
        "System Volume Information/x.wav", "deep/.git/x.wav", "#recycle/x.wav", "__MACOSX/x.wav",
        "lost+found/x.wav", "notes.txt", "a.srt", "cover.jpg", "list.m3u8",
    )  # fmt: skip
    assert inside(tmp_path) == mine


def test_what_is_hidden_and_named_is_taken(tmp_path: Path) -> None:
    make(tmp_path, ".secret/.a.wav", ".secret/b.wav")
    hidden = str(tmp_path / ".secret" / ".a.wav")
    assert expand([hidden, str(tmp_path / ".secret")])[0] == [hidden, str(tmp_path / ".secret" / "b.wav")]


def test_endings_are_those_of_ffmpeg_in_any_case(tmp_path: Path) -> None:
    names = [f"x.{ending}" for ending in ("3g2", "G722", "Mpga", "mts", "ogv", "SPX", "tta", "vob", "wv")]
    make(tmp_path, *names)
    assert sorted(inside(tmp_path)) == sorted(names)


def test_names_of_any_bytes_are_found(tmp_path: Path) -> None:
    make(tmp_path, LATIN_1, "line\nend.wav", "-.wav")
    assert set(inside(tmp_path)) == {LATIN_1, "line\nend.wav", "-.wav"}


def test_each_file_counts_once_and_standard_input_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.wav", "-")
    monkeypatch.chdir(tmp_path)
    assert expand(["-", "a.wav", "./-", "./a.wav", str(tmp_path / "a.wav"), "-"])[0] == ["-", "a.wav", "./-"]


def test_a_name_no_file_system_takes_is_left_to_the_reader(tmp_path: Path) -> None:
    odd = ["x" * 5000, f"{tmp_path}/{'y' * 300}.wav", "nul\0.wav"]
    assert expand(odd) == (odd, False)


def test_an_empty_folder_among_others_is_named_and_the_rest_goes_on(tmp_path: Path, capsys) -> None:
    make(tmp_path, "full/a.wav", "empty/notes.txt")
    files, left_out = expand([str(tmp_path / "empty"), str(tmp_path / "full")])
    assert left_out
    assert [Path(file).name for file in files] == ["a.wav"]
    assert "holds no audio" in capsys.readouterr().err
    with pytest.raises(NotAudioError, match="holds no audio"):
        expand([str(tmp_path / "empty")])


def test_a_part_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    make(tmp_path, "a.wav", "closed/b.wav")
    scandir = os.scandir

    def closed(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)  # root, who may run the tests, can read everything
    files, left_out = expand([str(tmp_path)])
    assert ([Path(file).name for file in files], left_out) == (["a.wav"], True)
    printed = capsys.readouterr().err
    assert "cannot be read (Permission denied)" in printed
    assert printed.count("\n") == 1


def test_a_link_to_nothing_is_taken_for_the_reader_to_name(tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    for name, target in (("b.wav", "gone.wav"), ("c.wav", "c.wav"), ("notes.txt", "gone.txt")):
        (tmp_path / name).symlink_to(tmp_path / target)
    assert inside(tmp_path) == ["a.wav", "b.wav", "c.wav"]


def test_where_we_are_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    assert expand(["a.wav"]) == (["a.wav"], False)


@pytest.mark.parametrize("command", [["transcribe", "a.wav"], ["benchmark", "--dataset", "a"]])
def test_no_name_is_not_the_folder_that_we_are_in(command: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--output-dir", ""])
    assert ended.value.code == 2
    assert "it is empty: name a folder" in capsys.readouterr().err
