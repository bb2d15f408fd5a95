"""What Prometheus may ask: requests, waiting, work. One registry per app, so that tests can have many."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from specwhisper.results import Transcript
from specwhisper.service.engine import Engine

OTHER = "other"
"""Whatever a stranger invents: every label is of a closed set, or the metrics would grow without bound."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Metrics:
    """Counters of one server."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self._requests = Counter(
            "specwhisper_requests", "Requests answered", ("route", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "specwhisper_request_seconds", "From request to answer", ("route",),
            registry=registry, buckets=_SECONDS
        )  # fmt: skip
        self._audio = Counter("specwhisper_audio_seconds", "Sound written down", ("pair",), registry=registry)
        self._tokens = Counter("specwhisper_tokens", "Tokens main decided", ("pair",), registry=registry)
        self._cycles = Counter("specwhisper_cycles", "Passes of main", ("pair",), registry=registry)
        self._decode = Counter(
            "specwhisper_decode_seconds", "Time in decode loops", ("pair",), registry=registry
        )
        waiting = Gauge("specwhisper_waiting", "Requests waiting for the models", registry=registry)
        waiting.set_function(lambda: engine.line.waiting)
        loaded = Gauge("specwhisper_loaded_pairs", "Pairs in memory", registry=registry)
        loaded.set_function(lambda: len(engine.loaded))

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def transcribed(self, transcript: Transcript) -> None:
        stats = transcript.stats
        self._audio.labels(stats.pair).inc(transcript.duration)
        self._tokens.labels(stats.pair).inc(stats.tokens)
        self._cycles.labels(stats.pair).inc(len(stats.cycles))
        self._decode.labels(stats.pair).inc(stats.seconds.decode)

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)
