"""The options of a benchmark, checked before anything is loaded."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specwhisper.errors import OptionError
from specwhisper.names import shown

if TYPE_CHECKING:
    from specwhisper.evaluation.common.dataset import Clip
    from specwhisper.evaluation.common.plan import Plan
    from specwhisper.weights.pairs import Pair

PRECISIONS = ("fp32", "bf16", "int8", "fp16")
DEFAULT_PAIRS = {"v3": "large-v3+tiny", "drafts": "base"}
BEAMS = "5"
SMALLER = 0.8  # of main's decoder: tiny.en is no draft for tiny, with its few rows less
BATCH_SIZES = "1,2,4,8,16"
LENGTHS = "10,30,60,300,900"
LONGEST = 24 * 3600.0


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The options, checked.

    Raises:
        OptionError: one of them has no such value.
    """
    from specwhisper.evaluation.common.plan import Plan
    from specwhisper.evaluation.peers.engines.catalogue import chosen_engines
    from specwhisper.network.cpu.thread_pool import allowed
    from specwhisper.weights.pairs import parse_pair

    cores = allowed()
    threads = cores if arguments.threads is None else arguments.threads
    if not 1 <= threads <= cores:
        raise OptionError(f"{threads} threads cannot be had: choose 1 to {cores}.")
    if arguments.rounds < 1:
        raise OptionError(f"{arguments.rounds} rounds measure nothing: take 1 or more.")
    device, precisions = _where(arguments)
    usual = DEFAULT_PAIRS.get(arguments.mode, "base+tiny")
    names = _listed(usual if arguments.pairs is None else arguments.pairs, "--pairs")
    pairs = tuple(parse_pair(name) for name in names)
    if arguments.mode == "drafts":
        pairs = tuple(dict.fromkeys(pair for one in pairs for pair in with_drafts(one)))
    elif arguments.mode != "peers":
        check_drafts(pairs)
    if arguments.mode == "v3":
        check_versions(pairs)
    engines = chosen_engines(() if arguments.engines is None else _listed(arguments.engines, "--engines"))
    return Plan(pairs, precisions, arguments.rounds, threads, arguments.memory, engines, device)


def _where(arguments: argparse.Namespace) -> tuple[str, tuple[str, ...]]:
    """The device and the precisions, which have to go together."""
    precisions = _listed(arguments.precision, "--precision")
    for precision in precisions:
        if precision not in PRECISIONS:
            raise OptionError(
                f"Unknown precision {precision!r}: choose one or more of {', '.join(PRECISIONS)}."
            )
    if arguments.device == "cpu" and "fp16" not in precisions:
        return "cpu", precisions  # nothing to ask torch
    from specwhisper.network.device import resolve_device, resolve_precision

    device = resolve_device(arguments.device)
    if arguments.mode == "peers" and device.type != "cpu":
        raise OptionError("Mode peers compares engines on the CPU: leave out --device.")
    for precision in precisions:
        resolve_precision(precision, device)
    return device.type, precisions


def with_drafts(pair: Pair) -> tuple[Pair, ...]:
    """A main model with every smaller model of the catalogue that can be had here; a whole pair as it is.

    Raises:
        OptionError: there is none.
    """
    from specwhisper.weights.catalogue import MODELS, find_spec
    from specwhisper.weights.pairs import Pair, pair_state

    if pair.draft is not None:
        return (pair,)
    main = find_spec(pair.main)
    found = tuple(
        Pair(pair.main, spec.name)
        for spec in MODELS.values()
        if spec.name != pair.main
        and (main is None or spec.dims.decoder_parameters < SMALLER * main.dims.decoder_parameters)
        and pair_state(f"{pair.main}+{spec.name}").state != "unavailable"
    )
    if not found:
        raise OptionError(f"No smaller model can be had here to draft for {pair.main}: fetch one first.")
    return found


def check_versions(pairs: tuple[Pair, ...]) -> None:
    """Main and draft differ in vocabulary or mel bins, as far as that is known before they are loaded.

    Raises:
        OptionError: they do not.
    """
    from specwhisper.weights.pairs import kind_of

    for pair in pairs:
        if kind_of(pair.main, pair.draft) in ("same vocabulary", "shared encoder"):
            raise OptionError(
                f"{pair.name} is of one version: mode v3 wants pairs such as large-v3+tiny; "
                "for this one take --mode speculative."
            )


def beams_of(arguments: argparse.Namespace) -> tuple[int, ...]:
    """``--beams``, fewest first.

    Raises:
        OptionError: one is no number of beams.
    """
    from specwhisper.transcription.options import Options

    found = set()
    for written in _listed(arguments.beams, "--beams"):
        if not written.isdecimal() or int(written) < 2:
            raise OptionError(
                f"--beams {shown(written)} is no search: write numbers from 2 to 8, e.g. {BEAMS}."
            )
        Options(beams=int(written))
        found.add(int(written))
    return tuple(sorted(found))


def check_drafts(pairs: tuple[Pair, ...]) -> None:
    """Every pair has a draft.

    Raises:
        OptionError: one has none.
    """
    for pair in pairs:
        if pair.draft is None:
            raise OptionError(f"{pair.name!r} has no draft to compare with: choose e.g. base+tiny.")


def batch_sizes_of(arguments: argparse.Namespace) -> tuple[int, ...]:
    """``--batch-sizes``, smallest first, beginning with 1, which the others are compared with.

    Raises:
        OptionError: one is no size.
    """
    from specwhisper.transcription.options import check_batch

    sizes = {1}
    for written in _listed(arguments.batch_sizes, "--batch-sizes"):
        if not written.isdecimal():
            raise OptionError(f"--batch-sizes {shown(written)} is no whole number: write e.g. {BATCH_SIZES}.")
        check_batch(int(written))
        sizes.add(int(written))
    return tuple(sorted(sizes))


def check_languages(pairs: tuple[Pair, ...], clips: tuple[Clip, ...]) -> None:
    """English-only models of the catalogue are given English clips only.

    Raises:
        OptionError: they are not.
    """
    from specwhisper.vocabulary.specials import Vocabulary
    from specwhisper.weights.catalogue import find_spec

    for name in (name for pair in pairs for name in (pair.main, pair.draft) if name):
        spec = find_spec(name)
        other = next((clip for clip in clips if clip.language != "en"), None)
        if spec and other and not Vocabulary(spec.dims.vocab_size).multilingual:
            raise OptionError(
                f"{name} knows only English, and {shown(other.name)} is {other.language}: "
                "choose another pair or dataset."
            )


def lengths_of(arguments: argparse.Namespace) -> tuple[float, ...]:
    """``--lengths``, shortest first.

    Raises:
        OptionError: one is no number of seconds.
    """
    lengths = set()
    for written in _listed(arguments.lengths, "--lengths"):
        try:
            seconds = float(written)
        except ValueError:
            seconds = 0.0
        if not 1 <= seconds <= LONGEST:
            raise OptionError(
                f"--lengths {shown(written)} is no length: write seconds from 1 to {LONGEST:.0f}, "
                f"e.g. {LENGTHS}."
            )
        lengths.add(seconds)
    return tuple(sorted(lengths))


def _listed(text: str, option: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise OptionError(f"{option} names nothing: write one or more, with commas between them.")
    return names
