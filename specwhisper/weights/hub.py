"""The Hugging Face Hub and its local cache: is it reachable, what is here already, get the rest.

Its library is imported when it is needed: models that are in the store do without.
"""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.errors import WeightsCorruptError, WeightsUnavailableError
from specwhisper.storage.room import is_full, no_room
from specwhisper.weights.progress import OnProgress, Progress
from specwhisper.weights.readers.safetensors import INDEX, SINGLE, shard_names, weight_files

if TYPE_CHECKING:
    from tqdm import tqdm

PROBE_SECONDS = 2.0
LOOKUP_SECONDS = 2.5  # a name lookup knows no timeout, so the whole probe is waited for no longer than this
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Reachable:
    """Whether the Hub answers; ``reason`` says why not."""

    ok: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok


@lru_cache(maxsize=1)
def reachable() -> Reachable:
    """Ask the Hub for a sign of life, once per process and for at most 2.5 seconds.

    ``HF_HUB_OFFLINE`` is respected, and so are proxies and certificates, because the client of
    huggingface_hub itself is used.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return Reachable(False, "HF_HUB_OFFLINE is set")
    answers: list[Reachable] = []
    probe = threading.Thread(target=lambda: answers.append(_probe()), daemon=True)
    probe.start()
    probe.join(LOOKUP_SECONDS)
    return answers[0] if answers else Reachable(False, "it does not answer")


def cached_snapshot(repository: str) -> Path | None:
    """The folder of a complete model in the local Hugging Face cache, if it is there. No network."""
    config = cached_file(repository, "config.json")
    return config.parent if config is not None and weight_files(config.parent) else None


def cached_file(repository: str, name: str) -> Path | None:
    """A file of a repository in the local Hugging Face cache, if it is there. No network."""
    from huggingface_hub import constants

    if not Path(constants.HF_HUB_CACHE, "models--" + repository.replace("/", "--")).is_dir():
        return None
    from huggingface_hub import try_to_load_from_cache

    try:
        path = try_to_load_from_cache(repository, name)
    except ValueError:  # not a possible repository name
        return None
    return Path(path) if isinstance(path, str) else None


def download(repository: str, label: str, progress: OnProgress | None = None) -> Path:
    """Download what is needed of a model into the Hugging Face cache; return its snapshot folder.

    That is config.json, the weights as safetensors (one file or shards), and where the repository has
    them tokenizer.json and generation_config.json. All come from one commit.

    Raises:
        WeightsUnavailableError: the Hub does not answer, or has no such model in this form.
        WeightsCorruptError: a file arrived damaged; it is removed.
        ModelError: the disk is full.
    """
    config = _required(repository, "config.json", label, progress)
    commit = config.parent.name
    for name in ("generation_config.json", "tokenizer.json"):
        download_file(repository, name, label, progress, commit)
    if download_file(repository, SINGLE, label, progress, commit) is None:
        index = download_file(repository, INDEX, label, progress, commit)
        if index is None:
            raise WeightsUnavailableError(
                f"{repository} on the Hub has no model.safetensors: choose a repository in that format, or "
                "convert it with save_pretrained and name the folder."
            )
        for name in shard_names(index):
            _required(repository, name, label, progress, commit)
    return config.parent


def download_file(
    repository: str, name: str, label: str, progress: OnProgress | None = None, commit: str | None = None
) -> Path | None:
    """Download one file into the Hugging Face cache; None if the repository has no such file.

    Raises:
        WeightsUnavailableError, WeightsCorruptError, ModelError: as :func:`download`.
    """
    import huggingface_hub
    from huggingface_hub import constants
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    size: int | None = None

    def watch(step: Progress) -> None:
        nonlocal size
        size = step.total
        if progress is not None:
            progress(step)

    bar = _bar(f"{label}: downloading {name}", watch)
    try:
        path = Path(huggingface_hub.hf_hub_download(repository, name, revision=commit, tqdm_class=bar))
    except (_transport_error(), OSError, ValueError, RuntimeError) as error:  # the last one is hf_xet's
        if is_full(error):
            raise no_room(Path(constants.HF_HUB_CACHE), size, "HF_HOME") from error
        # A file that the network failed to bring is an EntryNotFoundError as well, but a "local" one.
        if isinstance(error, EntryNotFoundError) and isinstance(error, HfHubHTTPError):
            return None
        raise WeightsUnavailableError(f"{repository}: {name} {_reason(error)}.") from error
    if progress is not None:
        size = path.stat().st_size
        progress(Progress(f"{label}: verifying {name}", size, size))
    _verify(path)
    return path


def _transport_error() -> type[BaseException]:
    """huggingface_hub speaks through httpx or httpx2, depending on its version: the base of its error."""
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError.__bases__[0]


def _probe() -> Reachable:
    import huggingface_hub
    from huggingface_hub import constants

    try:
        answer = huggingface_hub.get_session().head(constants.ENDPOINT, timeout=PROBE_SECONDS)
    except (_transport_error(), OSError) as error:
        # "[Errno -2] Name or service not known" says more to people without its number.
        return Reachable(False, str(error).rpartition("] ")[2] or type(error).__name__)
    refused = answer.status_code in (403, 407) or answer.status_code >= 500
    return Reachable(not refused, f"it answers with status {answer.status_code}" if refused else "")


def _required(
    repository: str, name: str, label: str, progress: OnProgress | None, commit: str | None = None
) -> Path:
    path = download_file(repository, name, label, progress, commit)
    if path is None:
        raise WeightsUnavailableError(f"{repository} on the Hub has no {name}: choose a complete repository.")
    return path


def _reason(error: BaseException) -> str:
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError) and error.response is not None:
        status = error.response.status_code
        known = {401: "does not exist or needs a token", 403: "is not open to you", 404: "does not exist"}
        return f"{known.get(status, f'was refused with status {status}')} on the Hub: check the name"
    return "could not be downloaded from the Hub: check the network and try again"


def _verify(path: Path) -> None:
    """Compare a large file with its SHA-256, which is the name of the blob it links to."""
    if not path.is_symlink():
        return
    expected = path.readlink().name
    if not re.fullmatch(r"[0-9a-f]{64}", expected):
        return  # small files are named after another digest
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != expected:
        path.resolve().unlink()
        path.unlink()
        raise WeightsCorruptError(f"{path.name} arrived from the Hub damaged and was removed: try again.")


def _bar(message: str, progress: OnProgress | None) -> type[tqdm]:
    """A progress bar that shows nothing itself and reports instead."""
    from tqdm import tqdm

    class Bar(tqdm):
        monitor_interval = 0  # no watching thread

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": False})

        def display(self, *args: Any, **options: Any) -> None:
            pass

        def close(self) -> None:
            self.disable = True

        def update(self, n: float | None = 1) -> bool | None:
            shown = super().update(n)
            if progress is not None:
                progress(Progress(message, int(self.n), int(self.total) if self.total else None))
            return shown

    return Bar
