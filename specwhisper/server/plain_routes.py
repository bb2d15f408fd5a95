"""Our own routes: what there is, how it goes, one recording, several."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from specwhisper import __version__
from specwhisper.captions.read import parse_captions
from specwhisper.errors import GivenUpError, OptionError, SpecWhisperError
from specwhisper.names import shortened
from specwhisper.server.answers import plain_answer
from specwhisper.server.forms import TranscriptionRequest, plain_wish
from specwhisper.server.metrics import Metrics
from specwhisper.server.multipart import FormRoute
from specwhisper.server.openai_routes import DraftText, Hotwords, Language, Languages, Recording, Vad
from specwhisper.server.problems import status_of
from specwhisper.server.settings import ServerSettings
from specwhisper.server.work import Workers
from specwhisper.service.backend import pair_as_dict
from specwhisper.web.problem import problem

Model = Annotated[
    str | None,
    Form(description="v2, v3, or any pair; left out: the server's own", examples=["base+tiny"]),
]
Task = Annotated[str, Form(description="transcribe, or translate (into English)")]
Speculative = Annotated[bool, Form(description="false: main alone; the text is the same")]


def plain_router(workers: Workers, settings: ServerSettings, metrics: Metrics) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["SpecWhisper"], route_class=FormRoute)

    def wish_of(file: UploadFile, **asked: Any) -> TranscriptionRequest:
        return plain_wish(file.file, workers.engine, precision=settings.precision, **asked)

    async def write(request: Request, file: UploadFile, **asked: Any) -> dict[str, Any]:
        wish = wish_of(file, **asked)
        return plain_answer(await workers.transcribe(request, wish.job, **wish.options))

    @router.head("/", include_in_schema=False)
    @router.get("/")
    def description() -> dict[str, Any]:
        """What this is."""
        return {
            "name": "SpecWhisper",
            "version": __version__,
            "description": "Whisper transcripts, exactly main's, drafted by a small model.",
            "model": workers.engine.default_pair,
            "documentation": "/docs",
            "max_upload_bytes": settings.max_upload_bytes,
            "max_seconds": settings.max_seconds,
        }

    @router.head("/health", include_in_schema=False)
    @router.get("/health")
    def state() -> Response:
        """200 when ready; 503 while the first pair is loading, or when it could not be loaded."""
        waiting = "failed" if workers.engine.failed else "loading"
        status = "ready" if workers.engine.ready else waiting
        body = {
            "status": status,
            "model": workers.engine.default_pair,
            "loaded": [pair for pair, _ in workers.engine.loaded],
            "waiting": workers.engine.line.waiting,
        }
        body["device"] = workers.engine.where
        if passes := workers.engine.passes:
            body["passes"] = passes
        if status == "failed":
            body["reason"] = workers.engine.failed
        return JSONResponse(body, 200 if status == "ready" else 503)

    @router.get("/models")
    def models() -> list[dict[str, Any]]:
        """Pairs, and whether they are ready here."""
        return [pair_as_dict(state) for state in workers.engine.pairs()]

    @router.get("/metrics", response_class=PlainTextResponse)
    def prometheus() -> Response:
        """For Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    @router.post("/transcribe", response_model=None)
    async def transcribe(
        request: Request,
        file: Recording,
        model: Model = None,
        language: Language = None,
        languages: Languages = None,
        task: Task = "transcribe",
        use_speculative: Speculative = True,
        vad: Vad = True,
        hotwords: Hotwords = None,
        draft_text: DraftText = None,
    ) -> dict[str, Any]:
        """One recording: text, segments, and how the draft did."""
        return await write(
            request,
            file,
            model=model,
            language=language,
            languages=languages,
            task=task,
            speculative=use_speculative,
            vad=vad,
            hotwords=hotwords,
            draft_text=draft_text,
        )

    @router.post("/proofread", response_model=None)
    async def proofread(
        request: Request,
        file: Recording,
        captions: Annotated[
            str, Form(description="What to check: the content of a txt, srt, vtt, tsv or json file")
        ],
        model: Model = None,
        language: Language = None,
        languages: Languages = None,
        task: Task = "transcribe",
        vad: Vad = True,
    ) -> dict[str, Any]:
        """Captions against sound: what is wrong with them, with times, and the corrected file."""
        read = parse_captions(captions)
        wish = wish_of(
            file, model=model, language=language, languages=languages, task=task, speculative=True, vad=vad
        )
        options = {name: wish.options[name] for name in ("languages", "vad")}
        return (await workers.proofread(request, wish.job, read, **options)).to_dict()

    @router.post("/transcribe/batch", response_model=None)
    async def batch(
        request: Request,
        files: Annotated[list[UploadFile], File(description="Several recordings")],
        model: Model = None,
        language: Language = None,
        languages: Languages = None,
        task: Task = "transcribe",
        use_speculative: Speculative = True,
        vad: Vad = True,
        hotwords: Hotwords = None,
    ) -> dict[str, Any]:
        """Several recordings, in order; one that cannot be heard does not stop the others."""
        if len(files) > settings.max_files:
            raise OptionError(f"{len(files)} files are too many: send at most {settings.max_files}.")
        asked = {
            "model": model,
            "language": language,
            "languages": languages,
            "task": task,
            "speculative": use_speculative,
            "vad": vad,
            "hotwords": hotwords,
        }
        results = []
        for file in files:
            try:
                result = await write(request, file, **asked)
            except (OptionError, GivenUpError):
                raise  # it concerns all of them
            except SpecWhisperError as error:
                result = problem(status_of(error), str(error))
            results.append({"filename": shortened(file.filename or ""), **result})
        done = sum("error" not in result for result in results)
        return {"results": results, "done": done, "failed": len(results) - done}

    return router
