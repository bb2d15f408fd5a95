"""Which tokens may be written where: small pure rules over rows of logits.

A rule looks at the context a row continues and returns the row with forbidden tokens at -inf. One
implementation serves the greedy baseline, every draft step and all k+1 rows of a verify pass, which
is what keeps the three from drifting apart. Cf. the ``LogitFilter`` of openai/whisper's decoding.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec


class Rule(Protocol):
    """A rule over consecutive rows."""

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        """Return ``logits`` with what the rule forbids at -inf (the input is left as it is).

        Args:
            logits: [rows, vocabulary]; row i continues ``tokens[: first + i]``.
            tokens: prompt and text so far, proposals included.
            first: how many of ``tokens`` the first row has seen.
        """
        ...

    def among(self, kept: torch.Tensor) -> Rule:
        """The same rule over logits of the tokens ``kept`` (ids) alone."""
        ...


@dataclass(frozen=True)
class Suppress:
    """Forbid a fixed set everywhere."""

    bias: torch.Tensor  # [vocabulary]: 0 or -inf

    @classmethod
    def of(cls, forbidden: Iterable[int], size: int, device: torch.device) -> Suppress:
        return cls(_bias(forbidden, size, device))

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        return logits + self.bias

    def among(self, kept: torch.Tensor) -> Suppress:
        return Suppress(self.bias[kept])


@dataclass(frozen=True)
class SuppressAtBegin:
    """Forbid a fixed set in the first row after the prompt."""

    bias: torch.Tensor  # [vocabulary]: 0 or -inf
    prompt_length: int

    @classmethod
    def of(
        cls, forbidden: Iterable[int], size: int, device: torch.device, prompt_length: int
    ) -> SuppressAtBegin:
        return cls(_bias(forbidden, size, device), prompt_length)

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        row = self.prompt_length - first
        if not 0 <= row < logits.shape[0]:
            return logits
        logits = logits.clone()
        logits[row] += self.bias
        return logits

    def among(self, kept: torch.Tensor) -> SuppressAtBegin:
        return SuppressAtBegin(self.bias[kept], self.prompt_length)


@dataclass(frozen=True)
class Rules:
    """Several rules in order; the empty one changes nothing."""

    rules: tuple[Rule, ...] = ()

    def apply(self, logits: torch.Tensor, tokens: Sequence[int], first: int) -> torch.Tensor:
        for rule in self.rules:
            logits = rule.apply(logits, tokens, first)
        return logits

    def among(self, kept: torch.Tensor) -> Rules:
        return Rules(tuple(rule.among(kept) for rule in self.rules))


def _bias(forbidden: Iterable[int], size: int, device: torch.device) -> torch.Tensor:
    bias = torch.zeros(size)
    bias[list(forbidden)] = float("-inf")
    return bias.to(device)


def suppression(
    generation_config: Mapping[str, Any] | None, vocabulary: Vocabulary, codec: TextCodec
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a model never writes, and what it never begins a window with: its own lists, else Whisper's."""
    config = generation_config or {}
    return (
        tuple(config.get("suppress_tokens") or suppressed_tokens(vocabulary, codec)),
        tuple(config.get("begin_suppress_tokens") or begin_suppressed_tokens(vocabulary, codec)),
    )


def suppressed_tokens(vocabulary: Vocabulary, codec: TextCodec) -> tuple[int, ...]:
    """What Whisper never writes: annotations such as "(laughs)" or "♪", and mid-text special tokens.

    Follows ``non_speech_tokens`` of openai/whisper's tokenizer.py; the result equals the
    ``suppress_tokens`` that ship in the models' generation configs (a test holds them together).
    """
    single = [*'"#()*+/:;<=>@[\\]^_`{|}~「」『』']
    single += ["<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", '("', "((", "))"]
    single += ["(((", ")))", "[[", "]]", "{{", "}}", "♪♪", "♪♪♪"]
    musical = [*"♩♪♫♬♭♮♯"]

    # A hyphen or quote is allowed inside a word but not as a word of its own.
    forbidden = {codec.encode(" -")[0], codec.encode(" '")[0]}
    for symbol in single + musical:
        for written in (codec.encode(symbol), codec.encode(" " + symbol)):
            # Musical symbols are split into bytes; forbidding their first one is enough.
            if len(written) == 1 or symbol in musical:
                forbidden.add(written[0])
    forbidden.add(vocabulary.start_of_transcript)
    forbidden.update(token for name, token in vocabulary.tasks.items() if name != "notimestamps")
    return tuple(sorted(forbidden))


def begin_suppressed_tokens(vocabulary: Vocabulary, codec: TextCodec) -> tuple[int, ...]:
    """What a window never begins with: a lone space, or its end."""
    return (codec.encode(" ")[0], vocabulary.end_of_text)
