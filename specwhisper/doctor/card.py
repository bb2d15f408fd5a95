"""Whether there is a CUDA card, and why it is or is not used."""

from __future__ import annotations

import re
import shutil
import subprocess

import torch

from specwhisper.doctor.findings import Card
from specwhisper.network.device import cards_trouble

_PATIENCE = 10.0  # seconds


def find_card() -> Card:
    """The first card, as PyTorch and its driver's own program see it."""
    seen = _by_driver()
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        driver = seen[1] if seen else None
        return Card(True, "PyTorch can use it.", properties.name, properties.total_memory, driver)
    if torch.version.cuda is None:
        why = f"This PyTorch ({torch.__version__}) is a build without CUDA"
        if seen is None:
            return Card(False, f"{why}, and no NVIDIA driver answers.")
        return Card(False, f"{why}: install one with it to use the card.", seen[0], driver=seen[1])
    if seen is None:
        return Card(False, "PyTorch could use one, but no NVIDIA driver answers.")
    trouble = cards_trouble() or "PyTorch cannot use it"
    return Card(False, f"{trouble[0].upper()}{trouble[1:]}.", seen[0], driver=seen[1])


def _by_driver() -> tuple[str, str] | None:
    """Name of the first card and the driver's version."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    # What is no name and version is what it says when it fails.
    first = answer.stdout[:1000].decode("utf-8", errors="replace").partition("\n")[0]
    found = re.fullmatch(r"\s*([^,\x00-\x1f]{1,100}?)\s*,\s*(\d+(?:\.\d+)+)\s*", first)
    return (found[1], found[2]) if found else None
