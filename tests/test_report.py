"""The paper compiles, its numbers come from files, and those hold nothing that is not to be published."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def module(path: Path) -> Any:
    """A script of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_it_compiles(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    module(DOCS / "render.py").render(tmp_path / "report.pdf")
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 7


def test_what_it_reads_says_where_it_was_measured() -> None:
    read = re.findall(r'json\("([^"]+)"\)', (DOCS / "report.typ").read_text("utf-8"))
    assert read
    for name in read:
        kept = json.loads((DOCS / name).read_text("utf-8"))
        assert kept["processor"] and kept["date"] and kept["command"].startswith("python -m specwhisper ")
        assert (DOCS / name).stat().st_size < 10_000


def test_a_reduced_result_has_no_texts_and_no_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = dict.fromkeys(("ms_per_token", "encode", "total", "real_time_factor", "wer"), 1.23456)
    clip = {"clip": "secret.flac", "text": "secret", "reference": "secret", "seconds": 11.66}
    runs = [{"round": number, "total": float(number)} for number in range(3)]
    measured = {
        "machine": {
            "cores": 2,
            "system": "Linux",
            "versions": dict.fromkeys(("specwhisper", "torch", "faster-whisper", "ctranslate2"), "1"),
        },
        "options": {"mode": "peers", "pairs": "base+tiny", "precision": "fp32", "engines": "", "rounds": 3}
        | {"threads": None, "dataset": "/secret", "output_dir": "/secret"},
        "plan": {"rounds": 3, "threads": 2},
        "ceilings": {"read": 1.0},
        "floors": [{"model": "base", "precision": "fp32", "step": 0.1, "encoder": 0.2}],
        "results": [
            {
                "pair": "base+tiny",
                "engine": "one",
                "precision": "fp32",
                "summary": {**numbers, "tokens": 5, "identical": 1, "clips": 1},
                "clips": [{**clip, "runs": runs}],
            }
        ],
    }
    (tmp_path / "results.json").write_text(json.dumps(measured), "utf-8")
    target = tmp_path / "kept.json"
    words = ["reduce.py", str(tmp_path), "--processor", "P", "--clips", "C", "--output", str(target)]
    monkeypatch.setattr("sys.argv", words)
    module(DOCS / "results" / "reduce.py").main()
    text = target.read_text("utf-8")
    assert "secret" not in text and str(tmp_path) not in text
    kept = json.loads(text)
    assert kept["command"] == (
        "python -m specwhisper benchmark --dataset FOLDER --mode peers --pairs base+tiny "
        "--precision fp32 --rounds 3"
    )
    (result,) = kept["results"]
    assert result["clips"] == [1.0] and result["summary"]["wer"] == 1.235
