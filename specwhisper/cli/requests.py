"""What the commands that take recordings were asked, read off the parser once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reading:
    """How a recording is read; the names are those of ``Transcriber.transcribe``."""

    max_seconds: float | None
    audio_track: int | None
    strict: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What ``transcribe`` and ``compare`` have in common.

    Attributes:
        files: to do, in their order.
        pair, device, precision: of the models; no pair takes the best for the device.
        with_draft: whether a pair without a draft is a mistake.
    """

    files: tuple[str, ...]
    pair: str | None
    device: str
    precision: str
    reading: Reading
    language: str | None
    languages: str | Sequence[str]
    lookahead: int | Literal["auto"]
    with_draft: bool

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Request:
        return cls(
            files=tuple(arguments.files),
            pair=arguments.pair,
            device=arguments.device,
            precision=arguments.precision,
            reading=Reading(arguments.max_seconds, arguments.audio_track, arguments.strict),
            language=arguments.language,
            languages=arguments.languages,
            lookahead=arguments.lookahead,
            with_draft=arguments.command == "compare",
        )

    def for_files(self, files: list[str]) -> Request:
        """The same for other files."""
        return replace(self, files=tuple(files))
