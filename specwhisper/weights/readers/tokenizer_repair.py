"""Making the tokenizer.json that old converters copied equal to the one on the Hub.

CTranslate2 models (faster-whisper's among them) were converted with a tokenizer.json of 2023, and that
one is damaged: the multilingual one lacks the first merge, "Ġ t", so that " the" becomes two tokens
instead of one in every prompt (decoding hides it), and both lack the 1,501 timestamp tokens. Mended, the
files equal those of openai/whisper-base and openai/whisper-base.en on the Hub byte for byte, which is
how we know that the mending is right.
"""

from __future__ import annotations

import json
from typing import Any

from specwhisper.errors import WeightsCorruptError

FIRST_MERGE = ("Ġ", "t")
TIMESTAMPS = 1501  # <|0.00|> to <|30.00|> in steps of 0.02 s


def mend(raw: bytes) -> bytes:
    """The mended file; a file that needs no mending comes back as it is.

    Raises:
        WeightsCorruptError: this is no tokenizer.json of a Whisper.
    """
    try:
        tokenizer = json.loads(raw)
        needed = _lacks_first_merge(tokenizer["model"]) or _lacks_timestamps(tokenizer["added_tokens"])
        if not needed:
            return raw
        tokenizer["model"] = _mended_model(tokenizer["model"])
        tokenizer["added_tokens"] = _mended_tokens(tokenizer["added_tokens"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise WeightsCorruptError(
            "The tokenizer.json is not one of a Whisper model: get the model's folder again."
        ) from error
    return json.dumps(tokenizer, indent=2, ensure_ascii=False).encode()


def _lacks_first_merge(model: dict[str, Any]) -> bool:
    # The merge must exist because its result is in the vocabulary.
    spelled = (" ".join(FIRST_MERGE), list(FIRST_MERGE))
    return "".join(FIRST_MERGE) in model["vocab"] and not any(merge in spelled for merge in model["merges"])


def _lacks_timestamps(tokens: list[dict[str, Any]]) -> bool:
    return bool(tokens) and tokens[-1]["content"] == "<|notimestamps|>"


def _mended_model(model: dict[str, Any]) -> dict[str, Any]:
    if _lacks_first_merge(model):
        joined = isinstance(model["merges"][0], str)
        first = " ".join(FIRST_MERGE) if joined else list(FIRST_MERGE)
        model["merges"].insert(0, first)
    # The order of keys is that of the files on the Hub.
    mended: dict[str, Any] = {}
    for key, value in model.items():
        if key == "vocab":
            mended.setdefault("byte_fallback", False)
        mended[key] = value
    return mended


def _mended_tokens(tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not _lacks_timestamps(tokens):
        return tokens
    first = tokens[-1]["id"] + 1
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False}
    return tokens + [
        {"id": first + step, "content": f"<|{step * 0.02:.2f}|>", **flags} for step in range(TIMESTAMPS)
    ]
