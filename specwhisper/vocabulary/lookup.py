"""One token, special or text as two vocabularies see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from specwhisper.errors import OptionError
from specwhisper.vocabulary.inspect import special_ids
from specwhisper.vocabulary.specials import TIMESTAMP_SECONDS, Vocabulary
from specwhisper.vocabulary.text import TextCodec

LONGEST = 200  # characters of a text to look up

FindCodec = Callable[[Vocabulary], TextCodec | None]
"""A tokenizer for the text of a vocabulary, or None where none is on this machine."""

_SPECIAL = re.compile(r"<\|([^|]*)\|>")
_SECONDS = re.compile(r"\d{1,2}(\.\d{0,2})?")


@dataclass(frozen=True, slots=True)
class Token:
    """An id and what it stands for: text, ``<|name|>``, or ``\\xe4`` for bytes that are no character."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one vocabulary makes of the query: its tokens, and a sentence where one is needed."""

    vocabulary: Vocabulary
    tokens: tuple[Token, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query and its two readings.

    Attributes:
        kind: how the query was understood.
        finding: one sentence that compares the readings; empty where a tokenizer is missing.
    """

    query: str
    kind: Literal["id", "special", "text"]
    source: Reading
    target: Reading
    finding: str


def look_up(query: str, source: Vocabulary, target: Vocabulary, codec: FindCodec) -> Lookup:
    """Find a query in both vocabularies.

    Args:
        query: digits are an id of ``source``, ``<|nl|>`` or ``<|1.20|>`` a special token, all else is text;
            quotes make it text in any case.

    Raises:
        OptionError: it is empty, too long, or in neither vocabulary.
    """
    bare = query.strip()
    if not bare:
        raise OptionError("There is nothing to look up: give an id, a special token such as <|nl|>, or text.")
    if len(query) > LONGEST:
        raise OptionError(f"Text to look up has at most {LONGEST} characters, not {len(query):,}.")
    if bare.isascii() and bare.isdigit():
        return _by_id(bare, source, target, codec)
    if _SPECIAL.fullmatch(bare):
        return _by_name(_canonical(bare), source, target)
    quoted = len(bare) > 2 and bare[0] == bare[-1] == '"'
    return _by_text(bare[1:-1] if quoted else query, source, target, codec)


def _by_id(query: str, source: Vocabulary, target: Vocabulary, codec: FindCodec) -> Lookup:
    token = int(query)
    if token >= max(source.size, target.size):
        last = max(source.size, target.size) - 1
        raise OptionError(f"No token has the id {token:,}: the last one is {last:,}.")
    if token >= source.size:
        here = Reading(source, (), f"It has no id {token:,}: the last one is {source.size - 1:,}.")
        there = Reading(target, (_token(token, target, codec),))
        return Lookup(query, "id", here, there, "Only the second vocabulary has this id.")
    here = Reading(source, (_token(token, source, codec),), _missing(token, source, codec))
    there, finding = _counterpart(token, source, target, codec)
    return Lookup(query, "id", here, there, finding)


def _counterpart(token: int, source: Vocabulary, target: Vocabulary, codec: FindCodec) -> tuple[Reading, str]:
    """The same token in ``target``, and how the two ids relate."""
    if source.is_special(token):
        other = special_ids(target).get(source.name(token))
        if other is None:
            note = f"It has no {source.name(token)}; {_meaning(token, target, codec)}"
            return Reading(target, (), note), "Only the first vocabulary has this token."
        if other == token:
            return Reading(target, (Token(other, source.name(token)),)), "The same token under the same id."
        note = "" if token >= target.size else _meaning(token, target, codec)
        return (
            Reading(target, (Token(other, source.name(token)),), note),
            f"The same token under another id: {token:,} becomes {other:,}.",
        )
    if source.end_of_text == target.end_of_text:
        there = Reading(target, (_token(token, target, codec),), _missing(token, target, codec))
        return there, "The same token under the same id."
    mine, theirs = codec(source), codec(target)
    if mine is None or theirs is None:
        return Reading(target, (), _missing(0, source if mine is None else target, codec)), ""
    tokens = theirs.encode_bytes(mine.token_bytes(token))
    if not tokens:
        note = "Its bytes are no whole character alone, so they wait for the next token."
        return Reading(target, (), note), "No counterpart by itself."
    reading = Reading(target, _tokens(tokens, theirs), _meaning(token, target, codec))
    return reading, f"No id-to-id map: its bytes become {_count(tokens)} of the second vocabulary."


def _by_name(name: str, source: Vocabulary, target: Vocabulary) -> Lookup:
    ids = [special_ids(vocabulary).get(name) for vocabulary in (source, target)]
    if ids == [None, None]:
        raise OptionError(
            f"Neither vocabulary has {name}: there are languages such as <|nl|>, tasks such as "
            "<|transcribe|>, and times from <|0.00|> to <|30.00|> in steps of 0.02."
        )
    first, second = (
        Reading(vocabulary, (), f"It has no {name}.")
        if token is None
        else Reading(vocabulary, (Token(token, name),))
        for vocabulary, token in zip((source, target), ids, strict=True)
    )
    if ids[0] is None or ids[1] is None:
        finding = f"Only the {'second' if ids[0] is None else 'first'} vocabulary has this token."
    elif ids[0] == ids[1]:
        finding = "The same token under the same id."
    else:
        finding = f"The same token under another id: {ids[0]:,} becomes {ids[1]:,}."
    return Lookup(name, "special", first, second, finding)


def _by_text(text: str, source: Vocabulary, target: Vocabulary, codec: FindCodec) -> Lookup:
    readings = []
    for vocabulary in (source, target):
        found = codec(vocabulary)
        cut = _tokens(found.encode(text), found) if found else ()
        readings.append(Reading(vocabulary, cut, _missing(0, vocabulary, codec)))
    first, second = readings
    finding = ""
    if first.tokens and second.tokens:
        if first.tokens == second.tokens:
            finding = "Both cut it alike, into the same ids."
        elif [token.text for token in first.tokens] == [token.text for token in second.tokens]:
            finding = "Both cut it at the same places, into different ids."
        else:
            finding = f"They cut it differently: {_count(first.tokens)} and {_count(second.tokens)}."
    return Lookup(text, "text", first, second, finding)


def _count(tokens: Sequence[object]) -> str:
    return "1 token" if len(tokens) == 1 else f"{len(tokens)} tokens"


def _tokens(ids: tuple[int, ...], codec: TextCodec) -> tuple[Token, ...]:
    return tuple(Token(token, codec.label(token)) for token in ids)


def _token(token: int, vocabulary: Vocabulary, codec: FindCodec) -> Token:
    if vocabulary.is_special(token):
        return Token(token, vocabulary.name(token))
    found = codec(vocabulary)
    return Token(token, found.label(token) if found else "")


def _missing(token: int, vocabulary: Vocabulary, codec: FindCodec) -> str:
    """What to fetch when text cannot be shown for want of a tokenizer."""
    if vocabulary.is_special(token) or codec(vocabulary) is not None:
        return ""
    model = {51_864: "tiny.en", 51_865: "tiny", 51_866: "large-v3"}[vocabulary.size]
    return f"Its tokenizer is not on this machine: python -m specwhisper fetch {model} brings it."


def _meaning(token: int, vocabulary: Vocabulary, codec: FindCodec) -> str:
    """What an id of the other vocabulary would say here."""
    text = _token(token, vocabulary, codec).text
    return f"{token:,} itself would be {text if vocabulary.is_special(token) else repr(text)} here."


def _canonical(name: str) -> str:
    """``<|1.2|>`` as ``<|1.20|>``."""
    inside = name[2:-2]
    if not _SECONDS.fullmatch(inside):
        return name
    steps = round(float(inside) / TIMESTAMP_SECONDS)
    exact = abs(float(inside) - steps * TIMESTAMP_SECONDS) < 1e-6
    return f"<|{float(inside):.2f}|>" if exact else name
