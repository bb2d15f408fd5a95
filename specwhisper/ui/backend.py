"""What the app needs from the rest of the package, as four functions; tests hand in others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from specwhisper.results import Comparison, Transcript
from specwhisper.ui.job import OnProgress


class PairState(Protocol):
    """As specwhisper.models.pairs.PairState."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def download_bytes(self) -> int | None: ...


class Transcriber(Protocol):
    """As specwhisper.Transcriber."""

    def transcribe(
        self,
        audio: Any,
        *,
        language: str | None = ...,
        task: str = ...,
        lookahead: int | Literal["auto"] = ...,
        on_progress: OnProgress | None = ...,
    ) -> Transcript: ...

    def compare(
        self,
        audio: Any,
        *,
        language: str | None = ...,
        task: str = ...,
        lookahead: int | Literal["auto"] = ...,
        on_progress: OnProgress | None = ...,
    ) -> Comparison: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """The engine's entry points.

    Attributes:
        load: ``(pair, device=, precision=, on_progress=)`` to a transcriber.
        pair_states: the pairs and whether they are ready here.
        default_pair: the pair for a device name such as "auto".
        hear: ``(file, max_seconds)`` to what a transcriber accepts.
    """

    load: Callable[..., Transcriber]
    pair_states: Callable[[], Sequence[PairState]]
    default_pair: Callable[[str], str]
    hear: Callable[[Path, float], Any]


def real_backend() -> Backend:
    """The engine itself. Imported here and not above: it brings torch along."""
    from specwhisper import load
    from specwhisper.audio.decode import load_audio
    from specwhisper.models.device import resolve_device
    from specwhisper.models.pairs import default_pair, pair_states

    return Backend(
        load=load,
        pair_states=pair_states,
        default_pair=lambda device: default_pair(resolve_device(device).type),
        hear=lambda file, max_seconds: load_audio(file, max_seconds=max_seconds),
    )
