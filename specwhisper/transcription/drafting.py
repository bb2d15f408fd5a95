"""Which kind of drafter two models need, from what their vocabularies have in common."""

from __future__ import annotations

from specwhisper.decoding.batch_draft import Drafting
from specwhisper.decoding.draft import Draft
from specwhisper.decoding.drafter import Bridge, Drafter, ModelDrafter, Silent
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.reader import NetworkReader
from specwhisper.decoding.retokenise import RetokenisingDrafter
from specwhisper.decoding.sampling_drafter import SamplingDrafter
from specwhisper.errors import OptionError
from specwhisper.models.caches import CrossCache
from specwhisper.models.small_head import SmallHead
from specwhisper.transcription.model import Model
from specwhisper.vocabulary.remap import Remap

# What a vocabulary without the language is told instead: its nearest relative.
_RELATIVES = {"yue": "zh"}


class Pairing:
    """How one draft speaks to one main; worked out once, when the two are loaded.

    Same tokens: proposals are compared as they are. Two multilingual versions: mapped one to one by name.
    Anything else (an English-only model on one side, a fine-tuned tokenizer): through bytes.
    """

    def __init__(self, main: Model, draft: Model) -> None:
        self._main = main
        self._draft = draft
        self._same_text = main.codec.same_text_tokens(draft.codec)
        self._same = self._same_text and main.vocabulary == draft.vocabulary
        if self._same_text and not self._same:
            self._to_draft = Remap.between(main.vocabulary, draft.vocabulary)
            self._to_main = Remap.between(draft.vocabulary, main.vocabulary)

    def drafter(self, reader: NetworkReader, lookahead: Lookahead, *, language: str, task: str) -> Drafter:
        """A drafter for one clip that proposes in main's vocabulary.

        A draft that cannot be told the language or the task keeps silent, and main decodes alone.

        Args:
            reader: the draft model, hearing the clip.
        """
        main, draft = self._main, self._draft
        if not self._understands(language, task):
            return Silent()
        prompt = _own_prompt(draft, language, task)
        rules, end, small = draft.rules(len(prompt)), draft.vocabulary.end_of_text, self._small_head(language)
        if small:
            writer = Draft(reader.with_head(small.head), rules, end, small)
        else:
            writer = Draft(reader, rules, end)
        main_prompt = len(main.vocabulary.prompt(language, task))
        if self._same_text:
            return ModelDrafter(writer, lookahead, self._bridge(prompt, main_prompt))
        return RetokenisingDrafter(
            writer,
            lookahead,
            prompt=prompt,
            main_prompt=main_prompt,
            main_end=main.vocabulary.end_of_text,
            main=main.codec,
            own=draft.codec,
        )

    def sampling_drafter(
        self, reader: NetworkReader, lookahead: Lookahead, *, language: str, task: str
    ) -> SamplingDrafter | None:
        """The twin of :meth:`drafter` that draws; None where the draft keeps silent or has other tokens.

        Through bytes there is no such thing: the distribution of a text that is cut anew is not known.
        """
        draft = self._draft
        if not self._same_text or not self._understands(language, task):
            return None
        prompt = _own_prompt(draft, language, task)
        writer = Draft(reader, draft.rules(len(prompt)), draft.vocabulary.end_of_text)
        main_prompt = len(self._main.vocabulary.prompt(language, task))
        return SamplingDrafter(writer, lookahead, self._bridge(prompt, main_prompt))

    @property
    def token_by_token(self) -> bool:
        """Whether each of the draft's tokens is one of main's, as a batch needs it."""
        return self._same_text

    def drafting(self, cross: CrossCache, *, language: str, task: str) -> Drafting | None:
        """The twin of :meth:`drafter` for a clip of a batch; None where the draft keeps silent.

        Args:
            cross: what the draft model heard, one row.

        Raises:
            ValueError: the models do not pair token by token.
        """
        if not self._same_text:
            raise ValueError("a batch drafts token by token")
        if not self._understands(language, task):
            return None
        prompt = _own_prompt(self._draft, language, task)
        main_prompt = len(self._main.vocabulary.prompt(language, task))
        return Drafting(
            cross,
            self._draft.rules(len(prompt)),
            self._draft.vocabulary.end_of_text,
            self._bridge(prompt, main_prompt),
            self._small_head(language),
        )

    def _understands(self, language: str, task: str) -> bool:
        return self._draft.vocabulary.multilingual or (language == "en" and task == "transcribe")

    def _small_head(self, language: str) -> SmallHead | None:
        return self._draft.heads.of(language) if self._draft.heads else None

    def _bridge(self, prompt: tuple[int, ...], main_prompt: int) -> Bridge | None:
        return None if self._same else Bridge(prompt, main_prompt, self._to_draft, self._to_main)


def _own_prompt(draft: Model, language: str, task: str) -> tuple[int, ...]:
    try:
        return draft.vocabulary.prompt(language, task)
    except OptionError:
        return draft.vocabulary.prompt(_RELATIVES.get(language, "en"), task)
