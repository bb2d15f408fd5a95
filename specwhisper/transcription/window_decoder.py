"""One pair of models at work: windows are encoded, begun as rows, and written cycle by cycle.

It knows no recording, no file and no client. The scheduler is the only one that calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from time import perf_counter

import torch

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.decoding.acceptance import Greedy
from specwhisper.decoding.beam import BeamSearch
from specwhisper.decoding.cycle import Row, cycle
from specwhisper.decoding.device_slots import DeviceSlots
from specwhisper.decoding.drafters.base import Drafter, Silent
from specwhisper.decoding.drafters.chained import ChainedDrafter
from specwhisper.decoding.drafters.text import Ids, TextDrafter
from specwhisper.decoding.loops import LoopWatch
from specwhisper.decoding.noise import Noise
from specwhisper.decoding.reader import NetworkReader
from specwhisper.decoding.sampling.sampled import Sampled
from specwhisper.errors import NoRoomError
from specwhisper.network.caches import Audio
from specwhisper.network.recorder import Recorder
from specwhisper.results import Seconds
from specwhisper.transcription.alignment import Aligned, align
from specwhisper.transcription.language import detect_language
from specwhisper.transcription.model import TRIMMED_MARGIN, Model, positions_with
from specwhisper.transcription.pairing import Pairing
from specwhisper.transcription.tasks import (
    Align,
    Beams,
    Detected,
    DetectLanguage,
    Drawn,
    Encode,
    EncodedWindow,
    Likeliest,
    Score,
    WindowPrompt,
    WindowTask,
    Written,
)


@dataclass(slots=True)
class _Active:
    """A window that is being written, and for whom."""

    owner: Hashable
    row: Row | BeamSearch
    no_speech_prob: float
    other: float = 0.0

    def written(self) -> Written:
        return Written(self.row.decoded(), self.no_speech_prob, self.other)


class WindowDecoder:
    """The models of one pair, and the rows that they are writing.

    Args:
        main: the model whose texts these are.
        draft: proposes; None decodes with main alone.
        guard: see :class:`specwhisper.decoding.acceptance.Greedy`.
        clock: seconds, with the device synchronised.
        recorder: of the card they are on; None on a CPU.
    """

    def __init__(
        self,
        main: Model,
        draft: Model | None,
        guard: float,
        clock: Callable[[], float],
        recorder: Recorder | None = None,
    ) -> None:
        self.main = main
        self.draft = draft
        self.pairing = Pairing(main, draft) if draft else None
        self.clock = clock
        self.guard = guard
        self._main_slots = main.slots(recorder=recorder)
        self._draft_slots = draft.slots(recorder=recorder) if draft else None
        self._rows: list[_Active] = []  # row i is slot i
        self._searches: list[_Active] = []
        self.most_rows: float = inf  # as far as is known
        self._reached: float | None = None  # when the latest cycle ended, if nothing was done since

    @property
    def busy(self) -> bool:
        """Whether a window is being written."""
        return bool(self._rows or self._searches)

    def record(self) -> None:
        """Have the passes of one window ready, where they are recorded: nobody shall wait for them later."""
        need = 0
        for model, slots in ((self.main, self._main_slots), (self.draft, self._draft_slots)):
            if model and isinstance(slots, DeviceSlots):
                slots.record(model.head_of("en"))  # the likeliest language; others when they are needed
                need += slots.row_bytes
        if need:
            # Rows double, and while they do the former ones are still there.
            self.most_rows = rows_within(torch.cuda.mem_get_info(self.main.network.device)[0], need)

    def encode(self, task: Encode) -> EncodedWindow:
        """Run the encoders over a window."""
        self._reached = None
        return encode(self.main, self.draft, task, self.clock)

    def detect(self, task: DetectLanguage) -> Detected:
        """Find out which language is spoken, listening elsewhere while main is unsure."""
        self._reached = None
        began = self.clock()

        def further() -> Iterator[NetworkReader]:
            for samples in task.elsewhere():  # gathered only where main is unsure
                window = encode(self.main, None, Encode(samples, False, task.blank), self.clock)
                yield self.main.reader(window.main)

        here = self.main.reader(task.window.main)
        spoken = detect_language(here, self.main.vocabulary, task.among, further())
        return Detected(spoken, self.clock() - began)

    def align(self, task: Align) -> Aligned:
        """Find out when the tokens of a window were said."""
        self._reached = None
        began = self.clock()
        reader = self.main.reader(task.window.main)
        found = align(self.main, reader, task.language, task.task, task.tokens, task.window.sound)
        return replace(found, seconds=self.clock() - began)

    def score(self, task: Score) -> tuple[float, ...]:
        """How likely main finds some tokens after others."""
        self._reached = None
        opening = self.main.vocabulary.prompt(task.language, task.task)
        read = [*opening, *task.before, *task.tokens]
        first = len(opening) + len(task.before) - 1
        end = self.main.vocabulary.end_of_text
        rows = self.main.reader(task.window.main).read(read[:-1], 0)[first:, :end].softmax(-1)
        chosen = torch.tensor([*task.tokens], device=rows.device)[:, None]
        return tuple(rows.gather(-1, chosen)[:, 0].tolist())

    def begin(self, task: WindowTask, owner: Hashable) -> Written | None:
        """Make a window a row of the batch; its text comes from :meth:`step`, unless there is no room for
        any.

        Args:
            owner: named by :meth:`step` when it is done.

        Raises:
            NoRoomError: there is not enough memory for another row.
        """
        self._reached = None
        began = self.clock()
        try:
            active = self._search(task, owner) if isinstance(task.choice, Beams) else self._row(task, owner)
        except torch.cuda.OutOfMemoryError as error:
            self.most_rows = max(1, len(self._rows))
            torch.cuda.empty_cache()
            raise NoRoomError(
                f"The card's memory does not hold a window of {self.main.name} beside what is there: take a "
                "smaller pair, or let other programs leave the card."
            ) from error
        active.other = self.clock() - began
        if active.row.finished:  # a prompt that leaves no room
            return active.written()
        if isinstance(active.row, Row):
            self._rows.append(active)
        else:
            self._searches.append(active)
        return None

    def write(self, task: WindowTask) -> Written:
        """Write one window by itself; no other may be begun."""
        written = self.begin(task, self)
        while written is None:
            written = next((found for _, found in self.step()), None)
        return written

    def step(self) -> list[tuple[Hashable, Written]]:
        """One cycle of every window, and those that it finished."""
        if self._rows:
            rows = [each.row for each in self._rows if isinstance(each.row, Row)]
            # Every step of a cycle ends with a decision on the host: there is nothing else to wait for.
            self._reached = cycle(self._main_slots, self._draft_slots, rows, perf_counter, self._reached)
        for search in self._searches:
            assert isinstance(search.row, BeamSearch)
            search.row.step()
            self._reached = None
        done = [each for each in (*self._rows, *self._searches) if each.row.finished]
        for each in done:
            self.drop(each.owner)
        return [(each.owner, each.written()) for each in done]

    def drop(self, owner: Hashable) -> None:
        """Let a window go; its row is free."""
        self._searches = [each for each in self._searches if each.owner is not owner]
        slot = next((slot for slot, each in enumerate(self._rows) if each.owner is owner), None)
        if slot is None:
            return
        last = len(self._rows) - 1
        moved = self._rows.pop()
        for slots in (self._main_slots, self._draft_slots):
            if slots:
                if slot < last:
                    slots.move(last, slot)
                slots.leave(last)
        if slot < last:
            self._rows[slot] = moved

    def clear(self) -> None:
        """Let all windows go."""
        for each in (*self._rows, *self._searches):
            self.drop(each.owner)

    def _row(self, task: WindowTask, owner: Hashable) -> _Active:
        main, prompt = self.main, task.prompt
        ids, limit = self._frame(prompt)
        begun = (*ids, *prompt.written)
        rules = main.rules(len(ids), timestamps=prompt.timestamps)
        choice: Greedy | Sampled
        if isinstance(task.choice, Drawn):
            # On the CPU wherever the models are: a seed then means the same draws on every device.
            generator = torch.Generator().manual_seed(task.choice.seed)
            choice = Sampled(rules, task.choice.temperature, generator)
        else:
            assert isinstance(task.choice, Likeliest)
            choice = Greedy(rules, self.guard, self._noise(task.choice), scored=prompt.timestamps)
        slot = len(self._rows)
        self._main_slots.grow(slot + 1)
        self._main_slots.admit(slot, task.window.main)
        if self._draft_slots:
            self._draft_slots.grow(slot + 1)
        if task.window.draft is not None and self._draft_slots:
            self._draft_slots.admit(slot, task.window.draft)
        drafter = self._drafter(task, choice, len(begun), owner)
        cached, no_speech_prob = 0, 0.0
        if prompt.timestamps:
            cached, no_speech_prob = self._open(self._main_slots.alone(slot), prompt, ids)
        if self._main_slots.decides and cached < len(begun) - 1:
            # Recorded passes are short; and however much is proposed first, the prompt is read the same way.
            self._main_slots.alone(slot).fill(begun[cached:-1], cached)
            cached = len(begun) - 1
        row = Row(
            begun,
            choice=choice,
            drafter=drafter,
            end=main.vocabulary.end_of_text,
            limit=limit if task.most is None else min(limit, len(begun) + task.most),
            window=task.number,
            cached=cached,
            on_cycle=task.on_cycle,
            watch=LoopWatch(main.vocabulary.timestamp_begin) if task.stop_loops else None,
        )
        return _Active(owner, row, no_speech_prob)

    def _drafter(self, task: WindowTask, choice: Greedy | Sampled, prompt: int, owner: Hashable) -> Drafter:
        """Who proposes: the draft, a text, or a text and where it is lost the draft."""

        def model() -> Drafter:
            assert self.pairing and task.lookahead
            return self.pairing.drafter(task.lookahead, task.prompt, choice)

        def hear() -> Drafter:
            assert self._draft_slots and task.window.draft_later
            slot = next(slot for slot, each in enumerate(self._rows) if each.owner is owner)
            self._draft_slots.admit(slot, task.window.draft_later())
            return model()

        drafted = bool(task.lookahead and self.pairing)
        if task.text is None or isinstance(choice, Sampled):
            return model() if drafted and task.window.draft is not None else Silent()
        ids = Ids(self.main.vocabulary.end_of_text, self.main.vocabulary.timestamp_begin)
        text = TextDrafter(
            task.text.known,
            task.text.agreement,
            start=task.text.start,
            prompt=prompt,
            ids=ids,
            timestamps=task.prompt.timestamps,
            trail=task.text.trail,
        )
        if not drafted or (task.window.draft is None and task.window.draft_later is None):
            return text
        assert task.lookahead
        heard = model if task.window.draft is not None else hear
        return ChainedDrafter(text, heard, task.lookahead, task.window.sound, prompt)

    def _search(self, task: WindowTask, owner: Hashable) -> _Active:
        assert isinstance(task.choice, Beams)
        main, prompt = self.main, task.prompt
        ids, limit = self._frame(prompt)
        no_speech_prob = 0.0
        if prompt.timestamps:
            _, no_speech_prob = self._open(main.reader(task.window.main), prompt, ids)
        search = BeamSearch(
            main.network,
            task.window.main,
            ids,
            rules=main.rules(len(ids), timestamps=prompt.timestamps),
            end=main.vocabulary.end_of_text,
            limit=limit,
            width=task.choice.width,
            length_penalty=task.choice.length_penalty,
            patience=task.choice.patience,
            clock=self.clock,
            window=task.number,
        )
        return _Active(owner, search, no_speech_prob)

    def _frame(self, prompt: WindowPrompt) -> tuple[tuple[int, ...], int]:
        """Main's prompt, and the longest sequence that begins with it."""
        ids, context = prompt.ids(self.main.vocabulary), self.main.context
        return ids, min(context, len(ids) + context // 2) if prompt.timestamps else context

    def _noise(self, choice: Likeliest) -> Noise | None:
        if choice.temperature == 0:
            return None
        models = [self.main, self.draft] if self.draft else [self.main]
        size = max(model.vocabulary.size for model in models)
        return Noise(choice.temperature, choice.seed, size, self.main.network.device)

    def _open(self, reader: NetworkReader, prompt: WindowPrompt, ids: tuple[int, ...]) -> tuple[int, float]:
        """Let main read the prompt, but for its end, and say how likely it is that nobody speaks.

        Returns:
            how much of the prompt has been read, and the probability of ``<|nospeech|>`` after
            ``<|startoftranscript|>`` (Radford et al. 2022, section 4.5).
        """
        vocabulary = self.main.vocabulary
        past = len(prompt.past(vocabulary))
        if past:
            reader.fill(ids[:past], 0)
        chances = reader.read(ids[past : past + 1], past)[0].softmax(-1)
        return min(past + 1, len(ids) - 1), float(chances[vocabulary.tasks["nospeech"]])


def rows_within(free: int, row: int) -> int:
    """How many rows so many bytes hold: a power of two, with a fifth left for what passes need besides.

    Args:
        row: bytes of one, of all models together.
    """
    rows = 1
    while 2 * rows * row <= 0.8 * free:
        rows *= 2
    return rows


def encode(main: Model, draft: Model | None, task: Encode, clock: Callable[[], float]) -> EncodedWindow:
    """Features, encoders and cross-attention keys and values of one window.

    Args:
        draft: encodes the window where the task asks for it; two models with one encoder run it once.
        clock: seconds, with the device synchronised.
    """
    samples = torch.from_numpy(task.samples)
    sound = len(samples) / SAMPLE_RATE
    t0 = clock()
    features = main.features(samples, blank=task.blank)
    if task.trimmed:
        features = features[..., : 2 * positions_with(len(samples), TRIMMED_MARGIN)]
    t1 = clock()
    states = main.network.encoder(features)
    cross = main.network.decoder.keys_values(states)
    t2 = clock()

    def heard_by(draft: Model) -> Audio:
        if draft.network.encoder is main.network.encoder:
            return draft.network.decoder.keys_values(states)
        same = draft.network.dims.n_mels == main.network.dims.n_mels
        own = features if same else draft.features(samples, blank=task.blank)
        return draft.network.decoder.keys_values(draft.network.encoder(draft.features_of(own, len(samples))))

    if draft is None or not task.drafted:
        later = partial(heard_by, draft) if draft and task.later else None
        return EncodedWindow(cross, None, Seconds(features=t1 - t0, encode_main=t2 - t1), sound, later)
    other = heard_by(draft)
    spent = Seconds(features=t1 - t0, encode_main=t2 - t1, encode_draft=clock() - t2)
    return EncodedWindow(cross, other, spent, sound)
