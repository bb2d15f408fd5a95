"""The special ids, against the layout that every Whisper tokenizer file writes down."""

from __future__ import annotations

import pytest

from specwhisper.errors import ModelError, OptionError
from specwhisper.vocabulary.languages import LANGUAGES, language_code
from specwhisper.vocabulary.specials import TIMESTAMPS, Vocabulary

SIZES = (51_864, 51_865, 51_866)


@pytest.mark.parametrize(
    ("size", "end", "start", "transcribe", "none", "zero"),
    [
        (51_864, 50_256, 50_257, 50_358, 50_362, 50_363),
        (51_865, 50_257, 50_258, 50_359, 50_363, 50_364),
        (51_866, 50_257, 50_258, 50_360, 50_364, 50_365),
    ],
)
def test_the_published_ids(size: int, end: int, start: int, transcribe: int, none: int, zero: int) -> None:
    vocabulary = Vocabulary(size)
    assert vocabulary.end_of_text == end
    assert vocabulary.start_of_transcript == start
    assert vocabulary.tasks["transcribe"] == transcribe
    assert vocabulary.no_timestamps == none
    assert vocabulary.timestamp_begin == zero


@pytest.mark.parametrize("size", SIZES)
def test_specials_fill_the_vocabulary_without_gaps_or_overlaps(size: int) -> None:
    vocabulary = Vocabulary(size)
    names = [vocabulary.name(token) for token in range(vocabulary.end_of_text, size)]
    assert len(set(names)) == len(names)
    assert vocabulary.timestamp_begin + TIMESTAMPS == size
    assert names[0] == "<|endoftext|>"
    assert names[-1] == "<|30.00|>"


def test_only_large_v3_knows_cantonese() -> None:
    assert "yue" in Vocabulary(51_866).languages
    with pytest.raises(OptionError, match="Cantonese"):
        Vocabulary(51_865).prompt("yue")


def test_prompts() -> None:
    assert Vocabulary(51_865).prompt("nl") == (50258, 50271, 50359, 50363)
    assert Vocabulary(51_865).prompt("nl", "translate", timestamps=True) == (50258, 50271, 50358)
    assert Vocabulary(51_864).prompt("en") == (50257, 50362)
    with pytest.raises(OptionError, match=r"\.en"):
        Vocabulary(51_864).prompt("nl")
    with pytest.raises(OptionError, match=r"\.en"):
        Vocabulary(51_864).prompt("en", "translate")
    with pytest.raises(OptionError, match="task"):
        Vocabulary(51_865).prompt("en", "sing")


def test_unknown_sizes_are_refused() -> None:
    with pytest.raises(ModelError, match="51,863"):
        Vocabulary(51_863)


@pytest.mark.parametrize(
    ("given", "code"), [("nl", "nl"), ("Dutch", "nl"), (" FLEMISH ", "nl"), ("YUE", "yue")]
)
def test_languages_by_code_and_name(given: str, code: str) -> None:
    assert language_code(given) == code


def test_an_unknown_language_says_what_to_write_instead() -> None:
    with pytest.raises(OptionError, match="code such as"):
        language_code("klingon")
    assert len(LANGUAGES) == 100
