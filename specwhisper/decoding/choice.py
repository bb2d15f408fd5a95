"""Reading a decision off rows of logits.

On a CPU the library's ``topk`` and ``argmax`` over 51,865 columns take as long as a layer of tiny, so
compiled functions of our own do it there; on a GPU everything stays on the device and comes back in
one copy. Both twins give the same answer (tests/decoding/test_choice.py).
"""

from __future__ import annotations

import torch

from specwhisper.network.cpu.choose import best_and_gap, best_and_probability, best_of


def best_with_gap(rows: torch.Tensor) -> tuple[list[int], list[float]]:
    """Per row of [R, V] logits: the best token (the first of equals) and its lead over the second best."""
    if rows.device.type != "cpu":
        return best_with_gap_on_device(rows)
    decided = [best_and_gap(row) for row in rows.numpy()]
    return [token for token, _ in decided], [gap for _, gap in decided]


def best_only(rows: torch.Tensor) -> list[int]:
    """Per row of [R, V] logits: the best token, where nobody asks for its lead."""
    if rows.device.type != "cpu":
        return [int(token) for token in rows.argmax(-1).tolist()]
    return [best_of(row) for row in rows.numpy()]


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
    decided = [best_and_probability(row) for row in rows.numpy()]
    return [token for token, _ in decided], [probability for _, probability in decided]
