"""A sham CUDA card: real numbers, CUDA's rules, no card.

Inside ``with sham_card() as card:`` PyTorch has a device ``cuda``. Its tensors hold ordinary ones of the CPU,
so that the numbers are real, and every operation passes through :class:`Card`, which

* refuses what a card refuses: operands on two devices, numpy of device memory;
* counts kernels, copies in either direction and waits of the host, each with the line that caused it;
* delivers a copy to pinned memory only when somebody waits for it; until then that memory holds nonsense;
* records what happens between ``capture_begin`` and ``capture_end`` and replays just that: those operations
  on the same memory, without the Python around them. A number of Python's that changes, a buffer bound anew,
  memory freed after the capture, a wait, a copy of unpinned memory or a random draw inside a capture show as
  wrong numbers or as an error, as they do on a card.

What it cannot tell: how fast anything is, races between streams, how a card rounds, how much memory there is.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

CUDA = torch.device("cuda", 0)

_WAITS = {
    "_local_scalar_dense",
    "item",
    "is_nonzero",
    "nonzero",
    "equal",
    "masked_select",
    "_unique2",
    "unique_dim",
}
_RANDOM = {"rand", "randn", "randint", "multinomial", "bernoulli_", "uniform_", "exponential_", "normal_"}
_MAKE_NOTHING = {"empty", "empty_like", "empty_strided", "new_empty", "lift_fresh"}
_KERNELS = {"conv1d": 2, "_fft_r2c": 4, "logsumexp": 5, "stack": 1, "scatter": 2}
"""Launches of operations that take more than one; those of logsumexp without a fused kernel."""

_PROJECT = Path(__file__).resolve().parents[1]


class CardError(RuntimeError):
    """What CUDA would have refused."""


class OnCard(torch.Tensor):
    """A tensor that says it is on the card; to C++ it is a ``meta`` tensor, for a CPU build knows no CUDA."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> OnCard:
        with torch.inference_mode(False):  # an ordinary tensor, of which views may be taken in any mode
            made = torch.Tensor._make_wrapper_subclass(
                cls,
                held.size(),
                strides=held.stride(),
                storage_offset=held.storage_offset(),
                dtype=held.dtype,
                device="meta",
                requires_grad=False,
            )
        made.held = held
        return made

    device = property(lambda self: CUDA)  # type: ignore[assignment]
    is_cuda = property(lambda self: True)  # type: ignore[assignment]
    is_cpu = property(lambda self: False)  # type: ignore[assignment]
    is_meta = property(lambda self: False)  # type: ignore[assignment]

    def cpu(self) -> torch.Tensor:  # type: ignore[override]
        return torch.ops.aten._to_copy.default(self, device=torch.device("cpu"))

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def data_ptr(self) -> int:
        return self.held.data_ptr()

    def untyped_storage(self) -> torch.UntypedStorage:
        return self.held.untyped_storage()

    def numpy(self, *args: Any, **options: Any) -> Any:
        raise CardError("numpy of a tensor on the card: copy it to the host first")

    __array__ = numpy

    def __getitem__(self, at: Any) -> torch.Tensor:
        return super().__getitem__(tuple(map(_index, at)) if isinstance(at, tuple) else _index(at))

    def __setitem__(self, at: Any, value: Any) -> None:
        if not isinstance(value, (int, float)):
            super().__setitem__(at, value)
            return
        place = self[at]
        if place.dim():
            place.fill_(value)
        else:  # one element: PyTorch makes a tensor of the number on the host and copies it
            place.copy_(torch.tensor(value, dtype=self.dtype))

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"OnCard({self.held})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with _current or nullcontext():
            return func(*args, **(kwargs or {}))


def _index(at: Any) -> Any:
    return torch.tensor(at, device=CUDA) if isinstance(at, list) else at


def held(tensor: Any) -> Any:
    """What a tensor of the card holds; anything else as it is."""
    return tensor.held if isinstance(tensor, OnCard) else tensor


@dataclass
class Counts:
    """What was asked of the card; the keys of the counters are places in the project.

    Attributes:
        kernels: launched one by one; a replayed graph is one launch.
        replays: of graphs.
        up, down: copies to the card and from it.
        waits: moments in which the host stood still until the card was done.
    """

    kernels: int = 0
    replays: int = 0
    up: Counter[str] = field(default_factory=Counter)
    down: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)


class Card(TorchDispatchMode):
    """The card, as long as it is there.

    Attributes:
        counts: since the last :meth:`reset`.
        capturing: the graph that is being recorded.
        capture_fails: raised by whoever begins to record.
        largest: bytes of the largest tensor there is room for.
        spoil: called with the results of every replay, to break them.
        memory: free and all, in bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts = Counts()
        self.capturing: Graph | None = None
        self.capture_fails: Exception | None = None
        self.largest: int | None = None
        self.spoil: Callable[[list[torch.Tensor]], None] | None = None
        self.memory = 14 * 2**30, 15 * 2**30
        self._pinned: set[int] = set()
        self._undelivered: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._lifts = threading.local()

    def reset(self) -> None:
        """Count anew."""
        self.counts = Counts()

    def wait(self, what: str) -> None:
        """The host stands still until everything is done."""
        if self.capturing is not None:
            raise CardError(f"{what} while a graph is recorded ({_place()})")
        self.counts.waits[f"{what} {_place()}"] += 1
        for target, value in self._undelivered:
            with torch._C._DisableTorchDispatch():
                target.copy_(value)
        self._undelivered.clear()

    def __enter__(self) -> Any:
        self._lifts.before = torch._C._only_lift_cpu_tensors()
        torch._C._set_only_lift_cpu_tensors(True)
        return super().__enter__()

    def __exit__(self, *error: Any) -> Any:
        torch._C._set_only_lift_cpu_tensors(self._lifts.before)
        return super().__exit__(*error)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        name = func.overloadpacket.__name__
        pin = kwargs.pop("pin_memory", False) or name in ("pin_memory", "_pin_memory")
        leaves, spec = tree_flatten((args, kwargs))
        ours = [leaf for leaf in leaves if isinstance(leaf, OnCard)]
        target = next((leaf for leaf in leaves if isinstance(leaf, torch.device)), None)
        if pin and not ours:
            made = args[0].clone() if "pin" in name else func(*args, **kwargs)
            self._pinned.add(made.untyped_storage().data_ptr())
            return made
        if not ours and (target is None or target.type != "cuda"):
            return func(*args, **kwargs)
        others = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor) and not isinstance(leaf, OnCard)]
        if target == CUDA and ours and _moves_nothing(name, ours[0], kwargs, leaves):
            return ours[0]
        home = target is not None and target.type == "cpu"
        self._check(name, args, kwargs, ours, others, home)
        plain = [torch.device("cpu") if isinstance(leaf, torch.device) else held(leaf) for leaf in leaves]
        plain_args, plain_kwargs = tree_unflatten(plain, spec)
        if name == "copy_" and not isinstance(args[0], OnCard):
            return self._download(*args[:2], later=_flag(args, kwargs, 2, "non_blocking"))
        result = _run(func, plain_args, plain_kwargs)
        known = {id(held(tensor)): tensor for tensor in ours}
        storages = {_storage(leaf) for leaf in plain if isinstance(leaf, torch.Tensor)}
        outputs = [leaf for leaf in tree_flatten(result)[0] if isinstance(leaf, torch.Tensor)]
        fresh = [output for output in outputs if _storage(output) not in storages]
        self._allocate(fresh)
        works = bool(fresh) or func._schema.is_mutable
        if works and name not in _MAKE_NOTHING:
            self.counts.kernels += _KERNELS.get(name, 1) if self.capturing is None else 0
        if self.capturing is not None and works:
            self.capturing.note(name, func, plain_args, plain_kwargs, outputs, storages)
        if home:
            return result
        return tree_map(lambda leaf: _dressed(leaf, known), result)

    def _check(
        self, name: str, args: Any, kwargs: Any, ours: list[OnCard], others: list[torch.Tensor], home: bool
    ) -> None:
        """Refuse what a card refuses, and count what passes between it and the host."""
        if name == "copy_" and isinstance(args[0], OnCard) and not isinstance(args[1], OnCard):
            self._upload(args[1], _flag(args, kwargs, 2, "non_blocking"))
        elif name == "copy_" and not isinstance(args[0], OnCard):
            if not self._is_pinned(args[0]) or not _flag(args, kwargs, 2, "non_blocking"):
                self.counts.down[f"waiting {_place()}"] += 1
                self.wait("copy to the host")
        elif name in ("_to_copy", "to") and home:
            self.counts.down[f"waiting {_place()}"] += 1
            self.wait("copy to the host")
        elif name in ("_to_copy", "to") and others:
            self._upload(others[0], bool(kwargs.get("non_blocking")))
        elif name in _WAITS:
            self.wait(name)
        elif ours and any(other.dim() for other in others):
            if name not in ("index", "index_put", "index_put_"):
                raise CardError(
                    f"Expected all tensors to be on the same device, but {name} met two ({_place()})"
                )
            self._upload(others[0], False)
        if name in ("index", "index_put", "index_put_") and any(
            tensor.dtype == torch.bool for tensor in ours[1:]
        ):
            self.wait("index by a mask")
        if name in _RANDOM and self.capturing is not None:
            raise CardError(f"{name} draws while a graph is recorded ({_place()})")

    def _upload(self, source: torch.Tensor, later: bool) -> None:
        pinned = self._is_pinned(source)
        if self.capturing is not None and source.dim() and not pinned:
            raise CardError(f"unpinned memory is copied while a graph is recorded ({_place()})")
        self.counts.up[f"{'async' if later and pinned else 'waiting'} {_place()}"] += 1

    def _download(self, target: torch.Tensor, source: OnCard, *, later: bool) -> torch.Tensor:
        if not (later and self._is_pinned(target)):
            return target.copy_(source.held)
        if self.capturing is not None:
            raise CardError(f"a copy to the host is recorded ({_place()})")
        self.counts.down[f"async {_place()}"] += 1
        self._undelivered.append((target, source.held.clone()))
        return target.fill_(-77)

    def _is_pinned(self, tensor: torch.Tensor) -> bool:
        return tensor.untyped_storage().data_ptr() in self._pinned

    def _allocate(self, fresh: list[torch.Tensor]) -> None:
        for tensor in fresh:
            size = tensor.numel() * tensor.element_size()
            if self.largest is not None and size > self.largest:
                raise torch.cuda.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} bytes.")


def _dressed(leaf: Any, known: dict[int, OnCard]) -> Any:
    if not isinstance(leaf, torch.Tensor):
        return leaf
    return known[id(leaf)] if id(leaf) in known else OnCard(leaf)


def _run(func: Any, args: Any, kwargs: Any) -> Any:
    """The operation on the CPU; one that only CUDA has by what it stands for."""
    if func.overloadpacket.__name__ == "mm" and "dtype" in func._overloadname:
        return torch.mm(args[0].float(), args[1].float()).to(args[2])
    return func(*args, **kwargs)


def _moves_nothing(name: str, tensor: OnCard, kwargs: Any, leaves: list[Any]) -> bool:
    """Whether a ``to`` asks for what is there already."""
    dtypes = {leaf for leaf in leaves if isinstance(leaf, torch.dtype)}
    return name in ("_to_copy", "to") and dtypes <= {tensor.dtype} and not kwargs.get("copy")


def _flag(args: Any, kwargs: Any, place: int, name: str) -> bool:
    return bool(args[place] if len(args) > place else kwargs.get(name))


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _place() -> str:
    """The innermost line of the project that is at work, outside this file."""
    frame = sys._getframe(1)
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if _PROJECT in file.parents and file != Path(__file__).resolve() and ".venv" not in file.parts:
            return f"{file.relative_to(_PROJECT)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "?"


class _Memory:
    """Where a tensor lies; it does not keep the memory alive."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._storage = tensor.untyped_storage()._weak_ref()
        self._shape = tensor.storage_offset(), tensor.size(), tensor.stride()
        self._dtype = tensor.dtype

    def tensor(self) -> torch.Tensor:
        storage = torch.UntypedStorage._new_with_weak_ptr(self._storage)
        if storage is None:
            raise CardError("a graph works on memory that was freed after it was recorded")
        return torch.empty(0, dtype=self._dtype).set_(storage, *self._shape)


class Graph:
    """``torch.cuda.CUDAGraph``: operations on memory."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.steps: list[tuple[str, Any, Any, Any, list[_Memory]]] = []
        self._pool: list[
            torch.UntypedStorage
        ] = []  # what was made while recording lives as long as the graph

    def note(
        self, name: str, func: Any, args: Any, kwargs: Any, outputs: list[torch.Tensor], storages: set[int]
    ) -> None:
        """Remember an operation that was done while recording."""
        self._pool += [output.untyped_storage() for output in outputs if _storage(output) not in storages]
        places = [_Memory(output) for output in outputs]

        def remembered(leaf: Any) -> Any:
            return _Memory(leaf) if isinstance(leaf, torch.Tensor) else leaf

        self.steps.append((name, func, tree_map(remembered, args), tree_map(remembered, kwargs), places))

    def replay(self) -> None:
        """Do it again."""
        card = _card()
        card.counts.replays += 1

        def recalled(leaf: Any) -> Any:
            return leaf.tensor() if isinstance(leaf, _Memory) else leaf

        last: list[torch.Tensor] = []
        with torch._C._DisableTorchDispatch(), torch.inference_mode():
            for _, func, args, kwargs, places in self.steps:
                made = _run(func, tree_map(recalled, args), tree_map(recalled, kwargs))
                tensors = [leaf for leaf in tree_flatten(made)[0] if isinstance(leaf, torch.Tensor)]
                last = [place.tensor() for place in places]
                if not func._schema.is_mutable:
                    for target, tensor in zip(last, tensors, strict=True):
                        target.copy_(tensor)
            if card.spoil:
                card.spoil(last)

    def capture_begin(self, *args: Any, **options: Any) -> None:
        card = _card()
        if card.capture_fails:
            raise card.capture_fails
        card.capturing = self

    def capture_end(self) -> None:
        _card().capturing = None

    def reset(self) -> None:
        self.steps, self._pool = [], []


class _Stream:
    def __init__(self, *args: Any, **options: Any) -> None:
        """One stream does everything."""

    def wait_stream(self, other: Any) -> None:
        """Nothing to wait for."""

    wait_event = wait_stream

    def synchronize(self) -> None:
        _card().wait("Stream.synchronize")


class _Event:
    def __init__(self, *args: Any, **options: Any) -> None:
        """It happens at once."""

    def record(self, *args: Any) -> None:
        """Nothing to do."""

    def synchronize(self) -> None:
        _card().wait("Event.synchronize")

    def query(self) -> bool:
        return True


class _Recording:
    """``torch.cuda.graph``."""

    def __init__(self, graph: Graph, *args: Any, **options: Any) -> None:
        self._graph = graph

    def __enter__(self) -> None:
        _card().wait("torch.cuda.graph")
        self._graph.capture_begin()

    def __exit__(self, *error: Any) -> None:
        self._graph.capture_end()


_current: Card | None = None


def _card() -> Card:
    assert _current is not None, "there is no card"
    return _current


@contextmanager
def sham_card() -> Iterator[Card]:
    """A card, for as long as the context is open."""
    global _current
    card = Card()
    properties = SimpleNamespace(
        total_memory=card.memory[1], name="Sham T4", major=7, minor=5, multi_processor_count=40
    )
    patches: dict[str, Any] = {
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "is_initialized": lambda: True,
        "_lazy_init": lambda: None,
        "init": lambda: None,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "synchronize": lambda device=None: card.wait("torch.cuda.synchronize"),
        "empty_cache": lambda: None,
        "mem_get_info": lambda device=None: card.memory,
        "memory_allocated": lambda device=None: 0,
        "max_memory_allocated": lambda device=None: 0,
        "reset_peak_memory_stats": lambda device=None: None,
        "get_device_properties": lambda device=None: properties,
        "get_device_capability": lambda device=None: (7, 5),
        "get_device_name": lambda device=None: properties.name,
        "graph_pool_handle": lambda: (0, 0),
        "current_stream": lambda device=None: _Stream(),
        "stream": lambda stream: nullcontext(),
        "Stream": _Stream,
        "Event": _Event,
        "CUDAGraph": Graph,
        "graph": _Recording,
    }
    before = {name: getattr(torch.cuda, name) for name in patches}
    for name, patch in patches.items():
        setattr(torch.cuda, name, patch)
    run = threading.Thread.run

    def run_with_card(thread: threading.Thread) -> None:
        with card:  # every thread has modes of its own
            run(thread)

    threading.Thread.run = run_with_card  # type: ignore[method-assign]
    _current = card
    try:
        with card:
            yield card
    finally:
        _current = None
        threading.Thread.run = run  # type: ignore[method-assign]
        for name, original in before.items():
            setattr(torch.cuda, name, original)
