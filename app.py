"""Entry point of the web app, for Hugging Face Spaces and ``python app.py``; the HTTP API is below /api."""

from specwhisper.server.app import beside
from specwhisper.ui.serve import serve

if __name__ == "__main__":
    serve(beside=beside)
