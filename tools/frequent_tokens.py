"""Makes ``specwhisper/vocabulary/data/frequent_tokens.npz``: per language, its text tokens by frequency.

    pip install wordfreq==3.1.1        # beside specwhisper; only this tool needs it
    python tools/frequent_tokens.py    # some minutes on one core

Each word of a language's wordfreq list is cut by Whisper's tokenizer in the ways it may be written (after a
space or not; lower, Capital, UPPER); a token weighs the sum of the frequencies of the words it stands in.
The lists are only read and no text is cut into words, so Chinese, Japanese and Korean need none of wordfreq's
extras (jieba, MeCab) either.

The word frequencies are from wordfreq 3.1.1 by Robyn Speer (https://github.com/rspeer/wordfreq,
doi:10.5281/zenodo.7199437). Its code is Apache-2.0; its data, and so the table made from it, is CC BY-SA 4.0
(https://creativecommons.org/licenses/by-sa/4.0/). Its own sources: specwhisper/vocabulary/data/README.md.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import unicodedata
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from statistics import median

import msgpack  # comes with wordfreq
import numpy as np
import wordfreq
from wordfreq.transliterate import SR_LATN_TABLE

from specwhisper.vocabulary.frequent import TABLE
from specwhisper.vocabulary.languages import LANGUAGES
from specwhisper.vocabulary.specials import Vocabulary
from specwhisper.vocabulary.text import TextCodec
from specwhisper.weights import tokenizers

Tokens = tuple[int, ...]

COUNT = 16_000
"""Tokens per language, the ones kept in every language included."""

SIZES = {"english": 51_864, "multilingual": 51_865}

LISTS = {"no": "nb", "tl": "fil", "hr": "sh", "bs": "sh", "sr": "sh"}
"""Whisper's code -> wordfreq's, where they differ."""

# Shares of a word's frequency. Estimates, not counts: wordfreq folds case and knows no commas.
CASES = {"lower": 1.0, "capital": 0.05, "upper": 0.002}
NAMES = {"lower": 0.1, "capital": 1.0, "upper": 0.002}
"""For a word whose Capital form the tokenizer cuts into fewer or earlier tokens."""
AFTER_SPACE = {"zh": 0.05, "ja": 0.05}
"""The share of forms after a space, where words are written without."""
INSIDE = {"zh": 1.0, "ja": 1.0, "ko": 0.5, "fr": 0.05, "it": 0.05, "ca": 0.05}
"""The share of forms without a space before them, INSIDE_USUAL elsewhere: no spaces, morphemes, or l'eau."""
INSIDE_USUAL = 0.02
OTHER_SPELLING = 0.3
"""The share of a spelling that wordfreq folds into another (see ``spellings``)."""
LEAST = 1e-8
"""Forms rarer than the rarest word of a list are left out."""

SPANNING = {
    "ja": re.compile("(?=.*[ぁ-ゖァ-ヺ])[ぁ-ゖァ-ヺー々一-鿿]{2,}"),
    "zh": re.compile("[一-鿿]{2,}"),
    "ko": re.compile(" ?[가-힣]{2,}"),
}
"""Lists of short units that one token may join (これは, 하면서): which text such a token holds."""
NEIGHBOURS = 25

SPOKEN_PUNCTUATION = frozenset(".,!?:;'\"-%()&/$…–—‑«»„“”‘’¿¡、。・「」『』，！？：；،؟؛۔।॥")
LONGEST = 3
"""Longest number, and longest run of punctuation, that every language keeps."""

SERBIAN = "љњџабвгдђежзијклмнопрстћуфхцчш"
"""The Cyrillic letters, those written with two Latin ones first."""


@lru_cache(maxsize=1)
def traditional_letters() -> dict[int, str]:
    """Simplified -> Traditional, the other way round than wordfreq maps; of several one that Big5 knows."""
    with gzip.open(wordfreq.DATA_PATH / "_chinese_mapping.msgpack.gz") as file:
        pairs = msgpack.load(file, raw=False, strict_map_key=False).items()
    back: dict[int, str] = {}
    for code, simplified in sorted(pairs):
        if len(chr(code).encode("big5", errors="ignore")) == 2:
            back.setdefault(ord(simplified), chr(code))
    return back


def spellings(word: str, language: str) -> Iterator[tuple[str, float]]:
    """The ways to spell a word whose difference wordfreq's normalisation has removed, with their shares."""
    if language == "el":
        yield re.sub("σ$", "ς", word), 1.0  # case folding knows no final sigma
        return
    yield word, 1.0
    other = word
    if language == "de":
        other = word.replace("ss", "ß")
    elif language == "ro":
        other = word.translate(str.maketrans("șț", "şţ"))
    elif language == "zh":
        other = word.translate(traditional_letters())
    elif language == "sr":
        for letter in SERBIAN:
            other = other.replace(SR_LATN_TABLE[ord(letter)], letter)
    if other != word:
        yield other, 1.0 if language == "sr" else OTHER_SPELLING


def cased(word: str, language: str) -> dict[str, str]:
    """The word by case; one without letters of two cases has only ``lower``."""
    if language == "tr":
        upper, first = word.replace("i", "İ").upper(), word[:1].replace("i", "İ").upper()
    else:
        upper, first = word.upper(), word[:1].upper()
    forms = {"lower": word, "capital": first + word[1:], "upper": upper}
    return {name: form for name, form in forms.items() if name == "lower" or form != word}


def weighted(word: str, frequency: float, language: str, codec: TextCodec) -> Iterator[tuple[Tokens, float]]:
    """The ways to write one word of a list, as tokens, with their weights."""
    if any(letter.isdecimal() for letter in word):  # '00th' stands for all of 10th, 21st, ...
        yield from ((codec.encode(piece), frequency) for piece in re.findall(r"[^\d\W]+", word))
        return
    for spelling, part in spellings(word, language):
        by_case = cased(spelling, language)
        spaced = {case: codec.encode(f" {by_case[case]}") for case in by_case if case != "upper"}
        shares = NAMES if "capital" in spaced and rank(spaced["capital"]) < rank(spaced["lower"]) else CASES
        for case, form in by_case.items():
            weight = frequency * part * shares[case]
            if weight >= LEAST:
                yield spaced.get(case) or codec.encode(f" {form}"), weight * AFTER_SPACE.get(language, 1.0)
            if weight * INSIDE.get(language, INSIDE_USUAL) >= LEAST:
                yield codec.encode(form), weight * INSIDE.get(language, INSIDE_USUAL)


def rank(tokens: Tokens) -> tuple[int, int]:
    """Lower for what the tokenizer saw more of in training: fewer tokens, and one that was merged earlier."""
    return len(tokens), tokens[0] if len(tokens) == 1 else 0


def kept_always(codec: TextCodec) -> list[int]:
    """Single bytes, then numbers, then punctuation, each with and without a space, in the order of ids."""
    classes: tuple[list[int], list[int], list[int]] = ([], [], [])
    for token in range(codec.vocabulary.end_of_text):
        raw = codec.token_bytes(token)
        text = raw.decode("utf-8", errors="ignore").removeprefix(" ")
        if len(raw) == 1:
            classes[0].append(token)
        elif text.isdecimal() and len(text) <= LONGEST:
            classes[1].append(token)
        elif is_punctuation(text):
            classes[2].append(token)
    return [token for tokens in classes for token in tokens]


def is_punctuation(text: str) -> bool:
    """Any one mark or symbol, or a short run of the marks that transcripts hold."""
    if len(text) == 1:
        return unicodedata.category(text)[0] in "PS"
    return 0 < len(text) <= LONGEST and SPOKEN_PUNCTUATION.issuperset(text)


def by_frequency(codec: TextCodec, language: str) -> list[int]:
    """The tokens of a language's words, the most frequent first (equals by id)."""
    weights: defaultdict[int, float] = defaultdict(float)
    for word, frequency in wordfreq.get_frequency_dict(LISTS.get(language, language)).items():
        for tokens, weight in weighted(word, frequency, language, codec):
            for token in tokens:
                weights[token] += weight
    if language in SPANNING:
        weights |= spanning(codec, weights, SPANNING[language])
    return sorted(weights, key=lambda token: (-weights[token], token))


def spanning(codec: TextCodec, weights: Mapping[int, float], script: re.Pattern[str]) -> dict[int, float]:
    """The tokens of a script that no word of the list holds, since they join several.

    The tokenizer merged in the order of frequency, so each gets the median weight of those next to it by id.
    """
    tokens = [t for t in range(codec.vocabulary.end_of_text) if script.fullmatch(codec.decode([t]))]
    known = [token for token in tokens if token in weights]
    found = {}
    for token in tokens:
        if token not in weights:
            place = bisect(known, token)
            near = known[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]
            found[token] = median(weights[other] for other in near)
    return found


def languages(kind: str) -> list[str]:
    """The languages of a tokenizer that wordfreq has a list for."""
    lists = wordfreq.available_languages()
    known = [code for code in LANGUAGES if LISTS.get(code, code) in lists]
    return known if kind == "multilingual" else ["en"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the table of frequent tokens from wordfreq's lists.")
    parser.add_argument("--output", type=Path, default=TABLE)
    output: Path = parser.parse_args().output
    tables: dict[str, np.ndarray] = {}
    for kind, size in SIZES.items():
        codec = TextCodec(tokenizers.obtain(size, f"the {kind} vocabulary"), Vocabulary(size))
        always = kept_always(codec)
        tables[f"{kind}.always"] = np.array(always, dtype=np.uint16)
        skip = set(always)
        for language in languages(kind):
            ordered = [token for token in by_frequency(codec, language) if token not in skip]
            tables[f"{kind}.{language}"] = np.array(ordered[: COUNT - len(always)], dtype=np.uint16)
            sys.stderr.write(f"{kind} {language}: {len(always)} always, {len(ordered)} by frequency\n")
    output.parent.mkdir(exist_ok=True)
    np.savez_compressed(output, **tables)  # type: ignore[arg-type]  # numpy's stub takes **kwds for a flag
    sys.stderr.write(f"{output}: {output.stat().st_size:,} bytes, {len(tables)} arrays\n")


if __name__ == "__main__":
    main()
