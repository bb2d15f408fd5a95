"""A Hugging Face Hub of one folder, on localhost: repositories are subfolders ``organisation/name``."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def fake_hub(root: Path) -> Iterator[str]:
    """Serve the folder; gives the address for HF_ENDPOINT."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *args: object) -> None:
            pass

        def _answer(self, *, body: bool) -> None:
            if self.path == "/":
                self.send_response(200)
                self.end_headers()
                return
            repository, _, rest = self.path.strip("/").partition("/resolve/")
            file = root / repository / rest.partition("/")[2].partition("?")[0]
            if not file.is_file():
                self.send_response(404)
                missing = "EntryNotFound" if (root / repository).is_dir() else "RepoNotFound"
                self.send_header("X-Error-Code", missing)
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = file.read_bytes()
            # Large files are named after their SHA-256 there, small ones after git's digest.
            large = file.suffix == ".safetensors"
            digest = hashlib.sha256 if large else hashlib.sha1
            self.send_response(200)
            self.send_header("ETag", f'"{self._etag(file) or digest(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        @staticmethod
        def _etag(file: Path) -> str | None:
            """What a file ``NAME.etag`` beside it says, to play a file that was damaged on its way."""
            other = file.with_name(file.name + ".etag")
            return other.read_text() if other.is_file() else None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
