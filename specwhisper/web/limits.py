"""Limits that an operator sets."""

from __future__ import annotations

from specwhisper.errors import OptionError


def check_limits(settings: object, *names: str) -> None:
    """See that these attributes are above zero.

    Raises:
        OptionError: one of them is not.
    """
    for name in names:
        value = getattr(settings, name)
        if not value > 0:  # nor is NaN
            raise OptionError(f"The limit '{name.replace('_', ' ')}' must be above zero, not {value:g}.")
