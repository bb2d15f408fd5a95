"""Entry point of the web app, for Hugging Face Spaces and ``python app.py``; the HTTP API is below /api."""

import sys

from specwhisper.cli import main

if __name__ == "__main__":
    sys.exit(main(["app", *sys.argv[1:]]))
