"""What a pair takes: parameters and bytes of main, and what the draft adds."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.transcription.transcriber import Transcriber


@dataclass(frozen=True, slots=True)
class Size:
    """One model: numbers as they were trained, and bytes as they lie in memory (packed copies included)."""

    name: str
    parameters: int
    weights: int


@dataclass(frozen=True, slots=True)
class Footprint:
    """A pair.

    Attributes:
        draft: what it adds: its decoder alone where it shares main's encoder.
        draft_alone: parameters of the draft as a model of its own, encoder included.
        vocabularies, mel_bins: of main and of the draft.
    """

    main: Size
    draft: Size | None = None
    draft_alone: int = 0
    shared_encoder: bool = False
    vocabularies: tuple[int, ...] = ()
    mel_bins: tuple[int, ...] = ()

    @property
    def parameters_percent(self) -> float:
        """Parameters that the draft adds, in percent of main's."""
        return 100 * self.draft.parameters / self.main.parameters if self.draft else 0.0

    @property
    def bytes_percent(self) -> float:
        """The same of bytes."""
        return 100 * self.draft.weights / self.main.weights if self.draft else 0.0

    @property
    def weights(self) -> int:
        """Bytes of both."""
        return self.main.weights + (self.draft.weights if self.draft else 0)


def footprint_of(transcriber: Transcriber) -> Footprint:
    """Of a loaded pair."""
    main, draft, memory = transcriber.main, transcriber.draft, transcriber.memory
    models = (main, draft) if draft else (main,)
    size = Size(main.name, main.network.dims.parameters, memory.main)
    vocabularies = tuple(each.network.dims.vocab_size for each in models)
    mel_bins = tuple(each.network.dims.n_mels for each in models)
    if draft is None:
        return Footprint(size, vocabularies=vocabularies, mel_bins=mel_bins)
    dims = draft.network.dims
    added = dims.decoder_parameters if memory.shared_encoder else dims.parameters
    return Footprint(
        size,
        Size(draft.name, added, memory.draft),
        dims.parameters,
        memory.shared_encoder,
        vocabularies,
        mel_bins,
    )
