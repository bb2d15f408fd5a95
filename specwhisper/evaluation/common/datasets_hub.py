"""``--dataset``: a folder with manifests, one of two sets by name, or any set of the Hugging Face Hub."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specwhisper.errors import OptionError
from specwhisper.evaluation.common.dataset import Clip, read_dataset
from specwhisper.names import shown
from specwhisper.vocabulary.languages import language_code


@dataclass(frozen=True, slots=True)
class HubSet:
    """Where a set lies on the Hub, and what its columns are called."""

    name: str
    config: str | None
    split: str
    audio: str = "audio"
    text: str = "text"
    language: str = "en"


KNOWN = {
    "librispeech-dummy": HubSet("hf-internal-testing/librispeech_asr_dummy", "clean", "validation"),
    "voxpopuli-nl": HubSet("facebook/voxpopuli", "nl", "test", text="normalized_text", language="nl"),
}
"""The two sets of the article "Speculative Decoding for 2x Faster Whisper Inference" (Gandhi 2023)."""

FOR_A_PAGE = ("librispeech-dummy",)
"""Those small enough to be fetched while somebody waits: 9 MB."""


def add_columns(parser: argparse.ArgumentParser) -> None:
    """What a Hub id needs beside its name."""
    parser.add_argument("--config", metavar="NAME", help="of a Hub set: which configuration")
    parser.add_argument("--split", metavar="NAME", help="of a Hub set (default: test)")
    parser.add_argument("--audio-column", metavar="NAME", help="of a Hub set (default: audio)")
    parser.add_argument("--text-column", metavar="NAME", help="of a Hub set (default: text)")
    parser.add_argument("--language", metavar="CODE", help="of a Hub set (default: en)")


def clips_of(arguments: argparse.Namespace) -> tuple[Clip, ...]:
    """The clips that ``--dataset`` names.

    Raises:
        OptionError: it names none, or they cannot be had.
    """
    name = arguments.dataset
    if not name:
        raise OptionError(f"Name what to measure on: --dataset FOLDER, {', '.join(KNOWN)} or a Hub id.")
    if name not in KNOWN and (
        Path(name).exists() or name.count("/") != 1 or name.startswith((".", "/", "~"))
    ):
        return read_dataset(Path(name).expanduser())
    known = KNOWN.get(name, HubSet(name, None, "test"))
    wanted = HubSet(
        known.name,
        arguments.config or known.config,
        arguments.split or known.split,
        arguments.audio_column or known.audio,
        arguments.text_column or known.text,
        language_code(arguments.language or known.language),
    )
    return hub_clips(wanted)


def hub_clips(wanted: HubSet) -> tuple[Clip, ...]:
    """Every clip of a Hub set, sound undecoded; downloaded by ``datasets`` where it is not here yet.

    Raises:
        OptionError: the set cannot be had, or has no such columns.
    """
    rows = _rows(wanted)
    missing = [column for column in (wanted.audio, wanted.text) if column not in rows.column_names]
    if missing:
        raise OptionError(
            f"{wanted.name} has no column {shown(missing[0])}: it has {', '.join(rows.column_names)}; "
            "name them with --audio-column and --text-column."
        )
    from datasets import Audio

    return tuple(_clips(rows.cast_column(wanted.audio, Audio(decode=False)), wanted))


def _rows(wanted: HubSet) -> Any:
    from datasets import config, load_dataset

    from specwhisper.weights import hub

    # Asked first, because the library itself tries again and again, for half a minute and many lines.
    answer = hub.reachable()
    earlier = Path(config.HF_DATASETS_CACHE) / wanted.name.replace("/", "___")
    if not answer and not earlier.is_dir():
        raise OptionError(
            f"The set {shown(wanted.name)} cannot be had: the Hugging Face Hub cannot be reached "
            f"({answer.reason}), and it was not downloaded here before; connect, or name a folder."
        )
    try:
        return load_dataset(wanted.name, wanted.config, split=wanted.split)
    except Exception as error:
        first = str(error).strip().split("\n")[0] or type(error).__name__
        raise OptionError(
            f"The set {shown(wanted.name)} cannot be had ({shown(first)}): check its name, --config, --split "
            "and the connection, or name a folder."
        ) from error


def _clips(rows: Iterable[Mapping[str, Any]], wanted: HubSet) -> Iterable[Clip]:
    for index, row in enumerate(rows):
        sound = row[wanted.audio]
        content = sound["bytes"] if sound["bytes"] is not None else Path(sound["path"])
        yield Clip(f"{wanted.split}-{index:05}", content, row[wanted.text] or "", wanted.language)
