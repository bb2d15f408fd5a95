"""Nothing about one file (its name, its output) stops the others; what is wrong is one sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from specwhisper import cli
from specwhisper.cli.output_index import INDEX
from specwhisper.cli.outputs import Outputs
from specwhisper.output.writers import WRITERS
from tests.cli.test_files import FakeTranscriber, record
from tests.cli.test_files import transcriber as transcriber

LATIN_1 = os.fsdecode("caf\u00e9.wav".encode("latin-1"))
ODD = [LATIN_1, "line\nend.wav", "\x1b[31mred.wav", "👩\u200d🚀 é.wav", "'; rm -rf ~.wav", "x" * 240 + ".wav"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


def run(*arguments: object) -> int:
    return cli.main(["transcribe", *map(str, arguments)])


def test_names_of_any_bytes_in_every_format_and_again(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, capsys
) -> None:
    files = [record(folder / name, 0.1) for name in [*ODD, "plain.wav"]]
    out = tmp_path / "out"
    command = (*files, "--output-dir", out, "--output-format", "all")
    assert run(*command) == 0
    stems = [Path(name).stem[:180] for name in [*ODD, "plain.wav"]]
    expected = {f"{stem}.{form}" for stem in stems for form in WRITERS}
    assert {path.name for path in out.iterdir()} == {*expected, INDEX}
    printed = capsys.readouterr().err
    assert printed.count("\n") == len(files) * len(WRITERS)
    assert "caf\\xe9.wav" in printed
    assert "line\\nend.wav" in printed
    assert "\x1b" not in printed

    calls = len(transcriber.options)
    assert run(*command) == 0
    assert len(transcriber.options) == calls
    assert capsys.readouterr().err.count("already done") == len(files)
    assert set(json.loads((out / INDEX).read_bytes()).values()) == set(files)


def test_a_name_that_begins_with_a_dash(
    transcriber: FakeTranscriber, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    record(folder / "-talk.wav", 0.1)
    record(folder / "other.wav", 0.1)
    monkeypatch.chdir(folder)
    for words in (("-talk.wav",), ("other.wav", "-talk.wav")):
        with pytest.raises(SystemExit, match="2"):
            run(*words)
        said = capsys.readouterr().err
        assert said.startswith(
            "specwhisper: '-talk.wav' begins with a dash, as options do: write './-talk.wav'"
        )
        assert said.count("\n") == 1
    assert run("./-talk.wav") == run("--", "-talk.wav") == 0


def test_json_names_them_legibly(transcriber: FakeTranscriber, folder: Path, capsysbinary) -> None:
    files = [record(folder / name, 0.1) for name in (LATIN_1, "line\nend.wav")]
    assert run(*files, "--output-format", "json") == 0
    printed = capsysbinary.readouterr().out.decode("utf-8")
    names = [Path(entry["file"]).name for entry in json.loads(printed)]
    assert names == ["caf\\xe9.wav", "line\nend.wav"]
    json.dumps(names, ensure_ascii=False).encode("utf-8")


def test_text_is_headed_by_the_escaped_name(transcriber: FakeTranscriber, folder: Path, capsys) -> None:
    assert run(record(folder / LATIN_1, 0.1), record(folder / "a.wav", 0.1), "--timestamps", "none") == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")]
    assert heads[0].endswith("caf\\xe9.wav")


@pytest.mark.parametrize("batch", [(), ("--batch-size", "2")])
def test_an_output_that_cannot_be_written_is_one_sentence(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, capsys, batch: tuple[str, ...]
) -> None:
    files = [
        record(folder / name, 0.1) for name in ("a.wav", "long" * 40 + ".wav", "long" * 44 + ".wav", "z.wav")
    ]
    out = tmp_path
    while len(os.fsencode(out)) < 3900:  # a path may have 4095 bytes: room for short names only
        out = out / ("d" * min(200, 3920 - len(os.fsencode(out))))
    assert run(*files, "--output-dir", out, *batch) == 1
    complaints = [line for line in capsys.readouterr().err.splitlines() if line.startswith("specwhisper: ")]
    assert len(complaints) == 2  # one is noticed before it is decoded, one when its result is written
    for complaint in complaints:
        assert "File name too long" in complaint
        assert "longlong" in complaint
    assert {path.name for path in out.iterdir()} == {"a.txt", "z.txt", INDEX}
    assert len(json.loads((out / INDEX).read_text())) == 2


def test_a_folder_in_the_place_of_an_output_gets_around(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path
) -> None:
    files = [record(folder / name, 0.1) for name in ("a.wav", "b.wav")]
    out = tmp_path / "out"
    (out / "a.txt").mkdir(parents=True)
    (out / ".b.journal").mkdir()
    assert run(*files, "--output-dir", out) == 0
    assert (out / "a.wav.txt").is_file()
    assert (out / "b.txt").is_file()


def test_an_input_is_never_replaced_nor_stops_the_others(transcriber: FakeTranscriber, folder: Path) -> None:
    files = [record(folder / name, 0.1) for name in ("talk.txt", "b.wav")]
    before = Path(files[0]).read_bytes()
    assert run(*files, "--output-dir", folder) == 0
    assert Path(files[0]).read_bytes() == before
    assert (folder / "talk.txt.txt").is_file()


def test_a_strange_journal_is_in_the_way_of_nobody(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".a.journal").write_text("no journal\n")
    assert run(record(folder / "a.wav", 0.1), "--output-dir", out) == 0
    assert transcriber.options[0]["journal"] is None
    assert (out / "a.txt").is_file()


def test_a_symbolic_link_to_itself_is_one_sentence(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, capsys
) -> None:
    transcriber.reads = True
    loop = folder / "loop.wav"
    loop.symlink_to(loop)
    out = tmp_path / "out"
    assert run(loop, record(folder / "a.wav", 0.1), "--output-dir", out, "--batch-size", "2") == 1
    assert (out / "a.txt").is_file()
    assert "loop.wav" in capsys.readouterr().err
    assert list(json.loads((out / INDEX).read_text())) == ["a"]


def test_the_output_folder_may_vanish_meanwhile(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [record(folder / name, 0.1) for name in ("a.wav", "b.wav")]
    out = tmp_path / "out"
    began = Outputs.begin

    def begin(self: Outputs, file: str, wait: bool) -> object:
        for left in out.iterdir() if out.exists() else ():
            left.unlink()
        out.rmdir()
        return began(self, file, wait)

    monkeypatch.setattr(Outputs, "begin", begin)
    assert run(*files, "--output-dir", out) == 0
    assert (out / "b.txt").is_file()


def test_a_name_that_another_run_took_meanwhile_is_left_to_it(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    began = Outputs.begin

    def begin(self: Outputs, file: str, wait: bool) -> object:
        (out / INDEX).write_text(json.dumps({"A": "/elsewhere/A.mp3"}))
        return began(self, file, wait)

    monkeypatch.setattr(Outputs, "begin", begin)
    file = record(folder / "a.wav", 0.1)
    assert run(file, "--output-dir", out) == 0
    assert {path.name for path in out.iterdir()} == {"a.wav.txt", INDEX}
    assert json.loads((out / INDEX).read_text()) == {"A": "/elsewhere/A.mp3", "a.wav": file}


def test_the_folder_that_we_are_in_may_vanish(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber.reads = True
    file, here = record(folder / "a.wav", 0.1), tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    assert run("b.wav", file, "--output-dir", tmp_path / "out", "--batch-size", "2") == 1
    assert (tmp_path / "out" / "a.txt").is_file()


@pytest.mark.parametrize("batch", [(), ("--batch-size", "2")])
def test_a_drive_without_locks_is_written_to_and_mentioned_once(
    transcriber: FakeTranscriber,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys,
    batch: tuple[str, ...],
) -> None:
    def no_locks(descriptor: int) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("specwhisper.storage.locks.try_lock", no_locks)
    files = [record(folder / name, 0.1) for name in ("a.wav", "b.wav")]
    assert run(*files, "--output-dir", tmp_path / "out", *batch) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.txt", "b.txt", INDEX}
    assert capsys.readouterr().err.count("cannot be locked (No locks available)") == 1


def test_a_folder_that_cannot_be_written_is_one_sentence(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    real = os.open

    def read_only(path: object, *arguments: int, **options: object) -> int:
        if str(path).startswith(str(tmp_path / "out")):
            raise OSError(30, "Read-only file system")
        return real(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", read_only)
    assert run(record(folder / "a.wav", 0.1), "--output-dir", tmp_path / "out") == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "Read-only file system" in printed


def test_a_full_disk_stops_the_run_with_one_sentence(
    transcriber: FakeTranscriber, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    files = [record(folder / name, 0.1) for name in ("a.wav", "b.wav")]
    real = os.fdopen

    def full(handle: int, *arguments: object, **options: object) -> object:
        if len(transcriber.options) == 1:
            os.close(handle)
            raise OSError(28, "No space left on device")
        return real(handle, *arguments, **options)

    monkeypatch.setattr("specwhisper.output.writers.os.fdopen", full)
    assert run(*files, "--output-dir", tmp_path / "out") == 1
    printed = capsys.readouterr().err
    assert printed.count("specwhisper: ") == 1
    assert "No space left on device" in printed
