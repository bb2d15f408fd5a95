"""SpecWhisper: the main model's exact transcript at close to the draft model's speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specwhisper.transcription.loading import load
    from specwhisper.transcription.options import Options
    from specwhisper.transcription.transcriber import Transcriber

__all__ = ["Options", "Transcriber", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import torch and the engine only when they are used: ``specwhisper --help`` stays instant."""
    if name == "load":
        from specwhisper.transcription.loading import load

        return load
    if name == "Transcriber":
        from specwhisper.transcription.transcriber import Transcriber

        return Transcriber
    if name == "Options":
        from specwhisper.transcription.options import Options

        return Options
    raise AttributeError(f"module 'specwhisper' has no attribute {name!r}")
