"""``python -m specwhisper``, and the command ``specwhisper``."""

import gc
import sys
from typing import NoReturn

from specwhisper.cli import main

_SELDOM = 100_000
"""New objects after which cyclic garbage is looked for. With Python's 700, a third of the time in which the
libraries are loaded goes into looking through what they have just made."""


def start() -> NoReturn:
    """Run the command line as a process of its own."""
    gc.set_threshold(_SELDOM)
    status = main()
    gc.freeze()  # at its end Python looks through all there is: half a second for nothing
    sys.exit(status)


if __name__ == "__main__":
    start()
