"""``POST /proofread`` with real models."""

from __future__ import annotations

import httpx
import pytest

from tests.clips import ENGLISH, path_of

pytestmark = pytest.mark.weights

CAPTIONS = (
    "WEBVTT\n\n00:00.000 --> 00:07.000\nAnd Mr. John Dashwood had then pleasure to consider how much there "
    "might be prudently in his power to do for them.\n"
)


def test_captions_come_back_corrected(url: str) -> None:
    with path_of(ENGLISH).open("rb") as file:
        answer = httpx.post(
            f"{url}/proofread",
            files={"file": file},
            data={"captions": CAPTIONS, "language": "en"},
            timeout=120,
        )
    found = answer.json()
    assert answer.status_code == 200, found
    assert ("pleasure", "leisure") in [(each["captions"], each["main"]) for each in found["differences"]]
    assert found["corrected"].startswith(
        "WEBVTT\n\n00:00.000 --> 00:07.000\nAnd Mr. John Dashwood had then leisure"
    )
    assert not found["unrelated"] and found["words"] == 22
