"""What an operator of the app can set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from specwhisper.web.limits import check_limits


def find_assets() -> Path:
    """The folder of looks and examples: in the package where it was installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"


@dataclass(frozen=True, slots=True)
class AppConfig:
    """Settings of the app, checked once.

    Attributes:
        pair: the pair chosen at first and loaded at start; None takes the default of the device.
        device: ``auto``, ``cpu`` or ``cuda``.
        max_upload_bytes: larger uploads are refused.
        max_seconds: longer recordings are refused.
        max_waiting: requests beyond this many are turned away rather than queued.
        keep_loaded: pairs that stay in memory, the least recently used leaves first.
        cache_seconds: uploads and results are deleted after this time.
        grace: a run goes on for so many seconds when its page is gone, so that a reload finds it again.
        assets: folder with ``css/``, the logo and ``examples/``.
    """

    pair: str | None = None
    device: str = "auto"
    max_upload_bytes: int = 100 * 2**20
    max_seconds: float = 15 * 60
    max_waiting: int = 16
    keep_loaded: int = 2
    cache_seconds: int = 3600
    grace: float = 30.0
    assets: Path = field(default_factory=find_assets)

    def __post_init__(self) -> None:
        check_limits(self, "max_upload_bytes", "max_seconds", "max_waiting", "keep_loaded", "cache_seconds")

    @property
    def examples(self) -> Path:
        return self.assets / "examples"


def asset_text(*files: Path) -> str | None:
    """What is in an asset, or in several; None where one is missing: assets of one's own may lack some."""
    return "".join(file.read_text("utf-8") for file in files) if all(map(Path.is_file, files)) else None
