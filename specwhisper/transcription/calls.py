"""What a call is given beside its options: checked with them, before anything is heard or loaded."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from os import PathLike
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch

from specwhisper.audio.limits import DEFAULT_MAX_SECONDS, check_track, resolve_max_seconds
from specwhisper.audio.waveform import Waveform
from specwhisper.captions.captions import Captions
from specwhisper.captions.read import read_captions
from specwhisper.errors import OptionError
from specwhisper.names import shown
from specwhisper.progress import OnProgress, unwatched
from specwhisper.results import OnUpdate
from specwhisper.transcription.journal import Journal
from specwhisper.transcription.options import SWITCH, Options, check_batch, check_kind, no_option

P = ParamSpec("P")
R = TypeVar("R")

AnyText = str | PathLike[str] | bytes | Captions | None
"""A text, or the path or the bytes of a file with one."""


@dataclass(frozen=True, slots=True)
class Call:
    """How one call goes about it, beyond its :class:`Options`."""

    report: OnProgress
    on_update: OnUpdate | None = None
    journal: Journal | None = None
    client: str = ""
    rows: int = 1
    exclusive: bool = False
    word_times: bool = False
    captions: Captions | None = None
    owner: int = field(default_factory=threading.get_ident)


def check_call(
    options: Mapping[str, Any],
    *,
    names: Iterable[str] | None = None,
    journal: str | PathLike[str] | None = None,
    max_seconds: float | None = DEFAULT_MAX_SECONDS,
    audio_track: int | None = None,
    strict: bool = False,
    client: str = "",
    batch_size: int = 1,
    draft_text: AnyText = None,
    on_progress: OnProgress | None = None,
    on_update: OnUpdate | None = None,
) -> tuple[Options, Call]:
    """The keywords of ``transcribe`` as what the engine takes; the journal is left to whoever has the sound.

    Args:
        options: fields of :class:`Options`.
        names: what else the call has, for those who misspell it; None: :data:`BESIDE`.

    Raises:
        OptionError: one of them does not exist, or two do not go together.
    """
    checked = Options.of(options, BESIDE if names is None else names)
    check_receiver("on_progress", on_progress)
    check_receiver("on_update", on_update)
    check_kind("strict", strict, SWITCH)
    check_kind("client", client, ((str,), "text"))
    resolve_max_seconds(max_seconds)
    check_track(audio_track)
    if not isinstance(journal, str | PathLike | None):
        raise OptionError(f"A journal is the path of a file, not {shown(repr(journal))}.")
    if journal is not None and not checked.timed:
        raise OptionError("A journal needs timestamps: ask for 'segment' or 'word'.")
    if journal is not None and checked.windows == "pauses":
        raise OptionError("A journal goes from window to window: leave windows at 'timestamps'.")
    if on_update is not None and not checked.timed:
        raise OptionError("Updates need timestamps: ask for 'segment' or 'word'.")
    captions = None if draft_text is None else check_draft_text(draft_text, checked)
    rows = check_batch(batch_size)
    return checked, Call(on_progress or unwatched, on_update, client=client, rows=rows, captions=captions)


def check_proposals(options: Options) -> None:
    """See that a text may propose.

    Raises:
        OptionError: the options want none of it.
    """
    if not options.speculative:
        raise OptionError("A draft text proposes, and main alone takes none of it: leave out one of the two.")
    if options.beams > 1 or options.temperature > 0:
        raise OptionError(
            "A draft text needs main's likeliest tokens: leave out beams and the temperature, or the text."
        )


def check_draft_text(draft_text: object, options: Options) -> Captions:
    """The text as captions.

    Raises:
        OptionError: it is none, cannot be read, or cannot help.
    """
    check_proposals(options)
    if isinstance(draft_text, Captions):
        return draft_text
    if not isinstance(draft_text, str | PathLike | bytes):
        raise OptionError(
            "A draft text is a text, the path of a file (a pathlib.Path) or its bytes, not "
            f"{shown(repr(draft_text))}."
        )
    return read_captions(draft_text)


BESIDE = tuple(name for name in inspect.signature(check_call).parameters if name not in ("options", "names"))
"""Keywords of ``transcribe`` that are no field of :class:`Options`."""


def check_receiver(name: str, receiver: object) -> None:
    """Whether something can be told of progress or text.

    Raises:
        OptionError: it is no function.
    """
    if receiver is not None and not callable(receiver):
        raise OptionError(f"The option {name!r} is a function or None, not {shown(repr(receiver))}.")


def check_recordings(audios: Any) -> list[Any]:
    """The recordings of a batch.

    Raises:
        OptionError: it is a single one, or none at all.
    """
    alone = isinstance(audios, str | bytes | bytearray | memoryview | PathLike | Waveform)
    samples = isinstance(audios, np.ndarray | torch.Tensor) and audios.ndim < 2
    if alone or samples or callable(getattr(audios, "read", None)):
        raise OptionError("A batch is a list of recordings: put a single one into a list.")
    if not isinstance(audios, Iterable):
        raise OptionError(f"A batch is a list of recordings, not {shown(repr(audios))}.")
    return list(audios)


def without(taken: Mapping[str, str], given: Mapping[str, Any]) -> None:
    """Refuse keywords that a call has for itself.

    Args:
        taken: those, and what tells the caller instead.

    Raises:
        OptionError: one of them is given.
    """
    for name, instead in taken.items():
        if name in given:
            raise OptionError(f"Leave out {name!r} here: {instead}.")


def only_known(call: Callable[P, R]) -> Callable[P, R]:
    """The same call, which refuses a keyword that it does not have in a sentence."""
    names = [name for name in inspect.signature(call).parameters if name != "self"]

    @wraps(call)
    def checked(*arguments: P.args, **keywords: P.kwargs) -> R:
        for name in keywords:
            if name not in names:
                raise no_option(name, names)
        return call(*arguments, **keywords)

    return checked
