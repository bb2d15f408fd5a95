"""``specwhisper live``: captions of what is being said, from a microphone or a pipe."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from io import BufferedIOBase
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

from specwhisper.cli.outputs import check_output
from specwhisper.cli.turns import DONE
from specwhisper.errors import LiveError, OptionError, SpecWhisperError
from specwhisper.names import shown
from specwhisper.terminal import Stop, note, progress_bar, stop_when_asked, write_line

if TYPE_CHECKING:
    import numpy as np

    from specwhisper.transcription.live.session import LiveSession
    from specwhisper.transcription.live.update import LiveUpdate

STANDARD_INPUT = "-"
_LOOK = 0.2  # seconds between two looks whether somebody wants to stop
_WORDS = re.compile(r"\s*\S+")
_GREY, _PLAIN, _CLEAR = "\x1b[90m", "\x1b[0m", "\r\x1b[K"


def add_parser(subparsers: Any) -> None:
    """Register the subcommand."""
    parser = subparsers.add_parser(
        "live", help="captions while somebody speaks: from a microphone, or from a pipe"
    )
    parser.add_argument(
        "source",
        nargs="?",
        metavar="-|DEVICE",
        help="- for standard input (any format that can be read as it comes), or a microphone: its number or "
        "a part of its name (default: the system's microphone)",
    )
    parser.add_argument(
        "--raw", type=int, metavar="RATE", help="standard input is bare 16-bit samples, one channel, RATE Hz"
    )
    parser.add_argument("--pair", help="MAIN+DRAFT or MAIN (default: the best for this device)")
    parser.add_argument("--language", help="code or English name (default: detect)")
    parser.add_argument(
        "--languages", default=(), metavar="A,B", help="where it is detected, choose from these"
    )
    parser.add_argument("--task", choices=("transcribe", "translate"), default="transcribe")
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "fp16", "bf16", "int8"))
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    parser.add_argument("--initial-prompt", metavar="TEXT", help="as if said before: names, spelling, style")
    parser.add_argument("--hotwords", metavar="TEXT", help="words to expect, all along")
    parser.add_argument(
        "--pause",
        type=float,
        default=0.6,
        metavar="S",
        help="seconds of silence after which all is settled (default: %(default)s)",
    )
    parser.add_argument(
        "--audio-context",
        choices=("full", "trimmed"),
        default="full",
        help="trimmed encodes no more than there is: quicker, another text (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="every update as a line of JSON")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="also write the transcript there: .txt, .srt, .vtt, ...",
    )
    parser.add_argument("--overwrite", action="store_true", help="also where --output exists")
    parser.set_defaults(run=run_live)


def run_live(arguments: argparse.Namespace) -> int:
    """Listen until the sound ends or somebody presses Ctrl-C; what is settled is kept."""
    from specwhisper.audio.resample import check_rate
    from specwhisper.audio.streaming import microphone, piped
    from specwhisper.output.cues import Layout
    from specwhisper.output.writers import WRITERS, write_file
    from specwhisper.transcription.live.begin import check_pause
    from specwhisper.transcription.loading import load

    check_pause(arguments.pause)
    output: Path | None = arguments.output
    form = output.suffix.removeprefix(".") if output else "txt"
    if form not in WRITERS:
        raise OptionError(f"There is no output of kind {shown(repr(form))}: choose {', '.join(WRITERS)}.")
    if output:
        check_output(output, overwrite=arguments.overwrite)
    if arguments.source not in (None, STANDARD_INPUT) and Path(arguments.source).is_file():
        raise OptionError(
            f"{shown(arguments.source)} is a file, not a microphone: use specwhisper transcribe, or "
            "pipe it in with - as the source."
        )
    from_pipe = arguments.source == STANDARD_INPUT
    if arguments.raw is not None:
        check_rate(arguments.raw)
        if not from_pipe:
            raise OptionError("--raw tells what standard input holds: name it with - as the source.")
    if from_pipe and (sys.stdin is None or sys.stdin.isatty()):
        raise OptionError("Nothing is piped into standard input: ffmpeg ... | specwhisper live -")
    sound = piped(_stdin(), arguments.raw) if from_pipe else microphone(arguments.source)
    with progress_bar("live") as on_progress:
        transcriber = load(arguments.pair, arguments.device, arguments.precision, on_progress=on_progress)
    with (
        stop_when_asked() as stop,
        transcriber.live(
            language=arguments.language,
            languages=arguments.languages,
            task=arguments.task,
            initial_prompt=arguments.initial_prompt,
            hotwords=arguments.hotwords,
            pause=arguments.pause,
            audio_context=arguments.audio_context,
        ) as session,
    ):
        feeding = _Feeding(session, sound, stop)
        feeding.start()
        show = _as_json if arguments.json else _Screen()
        if not from_pipe:
            note("Listening; Ctrl-C ends.")
        while not session.ended:
            update = session.next(_LOOK)
            if update is not None:
                show(update)
            if stop.asked:
                session.close()
        transcript = session.transcript()
    if isinstance(show, _Screen):
        show.close()
    if feeding.error is not None and not transcript.text:
        raise feeding.error
    if output:
        write_file(output, WRITERS[form](transcript, Layout()))
    if feeding.error is not None:
        raise feeding.error
    if not transcript.text:
        note("No speech was heard.")
    return DONE


def _stdin() -> BufferedIOBase:
    """The bytes of standard input."""
    return cast(BufferedIOBase, sys.stdin.buffer)


class _Feeding(Thread):
    """Hands the sound on as it comes.

    Attributes:
        error: what ended it, if not the end of the sound.
    """

    def __init__(self, session: LiveSession, sound: Iterator[np.ndarray], stop: Stop) -> None:
        super().__init__(name="sound", daemon=True)  # it may wait for a pipe for ever
        self._session = session
        self._sound = sound
        self._stop = stop
        self.error: SpecWhisperError | None = None

    def run(self) -> None:
        try:
            for samples in self._sound:
                if self._stop.asked:
                    break
                self._session.feed(samples)
        except LiveError:  # it was closed meanwhile
            pass
        except SpecWhisperError as error:
            self.error = error
        finally:
            self._session.close()


class _Screen:
    """Settled lines on standard output; on a terminal below them, in grey, what is not settled yet."""

    def __init__(self) -> None:
        self._line = ""
        self._shows = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, update: LiveUpdate) -> None:
        from specwhisper.transcription.live.timing import ends_sentence

        if self._shows:
            sys.stderr.write(_CLEAR)
        for word in _WORDS.findall(update.settled):
            self._line += word
            if ends_sentence(word):
                write_line(self._line.strip())
                self._line = ""
        if self._line.strip() and update.paused is not None:
            write_line(self._line.strip())
            self._line = ""
        if self._shows:
            self._status(update.provisional)

    def close(self) -> None:
        """What is left of a line."""
        if self._shows:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
        if self._line.strip():
            write_line(self._line.strip())

    def _status(self, provisional: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        settled, grey = self._line.lstrip(), provisional
        grey = grey if settled else grey.lstrip()
        settled = settled[max(len(settled) + len(grey) - width, 0) :]
        sys.stderr.write(f"{settled}{_GREY}{grey[-width:]}{_PLAIN}")
        sys.stderr.flush()


def _as_json(update: LiveUpdate) -> None:
    write_line(json.dumps(asdict(update), ensure_ascii=False))
