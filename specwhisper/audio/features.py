"""Log-mel spectrograms as Whisper was trained on them (https://arxiv.org/abs/2212.04356, section 2.2)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch

from specwhisper.audio.mel import mel_filters
from specwhisper.audio.windows import HOP, WINDOW_SAMPLES

N_FFT = 400  # samples: 25 ms
FRAMES = WINDOW_SAMPLES // HOP  # 3,000
_FLOOR = 1e-10  # power below which a bin counts as silent
_RANGE = 8.0  # bels kept below the loudest bin: 80 dB


def log_mel(
    waveform: np.ndarray | torch.Tensor,
    n_mels: int,
    *,
    device: str | torch.device = "cpu",
    blank: bool = False,
) -> torch.Tensor:
    """The features of one window, float32 [n_mels, 3000] on ``device``.

    Equal to ``transformers.WhisperFeatureExtractor(feature_size=n_mels)`` (its filters, torch's FFT).

    Args:
        waveform: float32 [1..480000], 16 kHz; shorter windows are followed by silence up to 30 s.
        n_mels: bins, 80 (Whisper up to large-v2) or 128 (large-v3).
        blank: a shorter window is followed by features of 0 instead of silence, as faster-whisper does it. Of
            short windows Whisper then writes down a little more correctly (base on 91 clips of LibriSpeech:
            WER 11.4% instead of 12.0%, when the last frame still counted as heard), but not what it was
            trained on, nor what ``transformers`` hears.

    Raises:
        ValueError: not one axis, no samples, or more than 30 s.
    """
    samples = torch.as_tensor(waveform, dtype=torch.float32, device=device)
    if samples.ndim != 1 or not 0 < len(samples) <= WINDOW_SAMPLES:
        raise ValueError(f"a window holds 1 to {WINDOW_SAMPLES} samples, not {list(samples.shape)}")
    filters, hann = _constants(n_mels, samples.device)
    # Frames that hear nothing but padding are silent. Their bins are the floor, so only the others are
    # transformed, from just enough padding that the mirroring at its end reaches none of them.
    heard = min(FRAMES, (len(samples) + N_FFT // 2 + HOP - 1) // HOP)
    padding = min(WINDOW_SAMPLES, heard * HOP + N_FFT) - len(samples)
    padded = torch.nn.functional.pad(samples, (0, padding))
    spectrum = torch.stft(padded, N_FFT, HOP, window=hann, return_complex=True)  # [201, heard or more]
    spectrum = spectrum.mT[
        :heard
    ]  # [heard, 201], as it lies in memory: the squares then run over it in order
    power = spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)
    features = torch.full((n_mels, FRAMES), math.log10(_FLOOR), device=samples.device)
    features[:, :heard] = (filters @ power.mT).clamp_(min=_FLOOR).log10_()
    features = torch.maximum(features, features.max() - _RANGE).add_(4.0).div_(4.0)
    if blank:
        # The last frame, half of which hears padding, counts as blank, too.
        features[:, max(1, len(samples) // HOP) :] = 0.0
    return features


@lru_cache(maxsize=8)
def _constants(n_mels: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Mel filters [n_mels, 201] and the analysis window [400]."""
    filters = torch.as_tensor(mel_filters(n_mels), device=device)
    return filters, torch.hann_window(N_FFT, device=device)
