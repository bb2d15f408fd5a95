"""The numbers that fix a Whisper architecture."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.errors import WeightsCorruptError

HEAD_SIZE = 64  # of every Whisper ever released, so heads = d_model / 64
MEL_BINS = (80, 128)
MAX_VOCABULARY = 200_000
MAX_LAYERS = 128
MAX_WIDTH = 2_048  # large has 1,280; integer sums of the fused network hold up to here
MAX_CONTEXT = 16_384


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Sizes of one model.

    Attributes:
        n_mels: bins of the log-mel spectrogram (80, or 128 from large-v3 on).
        vocab_size: rows of the token embedding.
        d_model: width; the feed-forward layers are 4 times as wide.
        heads: attention heads of 64 dimensions each, the same in encoder and decoder.
        audio_context: positions of the encoder output (1,500 for 30 s).
        text_context: positions of the decoder, prompt included.

    Raises:
        WeightsCorruptError: sizes that no Whisper has. They come from files, so a damaged header must
            stop here and not at an allocation of a terabyte.
    """

    n_mels: int
    vocab_size: int
    d_model: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    audio_context: int = 1500
    text_context: int = 448

    def __post_init__(self) -> None:
        sane = (
            self.n_mels in MEL_BINS
            and 0 < self.vocab_size <= MAX_VOCABULARY
            and 0 < self.d_model <= MAX_WIDTH
            and self.heads * HEAD_SIZE == self.d_model
            and 0 < self.encoder_layers <= MAX_LAYERS
            and 0 < self.decoder_layers <= MAX_LAYERS
            and 0 < self.audio_context <= MAX_CONTEXT
            and 0 < self.text_context <= MAX_CONTEXT
        )
        if not sane:
            raise WeightsCorruptError(
                f"These are not the sizes of a Whisper model: {self}; check that the file is one, "
                "and get it again if it is."
            )

    @property
    def encoder_parameters(self) -> int:
        """Numbers in the encoder, its (fixed) positions included, as ``transformers`` counts them."""
        d = self.d_model
        convolutions = 3 * d * self.n_mels + d + 3 * d * d + d
        layer = 4 * d * d + 3 * d + _feed_forward(d) + 2 * (2 * d)
        return convolutions + self.audio_context * d + self.encoder_layers * layer + 2 * d

    @property
    def decoder_parameters(self) -> int:
        """Numbers in the decoder; the output head is the token embedding and counts once."""
        d = self.d_model
        layer = 2 * (4 * d * d + 3 * d) + _feed_forward(d) + 3 * (2 * d)
        return (self.vocab_size + self.text_context) * d + self.decoder_layers * layer + 2 * d

    @property
    def parameters(self) -> int:
        return self.encoder_parameters + self.decoder_parameters


def _feed_forward(d: int) -> int:
    return 8 * d * d + 5 * d
