"""What ``specwhisper doctor`` finds out: plain data, for text and JSON alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from specwhisper.network.cpu.machine import Profile


@dataclass(frozen=True, slots=True)
class Card:
    """A CUDA card, or why there is none.

    Attributes:
        used: whether ``--device auto`` takes it.
        reason: why it is, or is not, in a sentence.
        name, memory, driver: of the first card; memory in bytes.
    """

    used: bool
    reason: str
    name: str | None = None
    memory: int | None = None
    driver: str | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """What a pair does here.

    Attributes:
        seconds_to_load: weights and costs.
        encode: seconds of main's encoder over 30 s of sound.
        encode_rate: its operations per second.
        passes: seconds of main's pass over 1 and over 8 tokens, decisions included.
        read_rate: bytes per second at which a pass over one token goes through what it must read.
        draft_step: seconds of the draft's token; None without a draft.
        draft_hears: seconds of its hearing 15 s of sound.
    """

    pair: str
    precision: str
    device: str
    seconds_to_load: float
    encode: float
    encode_rate: float
    passes: tuple[float, float]
    read_rate: float
    draft_step: float | None = None
    draft_hears: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in which something is kept.

    Attributes:
        content: what, for people.
        bytes: of its files; 0 where it does not exist yet.
        writable: whether something can be put there.
        free: bytes free on its disk; None where nobody can tell.
    """

    content: str
    folder: str
    bytes: int
    writable: bool
    free: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where weights can be had from; ``reason`` says what was found."""

    name: str
    reachable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything.

    Attributes:
        cores: of the machine; :attr:`Profile.allowed` are those that this process may use.
        speeds: of a pair that is here, in each precision; empty where none is.
        pairs: name to ``ready``, ``can be fetched`` or ``unavailable``.
        environment: variables that change what the product does, as far as they are set. No secrets.
    """

    versions: dict[str, str | None]
    system: str
    python: str
    cores: int
    profile: Profile
    card: Card
    speeds: tuple[Speed, ...]
    pairs: dict[str, str]
    places: tuple[Place, ...]
    sources: tuple[Source, ...]
    environment: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)
