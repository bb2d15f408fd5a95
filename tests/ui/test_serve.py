"""How the app is served: address, port, and what it asks of anybody else."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import httpx
import pytest

from specwhisper.errors import OptionError
from specwhisper.ui.config import AppConfig
from specwhisper.ui.serve import launch
from tests.test_addresses import needs_ipv6


class Recorder:
    """Stands in for gr.Blocks and keeps what launch() was given."""

    def __init__(self) -> None:
        self.given = SimpleNamespace()

    def launch(self, **options: object) -> tuple[None, str, None]:
        self.given = SimpleNamespace(**options)
        return None, "http://127.0.0.1:7860/", None

    def block_thread(self) -> None:
        """Nobody is served, so nobody waits."""


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRADIO_SERVER_PORT", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)


def test_by_default_only_this_machine_is_served() -> None:
    app = Recorder()
    launch(app, AppConfig())  # type: ignore[arg-type]
    assert app.given.server_name == "127.0.0.1"
    assert app.given.server_port is None, "Gradio then takes 7860 or the next free port"
    assert app.given.max_file_size == AppConfig().max_upload_bytes
    assert app.given.share is False


def test_a_space_is_served_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/specwhisper")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7870")
    app = Recorder()
    launch(app, AppConfig())  # type: ignore[arg-type]
    assert (app.given.server_name, app.given.server_port) == ("0.0.0.0", 7870)


def test_only_the_examples_may_be_read(tmp_path) -> None:
    app = Recorder()
    launch(app, AppConfig(assets=tmp_path))  # type: ignore[arg-type]
    assert app.given.allowed_paths == []
    (tmp_path / "examples").mkdir()
    launch(app, AppConfig(assets=tmp_path))  # type: ignore[arg-type]
    assert app.given.allowed_paths == [str((tmp_path / "examples").resolve())]


@needs_ipv6
@pytest.mark.parametrize("host", ["::1", "::", "[::1]"])
def test_ipv6_is_served_at_an_address_that_browsers_take(uploads: None, host: str) -> None:
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as app:
        url = launch(app, AppConfig(), host=host, block=False)
    try:
        assert url.startswith("http://[::1]:")
        assert httpx.get(f"{url}config", timeout=10).status_code == 200
    finally:
        app.close()


def test_an_address_of_somebody_else_is_one_sentence(uploads: None) -> None:
    with pytest.raises(OptionError, match="choose another --host"):
        launch(Recorder(), AppConfig(), host="203.0.113.7")  # type: ignore[arg-type]


def test_a_taken_port_is_one_sentence(uploads: None) -> None:
    import gradio as gr

    with socket.socket() as other, gr.Blocks(analytics_enabled=False) as app:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OptionError, match=f"Port {port} is taken"):
            launch(app, AppConfig(), port=port, block=False)


def test_a_port_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_PORT", "many")
    with pytest.raises(OptionError, match="GRADIO_SERVER_PORT"):
        launch(Recorder(), AppConfig())  # type: ignore[arg-type]


@pytest.mark.parametrize("variable", ["SPECWHISPER_ALLOWED_HOSTS", "SPECWHISPER_CORS_ORIGINS"])
def test_a_name_that_nobody_can_use_does_not_start(
    uploads: None, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://proxy.example/page")
    recorder = Recorder()
    with pytest.raises(OptionError, match="/page' is no "):
        launch(recorder, AppConfig())  # type: ignore[arg-type]
    assert not vars(recorder.given)
