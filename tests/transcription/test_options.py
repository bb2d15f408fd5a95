"""What can be asked for, and temperature, seed and beams through the facade."""

from __future__ import annotations

from typing import Any

import pytest

from specwhisper.decoding.beam import BeamSearch
from specwhisper.decoding.costs import WIDTHS, costs_from
from specwhisper.errors import OptionError
from specwhisper.transcription import window_decoder
from specwhisper.transcription.options import Options, check_batch
from tests.clips import ENGLISH, path_of


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.1}, "Temperature -0.1"),
        ({"temperature": 2.1}, "from 0 to 2"),
        ({"temperature": float("nan")}, "Temperature nan"),
        ({"seed": -1}, "Seed -1"),
        ({"seed": 2**63}, "Seed 9"),
        ({"beams": 0}, "0 beams"),
        ({"beams": 9}, "9 beams"),
        ({"beams": 2, "temperature": 0.5}, "either several beams or a temperature"),
        ({"beams": 2, "length_penalty": 10.1}, "Length penalty 10.1"),
        ({"beams": 2, "length_penalty": float("nan")}, "Length penalty nan"),
        ({"beams": 2, "patience": 0.0}, "Patience 0.0"),
        ({"beams": 2, "patience": float("inf")}, "Patience inf"),
        ({"length_penalty": 0.5}, "belong to beam search"),
        ({"patience": 2.0}, "belong to beam search"),
        ({"temperature": "hot"}, "'temperature' is a number, not 'hot'"),
        ({"temperature": True}, "'temperature' is a number"),
        ({"hotwords": 7}, "'hotwords' is text or None, not 7"),
        ({"initial_prompt": b"bytes"}, "'initial_prompt' is text"),
        ({"language": 3}, "'language' is text"),
        ({"languages": 3}, "'languages' is a list"),
        ({"languages": ["en", None]}, "'languages' is a list"),
        ({"hotwords": "caf\udce9"}, "'hotwords' holds bytes that are no UTF-8"),
        ({"seed": True}, "'seed' is a whole number or None, not True"),
        ({"beams": True}, "'beams' is a whole number"),
        ({"lookahead": True}, "'lookahead' is 'auto' or a whole number"),
        ({"vad": "no"}, "'vad' is True or False, not 'no'"),
        ({"fallback": None}, "'fallback' is True or False"),
        ({"logprob_threshold": None}, "'logprob_threshold' is a number"),
    ],
)
def test_wrong_options_are_named(options: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Options(**options)


@pytest.mark.parametrize("size", [0, 65, 1.5, "many", None])
def test_no_other_batch_sizes(size: object) -> None:
    assert check_batch(64) == 64
    with pytest.raises(OptionError, match="Batch size"):
        check_batch(size)


def test_an_option_that_does_not_exist_is_named_with_one_that_does() -> None:
    assert Options.of({"beams": 3}) == Options(beams=3)
    with pytest.raises(OptionError, match="no option 'langauge': did you mean 'language'"):
        Options.of({"langauge": "en"})
    with pytest.raises(OptionError, match=r"no option 'x': there are language, .*, no_speech_threshold\.$"):
        Options.of({"x": 1})


@pytest.fixture(scope="module")
def transcriber(real_pair):
    return real_pair("base+tiny")


@pytest.mark.weights
def test_drawn_text_is_repeatable_and_drafted(transcriber) -> None:
    one = transcriber.transcribe(path_of(ENGLISH), language="en", temperature=0.7)
    again = transcriber.transcribe(path_of(ENGLISH), language="en", temperature=0.7, seed=one.stats.seed)
    assert one.stats.seed is not None
    assert one.tokens == again.tokens
    assert one.stats.mode == "speculative"
    assert one.stats.temperature == 0.7
    drafted = transcriber.transcribe(path_of(ENGLISH), language="en", temperature=0.7, seed=1)
    assert drafted.stats.acceptance_rate > 0.5  # of another seed's draws it may be less
    alone = transcriber.transcribe(
        path_of(ENGLISH), language="en", temperature=0.7, seed=1, speculative=False
    )
    assert alone.stats.drafted == 0
    assert alone.stats.mode == "greedy"


@pytest.mark.weights
def test_almost_no_temperature_is_the_greedy_text(transcriber) -> None:
    greedy = transcriber.transcribe(path_of(ENGLISH), language="en")
    cold = transcriber.transcribe(path_of(ENGLISH), language="en", temperature=1e-6, seed=0)
    assert cold.tokens == greedy.tokens
    assert greedy.stats.seed is None


@pytest.mark.weights
def test_beams_are_main_s_alone(transcriber) -> None:
    found = transcriber.transcribe(path_of(ENGLISH), language="en", beams=3)
    assert ENGLISH.phrase in found.text.lower()
    assert (found.stats.mode, found.stats.draft, found.stats.beams) == ("greedy", None, 3)
    assert found.stats.seconds.encode_draft == found.stats.seconds.draft == 0.0
    assert min(found.stats.seconds.to_dict().values()) >= 0.0
    assert "".join(piece.text for piece in found.pieces).strip() == found.text


@pytest.mark.weights
def test_what_scores_and_stops_a_search_reaches_it(transcriber, monkeypatch) -> None:
    given: list[dict] = []

    class Search(BeamSearch):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            given.append(options)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(window_decoder, "BeamSearch", Search)
    options = {"length_penalty": -0.5, "patience": 2.5}
    found = transcriber.transcribe(path_of(ENGLISH), language="en", beams=2, **options)
    assert {"width": 2, **options}.items() <= given[0].items()
    assert {"beams": 2, **options}.items() <= found.stats.to_dict().items()
    transcriber.transcribe(path_of(ENGLISH), language="en", beams=2)
    assert {"length_penalty": 1.0, "patience": 1.0}.items() <= given[1].items()


@pytest.mark.weights
def test_a_draft_with_other_tokens_does_not_draw(real_pair) -> None:
    mixed = real_pair("base+tiny.en")
    drawn = mixed.transcribe(path_of(ENGLISH), language="en", temperature=0.5, seed=4)
    assert (drawn.stats.mode, drawn.stats.draft) == ("greedy", None)
    assert drawn.text


def test_a_seed_repeats_a_text_whatever_the_machine_s_prices(transcriber, monkeypatch) -> None:
    """What a step costs is measured at every load; two loads must draw alike all the same."""
    texts = set()
    for draft_price in (0.001, 0.02):
        costs = costs_from(draft_price, [0.01 + 0.001 * width for width in WIDTHS])
        monkeypatch.setattr(transcriber, "costs", lambda rows=1, costs=costs: costs)
        drawn = transcriber.transcribe(path_of(ENGLISH), language="en", temperature=0.8, seed=3)
        texts.add((drawn.text, len(drawn.stats.cycles)))
    assert len(texts) == 1
