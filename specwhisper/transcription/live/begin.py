"""A live session of a transcriber's models."""

from __future__ import annotations

from typing import Any

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.errors import OptionError
from specwhisper.results import Seconds, Segment, Stats, Transcript
from specwhisper.transcription.job import Job
from specwhisper.transcription.live.hypothesis import Drafts
from specwhisper.transcription.live.listener import LiveListener, LiveModels, LiveOptions
from specwhisper.transcription.live.meter import LiveMeter
from specwhisper.transcription.live.session import LiveSession
from specwhisper.transcription.live.update import PAUSE
from specwhisper.transcription.options import Options, check_kind
from specwhisper.transcription.tasks import Spoken, Steps
from specwhisper.transcription.walk import encoded
from specwhisper.transcription.window_decoder import WindowDecoder
from specwhisper.transcription.writer import Writer

_PAUSES = (0.2, 10.0)


def begin_live(
    writer: Writer, options: Options, client: str = "", pause: float | None = PAUSE, rate: float = SAMPLE_RATE
) -> LiveSession:
    """Begin a session.

    Args:
        options: those of a live session; others have no meaning here.
        pause: see :data:`PAUSE`; None: only where it is asked for.
        rate: of the sound (Hz).

    Raises:
        OptionError: no such pause or rate, or a language that main lacks.
    """
    check_pause(pause)
    check_kind("sample_rate", rate, ((int, float), "a number of samples per second"))
    main, draft_decoder = writer.main, writer.draft_decoder
    language, among = writer.languages(options)

    def asking(decoder: WindowDecoder) -> Any:
        def ask(steps: Steps[Any]) -> Any:
            return writer.scheduler.run(Job(client), decoder, steps)

        return ask

    models = LiveModels(
        main,
        writer.draft if draft_decoder else None,
        asking(writer.decoder),
        asking(draft_decoder or writer.decoder),
        writer.scheduler.between_steps,
    )
    asked = LiveOptions(
        language,
        among,
        options.task,
        prompt=encoded(main, options.initial_prompt),
        hotwords=encoded(main, options.hotwords),
        pause=pause,
        trimmed=options.audio_context == "trimmed",
    )
    drafts = Drafts()
    if options.speculative:
        drafts = Drafts(
            (), writer.agreement(options, 1), writer.lookahead(options, 1) if writer.draft else None
        )

    def describe(
        segments: tuple[Segment, ...], text: str, spoken: Spoken, seconds: float, meter: LiveMeter
    ) -> Transcript:
        return Transcript(
            text=text,
            language=spoken.code,
            language_probability=spoken.probability,
            duration=seconds,
            segments=segments,
            tokens=tuple(token for segment in segments for token in segment.tokens),
            stats=_stats(writer, options, meter),
        )

    return LiveSession(LiveListener(models, asked, drafts), describe, rate)


def check_pause(pause: float | None) -> None:
    """See that a pause can be waited for.

    Raises:
        OptionError: it cannot.
    """
    if pause is None:
        return
    check_kind("pause", pause, ((int, float), "a number of seconds or None"))
    if not _PAUSES[0] <= pause <= _PAUSES[1]:
        raise OptionError(
            f"A pause of {pause:g} seconds is not possible: choose {_PAUSES[0]:g} to {_PAUSES[1]:g}, or None."
        )


def _stats(writer: Writer, options: Options, meter: LiveMeter) -> Stats:
    """The times of a session; its cycles are not kept."""
    return Stats(
        mode="speculative" if options.speculative else "greedy",
        main=writer.main.name,
        draft=writer.draft.name if writer.draft else None,
        precision=writer.precision,
        device=str(writer.device),
        cycles=(),
        seconds=Seconds(
            features=meter.features, encode_main=meter.encode, verify=meter.decode, other=meter.aligning
        ),
        memory=writer.memory,
        variants=writer.variants,
        draft_text=options.speculative,
    )
