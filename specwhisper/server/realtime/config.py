"""What a client of the realtime API asks for: the session object, old and new."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.server.forms import pair_of
from specwhisper.server.realtime.sound import SoundFormat
from specwhisper.service.engine import Engine
from specwhisper.vocabulary.languages import which_languages

_PAUSES = (200, 10_000)


@dataclass(frozen=True, slots=True)
class TurnDetection:
    """When an item ends: after so much silence.

    Attributes:
        threshold, prefix_padding_ms: kept for the client's sake; the detector has its own.
    """

    silence_duration_ms: int = 500
    threshold: float = 0.5
    prefix_padding_ms: int = 300

    def to_dict(self) -> dict[str, Any]:
        """As it is told to clients."""
        return {
            "type": "server_vad",
            "threshold": self.threshold,
            "prefix_padding_ms": self.prefix_padding_ms,
            "silence_duration_ms": self.silence_duration_ms,
        }


@dataclass(frozen=True, slots=True)
class RealtimeConfig:
    """How to transcribe.

    Attributes:
        pair: whose models.
        model: what the client calls it.
        language: Whisper's code; None detects it.
        turns: None: the client says where an item ends.
    """

    pair: str
    model: str = "whisper-1"
    language: str | None = None
    prompt: str | None = None
    sound: SoundFormat = field(default_factory=SoundFormat)
    turns: TurnDetection | None = field(default_factory=TurnDetection)

    def updated(self, session: Any, engine: Engine) -> RealtimeConfig:
        """The same with what a ``session.update`` names.

        Raises:
            OptionError: something in it does not exist.
        """
        if not isinstance(session, dict):
            raise OptionError("The field 'session' is missing: send an object with what to change.")
        if session.get("type", "transcription") != "transcription":
            raise OptionError(
                f"Sessions of type {shown(repr(session['type']))} are not offered: this server only "
                "transcribes, so choose 'transcription'."
            )
        audio = session.get("audio")
        given = audio.get("input") if isinstance(audio, dict) else None
        if not isinstance(given, dict):  # the older form has it all on one level
            names = {
                "input_audio_format": "format",
                "input_audio_transcription": "transcription",
                "turn_detection": "turn_detection",
            }
            given = {new: session[old] for old, new in names.items() if old in session}
        changed = self
        if given.get("format") is not None:
            changed = replace(changed, sound=SoundFormat.of(given["format"]))
        if isinstance(given.get("transcription"), dict):
            changed = changed._with_transcription(given["transcription"], engine)
        if "turn_detection" in given:
            changed = replace(changed, turns=_turns(given["turn_detection"]))
        return changed

    def _with_transcription(self, given: dict[str, Any], engine: Engine) -> RealtimeConfig:
        texts = {name: given[name] for name in ("model", "language", "prompt") if given.get(name) is not None}
        for name, value in texts.items():
            if not isinstance(value, str):
                raise OptionError(f"The field {name!r} is text, not {shown(repr(value))}.")
        changed = self
        if "model" in texts:
            changed = replace(changed, pair=pair_of(texts["model"], engine), model=texts["model"])
            engine.pair(changed.pair)  # refuses what does not exist
        if "language" in given:
            language = which_languages(texts.get("language") or None, ())[0]
            changed = replace(changed, language=language)
        if "prompt" in given:
            changed = replace(changed, prompt=texts.get("prompt", "").strip() or None)
        return changed

    def to_dict(self, name: str) -> dict[str, Any]:
        """The session object.

        Args:
            name: of the session.
        """
        return {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": name,
            "audio": {
                "input": {
                    "format": self.sound.to_dict(),
                    "noise_reduction": None,
                    "transcription": {"model": self.model, "language": self.language, "prompt": self.prompt},
                    "turn_detection": self.turns.to_dict() if self.turns else None,
                }
            },
            "include": None,
        }


def _turns(given: Any) -> TurnDetection | None:
    if given is None:
        return None
    kind = given.get("type", "server_vad") if isinstance(given, dict) else given
    if kind != "server_vad":
        raise OptionError(
            f"Turn detection {shown(repr(kind))} is not offered: choose 'server_vad', or null and commit."
        )
    usual = TurnDetection()
    numbers = {}
    for name in ("silence_duration_ms", "threshold", "prefix_padding_ms"):
        value = given.get(name)
        value = getattr(usual, name) if value is None else value
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise OptionError(f"The field {name!r} is a number, not {shown(repr(value))}.")
        numbers[name] = value
    if not _PAUSES[0] <= numbers["silence_duration_ms"] <= _PAUSES[1]:
        raise OptionError(f"silence_duration_ms is from {_PAUSES[0]} to {_PAUSES[1]}.")
    return TurnDetection(
        int(numbers["silence_duration_ms"]), float(numbers["threshold"]), int(numbers["prefix_padding_ms"])
    )
