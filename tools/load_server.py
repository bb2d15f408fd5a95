"""Load a running server: ``python tools/load_server.py http://127.0.0.1:8000 --clients 32 --seconds 300``.

Valid, huge, broken and abandoned requests from many clients at once. Every valid answer has to be the text
that the recording gets when it is sent alone; every refusal has to say why. With ``--pid`` the resident
memory and open files of the server are watched (Linux).
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx

EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples"
CLIPS = sorted(EXAMPLES.glob("*.flac"))
KINDS = ("valid",) * 6 + ("broken", "empty", "huge", "leaves", "option")


class Load:
    """What happened, for all clients together."""

    def __init__(self, url: str, huge: int) -> None:
        self.url = url
        self.huge = huge
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.expected = {clip: self.text(clip) for clip in CLIPS}

    def text(self, clip: Path) -> str:
        answer = httpx.post(f"{self.url}/transcribe", files=_file(clip), data={"language": "en"}, timeout=300)
        answer.raise_for_status()
        return str(answer.json()["text"])

    def client(self, seed: int, until: float) -> None:
        chance = random.Random(seed)
        with httpx.Client(timeout=300) as client:
            while time.monotonic() < until:
                kind = chance.choice(KINDS)
                try:
                    self.request(client, kind, chance)
                except httpx.HTTPError as error:
                    if kind == "huge":  # the server may close while we are still sending
                        self.counts["huge: closed"] += 1
                    else:
                        self.wrong.append(f"{kind}: {type(error).__name__}: {error}")

    def request(self, client: httpx.Client, kind: str, chance: random.Random) -> None:
        if kind == "leaves":
            with contextlib.suppress(httpx.ReadTimeout):
                client.post(
                    f"{self.url}/transcribe", files=_file(CLIPS[0]), timeout=httpx.Timeout(30, read=0.3)
                )
            self.counts["leaves"] += 1
            return
        clip = chance.choice(CLIPS)
        files, data, statuses = _file(clip), {"language": "en"}, {200}
        if kind == "broken":
            content = bytearray(clip.read_bytes())
            content[: chance.randint(4, 5000)] = chance.randbytes(3)
            files, statuses = {"file": ("broken.flac", bytes(content))}, {200, 413, 415}
        elif kind == "empty":
            files, statuses = {"file": ("empty.wav", b"")}, {415}
        elif kind == "huge":
            files, statuses = {"file": ("huge.wav", bytes(self.huge))}, {413}
        elif kind == "option":
            data, statuses = {"language": "moonish"}, {400}
        answer = client.post(f"{self.url}/transcribe", files=files, data=data)
        self.counts[f"{kind}: {answer.status_code}"] += 1
        if answer.status_code == 429:
            if "retry-after" not in answer.headers:
                self.wrong.append("429 without Retry-After")
            time.sleep(chance.random())
        elif answer.status_code not in statuses:
            self.wrong.append(f"{kind}: {answer.status_code}: {answer.text[:200]}")
        elif answer.status_code == 200:
            if kind == "valid" and answer.json()["text"] != self.expected[clip]:
                self.wrong.append(f"{clip.name}: {answer.json()['text'][:80]}")
        elif not answer.json()["error"]["message"]:
            self.wrong.append(f"{kind}: no reason")


def _file(clip: Path) -> dict[str, tuple[str, bytes]]:
    return {"file": (clip.name, clip.read_bytes())}


def _watch(pid: int, until: float) -> None:
    """Resident memory and open files, ten times."""
    began = time.monotonic()
    step = (until - began) / 10
    while time.monotonic() < until:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        print(f"{time.monotonic() - began:5.0f} s: {resident / 1e6:.0f} MB, {files} files", flush=True)
        time.sleep(step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--huge-mb", type=float, default=110, help="more than the server takes")
    parser.add_argument("--pid", type=int)
    arguments = parser.parse_args()
    load = Load(arguments.url.rstrip("/"), int(arguments.huge_mb * 2**20))
    until = time.monotonic() + arguments.seconds
    threads = [threading.Thread(target=load.client, args=(seed, until)) for seed in range(arguments.clients)]
    if arguments.pid:
        threads.append(threading.Thread(target=_watch, args=(arguments.pid, until)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for kind, count in sorted(load.counts.items()):
        print(f"{kind:14} {count}")
    for line in load.wrong[:20]:
        print("WRONG", line)
    print(f"{len(load.wrong)} wrong answers")
    sys.exit(1 if load.wrong else 0)


if __name__ == "__main__":
    main()
