"""Feed damaged recordings to the decoder: ``python tools/fuzz_audio.py --files 20000``.

Real files in many containers are damaged at random (bits, cuts, repeats, splices, joined files, headers that
lie, times that jump) and heard in a process with little memory. Each has to give sound or one of the
package's own errors, soon; anything else is printed with the seed that makes it again, and the exit status
is 1.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import resource
import sys
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import av
import numpy as np

from specwhisper.audio.decode import load_audio
from specwhisper.errors import AudioError

EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples"
CONTAINERS = (
    ("wav", "pcm_s16le"), ("flac", "flac"), ("mp3", "libmp3lame"), ("ogg", "libopus"),
    ("webm", "libopus"), ("mp4", "aac"), ("matroska", "aac"), ("aiff", "pcm_s16be"), ("adts", "aac"),
    ("mpegts", "mp2"), ("flv", "aac"), ("caf", "pcm_s16be"), ("w64", "pcm_s16le"),
)  # fmt: skip
CLOCKED = ("webm", "mp4", "matroska", "ogg", "mpegts", "flv")
JUMPS = (0.3, 20.0, 4000.0)  # seconds
MEMORY = 3 << 30  # bytes of address space beyond what the process has at its start
PATIENCE = 20.0  # seconds for one file
STARTING = 60.0  # seconds more for the first one of a process: it makes the files first
SECONDS = 2  # of sound in a seed: short, so that many can be heard


def seeds() -> list[bytes]:
    """One short recording in every container."""
    samples = load_audio(EXAMPLES / "go-forward.flac").samples[: 16_000 * SECONDS]
    whole = [encoded(samples, container, codec) for container, codec in CONTAINERS]
    jumping = [
        encoded(samples, container, codec, jump)
        for container, codec in CONTAINERS
        if container in CLOCKED
        for jump in JUMPS
    ]
    return whole * 2 + jumping


def encoded(samples: np.ndarray, container: str, codec: str, jump: float = 0.0) -> bytes:
    """Samples at 16 kHz as the bytes of a file whose clock jumps ahead by ``jump`` seconds halfway."""
    written = io.BytesIO()
    with av.open(written, "w", format=container) as file:
        rate = 48_000 if codec == "libopus" else 16_000
        stream = file.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = 16_000
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate,
                                      frame_size=stream.codec_context.frame_size or None)  # fmt: skip
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            mux(file, stream.encode(part), jump)
        mux(file, stream.encode(None), jump)
    return written.getvalue()


def mux(file: av.container.OutputContainer, packets: list[av.Packet], jump: float) -> None:
    for packet in packets:
        if jump and packet.pts is not None and packet.pts * packet.time_base > SECONDS / 2:
            packet.pts += round(jump / packet.time_base)
            packet.dts = packet.pts
        file.mux(packet)


def damaged(originals: list[bytes], seed: int) -> bytes:
    """One of them, hurt in one to four ways."""
    chance = random.Random(seed)
    content = bytearray(chance.choice(originals))
    for _ in range(chance.randint(1, 4)):
        where = chance.randrange(len(content)) if content else 0
        way = chance.randrange(9)
        if way == 0:  # bits anywhere
            for _ in range(chance.randint(1, 60)):
                if content:
                    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        elif way == 1:  # bytes of the header
            for _ in range(chance.randint(1, 12)):
                if content:
                    content[chance.randrange(min(len(content), 200))] = chance.randrange(256)
        elif way == 2:
            del content[where:]
        elif way == 3:
            del content[where : where + chance.randint(1, 4000)]
        elif way == 4:  # a stretch once more
            content[where:where] = content[where : where + chance.randint(1, 4000)]
        elif way == 5:  # a piece of another file
            other = chance.choice(originals)
            start = chance.randrange(len(other))
            content[where : where + 1000] = other[start : start + chance.randint(1, 4000)]
        elif way == 6:  # sizes and times that lie
            content[where : where + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff")
            )
        elif way == 7:  # another file behind it
            content += chance.choice(originals)
        else:  # a header that states a little less, or more
            mark = chance.choice(
                (b"data", b"RIFF", b"mdat", b"moov", b"FORM", b"SSND", b"Info", b"stts", b"tfdt")
            )
            at = content.find(mark)
            if at >= 4:
                at += chance.choice((-4, 4, 8, 12))
                content[at : at + 4] = chance.randrange(100_000).to_bytes(4, chance.choice(("little", "big")))
    return bytes(content)


def listen(at: Synchronized, last: int, step: int, heard: Synchronized, refused: Synchronized) -> None:
    """Hear file after file; ``at`` tells which, for whoever watches."""
    originals = seeds()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    while at.value < last:
        try:
            load_audio(damaged(originals, at.value), max_seconds=60)
            outcome = heard
        except AudioError:
            outcome = refused
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            print(f"seed {at.value}: {type(error).__name__}: {error}", flush=True)
            sys.exit(3)
        with outcome.get_lock():  # other processes count too
            outcome.value += 1
        at.value += step


def watch(first: int, files: int, processes: int) -> int:
    """Keep listeners at work; returns how many files crashed or hung one."""
    seeds()  # what cannot be made fails here, once
    context = multiprocessing.get_context("spawn")
    heard, refused = context.Value("q", 0), context.Value("q", 0)
    bad = 0
    lanes = [context.Value("q", first + lane) for lane in range(processes)]

    def start(at: Synchronized) -> multiprocessing.Process:
        process = context.Process(target=listen, args=(at, first + files, processes, heard, refused))
        process.start()
        return process

    running = {lane: start(at) for lane, at in enumerate(lanes)}
    seen = {lane: (at.value, time.monotonic() + STARTING) for lane, at in enumerate(lanes)}
    while running:
        time.sleep(0.5)
        for lane, process in list(running.items()):
            at = lanes[lane]
            if at.value != seen[lane][0]:
                seen[lane] = (at.value, time.monotonic())
            hangs = process.is_alive() and time.monotonic() - seen[lane][1] > PATIENCE
            if process.is_alive() and not hangs:
                continue
            process.kill()
            process.join()
            if not hangs and process.exitcode == 0:
                del running[lane]
                continue
            bad += 1
            print(f"seed {at.value}: {'hangs' if hangs else f'exit status {process.exitcode}'}", flush=True)
            at.value += processes
            seen[lane] = (at.value, time.monotonic() + STARTING)
            running[lane] = start(at)
    print(f"{files} files: {heard.value} heard, {refused.value} refused, {bad} crashed or hung")
    return bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first file")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    sys.exit(1 if watch(arguments.first, arguments.files, arguments.processes) else 0)


if __name__ == "__main__":
    main()
