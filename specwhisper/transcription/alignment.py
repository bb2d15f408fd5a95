"""When each token was said: where main's cross-attention looked while it read its own text.

Some heads of Whisper follow the audio. Their attention, smoothed and averaged, is a cost matrix through which
dynamic time warping finds the cheapest path. Cf. ``find_alignment`` of openai/whisper's timing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from specwhisper.decoding.reader import NetworkReader
from specwhisper.transcription.model import Model

POSITION_SECONDS = 0.02
"""An audio position of the encoder."""

_FILTER = 7  # positions of the median filter


@dataclass(frozen=True, slots=True)
class Aligned:
    """Times and probabilities of tokens.

    Attributes:
        starts: seconds from the beginning of the window at which each token begins, and at last where the
            text ends: one more than there are tokens.
        probabilities: what main gives each token.
        seconds: what it cost to find out.
    """

    starts: tuple[float, ...]
    probabilities: tuple[float, ...]
    seconds: float = 0.0


@torch.inference_mode()
def align(
    main: Model, reader: NetworkReader, language: str, task: str, tokens: Sequence[int], seconds: float
) -> Aligned:
    """Read ``tokens`` (text alone) once more and see where main looks.

    Args:
        reader: main, reading the window.
        seconds: length of the window; what is beyond it is not looked at.
    """
    vocabulary = main.vocabulary
    opening = vocabulary.prompt(language, task)
    read = [*opening, *tokens, vocabulary.end_of_text]
    logits, scores = reader.watch(read, main.alignment_heads)
    first = len(opening) - 1  # the row that decides on the first token
    chances = logits[first : first + len(tokens), : vocabulary.end_of_text].softmax(-1)
    probabilities = chances.gather(-1, torch.tensor([tokens], device=chances.device).T)[:, 0]
    positions = max(1, min(scores.shape[-1], round(seconds / POSITION_SECONDS)))
    weights = scores[..., :positions].float().softmax(-1)  # [heads, W, positions]
    deviation, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    smooth = _median((weights - mean) / deviation.clamp(min=1e-10))
    # A row looks at what it is about to write: the first row at the first token, the last at the end.
    rows, columns = warp(-smooth.mean(0)[first:-1].cpu().numpy().astype(np.float64))
    jumps = np.diff(rows, prepend=-1) > 0
    starts = columns[jumps] * POSITION_SECONDS
    return Aligned(tuple(starts.tolist()), tuple(probabilities.tolist()))


def _median(weights: torch.Tensor) -> torch.Tensor:
    """A median filter along the last dimension, its ends mirrored."""
    half = _FILTER // 2
    if weights.shape[-1] <= half:
        return weights
    padded = torch.nn.functional.pad(weights, (half, half), mode="reflect")
    return padded.unfold(-1, _FILTER, 1).median(-1).values


def warp(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest monotonic path through a cost matrix [N, M], corner to corner.

    Dynamic time warping (Sakoe and Chiba 1978), by anti-diagonals, which numpy takes at once.

    Returns:
        Row and column of each step of the path, [steps] both.
    """
    rows, columns = cost.shape
    # best[i, j] is the price of reaching cell (i - 1, j - 1); a border of infinite prices around it.
    best = np.full((rows + 1, columns + 1), np.inf)
    best[0, 0] = 0.0
    came = np.zeros((rows + 1, columns + 1), np.int8)  # from 0: both, 1: the row before, 2: the column before
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        ways = np.stack([best[i - 1, j - 1], best[i - 1, j], best[i, j - 1]])
        # The diagonal only where it beats both, as openai-whisper has it; of the others the second on a tie.
        both, row = ways[0] < ways[1:].min(0), ways[1] < ways[::2].min(0)
        choice = np.where(both, 0, np.where(row, 1, 2))
        came[i, j] = choice
        best[i, j] = cost[i - 1, j - 1] + np.take_along_axis(ways, choice[None], 0)[0]
    came[0, :], came[:, 0] = 2, 1
    path = []
    i, j = rows, columns
    while i > 0 or j > 0:
        path.append((i - 1, j - 1))
        step = came[i, j]
        i, j = i - (step != 2), j - (step != 1)
    found = np.array(path[::-1])
    return found[:, 0], found[:, 1]
