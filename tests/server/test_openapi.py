"""Schemathesis against the OpenAPI page: whatever is sent, nothing answers with a 500."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from tests.server.fakes import Echo, fake_engine

APP = create_server(fake_engine(Echo()), ServerSettings())
schema = schemathesis.openapi.from_asgi("/openapi.json", APP)


@pytest.mark.filterwarnings("ignore")
@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_a_bug(case: schemathesis.Case) -> None:
    answer = case.call()
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    if answer.status_code >= 400 and case.path != "/health":
        assert answer.json()["error"]["message"]
