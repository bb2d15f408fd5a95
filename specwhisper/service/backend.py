"""What the app needs from the rest of the package, as a few functions; tests hand in others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

from specwhisper.captions.captions import Captions
from specwhisper.progress import OnProgress
from specwhisper.proofread import Proofread
from specwhisper.results import Comparison, Memory, Transcript, Update
from specwhisper.vocabulary.lookup import FindCodec

if TYPE_CHECKING:
    from specwhisper.evaluation.common.document import Document
    from specwhisper.transcription.live.session import LiveSession


class PairState(Protocol):
    """As specwhisper.weights.pairs.PairState."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def meaning(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def download_bytes(self) -> int | None: ...


def pair_as_dict(state: PairState) -> dict[str, Any]:
    """For answers over a wire."""
    names = ("name", "kind", "meaning", "state", "detail", "download_bytes")
    return {name: getattr(state, name) for name in names}


class Transcriber(Protocol):
    """As specwhisper.Transcriber."""

    @property
    def memory(self) -> Memory: ...

    def transcribe(
        self,
        audio: Any,
        *,
        language: str | None = ...,
        task: str = ...,
        lookahead: int | Literal["auto"] = ...,
        timestamps: Literal["none", "segment", "word"] = ...,
        vad: bool = ...,
        initial_prompt: str | None = ...,
        on_progress: OnProgress | None = ...,
        on_update: Callable[[Update], None] | None = ...,
        client: str = ...,
    ) -> Transcript: ...

    def proofread(
        self,
        audio: Any,
        captions: Captions,
        *,
        language: str | None = ...,
        task: str = ...,
        lookahead: int | Literal["auto"] = ...,
        on_progress: OnProgress | None = ...,
        client: str = ...,
    ) -> Proofread: ...

    def live(
        self,
        *,
        language: str | None = ...,
        initial_prompt: str | None = ...,
        pause: float | None = ...,
        sample_rate: float = ...,
        client: str = ...,
    ) -> LiveSession: ...

    def compare(
        self,
        audio: Any,
        *,
        language: str | None = ...,
        task: str = ...,
        lookahead: int | Literal["auto"] = ...,
        word_times: bool = ...,
        on_progress: OnProgress | None = ...,
        client: str = ...,
    ) -> Comparison: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """The engine's entry points.

    Attributes:
        load: ``(pair, device=, precision=, scheduler=, on_progress=)`` to a transcriber.
        pair_states: the pairs to choose from and whether they are ready here.
        pair_state: the same for any pair of catalogue models.
        check_pair: a visitor's pair to its proper name; OptionError for anything but catalogue models,
            because visitors must not make the server read its folders or fetch from the Hub at will.
        default_pair: the pair for a device name such as "auto".
        hear: ``(file, max_seconds)`` to what a transcriber accepts; apart from the transcriber, so that a
            file that is no audio is refused before a pair is fetched for it.
        codec: the text of a vocabulary, where its tokenizer is on this machine.
        benchmark: ``(job, load, device, on_progress, stop, between_clips)`` to a report.
    """

    load: Callable[..., Transcriber]
    pair_states: Callable[[], Sequence[PairState]]
    pair_state: Callable[[str], PairState]
    check_pair: Callable[[str], str]
    default_pair: Callable[[str], str]
    hear: Callable[[Path | BinaryIO, float], Any]
    codec: FindCodec
    benchmark: Callable[..., Document]


def real_backend() -> Backend:
    """The engine itself. Imported here and not above: it brings torch along."""
    from specwhisper import load
    from specwhisper.audio.decode import load_audio
    from specwhisper.network.device import resolve_device
    from specwhisper.service.benchmark import run_benchmark
    from specwhisper.weights.codecs import find_codec
    from specwhisper.weights.pairs import default_pair, pair_state, pair_states, parse_pair

    return Backend(
        load=load,
        pair_states=pair_states,
        pair_state=pair_state,
        check_pair=lambda pair: parse_pair(pair, catalogue_only=True).name,
        default_pair=lambda device: default_pair(resolve_device(device).type),
        hear=lambda file, max_seconds: load_audio(file, max_seconds=max_seconds),
        codec=find_codec,
        benchmark=run_benchmark,
    )
