"""What a request asks for, checked before anything waits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from specwhisper.errors import OptionError
from specwhisper.names import shortened
from specwhisper.service.engine import Engine
from specwhisper.service.job import DETECT, Job, parse_job
from specwhisper.transcription.calls import check_draft_text
from specwhisper.transcription.options import Options
from specwhisper.vocabulary.languages import which_languages

ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]
FORMATS: tuple[ResponseFormat, ...] = ("json", "text", "srt", "verbose_json", "vtt")
GRANULARITIES = ("segment", "word")

VERSIONS = {"v2": "large-v2+tiny", "v3": "large-v3+tiny"}
"""Short names of the earlier system."""

DEFAULT_NAMES = ("", "default")

_OPENAIS = re.compile(
    r"whisper-\d+(-\d{4}-\d{2}-\d{2})?|gpt-([a-z0-9.]+-)*(transcribe|translate|whisper|audio)(-[a-z0-9.]+)*"
)
"""OpenAI's audio models, with and without a date: its clients have to name one, and mean the server's own."""

MAX_TEMPERATURE = 1.0  # OpenAI's range


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """One recording and how to answer.

    Attributes:
        options: further ones of ``Transcriber.transcribe``.
    """

    job: Job
    options: dict[str, object]
    response_format: ResponseFormat = "json"
    words: bool = False
    segments: bool = True


def pair_of(model: str | None, engine: Engine) -> str:
    """The pair behind a model's name."""
    name = (model or "").strip()
    return engine.default_pair if is_default(name) else VERSIONS.get(name, name)


def is_default(name: str) -> bool:
    """Whether a model's name means the server's own pair."""
    return name in DEFAULT_NAMES or bool(_OPENAIS.fullmatch(name[:100]))


def granularities_of(*given: Iterable[str] | None) -> tuple[str, ...]:
    """Of ``timestamp_granularities[]`` and the same without brackets, with commas or one by one."""
    values = (value for values in given if values for entry in values for value in entry.split(","))
    return tuple(filter(None, map(str.strip, values)))


def openai_wish(
    file: BinaryIO,
    engine: Engine,
    *,
    model: str,
    prompt: str | None,
    response_format: str,
    temperature: float,
    vad: bool,
    task: str,
    precision: str,
    language: str | None = None,
    languages: str | None = None,
    granularities: Sequence[str] = (),
    hotwords: str | None = None,
    draft_text: str | None = None,
) -> TranscriptionRequest:
    """A request of OpenAI's clients.

    Raises:
        OptionError: something in it does not exist.
    """
    if response_format not in FORMATS:
        raise OptionError(
            f"Unknown response_format {shortened(response_format)!r}: choose {', '.join(FORMATS)}."
        )
    for granularity in granularities:
        if granularity not in GRANULARITIES:
            raise OptionError(
                f"Unknown timestamp granularity {shortened(granularity)!r}: choose segment or word."
            )
    words = "word" in granularities
    if granularities and response_format not in ("verbose_json", "vtt"):
        raise OptionError("timestamp_granularities need response_format verbose_json: nothing else has room.")
    if not 0 <= temperature <= MAX_TEMPERATURE:
        raise OptionError(f"The temperature is from 0 to {MAX_TEMPERATURE:g}, not {temperature:g}.")
    known, among = which_languages(language or None, languages or ())
    job = parse_job(file, pair_of(model, engine), known or DETECT, task, precision)
    options: dict[str, object] = {
        "timestamps": "word" if words else "segment",
        "temperature": temperature,
        "vad": vad,
        "languages": among,
    }
    if prompt and prompt.strip():
        options["initial_prompt"] = prompt.strip()
    options |= helps(hotwords, draft_text, speculative=True, temperature=temperature)
    segments = "segment" in granularities or not granularities
    return TranscriptionRequest(
        job, options, next(each for each in FORMATS if each == response_format), words, segments
    )


def plain_wish(
    file: BinaryIO,
    engine: Engine,
    *,
    model: str | None,
    language: str | None,
    languages: str | None,
    task: str,
    speculative: bool,
    vad: bool,
    precision: str,
    hotwords: str | None = None,
    draft_text: str | None = None,
) -> TranscriptionRequest:
    """A request of our own routes.

    Raises:
        OptionError: something in it does not exist.
    """
    known, among = which_languages(language or None, languages or ())
    job = parse_job(file, pair_of(model, engine), known or DETECT, task, precision)
    options: dict[str, object] = {
        "timestamps": "segment",
        "speculative": speculative,
        "languages": among,
        "vad": vad,
        **helps(hotwords, draft_text, speculative=speculative),
    }
    return TranscriptionRequest(job, options)


def helps(
    hotwords: str | None, draft_text: str | None, *, speculative: bool, temperature: float = 0.0
) -> dict[str, object]:
    """What somebody knows beforehand, as options; an empty field is none.

    Raises:
        OptionError: the text holds no words, or may not propose.
    """
    options: dict[str, object] = {}
    if hotwords and hotwords.strip():
        options["hotwords"] = hotwords.strip()
    if draft_text and draft_text.strip():
        options["draft_text"] = check_draft_text(
            draft_text, Options(speculative=speculative, temperature=temperature)
        )
    return options
