"""Beam search writes what transformers' beam search writes, token for token."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
import torch

from specwhisper.audio.decode import load_audio
from specwhisper.audio.windows import windows_of
from specwhisper.decoding.acceptance import Greedy
from specwhisper.decoding.beam import BeamSearch, Finished, Hypothesis
from specwhisper.decoding.reader import NetworkReader
from specwhisper.errors import OptionError
from specwhisper.results import Decoded
from specwhisper.transcription.loading import load
from specwhisper.vocabulary.rules import Rules, Suppress, SuppressAtBegin
from specwhisper.vocabulary.specials import Vocabulary
from tests.clips import ENGLISH, SECOND, path_of
from tests.decoding.alone import write
from tests.fakes import CPU, dimensions, network, random_tensors
from tests.hf import transformers_model
from tests.marks import EXHAUSTIVE

DIMS = dimensions(width=64, layers=2)
VOCABULARY = Vocabulary(DIMS.vocab_size)
END = VOCABULARY.end_of_text
PROMPT = VOCABULARY.prompt("en")
LONGEST = 12
# A random network would write any of 50,000 tokens and never end; this one knows forty words and the end.
WORDS = tuple(range(400, 440))
FORBIDDEN = tuple(token for token in range(DIMS.vocab_size) if token not in (*WORDS, END))
AT_BEGIN = (WORDS[0], WORDS[7], END)
CASES = [(0, 1.0), (1, 1.0), (1, 2.0), (4, 3.0)]


def beam_search(*model: Any, **options: Any) -> Decoded:
    """One search, to its end."""
    search = BeamSearch(*model, **options)
    while not search.finished:
        search.step()
    return search.decoded()


class Case:
    """A random network and its twin in transformers, hearing the same noise."""

    def __init__(self, seed: int, eager: float) -> None:
        tensors = random_tensors(DIMS, seed)
        # End-of-text becomes ``eager`` times as loud as a word, so that texts of several lengths compete.
        tensors["decoder.embed_tokens.weight"][END] *= eager
        self.network = network(DIMS, tensors)
        made = torch.Generator().manual_seed(100 + seed)
        self.mel = torch.randn(1, DIMS.n_mels, 2 * DIMS.audio_context, generator=made)
        self.cross = self.network.decoder.keys_values(self.network.encoder(self.mel))
        self.twin = transformers_model(DIMS, tensors, suppress=FORBIDDEN, begin_suppress=AT_BEGIN)
        self.rules = Rules(
            (
                Suppress.of(FORBIDDEN, DIMS.vocab_size, CPU),
                SuppressAtBegin.of(AT_BEGIN, DIMS.vocab_size, CPU, len(PROMPT)),
            )
        )

    def ours(self, width: int, **options: float) -> Decoded:
        return beam_search(
            self.network, self.cross, PROMPT, rules=self.rules, end=END, limit=len(PROMPT) + LONGEST,
            width=width, clock=time.perf_counter, **options,
        )  # fmt: skip

    def theirs(self, width: int, length_penalty: float = 1.0) -> list[int]:
        with torch.inference_mode():
            return without_padding(
                self.twin.generate(
                    self.mel, language="en", task="transcribe", return_timestamps=False, do_sample=False,
                    num_beams=width, length_penalty=length_penalty, max_new_tokens=LONGEST,
                )[0].tolist()
            )  # fmt: skip


def without_padding(ids: list[int]) -> list[int]:
    return [token for token in ids if not VOCABULARY.is_special(token)]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_every_width_writes_what_transformers_writes(case: Case, width: int) -> None:
    ours = case.ours(width)
    assert list(ours.tokens) == case.theirs(width)
    assert set(ours.tokens) <= set(WORDS)
    assert ours.tokens[0] not in AT_BEGIN


@pytest.mark.parametrize("width", [2, pytest.param(3, marks=EXHAUSTIVE), 5])
@pytest.mark.parametrize(
    "length_penalty", [0.0, *(pytest.param(each, marks=EXHAUSTIVE) for each in (0.5, 2.0, 10.0, -3.0)), -1.0]
)
def test_every_length_penalty_does_too(case: Case, length_penalty: float, width: int) -> None:
    ours = case.ours(width, length_penalty=length_penalty)
    assert list(ours.tokens) == case.theirs(width, length_penalty)


def test_length_penalties_make_a_difference() -> None:
    lengths = [len(Case(1, 2.0).ours(3, length_penalty=penalty).tokens) for penalty in (-3.0, 0.5, 10.0)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def score(case: Case, decoded: Decoded, length_penalty: float) -> float:
    """What the search maximises, from one pass over the finished text."""
    text = [*decoded.tokens, *([END] if decoded.ended else [])]
    ids = torch.tensor([[*PROMPT, *text]])
    rows = case.network.decoder(ids, 0, case.network.new_cache(), case.cross)[0].log_softmax(-1)
    total = sum(rows[len(PROMPT) - 1 + i, token].item() for i, token in enumerate(text))
    return total / len(text) ** length_penalty


@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 2.0])
def test_patience_never_finds_a_worse_text(case: Case, length_penalty: float) -> None:
    texts = [
        case.ours(3, length_penalty=length_penalty, patience=patience) for patience in (0.3, 1.0, 2.0, 4.0)
    ]
    assert texts[1].tokens == case.ours(3, length_penalty=length_penalty).tokens
    scores = [score(case, text, length_penalty) for text in texts]
    assert all(later >= earlier - 1e-4 for earlier, later in pairwise(scores))


def test_patience_makes_a_difference() -> None:
    cases = [Case(*each) for each in CASES]
    assert any(case.ours(3, patience=0.3).tokens != case.ours(3, patience=4.0).tokens for case in cases)


def test_one_beam_is_greedy_decoding(case: Case) -> None:
    reader = NetworkReader(case.network, case.cross, case.network.new_cache())
    greedy = write(reader, PROMPT, choice=Greedy(case.rules), end=END, limit=len(PROMPT) + LONGEST)
    one = case.ours(1)
    assert (one.tokens, one.ended) == (greedy.tokens, greedy.ended)


def test_cycles_account_for_every_token(case: Case) -> None:
    decoded = case.ours(4)
    written = tuple(token for cycle in decoded.cycles for token in cycle.tokens)
    assert written == (*decoded.tokens, *([END] if decoded.ended else []))
    assert all(cycle.proposed == () and cycle.verify_seconds > 0 for cycle in decoded.cycles)


def test_the_cases_end_early_late_and_never() -> None:
    """What the tests above compare is not all of one kind."""
    found = [Case(*each).ours(3) for each in CASES]
    assert {decoded.ended for decoded in found} == {True, False}
    assert len({len(decoded.tokens) for decoded in found}) == len(CASES)


def test_the_beams_make_a_difference() -> None:
    case = Case(*CASES[-1])
    assert len({case.ours(width).tokens for width in (1, 2, 3, 5)}) == 4


@pytest.mark.parametrize("options", [{"width": 0}, {"width": 9}, {"width": 2, "patience": 0.0}])
def test_wrong_options_are_named(options: dict) -> None:
    with pytest.raises(OptionError, match="not possible"):
        Case(0, 1.0).ours(**options)


def test_patience_waits_for_more_finished_texts() -> None:
    finished = Finished(2)
    finished.add([Hypothesis((1,), -1.0)])
    assert not finished.cannot_improve(-9.0)
    finished.add([Hypothesis((2,), -0.5), Hypothesis((3,), -3.0)])
    assert finished.best.text == (2,)
    assert finished.cannot_improve(-1.0)
    assert not finished.cannot_improve(-0.9)


@pytest.mark.weights
def test_real_speech_is_written_as_transformers_writes_it(real_weights) -> None:
    weights = real_weights("tiny")
    model = load("tiny", device="cpu").main
    forbidden = (model.suppress.bias == float("-inf")).nonzero()[:, 0].tolist()
    twin = transformers_model(
        weights.dims, weights.tensors, suppress=tuple(forbidden), begin_suppress=model.begin_suppressed
    )
    prompt = model.vocabulary.prompt("en")
    for clip, widths in ((ENGLISH, (1, 5)), (SECOND, (2,))):
        (window,) = windows_of(load_audio(path_of(clip)).samples)
        mel = model.features(torch.from_numpy(window.samples))
        cross = model.network.decoder.keys_values(model.network.encoder(mel))
        for width in widths:
            ours = beam_search(
                model.network, cross, prompt, rules=model.rules(len(prompt)),
                end=model.vocabulary.end_of_text, limit=model.context, width=width,
                clock=time.perf_counter,
            )  # fmt: skip
            with torch.inference_mode():
                theirs = twin.generate(
                    mel, language="en", task="transcribe", return_timestamps=False, do_sample=False,
                    num_beams=width,
                )[0].tolist()  # fmt: skip
            assert list(ours.tokens) == without_padding(theirs), (clip.file, width)
