"""Tokens to text and back: the byte-level BPE of a model's ``tokenizer.json``.

Whisper's text tokens are byte strings, and some are no valid UTF-8 alone, so text is always assembled
from bytes and decoded once at the end; a single token is only ever *shown* (``label``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from specwhisper.errors import WeightsCorruptError
from specwhisper.vocabulary.specials import Vocabulary


class TextCodec:
    """Encodes and decodes text for one vocabulary.

    Args:
        file: a Hugging Face ``tokenizer.json`` with a byte-level model.
        vocabulary: says which ids are special (those carry no text).

    Raises:
        WeightsCorruptError: the file cannot be read as a tokenizer.
    """

    def __init__(self, file: Path, vocabulary: Vocabulary) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises a bare Exception for every defect
            raise WeightsCorruptError(
                f"The tokenizer {file.name} cannot be read ({error}); delete it and fetch it again."
            ) from error
        self.file = file
        self.vocabulary = vocabulary

    def encode(self, text: str) -> tuple[int, ...]:
        """The text token ids of ``text``, no special tokens added."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode_bytes(self, raw: bytes) -> tuple[int, ...] | None:
        """The tokens of whole UTF-8 text; None when ``raw`` is not that."""
        try:
            return self.encode(raw.decode("utf-8"))
        except UnicodeDecodeError:
            return None

    def same_text_tokens(self, other: TextCodec) -> bool:
        """Whether every text id stands for the same bytes in both."""
        if other is self:
            return True
        mine, theirs = self._tokenizer.get_vocab(), other._tokenizer.get_vocab()
        end = self.vocabulary.end_of_text
        return end == other.vocabulary.end_of_text and all(
            theirs.get(written) == token for written, token in mine.items() if token < end
        )

    def token_bytes(self, token: int) -> bytes:
        """The bytes one token stands for; empty for special tokens and ids without an entry."""
        if self.vocabulary.is_special(token):
            return b""
        written = self._tokenizer.id_to_token(token)
        if written is None:
            return b""
        table = _byte_of_character()
        return bytes(table[character] for character in written)

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of the tokens; bytes that form no character become U+FFFD."""
        return b"".join(self.token_bytes(token) for token in tokens).decode("utf-8", errors="replace")

    def label(self, token: int) -> str:
        """How to show one token: its text, its ``<|name|>``, or ``\\xe4\\xb8`` for split bytes."""
        if self.vocabulary.is_special(token):
            return self.vocabulary.name(token)
        raw = self.token_bytes(token)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return "".join(f"\\x{byte:02x}" for byte in raw)

    def whole_characters(self, tokens: Iterable[int]) -> list[tuple[str, tuple[int, ...]]]:
        """Split text tokens into the shortest runs that are whole UTF-8 characters.

        Returns:
            (text, ids) runs in order; all ids are kept and the texts join to ``decode(tokens)``.
        """
        runs: list[tuple[str, tuple[int, ...]]] = []
        waiting, ids = b"", []
        for token in tokens:
            waiting += self.token_bytes(token)
            ids.append(token)
            if _ends_inside_character(waiting):
                continue
            runs.append((waiting.decode("utf-8", errors="replace"), tuple(ids)))
            waiting, ids = b"", []
        if ids:
            runs.append((waiting.decode("utf-8", errors="replace"), tuple(ids)))
        return runs


def _ends_inside_character(raw: bytes) -> bool:
    """True when the last bytes are the beginning of a UTF-8 character that may still be completed."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


@lru_cache(maxsize=1)
def _byte_of_character() -> dict[str, int]:
    """The inverse of GPT-2's byte alphabet (Radford et al. 2019, encoder.py).

    Printable Latin-1 characters stand for themselves; the other 68 bytes are written as the
    characters from U+0100 on, in byte order.
    """
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    table = {chr(byte): byte for byte in printable}
    hidden = (byte for byte in range(256) if byte not in set(printable))
    table |= {chr(256 + index): byte for index, byte in enumerate(hidden)}
    return table
