"""Which kind of drafter two models need, from what their vocabularies have in common."""

from __future__ import annotations

from dataclasses import replace

from specwhisper.decoding.acceptance import Greedy
from specwhisper.decoding.drafters.base import Drafter, Silent
from specwhisper.decoding.drafters.by_bytes import ByteDrafter
from specwhisper.decoding.drafters.model import Bridge, ModelDrafter, Speaker
from specwhisper.decoding.lookahead import Lookahead
from specwhisper.decoding.sampling.drafter import SamplingDrafter
from specwhisper.decoding.sampling.sampled import Sampled
from specwhisper.errors import OptionError
from specwhisper.transcription.model import Model
from specwhisper.transcription.tasks import WindowPrompt
from specwhisper.vocabulary.remap import Remap
from specwhisper.vocabulary.rules import Rules

# What a vocabulary without the language is told instead: its nearest relative.
_RELATIVES = {"yue": "zh"}


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

    def drafter(self, lookahead: Lookahead, prompt: WindowPrompt, choice: Greedy | Sampled) -> Drafter:
        """A drafter for one window that proposes in main's vocabulary.

        A draft that cannot be told the language or the task keeps silent, and main decodes alone; so does one
        whose tokens are not main's where main's are drawn: the distribution of a text that is cut anew is not
        known.

        Args:
            choice: main's: a draft of noisy or drawn text has the same noise or temperature.
        """
        draft = self.draft
        if not self._understands(prompt):
            return Silent()
        end, longest = draft.vocabulary.end_of_text, draft.context
        main_prompt = len(prompt.ids(self._main.vocabulary))
        head = draft.head_of(prompt.language)
        if not self._same_text:
            if isinstance(choice, Sampled):
                return Silent()
            own = _told(draft, prompt)
            return ByteDrafter(
                Speaker(draft.rules(len(own)), end, head),
                lookahead,
                prompt=own,
                main_prompt=main_prompt,
                main_end=self._main.vocabulary.end_of_text,
                main=self._main.codec,
                own=draft.codec,
                longest=longest,
            )
        own = self._prompt(prompt)
        rules = draft.rules(len(own), timestamps=prompt.timestamps)
        bridge = None if self._same else Bridge(own, main_prompt, self._to_draft, self._to_main)
        if isinstance(choice, Sampled):
            return SamplingDrafter(
                Speaker(rules, end), lookahead, choice.temperature, choice.generator, bridge, longest
            )
        if choice.noise:
            rules = Rules((*rules.rules, choice.noise))
        return ModelDrafter(Speaker(rules, end, head), lookahead, bridge, longest)

    @property
    def token_by_token(self) -> bool:
        """Whether each of the draft's tokens is one of main's, as drawing needs it."""
        return self._same_text

    def _understands(self, prompt: WindowPrompt) -> bool:
        english = prompt.language == "en" and prompt.task == "transcribe"
        return self.draft.vocabulary.multilingual or english

    def _prompt(self, prompt: WindowPrompt) -> tuple[int, ...]:
        """The draft's own prompt, where its text tokens are main's."""
        if self._same:
            return prompt.ids(self.draft.vocabulary)
        before = tuple(self._to_draft.prefix(prompt.before))
        told = _told(self.draft, prompt)
        return replace(prompt, before=before).past(self.draft.vocabulary) + told


def _told(draft: Model, prompt: WindowPrompt) -> tuple[int, ...]:
    """The draft's prompt without what was before: through bytes go neither that nor timestamps."""
    timestamps = prompt.timestamps and draft.vocabulary.multilingual
    try:
        return draft.vocabulary.prompt(prompt.language, prompt.task, timestamps=timestamps)
    except OptionError:
        relative = _RELATIVES.get(prompt.language, "en")
        return draft.vocabulary.prompt(relative, prompt.task, timestamps=timestamps)
