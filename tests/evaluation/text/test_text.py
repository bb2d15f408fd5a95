"""``benchmark --mode text``: garbled texts, and a report of a clip with real models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specwhisper.cli import main
from specwhisper.evaluation.text.garble import garbled
from specwhisper.evaluation.text.run import WAYS
from tests.clips import SHORT, path_of


def test_as_many_words_are_replaced_as_asked() -> None:
    text = " ".join(f"w{at}" for at in range(1000))
    for share in (0.0, 0.05, 0.4):
        changed = sum(word[0] != "w" or len(word) == 6 for word in garbled(text, share, 1).split())
        assert changed == pytest.approx(1000 * share, abs=40)
    assert garbled(text, 0.2, 3) == garbled(text, 0.2, 3) != garbled(text, 0.2, 4)


@pytest.mark.weights
def test_every_way_is_measured_and_none_changes_the_text(
    tmp_path: Path, real_weights, capsys: pytest.CaptureFixture[str]
) -> None:
    """Loads three models and decodes a short clip a dozen times."""
    real_weights("base"), real_weights("tiny")
    entry = {"audio": str(path_of(SHORT)), "text": "Eight of spades.", "language": "en"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(entry) + "\n")
    asked = ["benchmark", "--mode", "text", "--dataset", str(tmp_path), "--rounds", "1"]
    assert main([*asked, "--output-dir", str(tmp_path / "out")]) == 0
    kept = (tmp_path / "out" / "results.json").read_text()
    assert path_of(SHORT).name in kept and str(path_of(SHORT).parent) not in kept.partition('"options"')[0]
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(WAYS)
    assert all(row.rstrip(" |").endswith(" 0") for row in rows)
