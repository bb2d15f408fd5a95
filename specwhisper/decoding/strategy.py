"""How main's text is chosen among those it could write: the most likely step by step, drawn, or searched."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.errors import OptionError

MAX_TEMPERATURE = 2.0
MAX_BEAMS = 8
MAX_LENGTH_PENALTY = 10.0
MAX_PATIENCE = 10.0
MAX_BATCH = 64
MAX_SEED = 2**63 - 1  # what a torch.Generator takes


@dataclass(frozen=True, slots=True)
class Strategy:
    """The options of one decode; those left alone mean greedy decoding.

    Attributes:
        temperature: 0 writes the likeliest token; above, tokens are drawn from softmax(logits / temperature).
        seed: makes the draws repeatable; None takes a fresh one every time.
        beams: texts that grow side by side (decoding.beam); 1 is none but the text itself.
        length_penalty: of beams: exponent of the length by which a text's score is divided, as in
            ``transformers``. 1 scores a text by its mean per token, above that longer ones gain.
        patience: of beams: round(beams x patience) finished texts are awaited, as in openai-whisper.

    Raises:
        OptionError: on construction, when a value is out of range or two do not go together.
    """

    temperature: float = 0.0
    seed: int | None = None
    beams: int = 1
    length_penalty: float = 1.0
    patience: float = 1.0

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
        if not -MAX_LENGTH_PENALTY <= self.length_penalty <= MAX_LENGTH_PENALTY:
            raise OptionError(
                f"Length penalty {self.length_penalty} is not possible: "
                f"choose a number from -{MAX_LENGTH_PENALTY:g} to {MAX_LENGTH_PENALTY:g}."
            )
        if not 0 < self.patience <= MAX_PATIENCE:
            raise OptionError(
                f"Patience {self.patience} is not possible: choose a number above 0, to {MAX_PATIENCE:g}."
            )
        if self.beams == 1 and not self.length_penalty == self.patience == 1.0:
            raise OptionError("A length penalty and patience belong to beam search: ask for 2 beams or more.")


def check_batch(size: object, strategy: Strategy) -> None:
    """Whether so many windows can be decoded at a time in this way.

    Raises:
        OptionError: no such size, or a strategy that goes window by window.
    """
    if not (isinstance(size, int) and 1 <= size <= MAX_BATCH):
        raise OptionError(f"Batch size {size!r} is not possible: choose 1 to {MAX_BATCH}.")
    if size > 1 and (strategy.beams > 1 or strategy.temperature > 0):
        raise OptionError(
            "A batch can neither search nor draw: "
            "choose a batch size of 1, or leave out the beams and the temperature."
        )
