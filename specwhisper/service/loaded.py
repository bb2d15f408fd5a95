"""Pairs in memory: loaded on demand, kept while they are used, the least recently used one leaves."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from specwhisper.progress import OnProgress
from specwhisper.service.backend import Transcriber

Key = tuple[str, str]
"""A pair and a precision."""

_LOOK = 0.25  # seconds between two looks whether somebody who waits still wants to


class LoadedPairs:
    """One pair is loaded at a time; those that are there go on meanwhile.

    Args:
        load: makes a transcriber.
        keep: pairs that stay in memory.
        budget: bytes of weights that may stay in memory when another pair is loaded; None for any.
    """

    def __init__(self, load: Callable[[Key, OnProgress], Transcriber], keep: int, budget: int | None) -> None:
        self._load = load
        self._keep = keep
        self._budget = budget
        self._change = threading.Condition()
        self._there: OrderedDict[Key, Transcriber] = OrderedDict()
        self._users: Counter[Key] = Counter()
        self._loading = False
        self._doing = (0.0, "")

    @property
    def names(self) -> tuple[Key, ...]:
        """What is in memory, the most recently used last."""
        return tuple(self._there)

    @property
    def passes(self) -> dict[str, str]:
        """How those on a card run."""
        chosen = {pair: getattr(found, "variants", {}) for (pair, _), found in [*self._there.items()]}
        return {pair: str(variants["passes"]) for pair, variants in chosen.items() if "passes" in variants}

    @contextmanager
    def lease(self, key: Key, on_progress: OnProgress) -> Iterator[Transcriber]:
        """Have a pair, loaded now unless it still is; it stays while it is used.

        Args:
            on_progress: told of the loading, also of one that has to be waited for; what it raises gives up.

        Raises:
            SpecWhisperError: it cannot be loaded.
        """
        while (found := self._look(key)) != "there":
            if found == "mine to load":
                self._bring(key, on_progress)
            else:
                on_progress(*self._doing)
        try:
            yield self._there[key]
        finally:
            with self._change:
                self._users[key] -= 1
                self._change.notify_all()

    def _look(self, key: Key) -> Literal["there", "mine to load", "busy"]:
        """Take it if it is there, else load it if nobody loads; waits for a moment where another one does.

        All under one lock: between two looks another thread may have loaded it.
        """
        with self._change:
            if key in self._there:
                self._there.move_to_end(key)
                self._users[key] += 1
                return "there"
            if not self._loading:
                self._loading = True
                return "mine to load"
            self._change.wait(_LOOK)
            return "busy"

    def _bring(self, key: Key, on_progress: OnProgress) -> None:
        def tell(fraction: float, message: str) -> None:
            self._doing = fraction, message
            on_progress(fraction, message)

        try:
            tell(0.0, f"Loading {key[0]}")
            # Room first: two large models may not fit beside a third one.
            while not self._has_room():
                tell(0.0, "Waiting until another pair is done")
            loaded = self._load(key, tell)
            with self._change:
                self._there[key] = loaded
        finally:
            with self._change:
                self._loading = False
                self._change.notify_all()

    def _has_room(self) -> bool:
        """Let pairs go that nobody uses, as far as room is needed; waits for a moment where all are used."""
        with self._change:
            while self._there and (len(self._there) >= self._keep or self._over_budget()):
                idle = next((each for each in self._there if not self._users[each]), None)
                if idle is None:
                    self._change.wait(_LOOK)
                    return False
                del self._there[idle]
            return True

    def _over_budget(self) -> bool:
        """Whether what is loaded leaves no room for as much again as its largest pair."""
        if self._budget is None:
            return False
        held = [each.memory.main + each.memory.draft for each in self._there.values()]
        return sum(held) + max(held) > self._budget
