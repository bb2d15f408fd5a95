"""The tokens a pruned draft head keeps: what is never missing, and how much of real speech they cover."""

from __future__ import annotations

import numpy as np
import pytest

from specwhisper.errors import OptionError
from specwhisper.vocabulary.frequent import TABLE, frequent_tokens, kept_ids
from specwhisper.vocabulary.languages import LANGUAGES
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.weights.codecs import find_codec
from tests.eval_data import eval_folder, manifest

ENGLISH, MULTILINGUAL, V3 = VOCABULARIES = tuple(Vocabulary(size) for size in (51_864, 51_865, 51_866))
MOST = 16_000
COVERED = [(vocabulary, "en") for vocabulary in VOCABULARIES] + [
    (MULTILINGUAL, code) for code in LANGUAGES if frequent_tokens(MULTILINGUAL, code, 1) is not None
]


def frequent(vocabulary: Vocabulary, language: str, count: int) -> np.ndarray:
    found = frequent_tokens(vocabulary, language, count)
    assert found is not None
    return found


def codec_of(vocabulary: Vocabulary) -> TextCodec:
    codec = find_codec(vocabulary)
    if codec is None:
        pytest.skip("no tokenizer of this vocabulary is here")
    return codec


@pytest.mark.parametrize(("vocabulary", "language"), COVERED)
def test_sorted_unique_text_ids_and_a_smaller_count_is_a_subset(
    vocabulary: Vocabulary, language: str
) -> None:
    smaller: set[int] = set()
    for count in (1, 300, 4_000, 8_000, MOST):
        ids = frequent(vocabulary, language, count)
        assert ids.dtype == np.int64
        assert len(ids) <= count
        assert np.all(np.diff(ids) > 0), "ascending, and none twice"
        assert ids[0] >= 0
        assert ids[-1] < vocabulary.end_of_text
        assert smaller <= set(ids.tolist())
        smaller = set(ids.tolist())
    assert len(frequent(vocabulary, language, 1_000)) == 1_000
    assert len(frequent(vocabulary, language, 99_999)) == len(smaller) <= MOST


def test_forty_languages_and_more_have_a_table() -> None:
    assert len(COVERED) - len(VOCABULARIES) == 44
    for code in ("en", "nl", "de", "zh", "ja", "ko"):
        assert len(frequent(MULTILINGUAL, code, 8_000)) == 8_000
    assert TABLE.stat().st_size < 1_500_000


@pytest.mark.parametrize(
    ("vocabulary", "language"),
    [(MULTILINGUAL, "haw"), (V3, "yue"), (MULTILINGUAL, "always"), (MULTILINGUAL, "xx"), (ENGLISH, "nl")],
)
def test_a_language_without_a_table_has_none(vocabulary: Vocabulary, language: str) -> None:
    assert frequent_tokens(vocabulary, language, 8_000) is None
    assert kept_ids(vocabulary, language, 8_000) is None


def test_a_count_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="choose 1 or more"):
        frequent_tokens(MULTILINGUAL, "en", 0)


def test_the_multilingual_vocabularies_keep_the_same_text() -> None:
    assert np.array_equal(frequent(MULTILINGUAL, "nl", 8_000), frequent(V3, "nl", 8_000))


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_everything_that_is_not_text_is_kept(vocabulary: Vocabulary) -> None:
    kept = kept_ids(vocabulary, "en", 4_000)
    assert kept is not None
    special = range(vocabulary.end_of_text, vocabulary.size)
    assert kept[4_000:].tolist() == list(special)
    assert {*vocabulary.languages.values(), *vocabulary.tasks.values(), vocabulary.size - 1} <= set(special)
    assert np.array_equal(kept[:4_000], frequent(vocabulary, "en", 4_000))
    assert np.all(np.diff(kept) > 0)


def test_what_a_caller_does_to_its_ids_stays_with_it() -> None:
    frequent(MULTILINGUAL, "en", 100)[:] = -1
    assert frequent(MULTILINGUAL, "en", 100)[0] >= 0


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_bytes_numbers_and_punctuation_are_kept(vocabulary: Vocabulary) -> None:
    codec = codec_of(vocabulary)
    kept = set(frequent(vocabulary, "en", 4_000).tolist())
    assert {token for token in range(vocabulary.end_of_text) if len(codec.token_bytes(token)) == 1} <= kept
    for text in (*".,?!", *map(str, range(100)), " ...", '."', "?!"):
        assert kept.issuperset(codec.encode(text)), text
        assert kept.issuperset(codec.encode(f" {text.strip()}")), text


@pytest.mark.parametrize(
    ("language", "text"),
    [("ja", "これは"), ("ja", "ります"), ("zh", "的时候"), ("zh", "的時候"), ("ko", "입니다")],
)
def test_tokens_that_join_several_words_are_kept(language: str, text: str) -> None:
    assert set(codec_of(V3).encode(text)) <= set(frequent(V3, language, 8_000).tolist())


# A little below what was measured. LibriSpeech is written in capitals, so it is lowercased; its novels use
# words that are rare in wordfreq's subtitles and web pages.
@pytest.mark.parametrize(
    ("name", "vocabulary", "language", "at_least"),
    [
        ("librispeech", MULTILINGUAL, "en", 0.92),
        ("dummy73", MULTILINGUAL, "en", 0.90),
        ("librispeech", ENGLISH, "en", 0.91),
        ("dutch", MULTILINGUAL, "nl", 0.985),
        ("multilingual", V3, "fr", 0.98),
        ("multilingual", V3, "ru", 0.98),
        ("multilingual", V3, "ja", 0.98),
    ],
)
def test_real_transcripts_are_covered(
    name: str, vocabulary: Vocabulary, language: str, at_least: float
) -> None:
    folder = eval_folder(name)
    if folder is None:
        pytest.skip(f"the dataset {name} is not here")
    texts = [line["text"] for line in manifest(folder) if line["language"] == language]
    sentences = [text.capitalize() if text.isupper() else text for text in texts]
    codec = codec_of(vocabulary)
    tokens = [token for sentence in sentences for token in codec.encode(f" {sentence}")]
    assert np.isin(tokens, frequent(vocabulary, language, 12_000)).mean() >= at_least
