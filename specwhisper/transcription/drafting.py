"""Which kind of drafter two models need, from what their vocabularies have in common."""

from __future__ import annotations

from dataclasses import replace

from specwhisper.decoding.batch_draft import Drafting
from specwhisper.decoding.draft import Draft
from specwhisper.decoding.drafter import Bridge, Drafter, ModelDrafter, Silent
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.reader import NetworkReader
from specwhisper.decoding.retokenise import RetokenisingDrafter
from specwhisper.decoding.sampling_drafter import SamplingDrafter
from specwhisper.errors import OptionError
from specwhisper.models.caches import Audio
from specwhisper.models.small_head import SmallHead
from specwhisper.transcription.model import Model
from specwhisper.transcription.opening import Opening
from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.rules import Rule, Rules

# What a vocabulary without the language is told instead: its nearest relative.
_RELATIVES = {"yue": "zh"}

_LONG, _SHORT = 8, 2
"""A prompt longer than this (it holds earlier text) is read at once, but for its end, head spared."""


class Pairing:
    """How one draft speaks to one main; worked out once, when the two are loaded.

    Same tokens: proposals are compared as they are. Two multilingual versions: mapped one to one by name.
    Anything else (an English-only model on one side, a fine-tuned tokenizer): through bytes.
    """

    def __init__(self, main: Model, draft: Model) -> None:
        self.draft = draft
        self._main = main
        self._same_text = main.codec.same_text_tokens(draft.codec)
        self._same = self._same_text and main.vocabulary == draft.vocabulary
        if self._same_text and not self._same:
            self._to_draft = Remap.between(main.vocabulary, draft.vocabulary)
            self._to_main = Remap.between(draft.vocabulary, main.vocabulary)

    def drafter(
        self, reader: NetworkReader, lookahead: Lookahead, opening: Opening, noise: Rule | None = None
    ) -> Drafter:
        """A drafter for one clip that proposes in main's vocabulary.

        A draft that cannot be told the language or the task keeps silent, and main decodes alone.

        Args:
            reader: the draft model, hearing the clip.
            noise: main's, where its text is drawn; the draft then draws with the same.
        """
        draft = self.draft
        if not self._understands(opening):
            return Silent()
        end, small = draft.vocabulary.end_of_text, self._small_head(opening.language)
        main_prompt = len(opening.prompt(self._main.vocabulary))
        if not self._same_text:
            prompt = _told(draft, opening)
            return RetokenisingDrafter(
                Draft(
                    reader.with_head(small.head) if small else reader, draft.rules(len(prompt)), end, small
                ),
                lookahead,
                prompt=prompt,
                main_prompt=main_prompt,
                main_end=self._main.vocabulary.end_of_text,
                main=self._main.codec,
                own=draft.codec,
            )
        prompt = self._prompt(opening)
        rules = draft.rules(len(prompt), timestamps=opening.timestamps)
        if noise:
            rules = Rules((*rules.rules, noise))
        past = prompt[:-_SHORT] if len(prompt) > _LONG else ()
        if past:
            reader.fill(past, 0)
        writer = Draft(reader.with_head(small.head) if small else reader, rules, end, small, past)
        return ModelDrafter(writer, lookahead, self._bridge(prompt, main_prompt))

    def sampling_drafter(
        self, reader: NetworkReader, lookahead: Lookahead, opening: Opening
    ) -> SamplingDrafter | None:
        """The twin of :meth:`drafter` that draws; None where the draft keeps silent or has other tokens.

        Through bytes there is no such thing: the distribution of a text that is cut anew is not known.
        """
        draft = self.draft
        if not self._same_text or not self._understands(opening):
            return None
        prompt = self._prompt(opening)
        rules = draft.rules(len(prompt), timestamps=opening.timestamps)
        writer = Draft(reader, rules, draft.vocabulary.end_of_text)
        main_prompt = len(opening.prompt(self._main.vocabulary))
        return SamplingDrafter(writer, lookahead, self._bridge(prompt, main_prompt))

    @property
    def token_by_token(self) -> bool:
        """Whether each of the draft's tokens is one of main's, as a batch needs it."""
        return self._same_text

    def drafting(self, cross: Audio, opening: Opening) -> Drafting | None:
        """The twin of :meth:`drafter` for a clip of a batch; None where the draft keeps silent.

        Args:
            cross: what the draft model heard, one row.

        Raises:
            ValueError: the models do not pair token by token.
        """
        if not self._same_text:
            raise ValueError("a batch drafts token by token")
        if not self._understands(opening):
            return None
        prompt = self._prompt(opening)
        main_prompt = len(opening.prompt(self._main.vocabulary))
        return Drafting(
            cross,
            self.draft.rules(len(prompt), timestamps=opening.timestamps),
            self.draft.vocabulary.end_of_text,
            self._bridge(prompt, main_prompt),
            self._small_head(opening.language),
        )

    def _understands(self, opening: Opening) -> bool:
        english = opening.language == "en" and opening.task == "transcribe"
        return self.draft.vocabulary.multilingual or english

    def _small_head(self, language: str) -> SmallHead | None:
        return self.draft.heads.of(language) if self.draft.heads else None

    def _prompt(self, opening: Opening) -> tuple[int, ...]:
        """The draft's own prompt, where its text tokens are main's."""
        if self._same:
            return opening.prompt(self.draft.vocabulary)
        before = tuple(self._to_draft.prefix(opening.before))
        told = _told(self.draft, opening)
        return replace(opening, before=before).past(self.draft.vocabulary) + told

    def _bridge(self, prompt: tuple[int, ...], main_prompt: int) -> Bridge | None:
        return None if self._same else Bridge(prompt, main_prompt, self._to_draft, self._to_main)


def _told(draft: Model, opening: Opening) -> tuple[int, ...]:
    """The draft's prompt without what was before: through bytes go neither that nor timestamps."""
    timestamps = opening.timestamps and draft.vocabulary.multilingual
    try:
        return draft.vocabulary.prompt(opening.language, opening.task, timestamps=timestamps)
    except OptionError:
        relative = _RELATIVES.get(opening.language, "en")
        return draft.vocabulary.prompt(relative, opening.task, timestamps=timestamps)
