"""What a browser hears that asks whether a page may send a request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.server.fakes import Echo, started

PAGE = "https://app.example"


@pytest.fixture
def allowing(echo: Echo) -> Iterator[TestClient]:
    yield from started(echo, cors_origins=(PAGE,))


def preflight(client: TestClient, page: str, method: str = "POST"):
    headers = {"Origin": page, "Access-Control-Request-Method": method}
    return client.options("/transcribe", headers=headers)


def test_a_page_that_is_allowed_may_ask(allowing: TestClient) -> None:
    answer = preflight(allowing, PAGE)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PAGE)


def test_a_page_that_is_not_hears_why(allowing: TestClient, client: TestClient) -> None:
    """In the same words whether other pages are allowed or none."""
    told = []
    for each in (allowing, client):
        answer = preflight(each, "https://evil.example")
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        told.append(answer.json()["error"])
    assert told[0] == told[1]
    assert "--cors-origin" in told[0]["message"]
    assert "evil.example" in told[0]["message"]


def test_a_method_that_no_page_may_use_is_named_with_those_it_may(allowing: TestClient) -> None:
    answer = preflight(allowing, PAGE, "DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert answer.headers["access-control-allow-origin"] == PAGE  # the page may read why
    assert "GET, HEAD and POST here, not 'DELETE'" in answer.json()["error"]["message"]
