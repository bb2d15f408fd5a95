"""Everything that can go wrong and that a user can do something about.

Each exception carries one sentence that says what is wrong and what to do. Faces (command line,
app, HTTP) print that sentence and nothing else; anything that is *not* a ``SpecWhisperError`` is a bug.
"""


class SpecWhisperError(Exception):
    """Base of all errors that are meant to be read by a user."""


class OptionError(SpecWhisperError):
    """A value the caller chose is not one that exists (unknown language, bad pair name, ...)."""


class AudioError(SpecWhisperError):
    """The input cannot be heard."""


class NotAudioError(AudioError):
    """The bytes are not a container or codec with an audio stream."""


class EmptyAudioError(AudioError):
    """The input holds no bytes, or an audio stream without a single sample."""


class TruncatedAudioError(AudioError):
    """The input starts as audio and breaks off before its end."""


class AudioTooLongError(AudioError):
    """The recording is longer than the configured limit."""


class OutputError(SpecWhisperError):
    """The result of a recording cannot be written."""


class ModelError(SpecWhisperError):
    """A model cannot be had, read or used."""


class WeightsUnavailableError(ModelError):
    """None of the sources can provide the weights; the message names the ways out."""


class WeightsCorruptError(ModelError):
    """A weight file does not match its digest or cannot be parsed."""


class NoRoomError(ModelError):
    """The device's memory does not hold what was asked for."""


class LiveError(SpecWhisperError):
    """A live session is at its end, or never had sound."""


class BusyError(SpecWhisperError):
    """Too many wait already.

    Attributes:
        seconds: after about so many it is worth trying again.
    """

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class GivenUpError(SpecWhisperError):
    """Whoever asked is gone, or it took too long."""


class ClientLeftError(GivenUpError):
    """Whoever asked is gone: nobody reads the answer any more."""
