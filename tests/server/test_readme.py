"""What README.md and docs/server.md tell people to type works as it stands there; only the address is the
test's own.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOLD = "\n".join((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/server.md"))
CURLS = list(dict.fromkeys(re.findall(r"^curl .*$", TOLD, re.MULTILINE)))
OPENAI = next(block for block in re.findall(r"```python\n(.*?)```", TOLD, re.DOTALL) if "OpenAI(" in block)
ADDRESS = "http://127.0.0.1:8000"

pytestmark = pytest.mark.weights


def test_there_are_examples() -> None:
    assert len(CURLS) >= 8


@pytest.mark.parametrize("line", CURLS)
def test_curl(line: str, url: str) -> None:
    assert ADDRESS in line
    command = line.replace(ADDRESS, url).replace("curl ", "curl --silent --show-error --fail ", 1)
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_openai(url: str, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(OPENAI.replace(ADDRESS, url), "docs/server.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "John Dashwood" in printed
