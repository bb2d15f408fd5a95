"""One token or text in two vocabularies, with a made-up tokenizer and with the real ones."""

from __future__ import annotations

import pytest

from specwhisper.errors import OptionError
from specwhisper.output.vocabulary import as_dict, describe
from specwhisper.vocabulary.inspect import overview
from specwhisper.vocabulary.lookup import LONGEST, Lookup, Reading, look_up
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.weights.codecs import find_codec, vocabulary_of
from tests.ui.fakes import FakeCodec

ENGLISH, MULTILINGUAL, V3 = (Vocabulary(size) for size in (51_864, 51_865, 51_866))


def nothing(vocabulary: Vocabulary) -> None:
    """No tokenizer is here."""


def ids(reading: Reading) -> list[int]:
    return [token.id for token in reading.tokens]


def find(query: str, source: Vocabulary = MULTILINGUAL, target: Vocabulary = V3, codec=FakeCodec) -> Lookup:
    return look_up(query, source, target, codec)


@pytest.mark.parametrize(
    ("query", "source", "first", "second"),
    [
        ("<|nl|>", MULTILINGUAL, [50_271], [50_271]),
        ("<|transcribe|>", MULTILINGUAL, [50_359], [50_360]),
        ("<|1.20|>", MULTILINGUAL, [50_424], [50_425]),
        (" <|1.2|> ", MULTILINGUAL, [50_424], [50_425]),
        ("<|0|>", ENGLISH, [50_363], [50_365]),
        ("<|yue|>", MULTILINGUAL, [], [50_358]),
        ("50359", MULTILINGUAL, [50_359], [50_360]),
        ("51865", MULTILINGUAL, [], [51_865]),
        ("50258", V3, [50_258], [50_258]),
    ],
)
def test_special_tokens_need_no_tokenizer(
    query: str, source: Vocabulary, first: list[int], second: list[int]
) -> None:
    found = find(query, source, codec=nothing)
    assert (ids(found.source), ids(found.target)) == (first, second)
    assert found.finding
    for reading in (found.source, found.target):
        assert reading.tokens or reading.note.startswith("It has no ")


def test_an_id_taken_over_as_it_is_would_say_something_else() -> None:
    assert "50,359 itself would be <|translate|> here." in find("50359").target.note
    assert "<|translate|>" in find("50358", V3, MULTILINGUAL).target.note
    assert find("50358", V3, MULTILINGUAL).target.tokens == ()


def test_text_in_both() -> None:
    assert find("ab").finding == "Both cut it alike, into the same ids."
    found = find("ab", ENGLISH, MULTILINGUAL)
    assert found.finding == "Both cut it at the same places, into different ids."
    assert (ids(found.source), ids(found.target)) == ([98, 99], [97, 98])


def test_digits_are_an_id_and_in_quotes_text() -> None:
    assert find("97").kind == "id"
    found = find('"97"')
    assert (found.kind, found.query, len(found.source.tokens)) == ("text", "97", 2)
    assert find(" 9 7").query == " 9 7", "a leading space is part of a text"


def test_a_text_id_crosses_as_bytes() -> None:
    found = find("98", ENGLISH, MULTILINGUAL)
    assert ids(found.target) == [97]
    assert "1 token of the second vocabulary" in found.finding
    assert "98 itself would be 'b' here." in found.target.note


@pytest.mark.parametrize(("query", "source"), [("hello", ENGLISH), ("98", ENGLISH)])
def test_without_a_tokenizer_it_says_what_to_fetch(query: str, source: Vocabulary) -> None:
    found = find(query, source, V3, nothing)
    assert "fetch tiny.en" in found.source.note + found.target.note
    assert found.finding == ""
    assert "fetch large-v3" in find("hello", MULTILINGUAL, V3, nothing).target.note


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("  ", "nothing to look up"),
        ("51866", "the last one is 51,865"),
        ("9" * 100, "the last one is"),
        ("<|klingon|>", "Neither vocabulary has <|klingon|>"),
        ("<|1.23|>", "steps of 0.02"),
        ("<|31.00|>", "to <|30.00|>"),
        ("x" * (LONGEST + 1), "at most 200"),
    ],
)
def test_what_is_in_neither_is_one_sentence(query: str, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        find(query)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_in_words_and_as_data() -> None:
    found = find("50359")
    seen = overview(MULTILINGUAL, V3)
    assert "50360:'<|transcribe|>'" in describe(seen, found)
    assert as_dict(seen, found)["lookup"]["target"]["tokens"] == [{"id": 50_360, "text": "<|transcribe|>"}]


@pytest.mark.parametrize(
    ("name", "size"),
    [("tiny.en", 51_864), ("Base", 51_865), ("english", 51_864), ("distil-large-v3", 51_866)],
)
def test_vocabularies_by_name(name: str, size: int) -> None:
    assert vocabulary_of(name).size == size


def test_an_unknown_vocabulary_names_the_nearest() -> None:
    with pytest.raises(OptionError, match="did you mean base"):
        vocabulary_of("bass")


@pytest.mark.weights
def test_the_real_tokenizers(real_weights) -> None:
    real_weights("tiny"), real_weights("tiny.en")
    found = find("Stew for dinner", ENGLISH, V3, find_codec)
    assert [token.text for token in found.source.tokens] == ["Stew", " for", " dinner"]
    assert [token.text for token in found.target.tokens] == ["Ste", "w", " for", " dinner"]
    assert find("naïve 東京", MULTILINGUAL, V3, find_codec).finding == "Both cut it alike, into the same ids."
    assert "wait for the next token" in find("159", ENGLISH, MULTILINGUAL, find_codec).target.note
