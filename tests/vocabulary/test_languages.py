"""Languages are understood as people and programs name them; others get a sentence."""

from __future__ import annotations

import pytest

from specwhisper.errors import OptionError
from specwhisper.vocabulary.language_tags import code_of_tag
from specwhisper.vocabulary.languages import LANGUAGES, language_code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("nb", "no"), ("nb-NO", "no"), ("nn_NO", "nn"), ("jv", "jw"), ("iw", "he"), ("iw-IL", "he"),
        ("fil", "tl"), ("FIL-PH", "tl"), ("en-US", "en"), ("EN", "en"), ("pt-BR", "pt"), ("pt_BR", "pt"),
        ("zh-Hant", "zh"), ("zh-Hant-TW", "zh"), ("zh_CN.UTF-8", "zh"), ("cmn-Hans-CN", "zh"),
        ("zh-yue", "yue"), ("zh-yue-HK", "yue"), ("yue", "yue"), ("sr-Latn", "sr"), ("sr_RS@latin", "sr"),
        ("sr_RS.UTF-8@latin", "sr"), ("de-CH-1996", "de"), ("in", "id"), ("ji", "yi"), ("mo", "ro"),
        ("eng", "en"), ("ger", "de"), ("deu", "de"), ("nld", "nl"), ("haw-US", "haw"), ("zsm", "ms"),
        ("Farsi", "fa"), ("haitian creole", "ht"), (" Dutch ", "nl"),
    ],
)  # fmt: skip
def test_tags_locales_and_codes_of_others(given: str, code: str) -> None:
    assert language_code(given) == code


@pytest.mark.parametrize("given", ["", "-", "C.UTF-8", "tlh", "x-klingon", "klingon", "en US", "english-US"])
def test_what_is_no_language_gets_a_sentence(given: str) -> None:
    with pytest.raises(OptionError, match="Unknown language"):
        language_code(given)


def test_a_hostile_name_is_echoed_short_and_on_one_line() -> None:
    with pytest.raises(OptionError) as refusal:
        language_code("\x1b[31m\n" + 1000 * "x")
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 350


def test_every_code_means_itself_and_every_other_code_one_of_them() -> None:
    known = frozenset(LANGUAGES)
    for code in LANGUAGES:
        assert language_code(code) == language_code(code.upper()) == language_code(f"{code}-XX") == code
    assert code_of_tag("xx", known) is None
