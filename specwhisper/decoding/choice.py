"""Reading a decision off rows of logits.

On a CPU the library's ``topk`` and ``argmax`` over 51,865 columns take as long as a layer of tiny, so
numpy's vectorised ``argmax`` does it there; on a GPU everything stays on the device and comes back in
one copy. Both twins give the same answer (tests/decoding/test_choice.py).
"""

from __future__ import annotations

import numpy as np
import torch


def best_with_gap(rows: torch.Tensor) -> tuple[list[int], list[float]]:
    """Per row of [R, V] logits: the best token (the first of equals) and its lead over the second best."""
    if rows.device.type != "cpu":
        return best_with_gap_on_device(rows)
    tokens, gaps = [], []
    for row in rows.numpy():
        best = int(row.argmax())
        second = max((part.max() for part in (row[:best], row[best + 1 :]) if part.size), default=-np.inf)
        tokens.append(best)
        gaps.append(float(row[best] - second))
    return tokens, gaps


def best_with_gap_on_device(rows: torch.Tensor) -> tuple[list[int], list[float]]:
    """The twin of :func:`best_with_gap` that waits for the device only once."""
    best = rows.argmax(-1, keepdim=True)
    top = rows.gather(-1, best)
    second = rows.scatter(-1, best, float("-inf")).amax(-1, keepdim=True)
    packed = torch.cat([best.double(), (top - second).double()], dim=1).tolist()
    return [int(token) for token, _ in packed], [gap for _, gap in packed]


def best_with_probabilities(rows: torch.Tensor) -> tuple[list[int], list[float]]:
    """Per row of [R, V] logits: the best token and its softmax probability."""
    if rows.device.type != "cpu":
        probabilities, indices = rows.softmax(-1).max(-1)
        packed = torch.stack([indices.double(), probabilities.double()]).tolist()
        return [int(index) for index in packed[0]], packed[1]
    best = torch.from_numpy(rows.numpy().argmax(-1))
    return best.tolist(), rows.softmax(-1).gather(-1, best[:, None])[:, 0].tolist()


def best_with_probability(row: torch.Tensor) -> tuple[int, float]:
    """The best token of one row [V] of logits and its softmax probability."""
    tokens, probabilities = best_with_probabilities(row[None])
    return tokens[0], probabilities[0]
