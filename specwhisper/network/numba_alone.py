"""Numba without scipy's linear algebra."""

from __future__ import annotations

import importlib
import sys

_LINEAR_ALGEBRA = "scipy.linalg"


def spare_scipy() -> None:
    """Have numba load its own mathematics now, and believe that scipy has none.

    Where scipy is installed, numba loads all of its linear algebra only to know whether it is there: a fifth
    of a second at every start, for what no kernel of ours uses.
    """
    if _LINEAR_ALGEBRA in sys.modules:
        return
    sys.modules[_LINEAR_ALGEBRA] = None  # type: ignore[assignment]  # Python's own way to say "not there"
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules[_LINEAR_ALGEBRA]
