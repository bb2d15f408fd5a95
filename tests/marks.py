"""Marks of tests."""

import pytest

EXHAUSTIVE = pytest.mark.exhaustive
"""Of a case that says at length what another one says: only ``make test-all`` runs it."""
