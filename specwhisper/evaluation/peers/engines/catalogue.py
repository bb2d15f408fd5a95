"""Every engine that can be compared: its name, what it can do, what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from specwhisper.errors import OptionError
from specwhisper.evaluation.common.machine import installed_version
from specwhisper.evaluation.peers.engines import faster_whisper, hf, openai_whisper, ours, whisper_cpp
from specwhisper.evaluation.peers.engines.base import Engine, Job, Workshop

REQUIREMENTS = "requirements-peers.txt"
BASELINE = "SpecWhisper greedy"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of engine.

    Attributes:
        name: as tables show it.
        precisions: those it is measured in.
        build: makes one; whatever it imports, it imports only then.
        package: the distribution it lives in, None for those that are always here.
        pip: what ``pip install`` is to be given.
        with_draft: whether it wants a pair with a draft.
        stored: precision -> that of its weights in truth, where it lacks the former.
    """

    name: str
    precisions: tuple[str, ...]
    build: Callable[[Job, Workshop], Engine]
    package: str | None = None
    pip: str = ""
    with_draft: bool = False
    stored: Mapping[str, str] = field(default_factory=dict)

    @property
    def installed(self) -> bool:
        """Whether its package is here."""
        return self.package is None or installed_version(self.package) is not None

    def true_precision(self, precision: str) -> str:
        """How it stores weights when asked for a precision."""
        return self.stored.get(precision, precision)


FP32, BOTH = ("fp32",), ("fp32", "int8")
ALL = (*BOTH, "bf16")

KINDS = (
    Kind(BASELINE, ALL, ours.greedy),
    Kind("SpecWhisper speculative", ALL, ours.speculative, with_draft=True),
    Kind("transformers greedy", FP32, hf.greedy),
    Kind("transformers assisted", FP32, hf.assisted, with_draft=True),
    Kind("faster-whisper", ALL, faster_whisper.build, "faster-whisper", "faster-whisper==1.2.1"),
    Kind("openai-whisper", FP32, openai_whisper.build, "openai-whisper", "openai-whisper==20250625"),
    Kind(
        "whisper.cpp",
        BOTH,
        whisper_cpp.build,
        "pywhispercpp",
        "pywhispercpp==1.5.1",
        stored=whisper_cpp.STORED,
    ),
)


def kind_named(name: str) -> Kind:
    """The engine of that name."""
    return next(kind for kind in KINDS if kind.name == name)


def chosen_engines(beginnings: Sequence[str]) -> tuple[str, ...]:
    """Names of the engines whose name begins with one of those (case does not count); all for none.

    Raises:
        OptionError: no engine begins so.
    """
    names = tuple(kind.name for kind in KINDS)
    wanted = tuple(beginning.casefold() for beginning in beginnings)
    for beginning in wanted:
        if not any(name.casefold().startswith(beginning) for name in names):
            raise OptionError(f"No engine is called {beginning!r}: there are {', '.join(names)}.")
    return tuple(name for name in names if not wanted or name.casefold().startswith(wanted))
