"""``specwhisper proofread``: captions and a recording in, what is wrong with the captions out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specwhisper.cli.inputs import called, sound_of
from specwhisper.cli.outputs import check_output
from specwhisper.cli.requests import Request
from specwhisper.cli.turns import DONE
from specwhisper.names import shown
from specwhisper.terminal import note, progress_bar

if TYPE_CHECKING:
    from specwhisper.proofread import Difference, Proofread

_ARROWS = {"replaced": "→", "missing": "+", "added": "−"}


def add_parser(subparsers: Any, models: argparse.ArgumentParser) -> None:
    """Register the subcommand.

    Args:
        models: the options of a pair and of how it decodes.
    """
    parser = subparsers.add_parser(
        "proofread",
        parents=[models],
        help="check captions against the sound: which words are confirmed, what is said instead of others",
    )
    parser.add_argument("recording", metavar="RECORDING", help="audio or video, or - for standard input")
    parser.add_argument("captions", metavar="CAPTIONS", help="a txt, srt, vtt, tsv or json file")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the corrected captions there, with the same cues"
    )
    parser.add_argument("--overwrite", action="store_true", help="also where --output exists")
    parser.add_argument("--json", action="store_true", help="everything found, as JSON")
    parser.set_defaults(run=run_proofread, vad=True)


def run_proofread(arguments: argparse.Namespace) -> int:
    """Check, print, and write what was asked for."""
    from specwhisper.captions.read import read_captions
    from specwhisper.output.writers import to_json, write_file
    from specwhisper.transcription.loading import load

    captions = read_captions(Path(arguments.captions))
    output: Path | None = arguments.output
    if output:
        check_output(output, overwrite=arguments.overwrite)
    request = Request.of(argparse.Namespace(**{**vars(arguments), "files": [arguments.recording]}))
    with progress_bar(called(arguments.recording)) as on_progress:
        transcriber = load(request.pair, request.device, request.precision, on_progress=on_progress)
        found = transcriber.proofread(
            sound_of(arguments.recording),
            captions,
            language=request.language,
            languages=request.languages,
            task=arguments.task,
            lookahead=request.lookahead,
            vad=arguments.vad,
            max_seconds=request.reading.max_seconds,
            audio_track=request.reading.audio_track,
            strict=request.reading.strict,
            on_progress=on_progress,
        )
    if arguments.json:
        print(to_json(found.to_dict()), end="")
    else:
        print(described(found), end="")
    if output and found.unrelated:
        note(f"Nothing was corrected, so {shown(str(output))} was not written.")
    elif output:
        write_file(output, found.corrected)
    return DONE


def described(found: Proofread) -> str:
    """The verdict, and a line per difference."""
    lines = [found.verdict]
    if not found.unrelated:
        lines += [_line(each) for each in found.differences]
    return "\n".join(lines) + "\n"


def _line(each: Difference) -> str:
    minutes, seconds = divmod(each.start, 60)
    what = " ".join(
        filter(
            None, (each.captions and f"“{each.captions}”", _ARROWS[each.kind], each.main and f"“{each.main}”")
        )
    )
    doubt = "" if each.sure else "  (in doubt: not corrected)"
    return (
        f"{int(minutes):3}:{seconds:05.2f}  {what}  main {each.main_probability:.0%}, captions "
        f"{each.captions_probability:.0%}{doubt}"
    )
