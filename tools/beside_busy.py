"""How much slower a clip gets beside busy programs: ours, and faster-whisper with the same weights.

    python tools/beside_busy.py assets/examples/john-dashwood.flac --pair base+tiny --precision fp32,int8

Engines and numbers of busy programs take turns, clip by clip; figures are medians over the rounds. A busy
program is a Python loop without end. faster-whisper is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from specwhisper.audio.decode import load_audio
from specwhisper.evaluation.peers.engines.base import Engine, Job, Workshop
from specwhisper.evaluation.peers.engines.catalogue import KINDS
from specwhisper.network.cpu.machine import processor
from specwhisper.network.cpu.thread_pool import allowed
from specwhisper.weights.pairs import parse_pair

ENGINES = ("SpecWhisper greedy", "SpecWhisper speculative", "faster-whisper")
MOST = 2  # busy programs


@contextmanager
def busy(programs: int) -> Iterator[None]:
    """So many programs that never rest."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        time.sleep(0.3 if running else 0.0)
        yield
    finally:
        for program in running:
            program.kill()
            program.wait()


def engines(pair: str, precisions: list[str], threads: int) -> dict[str, Engine]:
    """Those that are installed, in every precision."""
    made: dict[str, Engine] = {}
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder))
        for kind in KINDS:
            if kind.name in ENGINES and kind.installed:
                for precision in precisions:
                    job = Job(parse_pair(pair), precision, threads)
                    made[f"{kind.name}, {precision}"] = kind.build(job, workshop)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip")
    parser.add_argument("--language", default="en")
    parser.add_argument("--pair", default="base+tiny")
    parser.add_argument("--precision", default="fp32,int8")
    parser.add_argument("--threads", type=int, default=allowed())
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    audio = load_audio(options.clip)
    made = engines(options.pair, options.precision.split(","), options.threads)
    for engine in made.values():
        engine.transcribe(audio.samples, options.language)  # warm
    taken: dict[tuple[str, int], list[float]] = {}
    for _ in range(options.rounds):
        for programs in range(MOST + 1):
            with busy(programs):
                for name, engine in made.items():
                    began = time.perf_counter()
                    engine.transcribe(audio.samples, options.language)
                    taken.setdefault((name, programs), []).append(time.perf_counter() - began)
    print(f"{processor()}, {options.threads} threads; {options.pair}, {audio.seconds:.1f} s of sound\n")
    print("| engine | alone, s | one busy program | two |\n|---|---|---|---|")
    for name in made:
        alone, *others = (median(taken[name, programs]) for programs in range(MOST + 1))
        print(f"| {name} | {alone:.2f} | " + " | ".join(f"{each / alone:.2f}x" for each in others) + " |")


if __name__ == "__main__":
    main()
