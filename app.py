"""Entry point of the web app, for Hugging Face Spaces and ``python app.py``; the HTTP API is below /api."""

import os
import sys

if os.environ.get("SPACES_ZERO_GPU"):
    import spaces  # noqa: F401 - takes the place of CUDA, so it comes before whatever imports PyTorch

from specwhisper.cli import main

if __name__ == "__main__":
    sys.exit(main(["app", *sys.argv[1:]]))
