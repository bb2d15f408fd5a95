"""How main's text is chosen among those it could write: the most likely step by step, drawn, or searched."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.errors import OptionError

MAX_TEMPERATURE = 2.0
MAX_BEAMS = 8
MAX_SEED = 2**63 - 1  # what a torch.Generator takes


@dataclass(frozen=True, slots=True)
class Strategy:
    """The options of one decode; those left alone mean greedy decoding.

    Attributes:
        temperature: 0 writes the likeliest token; above, tokens are drawn from softmax(logits / temperature).
        seed: makes the draws repeatable; None takes a fresh one every time.
        beams: texts that grow side by side (decoding.beam); 1 is none but the text itself.

    Raises:
        OptionError: on construction, when a value is out of range or two do not go together.
    """

    temperature: float = 0.0
    seed: int | None = None
    beams: int = 1

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature <= MAX_TEMPERATURE:
            raise OptionError(
                f"Temperature {self.temperature} is not possible: "
                f"choose a number from 0 to {MAX_TEMPERATURE:g}."
            )
        if self.seed is not None and not (isinstance(self.seed, int) and 0 <= self.seed <= MAX_SEED):
            raise OptionError(
                f"Seed {self.seed} is not possible: choose a whole number from 0 to {MAX_SEED}, or none."
            )
        if not (isinstance(self.beams, int) and 1 <= self.beams <= MAX_BEAMS):
            raise OptionError(
                f"{self.beams} beams are not possible: choose a whole number from 1 to {MAX_BEAMS}."
            )
        if self.beams > 1 and self.temperature > 0:
            raise OptionError("Beams search and a temperature draws: choose one of the two.")
