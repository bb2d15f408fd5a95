"""What a live session costs; a few numbers, however long it is."""

from __future__ import annotations

from dataclasses import dataclass

from specwhisper.transcription.live.hypothesis import Hypothesis


@dataclass(slots=True)
class LiveMeter:
    """Sums over all decodes.

    Attributes:
        decodes: of main.
        cycles, tokens: of those.
        proposed, accepted: tokens, by a text or the draft.
        features, encode, decode, aligning: wall time (s).
    """

    decodes: int = 0
    cycles: int = 0
    tokens: int = 0
    proposed: int = 0
    accepted: int = 0
    features: float = 0.0
    encode: float = 0.0
    decode: float = 0.0
    aligning: float = 0.0

    def decoded(self, found: Hypothesis) -> None:
        """Main has decoded a window."""
        self.decodes += 1
        self.cycles += len(found.cycles)
        self.tokens += sum(len(cycle.tokens) for cycle in found.cycles)
        self.proposed += sum(len(cycle.proposed) for cycle in found.cycles)
        self.accepted += sum(cycle.accepted for cycle in found.cycles)
        self.features += found.seconds.features
        self.encode += found.seconds.encode_main + found.seconds.encode_draft
        self.decode += sum(cycle.draft_seconds + cycle.verify_seconds for cycle in found.cycles)

    def aligned(self, seconds: float) -> None:
        """Words were given their times."""
        self.aligning += seconds

    @property
    def tokens_per_cycle(self) -> float:
        return self.tokens / self.cycles if self.cycles else 0.0
