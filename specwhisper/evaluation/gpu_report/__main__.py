"""The first ten minutes on a card: what runs, what it gives, whether it may be trusted.

    python -m specwhisper.evaluation.gpu_report --out gpu.json  # noise in the shape of models
    python -m specwhisper.evaluation.gpu_report --out gpu.json --pair small+tiny --clips FOLDER  # and speech

The file is written anew after each section. Each runs in a process of its own with a time limit, so that one
which hangs or takes the card down with it does not take the answers of others. Without a card the same passes
run unrecorded on the CPU.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from specwhisper.errors import OptionError, SpecWhisperError
from specwhisper.evaluation.gpu_report import sections
from specwhisper.network.device import resolve_device, resolve_precision
from specwhisper.weights.catalogue import MODELS
from specwhisper.weights.packages.processes import terminate_is_an_exception
from specwhisper.weights.pairs import parse_pair

LIMIT = 240.0
"""Seconds for a section."""


def main(argv: list[str] | None = None) -> int:
    """Run every section, or the one that is named."""
    parser = argparse.ArgumentParser(
        prog="specwhisper.evaluation.gpu_report", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--out", type=Path, help="JSON file (default: print)")
    parser.add_argument("--models", default="large-v2,distil-large-v2,tiny", help="default: %(default)s")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--pair", help="a pair whose weights are here or can be fetched")
    parser.add_argument("--clips", type=Path, help="folder with speech for it")
    parser.add_argument("--section", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    try:
        chosen = _sections(arguments)
        if arguments.section:
            if arguments.section not in chosen:
                raise OptionError(f"There is no section {arguments.section!r}.")
            print(json.dumps(chosen[arguments.section]()))
            return 0
    except SpecWhisperError as error:
        print(f"specwhisper: {error}", file=sys.stderr)
        return 2
    found: dict[str, Any] = {}
    try:
        for name in chosen:
            print(f"gpu_report: {name}", file=sys.stderr)
            found[name] = _apart(name, sys.argv[1:] if argv is None else argv)
            if "failed" in found[name]:
                print(f"gpu_report: {name} failed: {found[name]['failed']}", file=sys.stderr)
            _write(found, arguments.out)
    except KeyboardInterrupt:
        print("specwhisper: stopped; the sections that are done are kept.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"specwhisper: the report cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    if not arguments.out:
        print(json.dumps(found, indent=1))
    return 1 if any("failed" in each for each in found.values()) else 0


def _write(found: dict[str, Any], out: Path | None) -> None:
    if out:
        out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _sections(arguments: argparse.Namespace) -> dict[str, Callable[[], Any]]:
    """What is asked, by name."""
    device = resolve_device(arguments.device)
    precision = resolve_precision(arguments.precision, device)
    names = [*dict.fromkeys(name.strip() for name in arguments.models.split(","))]
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        raise OptionError(f"There is no model {unknown[0]!r}: choose from {', '.join(MODELS)}.")
    if bool(arguments.pair) != bool(arguments.clips):
        raise OptionError("A pair needs a folder with speech: give --pair and --clips together.")
    if arguments.pair:
        parse_pair(arguments.pair)
        if not sections.clips_in(arguments.clips):
            raise OptionError(f"The folder {str(arguments.clips)!r} holds no audio or video: name another.")
    if arguments.out and not arguments.section:
        try:
            with arguments.out.open("a"):
                pass
        except OSError as error:
            raise OptionError(
                f"{str(arguments.out)!r} cannot be written ({error.strerror}): name another file."
            ) from error
    asked: dict[str, Callable[[], Any]] = {
        "card": lambda: sections.card(device),
        "rates": lambda: sections.rates(device),
    }
    for name in reversed(names):  # the small ones first
        asked[f"check {name}"] = lambda name=name: sections.checks([name], device, precision)  # type: ignore[misc]
        asked[f"timings {name}"] = lambda name=name: sections.timings([name], device, precision)  # type: ignore[misc]
    for draft in names[1:]:
        asked[f"cycle {names[0]}+{draft}"] = lambda draft=draft: sections.cycles(  # type: ignore[misc]
            names[0], draft, device, precision
        )
    if arguments.pair:
        asked["pair"] = lambda: sections.pair(arguments.pair, arguments.clips, device, precision)
    if device.type == "cuda":
        asked["faults"] = lambda: sections.faults(device, precision)
    return asked


def _apart(section: str, arguments: list[str]) -> Any:
    """A section's answer from a process of its own."""
    command = [sys.executable, "-m", "specwhisper.evaluation.gpu_report", *arguments, "--section", section]
    began = time.perf_counter()
    try:
        with terminate_is_an_exception():
            done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return {"failed": f"it took more than {LIMIT:g} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip() or "no word").splitlines()[-1]}
    return {"seconds": round(time.perf_counter() - began, 1), "found": json.loads(done.stdout)}


if __name__ == "__main__":
    sys.exit(main())
