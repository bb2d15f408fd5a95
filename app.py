"""Entry point of the web app, for Hugging Face Spaces and ``python app.py``."""

from specwhisper.ui.serve import serve

if __name__ == "__main__":
    serve()
