"""A request to the engine, checked once; the page and the API both build it here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from specwhisper.errors import EmptyAudioError, OptionError
from specwhisper.names import shortened
from specwhisper.vocabulary.languages import language_code

DETECT = "auto"
TASKS = ("transcribe", "translate")
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")
LOOKAHEADS = ("auto", *(str(tokens) for tokens in range(1, 17)))


@dataclass(frozen=True, slots=True)
class Job:
    """One recording and how to decode it.

    Attributes:
        audio: a file, or an open one.
        language: Whisper code; None detects it.
        lookahead: ``"auto"`` or tokens drafted per cycle.
    """

    audio: Path | BinaryIO
    pair: str
    language: str | None
    task: str
    precision: str
    lookahead: int | Literal["auto"]

    @property
    def name(self) -> str:
        """The recording's, for files that are named after it."""
        return self.audio.name if isinstance(self.audio, Path) else "recording"


def parse_job(
    audio: str | Path | BinaryIO | None,
    pair: str,
    language: str | None = DETECT,
    task: str = "transcribe",
    precision: str = "auto",
    lookahead: str | float = "auto",
) -> Job:
    """Build a job from what a form or an API call holds.

    Raises:
        EmptyAudioError: no recording was given.
        OptionError: a choice does not exist.
    """
    if not audio:
        raise EmptyAudioError("There is no recording yet: upload a file, record one, or pick an example.")
    return Job(
        audio=Path(audio) if isinstance(audio, str) else audio,
        pair=shortened(pair.strip()) if isinstance(pair, str) else "",
        language=None if language in (None, "", DETECT) else language_code(shortened(str(language))),
        task=_choice("task", task, TASKS),
        precision=_choice("precision", precision, PRECISIONS),
        lookahead=_lookahead(lookahead),
    )


def _choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise OptionError(
            f"Unknown {name} {shortened(str(value))!r}: choose {', '.join(choices[:-1])} or {choices[-1]}."
        )
    return str(value)


def _lookahead(value: str | float) -> int | Literal["auto"]:
    """Numbers arrive as 8, 8.0 or "8", depending on the client."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if text not in LOOKAHEADS:
        raise OptionError(f"Lookahead is auto or a whole number from 1 to 16, not {shortened(text)!r}.")
    return "auto" if text == "auto" else int(text)
