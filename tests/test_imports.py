"""A transcription loads no library that it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.clips import ENGLISH, path_of

_TRANSCRIBE = """
import sys
from specwhisper.cli import main
assert main(["transcribe", "--pair", "base+tiny", sys.argv[1]]) == 0
scipy = {name for name in sys.modules if name.startswith("scipy.")}
print(*sorted({name.partition(".")[0] for name in sys.modules} | scipy), file=sys.stderr)
"""

_HEAVY = {
    "transformers", "gradio", "plotly", "fastapi", "uvicorn", "starlette", "pydantic", "prometheus_client",
    "onnx", "onnxruntime", "google", "pandas", "librosa", "jiwer", "whisper_normalizer",
    "soundfile", "sklearn", "datasets", "torchaudio", "httpx", "requests", "sympy", "matplotlib", "PIL",
    "markdown_it",
    # Numba asks scipy for its version: 10 ms. Anything of use in it is heavy.
    "scipy.linalg", "scipy.signal", "scipy.sparse", "scipy.special", "scipy.stats",
}  # fmt: skip


_START = """
import sys
import specwhisper
from specwhisper.cli.parser import build_parser
build_parser().format_help()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_help_loads_next_to_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", _START], capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & {*_HEAVY, "torch", "numba", "scipy", "av", "huggingface_hub"}


@pytest.mark.weights
def test_a_transcription_loads_no_library_that_it_does_not_need(real_pair) -> None:
    real_pair("base+tiny")  # its weights are here, packed
    ran = subprocess.run(
        [sys.executable, "-c", _TRANSCRIBE, str(path_of(ENGLISH))], capture_output=True, text=True, check=True
    )
    loaded = set(ran.stderr.split())
    assert "torch" in loaded
    assert not loaded & _HEAVY
