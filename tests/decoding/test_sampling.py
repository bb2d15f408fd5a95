"""Speculative sampling writes what main alone would: the same distribution, whatever the draft proposes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from specwhisper.decoding.drafters.model import Bridge, Speaker
from specwhisper.decoding.lookahead import Confidence, Fixed, Lookahead
from specwhisper.decoding.sampling.distribution import draw, uniforms
from specwhisper.decoding.sampling.drafter import Drawn, SamplingDrafter
from specwhisper.decoding.sampling.sampled import Sampled, accepted_prefix, remainder
from specwhisper.results import Decoded
from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.rules import Rules, Suppress, SuppressAtBegin
from specwhisper.vocabulary.specials import Vocabulary
from tests.decoding.alone import Drafting, write
from tests.decoding.chances import END, PROMPT, SIZE, Table, exact, fits, next_tokens, same, tally

DRAWS = 200_000
CPU = torch.device("cpu")
NEVER = Suppress.of([2], SIZE, CPU)
RULES = Rules((NEVER, SuppressAtBegin.of([4, END], SIZE, CPU, len(PROMPT))))


Making = Callable[[float, torch.Generator], Drafting]
"""Makes a drafter for a temperature and a generator."""


def run(
    main: Table,
    drafter: Making | None,
    generator: torch.Generator,
    *,
    length: int = 40,
    rules: Rules = RULES,
    temperature: float = 1.0,
    end: int = END,
) -> Decoded:
    return write(
        main,
        PROMPT,
        drafter(temperature, generator) if drafter else None,
        choice=Sampled(rules, temperature, generator),
        end=end,
        limit=len(PROMPT) + length,
        clock=time.perf_counter,
    )


def drafter(
    table: Table, lookahead: Lookahead | None = None, rules: Rules = RULES, bridge: Bridge | None = None
) -> Making:
    def made(temperature: float, generator: torch.Generator) -> Drafting:
        own = SamplingDrafter(Speaker(rules, END), lookahead or Fixed(2), temperature, generator, bridge)
        return Drafting(table, own)

    return made


def proposed(drafting: Drafting, tokens: Sequence[int], room: int) -> Drawn:
    """One proposal."""
    own = drafting.drafter
    own.begin(tokens, room)
    while own.goes_on:
        own.take(drafting.reader.read(own.context.unread, own.context.cached)[-1:], None)
    return cast("Drawn", own.proposal())


def texts_of(decode: Callable[[], Decoded], draws: int) -> list[tuple[int, ...]]:
    decoded = (decode() for _ in range(draws))
    return [(*each.tokens, END) if each.ended else each.tokens for each in decoded]


@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("rules", [Rules(), RULES], ids=["free", "ruled"])
def test_two_proposals_and_a_token_of_main_s_own_are_jointly_main_s(rules: Rules, temperature: float) -> None:
    """One cycle of lookahead 2, 200,000 at a time, built from the loop's own functions.

    Where a proposal falls early, plain draws complete the text to three tokens.
    """
    made = torch.Generator().manual_seed(7)
    main, draft = (next_tokens(Table(seed), rules, temperature) for seed in (1, 2))
    p, q = (_levels(following) for following in (main, draft))

    def drawn(weights: torch.Tensor) -> torch.Tensor:
        return draw(weights, uniforms(DRAWS, made, CPU))

    # The draft proposes two tokens...
    a = drawn(q[0].expand(DRAWS, SIZE))
    b = drawn(q[1][a])
    of_p = torch.stack([p[0][a], p[1][a, b]], -1)
    of_q = torch.stack([q[0][a], q[1][a, b]], -1)
    kept = accepted_prefix(of_p, of_q, uniforms(2 * DRAWS, made, CPU).view(DRAWS, 2))
    # ...and main's own token follows what stands of them.
    first = torch.where(kept > 0, a, drawn(remainder(p[0], q[0]).expand(DRAWS, SIZE)))
    second = torch.where(kept > 1, b, drawn(remainder(p[1][a], q[1][a])))
    second = torch.where(kept > 0, second, drawn(p[1][first]))
    third = drawn(p[2][first, second])
    speculative = _counts(first, second, third)

    first = drawn(p[0].expand(DRAWS, SIZE))
    second = drawn(p[1][first])
    plain = _counts(first, second, drawn(p[2][first, second]))
    joint = (p[0][:, None, None] * p[1][:, :, None] * p[2]).flatten()
    assert min((kept == count).double().mean() for count in range(3)) > 0.02  # every branch is taken
    assert fits(speculative, joint) > 1e-3
    assert fits(plain, joint) > 1e-3
    assert same(speculative, plain) > 1e-3


def _levels(following: Callable[[tuple[int, ...]], torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """The distributions after 0, 1 and 2 written tokens: [V], [V, V], [V, V, V]."""
    ids = range(SIZE)
    one = torch.stack([following((*PROMPT, a)) for a in ids])
    two = torch.stack([torch.stack([following((*PROMPT, a, b)) for b in ids]) for a in ids])
    return following(PROMPT), one, two


def _counts(*tokens: torch.Tensor) -> torch.Tensor:
    flat = torch.zeros_like(tokens[0])
    for column in tokens:
        flat = flat * SIZE + column
    return torch.bincount(flat, minlength=SIZE ** len(tokens))


@pytest.mark.parametrize(
    ("temperature", "lookahead"), [(1.0, Fixed(2)), (0.5, Fixed(4)), (1.3, Confidence(threshold=0.3))]
)
def test_the_loop_writes_main_s_distribution(temperature: float, lookahead: Lookahead) -> None:
    """The real loop, three tokens jointly; with a lookahead that depends on what was drawn, too."""
    main, made = Table(1), torch.Generator().manual_seed(3)
    ahead = drafter(Table(2), lookahead)
    texts = texts_of(lambda: run(main, ahead, made, length=3, temperature=temperature), 3_000)
    assert fits(tally(texts, 3), exact(Table(1), RULES, temperature, 3)) > 1e-3


def test_a_draft_of_another_version_leaves_main_s_distribution_alone() -> None:
    """Ids are shuffled, main lacks one of the draft's tokens and the draft one of main's."""
    to_main = (3, 0, 1, -1, 5, 4, 2, END)  # the draft's 3 is unknown to main, main's 6 to the draft
    to_draft = (1, 2, 6, 0, 5, 4, -1, 7)
    sized = cast("Vocabulary", SimpleNamespace(size=SIZE))
    bridge = Bridge((1, 2), len(PROMPT), Remap(sized, sized, to_draft), Remap(sized, sized, to_main))
    ahead = drafter(Table(2), Fixed(3), Rules(), bridge)
    main, made = Table(1), torch.Generator().manual_seed(9)
    decoded: list[Decoded] = []

    def once() -> Decoded:
        decoded.append(run(main, ahead, made, length=3))
        return decoded[-1]

    texts = texts_of(once, 3_000)
    assert fits(tally(texts, 3), exact(Table(1), RULES, 1.0, 3)) > 1e-3
    assert not any(6 in cycle.proposed for each in decoded for cycle in each.cycles)
    assert any(cycle.accepted for each in decoded for cycle in each.cycles)


def test_the_test_notices_a_wrong_rule() -> None:
    """Keeping every proposal, or correcting from p itself, would be found out."""
    made, main, draft = torch.Generator().manual_seed(5), Table(1), Table(2)
    ahead = drafter(draft)
    careless = [proposed(ahead(1.0, made), PROMPT, 1).tokens for _ in range(5_000)]
    assert fits(tally(careless, 1), exact(main, RULES, 1.0, 1)) < 1e-6
    p, q = (next_tokens(table, RULES, 1.0)(PROMPT) for table in (main, draft))
    wrong = torch.minimum(p, q) + (1 - torch.minimum(p, q).sum()) * p
    assert not torch.allclose(wrong, p, atol=0.01)


def test_the_same_seed_writes_the_same_text() -> None:
    def written(seed: int, ahead: bool) -> list[tuple[int, ...]]:
        made = torch.Generator().manual_seed(seed)
        helper = drafter(Table(2)) if ahead else None
        return texts_of(lambda: run(Table(1), helper, made), 20)

    for ahead in (True, False):
        assert written(11, ahead) == written(11, ahead)
        assert written(11, ahead) != written(12, ahead)


def test_a_draft_that_is_main_is_always_right() -> None:
    made = torch.Generator().manual_seed(0)
    ahead = drafter(Table(1), Fixed(4))
    for _ in range(60):
        decoded = run(Table(1), ahead, made)
        for cycle in decoded.cycles:
            assert cycle.accepted == len(cycle.proposed) == len(cycle.draft_probability)


def test_cycles_account_for_every_token_and_the_limit_holds() -> None:
    made = torch.Generator().manual_seed(0)
    for length in (1, 2, 3, 9):
        for _ in range(20):
            decoded = run(Table(1), drafter(Table(2), Fixed(4)), made, length=length)
            written = tuple(token for cycle in decoded.cycles for token in cycle.tokens)
            assert written == (*decoded.tokens, *([END] if decoded.ended else []))
            assert len(written) <= length
            assert decoded.ended == (written[-1] == END)
            assert END not in decoded.tokens
            assert 2 not in written


def test_a_very_low_temperature_is_greedy() -> None:
    made = torch.Generator().manual_seed(0)
    texts = {run(Table(1), drafter(Table(2)), made, temperature=t).tokens for t in (1e-3, 1e-9, 1e-300)}
    assert len(texts) == 1


def test_a_draft_with_nothing_to_say_stays_silent() -> None:
    mute = drafter(Table(2), rules=Rules((Suppress.of(range(SIZE), SIZE, CPU),)))
    decoded = run(Table(1), mute, torch.Generator().manual_seed(0))
    assert all(cycle.proposed == () for cycle in decoded.cycles)
    assert decoded.tokens


def test_zero_weights_are_never_drawn() -> None:
    weights = torch.tensor([0.0, 0.5, 0.0, 0.5, 0.0])
    edges = torch.tensor([0.0, 0.5 - 1e-12, 0.5, 1 - 2**-53], dtype=torch.float64)
    assert draw(weights.expand(4, 5), edges).tolist() == [1, 1, 3, 3]


def test_another_version_s_distribution_arrives_in_main_s_ids() -> None:
    """large-v3 drafts for large-v2: <|yue|>, which v2 lacks, has no mass and the rest sums to 1."""
    v2, v3 = Vocabulary(51_865), Vocabulary(51_866)
    yue = next(token for token in range(v3.end_of_text, v3.size) if v3.name(token) == "<|yue|>")
    after = yue + 1
    logits = torch.full((v3.size,), -20.0)
    logits[[5, yue, after, v3.end_of_text]] = torch.tensor([1.0, 3.0, 1.5, 0.5])

    class Fluent:
        def read(self, tokens: Sequence[int], start: int) -> torch.Tensor:
            return logits.expand(len(tokens), -1)

    bridge = Bridge(v3.prompt("en"), len(v2.prompt("en")), Remap.between(v2, v3), Remap.between(v3, v2))
    made = torch.Generator().manual_seed(0)
    own = SamplingDrafter(Speaker(Rules(), v3.end_of_text), Fixed(1), 1.0, made, bridge)
    counts: Counter[int] = Counter()
    for _ in range(60):
        drawn = proposed(Drafting(Fluent(), own), v2.prompt("en"), 5)
        counts[drawn.tokens[0]] += 1
    q = drawn.distributions[0]
    assert q.shape == (v2.size,)
    assert float(q.sum()) == pytest.approx(1.0, abs=1e-5)
    expected = torch.tensor([1.0, 1.5, 0.5]).softmax(-1)
    kept = [5, Remap.between(v3, v2).get(after), v2.end_of_text]
    torch.testing.assert_close(q[kept], expected, atol=1e-3, rtol=0)
    assert counts.keys() <= set(kept)
