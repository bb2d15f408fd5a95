"""The public endpoints, as gradio_client sees them."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.ui.conftest import MAX_UPLOAD, Served
from tests.ui.fakes import write_wav


@pytest.fixture(scope="module")
def client(fake_app: Served) -> Client:
    return Client(fake_app.url, verbose=False)


def test_exactly_the_promised_endpoints_are_public(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    promised = {"/compare", "/transcribe", "/proofread", "/benchmark", "/pairs", "/vocabulary"}
    assert set(endpoints) == promised
    named = {
        name: [parameter["parameter_name"] for parameter in endpoint["parameters"]]
        for name, endpoint in endpoints.items()
    }
    assert named["/compare"] == ["audio", "pair", "language", "task", "precision", "lookahead"]
    assert named["/benchmark"] == ["files", "pairs", "references", "language", "precision", "rounds"]
    assert named["/transcribe"] == ["audio", "pair", "language", "task"]
    assert named["/proofread"] == ["audio", "captions", "pair", "language"]


def test_captions_are_checked(client: Client, fake_app: Served) -> None:
    verdict, found, corrected = client.predict(
        handle_file(fake_app.recording),
        "Concord came back to its place amidst the tents.",
        api_name="/proofread",
    )
    assert verdict.startswith("Main confirms") and found["words"] == 9
    assert Path(corrected).suffix == ".txt"
    with pytest.raises(AppError, match="holds no words"):
        client.predict(handle_file(fake_app.recording), "", api_name="/proofread")


def test_compare_needs_only_audio(client: Client, fake_app: Served) -> None:
    baseline, speculative, metrics, heatmap, timing, tokens, files = client.predict(
        handle_file(fake_app.recording), api_name="/compare"
    )
    assert baseline == speculative
    assert baseline.startswith("Concord returned")
    assert metrics["identical"] is True
    assert metrics["tokens_per_cycle"] > 1
    assert metrics["seconds"]["total"] > 0
    for figure in (heatmap, timing, tokens):
        assert json.loads(figure["plot"])["data"]
    saved = json.loads(Path(files[0]).read_text("utf-8"))
    assert saved["speculative"]["text"] == speculative


def test_either_engine_compares_and_transcribes(served: Served) -> None:
    own = Client(served.url, verbose=False)
    baseline, speculative, metrics, *_ = own.predict(handle_file(served.recording), api_name="/compare")
    text, details = own.predict(handle_file(served.recording), api_name="/transcribe")
    assert baseline == speculative == text
    assert metrics["identical"]
    assert details["stats"]["tokens_per_cycle"] >= 1  # on a busy machine the draft may keep silent


def test_options_reach_the_engine(client: Client, fake_app: Served) -> None:
    client.predict(
        handle_file(fake_app.recording), "small+tiny", "Dutch", "translate", "fp32", "8", api_name="/compare"
    )
    assert fake_app.loader is not None
    assert fake_app.loader.loads[-1] == ("small+tiny", "auto", "fp32")
    assert fake_app.loader.transcriber.calls[-1] == {"language": "nl", "task": "translate", "lookahead": 8}


def test_transcribe(client: Client, fake_app: Served) -> None:
    text, details = client.predict(handle_file(fake_app.recording), api_name="/transcribe")
    assert details["text"] == text
    assert details["language"] == "en"
    assert details["stats"]["mode"] == "speculative"
    assert details["segments"][0]["end"] == details["duration"]


def test_pairs(client: Client) -> None:
    pairs = client.predict(api_name="/pairs")
    assert pairs[0]["name"] == "base+tiny"
    assert {pair["state"] for pair in pairs} <= {"ready", "can be fetched", "unavailable"}


def test_vocabulary(client: Client) -> None:
    seen = client.predict(api_name="/vocabulary")
    assert (seen["source"], seen["target"]) == (51_865, 51_866)
    assert (seen["identical"], seen["shifted"], seen["only_target"]) == (50_358, 1_507, ["<|yue|>"])
    seen = client.predict("tiny.en", "base", "<|nl|>", api_name="/vocabulary")
    assert seen["identical"] is None
    assert seen["reason"]
    assert [seen["lookup"][side]["tokens"][0]["id"] for side in ("source", "target")] == [50_270, 50_271]
    with pytest.raises(AppError, match="There is no model 'bass'"):
        client.predict("bass", "base", "", api_name="/vocabulary")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"audio": None}, "There is no recording yet"),
        ({"pair": "huge+tiny"}, "Unknown pair 'huge+tiny'"),
        ({"pair": "../../secrets"}, "Unknown pair"),
        ({"pair": "large-v2+tiny"}, "large-v2+tiny cannot be loaded here"),
        ({"language": "Klingon"}, "Unknown language"),
        ({"task": "sing"}, "Unknown task 'sing'"),
        ({"precision": "fp8"}, "Unknown precision 'fp8'"),
        ({"lookahead": "99"}, "Lookahead is auto or a whole number from 1 to 16"),
    ],
)
def test_a_bad_option_is_one_sentence_and_the_app_lives_on(
    client: Client, fake_app: Served, values: dict, sentence: str
) -> None:
    given = {"audio": handle_file(fake_app.recording), **values}
    with pytest.raises(AppError, match=re.escape(sentence)) as caught:
        client.predict(**given, api_name="/compare")
    assert "\n" not in str(caught.value)
    assert client.predict(handle_file(fake_app.recording), api_name="/transcribe")[0]


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "is empty"), (b"not a sound", "is not a sound file"), (b"RIFF", "is not")]
)
def test_a_bad_file_is_one_sentence(client: Client, tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "notes.wav"
    path.write_bytes(content)
    with pytest.raises(AppError, match=sentence):
        client.predict(handle_file(path), api_name="/compare")


def test_a_bug_stays_in_the_log(
    client: Client, fake_app: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert fake_app.loader is not None

    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError("private detail")

    monkeypatch.setattr(fake_app.loader.transcriber, "compare", broken)
    with pytest.raises(AppError, match="Something went wrong inside SpecWhisper") as caught:
        client.predict(handle_file(fake_app.recording), api_name="/compare")
    assert "private detail" not in str(caught.value)
    assert "private detail" in caplog.text


def test_two_clients_at_once_get_their_own_results(fake_app: Served, tmp_path: Path) -> None:
    assert fake_app.loader is not None

    def ask(tone: int) -> tuple[str, str]:
        sound = write_wav(tmp_path / f"{tone}.wav", 0.5, tone)
        own = Client(fake_app.url, verbose=False)
        baseline, speculative, *_ = own.predict(handle_file(sound), api_name="/compare")
        text, _ = own.predict(handle_file(sound), api_name="/transcribe")
        assert baseline == speculative
        return speculative, text

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, (200, 300, 400, 500)))
    assert all(first == second for first, second in answers)
    assert len({first for first, _ in answers}) == 4
    assert fake_app.loader.transcriber.worst == 1, "two requests ran on the engine at once"


def test_paths_that_were_not_uploaded_are_refused(fake_app: Served, tmp_path: Path) -> None:
    private = write_wav(tmp_path / "private.wav")
    payload = {"path": str(private), "meta": {"_type": "gradio.FileData"}}
    # By hand, because gradio_client would upload the file first.
    call = f"{fake_app.url}gradio_api/call/transcribe"
    event = httpx.post(call, json={"data": [payload, "base+tiny", "auto", "transcribe"]}).json()["event_id"]
    answer = httpx.get(f"{call}/{event}").text
    assert "event: error" in answer
    assert "Concord" not in answer


def test_the_servers_own_files_are_not_served(fake_app: Served) -> None:
    own = Path(__file__).resolve()
    answer = httpx.get(f"{fake_app.url}gradio_api/file={own}")
    assert answer.status_code in (403, 404)


def test_large_uploads_are_refused(fake_app: Served) -> None:
    answer = httpx.post(
        f"{fake_app.url}gradio_api/upload", files={"files": ("long.wav", b"\0" * (MAX_UPLOAD + 1))}
    )
    assert answer.status_code == 413


def test_a_benchmark_needs_only_files(client: Client, fake_app: Served) -> None:
    report, results, files = client.predict([handle_file(fake_app.recording)], api_name="/benchmark")
    assert report.startswith("### What was found") and "### Speed" in report
    assert isinstance(results, dict)
    assert {Path(file).name for file in files} == {"report.html", "report.md", "results.json", "clips.csv"}
    with pytest.raises(AppError, match="2 references for 1 clips"):
        client.predict([handle_file(fake_app.recording)], references="one\ntwo", api_name="/benchmark")


@pytest.mark.weights
def test_a_real_benchmark(real_weights, real_app: Served) -> None:
    real_weights("base"), real_weights("tiny")
    own = Client(real_app.url, verbose=False)
    report, results, _ = own.predict(
        [handle_file(real_app.recording)], references="Anything at all", api_name="/benchmark"
    )
    assert "### Accuracy" in report
    (result,) = results["results"]
    assert result["precision"] == "fp32"
    assert result["ways"][1]["identical"] == 1
