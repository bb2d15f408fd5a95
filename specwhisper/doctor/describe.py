"""The findings as a page of text, for a terminal or a bug report."""

from __future__ import annotations

from collections.abc import Iterator

from specwhisper.doctor.findings import Card, Findings, Place, Source, Speed
from specwhisper.network.cpu.machine import SWITCH, Profile


def describe(findings: Findings) -> str:
    """One line per fact; what is not as it could be begins with "!"."""
    return "\n".join(_lines(findings)) + "\n"


def _lines(found: Findings) -> Iterator[str]:
    versions = dict(found.versions)
    yield f"SpecWhisper {versions.pop('specwhisper')}, Python {found.python}, {found.system}"
    yield ", ".join(f"{name} {version or 'not installed'}" for name, version in versions.items())
    yield ""
    yield from _processor(found.profile, found.cores)
    yield from _card(found.card)
    yield ""
    best = max(found.profile.library, found.profile.fp32)
    for speed in found.speeds:
        yield from _speed(speed, best, found.profile.memory)
    if not found.speeds:
        yield "! no pair is here, so none was timed: specwhisper fetch"
    yield ""
    for state in dict.fromkeys(found.pairs.values()):
        names = ", ".join(name for name, each in found.pairs.items() if each == state)
        yield f"{f'pairs {state}':18} {names}"
    yield from (_place(place) for place in found.places)
    yield from (_source(source) for source in found.sources)
    yield from (f"{name}={value}" for name, value in found.environment.items())


def _processor(profile: Profile, cores: int) -> Iterator[str]:
    variants = profile.variants
    yield _line(
        "processor",
        f"{profile.processor}; {cores} cores, {profile.allowed} allowed; {profile.instructions} instructions",
    )
    yield _line("memory", f"{profile.memory / 1e9:.1f} GB/s with {variants.threads} threads")
    yield _line(
        "products",
        f"float32 {profile.fp32 / 1e9:.0f} GFLOP/s by our kernels, {profile.library / 1e9:.0f} by the "
        f"library's; int8 {profile.int8 / 1e9:.0f}",
    )
    yield _line(
        "chosen",
        f"weights={variants.weights}, encoder={variants.encoder}, products={variants.products}, "
        f"threads={variants.threads} ({SWITCH} forces others)",
    )
    if not profile.quiet:
        yield "! other programs computed meanwhile: figures are low, choices are guesses, nothing is kept"
    for name, seconds in profile.seconds.items():
        yield _line("", f"{name}: {seconds * 1e3:.2f} ms")


def _card(card: Card) -> Iterator[str]:
    memory = f", {card.memory / 1e9:.0f} GB" if card.memory else ""
    driver = f", driver {card.driver}" if card.driver else ""
    yield _line(
        "card", f"{card.name or 'none'}{memory}{driver}. {card.reason}", fine=card.used or not card.name
    )


def _speed(speed: Speed, best: float, memory: float) -> Iterator[str]:
    one, eight = speed.passes
    cpu = speed.device == "cpu"
    of_products = f", {speed.encode_rate / best:.0%} of float32 products" if cpu else ""
    of_memory = f", {speed.read_rate / memory:.0%} of memory" if cpu else ""
    yield _line(speed.pair, f"{speed.precision} on {speed.device}, loaded in {speed.seconds_to_load:.1f} s")
    yield _line(
        "",
        f"encoder {speed.encode * 1e3:.0f} ms per 30 s ({speed.encode_rate / 1e9:.0f} GFLOP/s{of_products})",
    )
    yield _line(
        "",
        f"pass of 1 token {one * 1e3:.2f} ms ({speed.read_rate / 1e9:.1f} GB/s{of_memory}), of 8 tokens "
        f"{eight / one:.2f} times that",
    )
    if speed.draft_step is not None and speed.draft_hears is not None:
        yield _line(
            "",
            f"draft {speed.draft_step * 1e3:.2f} ms per token; it hears 15 s in "
            f"{speed.draft_hears * 1e3:.0f} ms",
        )


def _place(place: Place) -> str:
    free = "" if place.free is None else f", {place.free / 1e9:.1f} GB free"
    state = "" if place.writable else ", cannot be written"
    size = f"{place.bytes / 1e6:.0f} MB{free}{state}"
    return _line("folder", f"{place.folder}: {place.content}, {size}", fine=place.writable)


def _source(source: Source) -> str:
    return _line(source.name, source.reason, fine=source.reachable)


def _line(name: str, text: str, *, fine: bool = True) -> str:
    return f"{'' if fine else '! '}{name:{18 if fine else 16}} {text}"
