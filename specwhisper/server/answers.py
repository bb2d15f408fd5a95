"""Transcripts as HTTP bodies."""

from __future__ import annotations

import json
from typing import Any

from fastapi.responses import JSONResponse, PlainTextResponse, Response

from specwhisper.output.summary import real_time_factor
from specwhisper.output.writers import to_srt, to_vtt
from specwhisper.results import Transcript
from specwhisper.server.forms import TranscriptionRequest
from specwhisper.vocabulary.languages import LANGUAGES


def openai_answer(wish: TranscriptionRequest, transcript: Transcript) -> Response:
    """In the form that was asked for."""
    form = wish.response_format
    if form == "text":
        return PlainTextResponse(transcript.text + "\n")
    if form == "srt":
        return PlainTextResponse(to_srt(transcript))
    if form == "vtt":
        return PlainTextResponse(to_vtt(transcript), media_type="text/vtt")
    return JSONResponse(verbose(wish, transcript) if form == "verbose_json" else {"text": transcript.text})


def verbose(wish: TranscriptionRequest, transcript: Transcript) -> dict[str, Any]:
    """OpenAI's ``verbose_json``."""
    answer: dict[str, Any] = {
        "task": wish.job.task,
        "language": "english" if wish.job.task == "translate" else _language(transcript),
        "duration": transcript.duration,
        "text": transcript.text,
    }
    if wish.segments:
        answer["segments"] = [
            {
                "id": number,
                "seek": round(100 * segment.start),
                "start": segment.start,
                "end": segment.end,
                "text": segment.text,
                "tokens": list(segment.tokens),
                "temperature": segment.temperature,
                "avg_logprob": segment.log_probability or 0.0,
                "compression_ratio": segment.compression_ratio or 0.0,
                "no_speech_prob": segment.no_speech or 0.0,
            }
            for number, segment in enumerate(transcript.segments)
        ]
    if wish.words:
        answer["words"] = [
            {"word": word.text.strip(), "start": word.start, "end": word.end}
            for segment in transcript.segments
            for word in segment.words
        ]
    return {**answer, **_warnings(transcript)}


def _language(transcript: Transcript) -> str:
    return LANGUAGES.get(transcript.language, transcript.language).lower()


def plain_answer(transcript: Transcript) -> dict[str, Any]:
    """Of our own routes: text, segments, and how it came about."""
    stats = transcript.stats
    return {
        "text": transcript.text,
        "language": transcript.language,
        "language_probability": transcript.language_probability,
        "duration": transcript.duration,
        "segments": [
            {"start": segment.start, "end": segment.end, "text": segment.text}
            for segment in transcript.segments
        ],
        "model": stats.main,
        "draft": stats.draft,
        "use_speculative": stats.mode == "speculative",
        "processing_time": stats.seconds.total,
        "real_time_factor": real_time_factor(transcript),
        "tokens": stats.tokens,
        "tokens_per_cycle": stats.tokens_per_cycle,
        "acceptance_rate": stats.acceptance_rate,
        **_warnings(transcript),
    }


def _warnings(transcript: Transcript) -> dict[str, list[str]]:
    """Only where there are some: usually nothing is wrong with a recording."""
    return {"warnings": list(transcript.warnings)} if transcript.warnings else {}


def event(data: dict[str, Any]) -> str:
    """One server-sent event (WHATWG HTML, section 9.2)."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
