"""Speculative decoding, cycle by cycle: propose, verify, keep.

Leviathan et al. 2023 ("Fast Inference from Transformers via Speculative Decoding") and Stern et al. 2018
("Blockwise Parallel Decoding"). A drafter proposes some tokens; main reads them all in one pass, which costs
little more than reading one; it accepts those it would have written itself, up to the first that it would
not, and adds one token of its own. So every cycle writes at least one token, and the text is main's.

Greedy decoding is the same loop with a drafter that proposes nothing: one cycle, one token.

Any number of windows are written side by side. Each is a :class:`Row` with its own drafter, rules, way of
choosing and length; they stand at different positions, propose different numbers of tokens and finish at
different times, but they share the passes, which read the weights once for all (Yu et al. 2022, "Orca: A
Distributed Serving System for Transformer-Based Generative Models", section 3.1). What a row writes does not
depend on the rows beside it. One window by itself is a batch of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import exp

from specwhisper.decoding.acceptance import Choice, Greedy, Question, Verdict
from specwhisper.decoding.drafters.base import Drafter, Proposal, Silent
from specwhisper.decoding.loops import LoopWatch
from specwhisper.decoding.reader import Asked, Pass, Rows
from specwhisper.network.small_head import SmallHead
from specwhisper.results import Cycle, Decoded
from specwhisper.vocabulary.grammar import fits, states
from specwhisper.vocabulary.rules import Rules

OnCycle = Callable[[Sequence[int]], None]


def cycle(
    main: Rows,
    draft: Rows | None,
    rows: Sequence[Row],
    clock: Callable[[], float],
    began: float | None = None,
) -> float:
    """One cycle of every row; none of them may be finished.

    Args:
        main: the model whose texts these are.
        draft: the model that the drafters ask; None where they are all silent.
        rows: row i is row i of both models.
        clock: seconds, with the device synchronised.
        began: when the cycle before this one ended, if it follows at once: every moment counts.

    Returns:
        When it ended.
    """
    began = clock() if began is None else began
    proposals = propose(draft, rows)
    drafted = clock()
    verdicts = verify(main, rows, proposals)
    verified = clock()
    share = 1 / len(rows)
    for row, proposal, verdict in zip(rows, proposals, verdicts, strict=True):
        row.keep(proposal, verdict, (drafted - began) * share, (verified - drafted) * share)
    return clock() if any(row.on_cycle for row in rows) else verified  # what others do is no part of a cycle


def propose(draft: Rows | None, rows: Sequence[Row]) -> list[Proposal]:
    """One proposal per row, each as long as its drafter decides; the draft's steps are taken together.

    The first step reads what is new to the draft, which differs from row to row. A row that has stopped costs
    nothing more once it lies outside those that go on; between them it is padding.
    """
    going = [index for index, row in enumerate(rows) if row.drafter.begin(row.tokens, row.room)]
    while going and draft:
        _step(draft, rows, going)
        going = [index for index in going if rows[index].drafter.goes_on]
    return [row.drafter.proposal() for row in rows]


def _step(draft: Rows, rows: Sequence[Row], going: Sequence[int]) -> None:
    """The next proposed token of each of the rows that go on."""
    first, last = going[0], going[-1]
    if draft.decides and all(_fits(rows[index].drafter.rules) for index in going):
        _decided_step(draft, rows, going)
        return
    if first == last:  # the usual case, and a small draft's step is short: with the least of Python
        drafter = rows[first].drafter
        context, head = drafter.context, drafter.head
        asked = Pass(context.unread, context.cached, 1)
        drafter.take(draft.read((asked,), first, head.head if head else None), head)
        return
    passes = []
    for index in range(first, last + 1):
        context = rows[index].drafter.context
        goes_on = index in going
        # Padding is written behind what the cache holds of a row.
        passes.append(Pass(context.unread if goes_on else (), context.cached, int(goes_on)))
    head = _shared_head([rows[index].drafter for index in going])
    logits = draft.read(passes, first, head.head if head else None)
    for place, index in enumerate(going):
        rows[index].drafter.take(logits[place : place + 1], head)


def _decided_step(draft: Rows, rows: Sequence[Row], going: Sequence[int]) -> None:
    """The same where the draft says itself which token is best."""
    first, last = going[0], going[-1]
    asked = []
    for index in range(first, last + 1):
        drafter = rows[index].drafter
        context = drafter.context
        if index in going:
            assert drafter.rules is not None
            tokens = context.tokens
            asked.append(Asked(context.unread, context.cached, states(drafter.rules, tokens, len(tokens), 1)))
        else:
            asked.append(Asked((), context.cached, ()))
    decided = draft.decide(asked, first, _shared_head([rows[index].drafter for index in going]))
    for index in going:
        best = decided[index - first]
        rows[index].drafter.take_best(best.tokens[0], exp(best.log_probabilities[0]))


def _fits(rules: Rules | None) -> bool:
    return rules is not None and fits(rules)


def _shared_head(drafters: Sequence[Drafter]) -> SmallHead | None:
    """The smaller output head that all of these use; those in several languages share none."""
    first = drafters[0].head
    return first if all(each.head is first for each in drafters) else None


def verify(main: Rows, rows: Sequence[Row], proposals: Sequence[Proposal]) -> list[Verdict]:
    """One pass of main over what is new in every row and its proposal, and how much of that stands."""
    questions = [
        Question.about(row.tokens, row.cached, proposal, row.end, alone=len(rows) == 1)
        for row, proposal in zip(rows, proposals, strict=True)
    ]
    if main.decides and all(row.choice.decidable for row in rows):
        return _decided(main, rows, questions)
    wanted = [question.wanted for question in questions]
    logits = main.read([Pass(each.unread, each.cached, each.wanted) for each in questions])
    parts = logits.split(wanted) if len(rows) > 1 else (logits,)
    return [
        row.choice.judge(question, part, partial(main.alone, index))
        for index, (row, question, part) in enumerate(zip(rows, questions, parts, strict=True))
    ]


def _decided(main: Rows, rows: Sequence[Row], questions: Sequence[Question]) -> list[Verdict]:
    """The verdicts where main says itself which tokens are best."""

    def asked(row: Row, question: Question, start: int, first: int, count: int) -> Asked:
        assert isinstance(row.choice, Greedy)
        tokens = question.sequence[start : first + count - 1]
        return Asked(tokens, start, states(row.choice.rules, question.sequence, first, count))

    def again(index: int, at: int) -> int:
        """What a row decides by itself after so many proposals; see :meth:`Greedy.judge`."""
        question = questions[index]
        first = question.first + at
        start = question.cached if at == 0 else first - 1
        (alone,) = main.decide([asked(rows[index], question, start, first, 1)], index)
        return alone.tokens[0]

    decided = main.decide(
        [
            asked(row, each, each.cached, each.first, each.wanted)
            for row, each in zip(rows, questions, strict=True)
        ]
    )
    verdicts = []
    for index, (row, question, each) in enumerate(zip(rows, questions, decided, strict=True)):
        assert isinstance(row.choice, Greedy)
        verdicts.append(row.choice.verdict(question, each, partial(again, index)))
    return verdicts


class Row:
    """A window being written: a sequence that only grows, and the cycles that wrote it.

    Args:
        prompt: the ids to start from, not empty.
        choice: how main chooses its tokens.
        drafter: proposes; ``Silent()`` makes this greedy decoding.
        end: id of end-of-text.
        limit: longest sequence, prompt included (Whisper: 448).
        window: recorded in the cycles.
        cached: how much of the prompt main has read already; not all of it.
        on_cycle: told after each cycle what has been written so far.
        watch: ends the text where it has become a loop; None: nobody looks.

    Attributes:
        tokens: prompt and text so far.
        cached: main's cache is valid for ``tokens[:cached]``: to reject proposals moves an integer.
    """

    def __init__(
        self,
        prompt: Sequence[int],
        *,
        choice: Choice,
        drafter: Drafter | None = None,
        end: int,
        limit: int,
        window: int = 0,
        cached: int = 0,
        on_cycle: OnCycle | None = None,
        watch: LoopWatch | None = None,
    ) -> None:
        self.tokens = list(prompt)
        self.cached = cached
        self.choice = choice
        self.drafter: Drafter = drafter or Silent()
        self.end = end
        self._prompt = len(prompt)
        self._limit = limit
        self._window = window
        self.on_cycle = on_cycle
        self._cycles: list[Cycle] = []
        self._watch = watch
        self._ended = self._looped = False

    @property
    def finished(self) -> bool:
        return self._ended or self._looped or len(self.tokens) >= self._limit

    @property
    def room(self) -> int:
        """How many proposals fit; main's own token, which comes with every pass, has its place."""
        return self._limit - len(self.tokens) - 1

    def keep(self, proposal: Proposal, verdict: Verdict, draft_seconds: float, verify_seconds: float) -> None:
        """Write down what a cycle decided, and let the drafter learn from it."""
        own = () if verdict.correction is None else (verdict.correction,)
        written = (*proposal.tokens[: verdict.accepted], *own)
        if self._watch is not None:
            written = self._until_loop(self._watch, written)
        self.cached = len(self.tokens) + verdict.accepted
        self.tokens.extend(written)
        self._ended = self.tokens[-1] == self.end
        self._cycles.append(
            Cycle(
                proposed=proposal.tokens,
                accepted=min(verdict.accepted, len(written)),
                correction=verdict.correction if len(written) > verdict.accepted else None,
                draft_probability=proposal.probabilities,
                draft_seconds=draft_seconds,
                verify_seconds=verify_seconds,
                near_ties=verdict.near_ties,
                held_back=proposal.held_back,
                source=proposal.source,
                log_probabilities=verdict.log_probabilities[: len(written)],
                window=self._window,
            )
        )
        self.drafter.learn(proposal, verdict.accepted)
        if self.on_cycle:
            self.on_cycle(self.written)

    def _until_loop(self, watch: LoopWatch, written: tuple[int, ...]) -> tuple[int, ...]:
        """What a cycle wrote, up to the token that makes the text a loop."""
        for count, token in enumerate(written, 1):
            if token != self.end and watch.loops(token):
                self._looped = True
                return written[:count]
        return written

    @property
    def written(self) -> Sequence[int]:
        """The text so far, without end-of-text."""
        return self.tokens[self._prompt : -1] if self._ended else self.tokens[self._prompt :]

    def decoded(self) -> Decoded:
        return Decoded(
            tokens=tuple(self.written), cycles=tuple(self._cycles), ended=self._ended, looped=self._looped
        )
