"""What stays in memory, and who loads."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from specwhisper.errors import GivenUpError, ModelError
from specwhisper.service.loaded import Key, LoadedPairs

ONE, TWO, THREE = (("one", "fp32"), ("two", "fp32"), ("three", "fp32"))


def quiet(fraction: float, message: str) -> None:
    pass


class Loader:
    """Makes pairs of 10 bytes; slowly, if it is told to."""

    def __init__(self, slow: float = 0.0) -> None:
        self.slow, self.loads, self.inside, self.worst = slow, list[Key](), 0, 0

    def __call__(self, key: Key, on_progress) -> SimpleNamespace:
        self.inside += 1
        self.worst = max(self.worst, self.inside)
        on_progress(0.5, "Fetching")
        time.sleep(self.slow)
        self.inside -= 1
        if key[0] == "broken":
            raise ModelError("It is broken.")
        self.loads.append(key)
        return SimpleNamespace(memory=SimpleNamespace(main=7, draft=3))


def use(pairs: LoadedPairs, *keys: Key) -> None:
    for key in keys:
        with pairs.lease(key, quiet):
            pass


def test_the_least_recently_used_one_leaves() -> None:
    loader = Loader()
    pairs = LoadedPairs(loader, 2, None)
    use(pairs, ONE, TWO, ONE, THREE, ONE, TWO)
    assert loader.loads == [ONE, TWO, THREE, TWO]
    assert pairs.names == (ONE, TWO)


def test_a_budget_lets_go_earlier() -> None:
    loader = Loader()
    pairs = LoadedPairs(loader, 5, 25)
    use(pairs, ONE, TWO, THREE)
    assert pairs.names == (TWO, THREE)


def test_several_who_want_the_same_load_it_once() -> None:
    loader, told = Loader(0.3), []
    pairs = LoadedPairs(loader, 2, None)

    def want(on_progress) -> None:
        with pairs.lease(ONE, on_progress):
            time.sleep(0.05)

    threads = [threading.Thread(target=want, args=(lambda *said: told.append(said),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert loader.loads == [ONE]
    assert told.count((0.5, "Fetching")) >= 5  # those who wait hear of it, too


def test_a_pair_in_use_stays_and_goes_on_while_another_is_loaded() -> None:
    loader = Loader(0.3)
    pairs = LoadedPairs(loader, 2, None)
    with pairs.lease(ONE, quiet):
        other = threading.Thread(target=use, args=(pairs, TWO, THREE))
        other.start()
        began = time.monotonic()
        use(pairs, ONE, ONE)
        assert time.monotonic() - began < 0.2
        other.join(10)
        assert pairs.names == (ONE, THREE)
    assert loader.worst == 1


def test_who_needs_room_waits_until_a_pair_is_done() -> None:
    pairs = LoadedPairs(Loader(), 1, None)
    done = []

    def want() -> None:
        use(pairs, TWO)
        done.append(True)

    with pairs.lease(ONE, quiet):
        other = threading.Thread(target=want)
        other.start()
        time.sleep(0.4)
        assert not done
    other.join(10)
    assert done
    assert pairs.names == (TWO,)


def test_giving_up_and_failing_let_others_load() -> None:
    pairs = LoadedPairs(Loader(), 1, None)

    def gone(fraction: float, message: str) -> None:
        raise GivenUpError("gone")

    with pytest.raises(GivenUpError), pairs.lease(ONE, gone):
        pass
    with pytest.raises(ModelError), pairs.lease(("broken", "fp32"), quiet):
        pass
    use(pairs, ONE)
    assert pairs.names == (ONE,)


def test_one_who_finds_it_just_loaded_does_not_load_it_again() -> None:
    """Another thread may have loaded it all by the time of a second look."""
    loader = Loader()
    pairs = LoadedPairs(loader, 2, None)
    others: list[threading.Thread] = []

    class Interrupted(threading.Condition):
        def __exit__(self, *error: object) -> None:
            super().__exit__(*error)
            if not others:
                others.append(threading.Thread(target=use, args=(pairs, ONE)))
                others[0].start()
                others[0].join(0.3)

    pairs._change = Interrupted()
    use(pairs, ONE)
    others[0].join(10)
    assert loader.loads == [ONE]
