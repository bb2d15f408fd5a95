"""Datasets are read whole or refused with the line that is wrong; samples are spread and repeatable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specwhisper.errors import OptionError
from specwhisper.evaluation.common.dataset import read_dataset, spread
from tests.evaluation.made import clip


def write(folder: Path, count: int = 2, **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for index in range(count):
        (folder / f"{index}.wav").touch()
        lines.append(json.dumps({"audio": f"{index}.wav", "text": "a", "language": "English", **changes}))
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n\n")
    return folder


def test_the_folders_own_manifest_counts_else_all_below(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two" / "deep")
    assert [one.name for one in read_dataset(tmp_path)] == [
        "one/0.wav", "one/1.wav", "two/deep/0.wav", "two/deep/1.wav",
    ]  # fmt: skip
    write(tmp_path, 1)
    assert [(one.name, one.language) for one in read_dataset(tmp_path)] == [("0.wav", "en")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 1 is not JSON"),
        ('{"audio": "0.wav", "text": "a"}', "no 'language'"),
        ('{"audio": "0.wav", "text": "a", "language": "elvish"}', "Unknown language"),
        ('{"audio": "9.wav", "text": "a", "language": "en"}', "does not exist"),
        ("[]", "no 'audio'"),
        ("", "no clip"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, words: str) -> None:
    write(tmp_path)
    (tmp_path / "manifest.jsonl").write_text(line)
    with pytest.raises(OptionError, match=words):
        read_dataset(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_manifests_come_from_any_system(tmp_path: Path, encoding: str, line_end: str) -> None:
    texts = ["one\u2028two", "three\u0085four \x1d", "caf\u00e9"]
    for index in range(3):
        (tmp_path / f"{index}.wav").touch()
    lines = [
        json.dumps({"audio": f"{index}.wav", "text": text, "language": "nl-BE"}, ensure_ascii=False)
        for index, text in enumerate(texts)
    ]
    (tmp_path / "manifest.jsonl").write_bytes(line_end.join([*lines, "", ""]).encode(encoding))
    clips = read_dataset(tmp_path)
    assert [one.text for one in clips] == texts
    assert {one.language for one in clips} == {"nl"}


def test_a_manifest_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    line = json.dumps({"audio": "a.wav", "text": "caf\u00e9", "language": "fr"}, ensure_ascii=False)
    (tmp_path / "manifest.jsonl").write_bytes(line.encode("latin-1"))
    with pytest.raises(OptionError, match="is not UTF-8"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("text", ["", None])
def test_a_clip_may_have_no_reference(tmp_path: Path, text: str | None) -> None:
    (one,) = read_dataset(write(tmp_path, 1, text=text))
    assert one.text == ""


def test_no_folder_and_no_manifest_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="not a folder"):
        read_dataset(tmp_path / "none")
    with pytest.raises(OptionError, match=r"no manifest\.jsonl"):
        read_dataset(tmp_path)


def test_samples_are_spread_and_seedable() -> None:
    clips = [clip(f"{index}") for index in range(100)]
    chosen = [int(one.name) for one in spread(clips, 10, seed=3)]
    assert [number // 10 for number in chosen] == list(range(10))
    assert chosen == [int(one.name) for one in spread(clips, 10, seed=3)]
    assert chosen != [int(one.name) for one in spread(clips, 10, seed=4)]
    assert spread(clips, None) == spread(clips, 500) == tuple(clips)
    with pytest.raises(OptionError, match="0 samples"):
        spread(clips, 0)
