"""Clients as no library would write them: half requests, wrong headers, early leave. On the loopback only."""

from __future__ import annotations

import contextlib
import io
import socket
import time
import wave
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

BOUNDARY = "x"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def sound(seconds: float = 2.0) -> bytes:
    """A wav of silence."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * round(16_000 * seconds)))
    return written.getvalue()


def part(disposition: str, content: bytes) -> bytes:
    """One part of a form, its header as given."""
    return (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"
    )


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def recording_form(seconds: float = 2.0, **fields: str) -> bytes:
    """A whole form with a recording."""
    parts = [part(f'name="{name}"', value.encode()) for name, value in fields.items()]
    return form(*parts, part('name="file"; filename="a.wav"', sound(seconds)))


def request(path: str, body: bytes = b"", method: str = "POST", **headers: str) -> bytes:
    """A whole request; underscores in the names of headers are hyphens."""
    lines = {"Host": "127.0.0.1", "Content-Type": FORM, "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


@contextlib.contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as client:
        yield client


def asked(url: str, raw: bytes) -> bytes:
    """Everything that is answered until the server hangs up."""
    with connected(url) as client:
        client.sendall(raw.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        return everything(client)


def everything(client: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65_536):
            answer += piece
    return answer


def until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for something; whether it came true."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
