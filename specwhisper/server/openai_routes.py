"""``/v1``: what OpenAI's clients call; they work unchanged."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, HTTPException, Request, UploadFile
from fastapi.responses import Response, StreamingResponse

from specwhisper.errors import OptionError
from specwhisper.names import shortened
from specwhisper.results import Transcript, Update
from specwhisper.server.answers import event, openai_answer
from specwhisper.server.forms import TranscriptionRequest, granularities_of, is_default, openai_wish
from specwhisper.server.multipart import FormRoute
from specwhisper.server.problems import status_of
from specwhisper.server.settings import ServerSettings
from specwhisper.server.work import Workers
from specwhisper.service.answer import explain
from specwhisper.web.problem import problem

Recording = Annotated[UploadFile, File(description="Anything FFmpeg knows: wav, flac, mp3, m4a, webm, ...")]
Model = Annotated[
    str,
    Form(
        description="A pair such as base+tiny, v2, v3, or whisper-1 for the server's own",
        examples=["base+tiny"],
    ),
]
Language = Annotated[
    str | None, Form(description="Code or English name; left out: detected", examples=["en"])
]
Languages = Annotated[
    str | None, Form(description="Where it is detected: choose from these", examples=["en,nl"])
]
Prompt = Annotated[str | None, Form(description="As if said before: names, spelling, style")]
Hotwords = Annotated[str | None, Form(description="Words to expect, all along: names, terms")]
DraftText = Annotated[
    str | None,
    Form(
        description="Captions or a text there are (the content of a txt, srt, vtt, tsv or json file): "
        "they propose, so that it goes faster; the transcript is main's, whatever they say"
    ),
]
Format = Annotated[str, Form(description="json, text, srt, verbose_json or vtt")]
Vad = Annotated[bool, Form(description="false: also decode what voice activity detection takes for silence")]
Temperature = Annotated[float, Form(description="0 to 1; 0 writes what main finds likeliest")]


def openai_router(workers: Workers, settings: ServerSettings) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=FormRoute)

    @router.get("/models")
    def models() -> dict[str, Any]:
        """The pairs that can be used here."""
        names = [state.name for state in workers.engine.pairs() if state.state != "unavailable"]
        return {"object": "list", "data": [_model(name) for name in ("whisper-1", *names)]}

    @router.get("/models/{name}")
    def model(name: str) -> dict[str, Any]:
        """One of them."""
        if not is_default(name):
            try:
                workers.engine.pair(shortened(name))
            except OptionError as error:
                raise HTTPException(404, str(error)) from error
        return _model(name)

    @router.post("/audio/transcriptions", response_model=None)
    async def transcriptions(
        request: Request,
        file: Recording,
        model: Model,
        language: Language = None,
        languages: Languages = None,
        prompt: Prompt = None,
        response_format: Format = "json",
        temperature: Temperature = 0.0,
        granularities: Annotated[list[str] | None, Form(alias="timestamp_granularities[]")] = None,
        timestamp_granularities: Annotated[list[str] | None, Form(description="The same")] = None,
        stream: Annotated[bool, Form(description="Server-sent events with verified text")] = False,
        vad: Vad = True,
        hotwords: Hotwords = None,
        draft_text: DraftText = None,
    ) -> Response:
        """Write down what is said."""
        wish = openai_wish(
            file.file,
            workers.engine,
            model=model,
            language=language,
            languages=languages,
            prompt=prompt,
            response_format=response_format,
            temperature=temperature,
            vad=vad,
            granularities=granularities_of(granularities, timestamp_granularities),
            hotwords=hotwords,
            draft_text=draft_text,
            task="transcribe",
            precision=settings.precision,
        )
        if stream:
            if wish.response_format not in ("json", "text"):
                raise OptionError(
                    f"Events hold plain text: leave out either stream or response_format {response_format}."
                )
            return await _streamed(workers, request, wish)
        return openai_answer(wish, await workers.transcribe(request, wish.job, **wish.options))

    @router.post("/audio/translations", response_model=None)
    async def translations(
        request: Request,
        file: Recording,
        model: Model,
        languages: Languages = None,
        prompt: Prompt = None,
        response_format: Format = "json",
        temperature: Temperature = 0.0,
        vad: Vad = True,
    ) -> Response:
        """Write down in English what is said in another language."""
        wish = openai_wish(
            file.file,
            workers.engine,
            model=model,
            languages=languages,
            prompt=prompt,
            response_format=response_format,
            temperature=temperature,
            vad=vad,
            task="translate",
            precision=settings.precision,
        )
        return openai_answer(wish, await workers.transcribe(request, wish.job, **wish.options))

    return router


async def _streamed(workers: Workers, request: Request, wish: TranscriptionRequest) -> Response:
    """Segments as they are settled; never taken back.

    The first event is awaited before anything is answered, so that a refusal still has its status.
    """
    told = workers.stream(request, wish.job, **wish.options)
    events = _events(await anext(told), told)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(
    update: Update | Transcript, told: AsyncGenerator[Update | Transcript]
) -> AsyncIterator[str]:
    """The deltas, which add up to the text, and the text."""
    began = False
    try:
        while isinstance(update, Update):
            for segment in update.segments:
                delta = segment.text if began else segment.text.lstrip()
                if delta:
                    began = True
                    yield event({"type": "transcript.text.delta", "delta": delta})
            update = await anext(told)
        yield event({"type": "transcript.text.done", "text": update.text})
    except Exception as error:  # noqa: BLE001 - the status is sent already: it leaves as an event
        yield event({"type": "error", **problem(status_of(error), explain(error))})
    finally:
        await told.aclose()


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "specwhisper"}
