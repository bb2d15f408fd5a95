"""Entry point of the web app, for Hugging Face Spaces and ``python app.py``; the HTTP API is below /api."""

import os
import sys
from contextlib import suppress

if os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true"):
    with suppress(ImportError):
        import spaces  # noqa: F401 - takes the place of CUDA, so it comes before whatever imports PyTorch

from specwhisper.cli import main

if __name__ == "__main__":
    sys.exit(main(["app", *sys.argv[1:]]))
