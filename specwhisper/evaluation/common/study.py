"""A measurement: what is asked, on what, what is known of it already, and who watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specwhisper.evaluation.common.dataset import LoadedClip
from specwhisper.evaluation.common.ledger import Ledger
from specwhisper.evaluation.common.plan import Plan
from specwhisper.progress import OnProgress


@dataclass(frozen=True, slots=True)
class Study:
    """What the ledger holds is not done again."""

    plan: Plan
    clips: Sequence[LoadedClip]
    ledger: Ledger
    on_progress: OnProgress
