"""What a person at a terminal sees beside the results: complaints and progress, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def complain(message: str) -> None:
    """One line that says what is wrong and what to do."""
    print(f"specwhisper: {message}", file=sys.stderr)


def shown(name: str) -> str:
    """A file name on one line: whatever is not printable (line ends, terminal escapes) becomes "?"."""
    return "".join(character if character.isprintable() else "?" for character in name)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """A bar that appears only on a terminal, and only when something takes time."""
    from tqdm import tqdm

    with tqdm(
        total=1.0,
        desc=title,
        leave=False,
        disable=None,
        delay=0.3,
        bar_format="{desc}: {percentage:3.0f}% |{bar}|",
    ) as bar:

        def on_progress(fraction: float, message: str) -> None:
            bar.set_description_str(f"{title}: {message}", refresh=False)
            bar.n = min(max(fraction, 0.0), 1.0)
            bar.refresh()

        yield on_progress
