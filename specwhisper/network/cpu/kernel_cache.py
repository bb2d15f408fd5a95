"""Where machine code is kept from one process to the next: in a folder of the store, not beside the sources.

numba would be told by a setting of the whole process, which other libraries that compile with it would obey
too, whenever they happen to be loaded by another thread meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserWideCacheLocator

from specwhisper.storage.folder import store_folder

_HERE = Path(__file__).parent

_CALLERS = {
    "cross_cache", "decoder", "encoder", "kernel_cache", "machine", "packed_store", "timings", "workspace",
}  # fmt: skip
"""Modules of this package that only call or keep compiled functions: no machine code depends on them."""


@lru_cache(maxsize=1)
def kernel_folder() -> Path:
    """The folder: its name changes with every line that the code is made from.

    numba looks at the file of a function alone, and would keep one whose callees have changed.
    """
    own = sorted(path for path in _HERE.glob("*.py") if path.stem not in _CALLERS)
    sources = [*own, _HERE.parent / "rounding.py", _HERE.parent / "dimensions.py"]
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return store_folder() / "kernels" / digest[:12]


def compiled_before() -> bool:
    """Whether a process of this version has compiled here, so that this one need not."""
    return any((kernel_folder() / _HERE.name).glob("*.nbc"))


class _Locator(UserWideCacheLocator):
    """Says where the code of a function lies, and what it was made from.

    numba goes by the path and the date of a file. The folder's name already stands for what is in the files
    of this package, so a copy elsewhere, or the same version installed again, need not be compiled again.
    """

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._ours = Path(file).parent == _HERE
        below = _HERE.name if self._ours else self.get_suitable_cache_subpath(file)
        self._cache_path = str(kernel_folder() / below)

    def get_source_stamp(self) -> Any:
        return kernel_folder().name if self._ours else super().get_source_stamp()

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> Any:
        return cls(function, file)


class _Kept(CompileResultCacheImpl):
    _locator_classes: ClassVar = [_Locator]


class KernelCache(FunctionCache):
    """The machine code of one function. Where it cannot be written, every process compiles anew."""

    _impl_class = _Kept

    def load_overload(self, signature: Any, context: Any) -> Any:
        """What was kept; None where nothing is, or not for us to read."""
        with suppress(OSError):
            return super().load_overload(signature, context)
        return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep it, where that is possible."""
        with suppress(OSError):
            super().save_overload(signature, compiled)
