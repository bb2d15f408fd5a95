"""Peak resident memory of one engine, in a process of its own.

The peak is reset after the engine was built (building holds the weights twice for a moment) and read after
one transcription: what stays resident plus what transcribing adds, interpreter and libraries included.
"""

from __future__ import annotations

import gc
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from specwhisper.evaluation.peers.engines.base import Job

TIMEOUT = 600  # seconds
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # see proc(5), clear_refs


def peak_bytes(name: str, job: Job, folder: Path, samples: np.ndarray, language: str) -> int | None:
    """Measure an engine (by its catalogue name); None where the system does not tell, or it failed.

    Args:
        folder: of the workshop that holds the converted models.
    """
    if not _CLEAR.exists():
        return None
    # Spawned, not forked: a child of this process would begin with everything that is resident here.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_measure, args=(there, name, job, folder, samples, language), daemon=True)
    child.start()
    there.close()
    try:
        return int(here.recv()) if here.poll(TIMEOUT) else None
    except EOFError:
        return None  # it died; its own complaint is on standard error
    finally:
        child.terminate()
        child.join()


def _measure(
    answer: Connection, name: str, job: Job, folder: Path, samples: np.ndarray, language: str
) -> None:
    from specwhisper.evaluation.peers.engines.base import Workshop
    from specwhisper.evaluation.peers.engines.catalogue import kind_named

    workshop = Workshop(folder)
    engine = kind_named(name).build(job, workshop)
    workshop.clear()
    _give_back()
    reset_peak()
    engine.transcribe(samples, language)
    answer.send(peak_resident())


def reset_peak() -> bool:
    """Begin anew to look for this process's highest resident memory; False where the system cannot."""
    if not _CLEAR.exists():
        return False
    _CLEAR.write_text(_RESET_PEAK)
    return True


def peak_resident() -> int:
    """The highest resident memory since :func:`reset_peak`, in bytes."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _give_back() -> None:
    """Let the C library return what building freed, so that it is not counted as in use."""
    import ctypes

    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
    if trim is not None:
        trim(0)
