"""What a model's work cannot be faster than: bytes that every step reads, operations that hearing takes."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.network.dimensions import Dimensions

FLOAT_BYTES = 4
WEIGHT_BYTES = {"fp32": 4, "bf16": 4, "fp16": 2, "int8": 1}
FRAMES_PER_POSITION = 2  # the second convolution halves the frames


@dataclass(frozen=True, slots=True)
class Work:
    """One model's work.

    Attributes:
        step_bytes: read by one decoder step: each weight once, the audio's keys and values once.
        encoder_flops: operations (a multiply and an add count two) of the encoder over 30 s.
    """

    step_bytes: int
    encoder_flops: int


def work_of(dims: Dimensions, precision: str) -> Work:
    """The least that a decoder step and the encoder do.

    The audio's keys and values count as float32 at fp32 and int8 alike, which is what engines on a CPU
    keep; an engine that keeps them in half precision reads less. The text's own keys and values are left
    out: a few hundred kilobytes.
    """
    d = dims.d_model
    # Keys and values of the audio are computed once per clip, so of cross-attention only the query and
    # the output projection are read at each step.
    per_layer = 4 * d * d + 2 * d * d + 8 * d * d
    weights = dims.decoder_layers * per_layer + dims.vocab_size * d
    cross = dims.decoder_layers * 2 * dims.audio_context * d
    cross_bytes = 2 if precision == "fp16" else FLOAT_BYTES
    return Work(weights * WEIGHT_BYTES[precision] + cross * cross_bytes, _encoder_flops(dims))


def _encoder_flops(dims: Dimensions) -> int:
    d, positions = dims.d_model, dims.audio_context
    convolutions = 2 * 3 * d * (FRAMES_PER_POSITION * positions * dims.n_mels + positions * d)
    per_layer = 2 * positions * 12 * d * d + 2 * 2 * positions * positions * d
    return convolutions + dims.encoder_layers * per_layer
