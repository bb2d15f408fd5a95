"""The models this project knows by name: their sizes, their home on the Hub, other places that have them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from specwhisper.names import shown
from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.packages import pinned as carried
from specwhisper.weights.packages.pinned import StoredFile

Kind = Literal["huggingface", "ct2", "ggml", "openai", "onnx"]


@dataclass(frozen=True, slots=True)
class Source:
    """One way to get a model's weights from packages.

    Attributes:
        kind: which reader understands the files.
        files: in the order in which that reader takes them (ONNX: encoder, decoder).
        exact: False when the weights went through a quantisation and are only close to the originals.
        generation_config: the model's own, where a package has it.
    """

    kind: Kind
    files: tuple[StoredFile, ...]
    exact: bool = True
    generation_config: StoredFile | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model of the catalogue.

    Attributes:
        hub_id: repository on the Hugging Face Hub.
        hub_bits: bits per weight stored there.
        sources: packages that carry the weights, best first.
        encoder_of: the model whose encoder this one has, bit for bit (so that it runs once for both).
        alignment_heads: (layer, head) pairs whose cross-attention follows the time, as OpenAI published
            them; given where a package brings no generation_config.json.
    """

    name: str
    description: str
    hub_id: str
    dims: Dimensions
    hub_bits: Literal[16, 32] = 32
    sources: tuple[Source, ...] = ()
    encoder_of: str | None = None
    alignment_heads: tuple[tuple[int, int], ...] = ()

    @property
    def hub_bytes(self) -> int:
        """About how much the Hub sends: weights and a tokenizer of 2.5 MB."""
        return self.dims.parameters * self.hub_bits // 8 + 2_500_000

    @property
    def tokenizers(self) -> tuple[StoredFile, ...]:
        """Ways to get the tokenizer from packages; empty when none carries it."""
        return carried.TOKENIZERS.get(self.dims.vocab_size, ())


def _dims(vocabulary: int, width: int, encoder: int, decoder: int, n_mels: int = 80) -> Dimensions:
    return Dimensions(n_mels, vocabulary, width, width // 64, encoder, decoder)


ENGLISH, V2, V3 = 51_864, 51_865, 51_866

_SPECS = (
    ModelSpec(
        "tiny",
        "39 M parameters, multilingual: the usual draft",
        "openai/whisper-tiny",
        _dims(V2, 384, 4, 4),
        sources=(Source("ggml", (carried.TINY_GGML,)),),
        alignment_heads=((2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)),
    ),
    ModelSpec(
        "tiny.en",
        "39 M parameters, English only",
        "openai/whisper-tiny.en",
        _dims(ENGLISH, 384, 4, 4),
        sources=(Source("ct2", (carried.TINY_EN_CT2,)), Source("openai", (carried.TINY_EN_OPENAI,))),
        alignment_heads=((1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4)),
    ),
    ModelSpec(
        "base",
        "74 M parameters, multilingual",
        "openai/whisper-base",
        _dims(V2, 512, 6, 6),
        sources=(Source("ct2", (carried.BASE_CT2,)),),
        alignment_heads=((3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)),
    ),
    ModelSpec(
        "base.en",
        "74 M parameters, English only",
        "openai/whisper-base.en",
        _dims(ENGLISH, 512, 6, 6),
        sources=(Source("ggml", (carried.BASE_EN_GGML,)),),
        alignment_heads=((3, 3), (4, 7), (5, 1), (5, 5), (5, 7)),
    ),
    ModelSpec(
        "small",
        "244 M parameters, multilingual",
        "openai/whisper-small",
        _dims(V2, 768, 12, 12),
        sources=(
            Source(
                "onnx",
                (carried.SMALL_ONNX_ENCODER, carried.SMALL_ONNX_DECODER),
                exact=False,
                generation_config=carried.SMALL_GENERATION,
            ),
        ),
    ),
    ModelSpec(
        "small.en", "244 M parameters, English only", "openai/whisper-small.en", _dims(ENGLISH, 768, 12, 12)
    ),
    ModelSpec("medium", "769 M parameters, multilingual", "openai/whisper-medium", _dims(V2, 1024, 24, 24)),
    ModelSpec(
        "medium.en",
        "769 M parameters, English only",
        "openai/whisper-medium.en",
        _dims(ENGLISH, 1024, 24, 24),
    ),
    ModelSpec(
        "large-v2", "1,550 M parameters, multilingual", "openai/whisper-large-v2", _dims(V2, 1280, 32, 32)
    ),
    ModelSpec(
        "large-v3",
        "1,550 M parameters, multilingual with Cantonese, 128 mel bins",
        "openai/whisper-large-v3",
        _dims(V3, 1280, 32, 32, 128),
        hub_bits=16,
    ),
    ModelSpec(
        "large-v3-turbo",
        "809 M parameters: large-v3 with 4 decoder layers, encoder fine-tuned along",
        "openai/whisper-large-v3-turbo",
        _dims(V3, 1280, 32, 4, 128),
        hub_bits=16,
    ),
    ModelSpec(
        "distil-small.en",
        "166 M parameters, English only: small.en with 4 decoder layers",
        "distil-whisper/distil-small.en",
        _dims(ENGLISH, 768, 12, 4),
        hub_bits=16,
    ),
    ModelSpec(
        "distil-medium.en",
        "394 M parameters, English only: medium.en with 2 decoder layers",
        "distil-whisper/distil-medium.en",
        _dims(ENGLISH, 1024, 24, 2),
        hub_bits=16,
    ),
    ModelSpec(
        "distil-large-v2",
        "756 M parameters, English: large-v2's encoder and 2 decoder layers",
        "distil-whisper/distil-large-v2",
        _dims(V2, 1280, 32, 2),
        hub_bits=16,
        encoder_of="large-v2",
    ),
    ModelSpec(
        "distil-large-v3",
        "756 M parameters, English: large-v3's encoder and 2 decoder layers",
        "distil-whisper/distil-large-v3",
        _dims(V3, 1280, 32, 2, 128),
        hub_bits=16,
        encoder_of="large-v3",
    ),
    ModelSpec(
        "distil-large-v3.5",
        "756 M parameters, English: large-v3's encoder and 2 decoder layers, trained longer",
        "distil-whisper/distil-large-v3.5",
        _dims(V3, 1280, 32, 2, 128),
        encoder_of="large-v3",  # its bits on the Hub could not be looked up: the larger download is told
    ),
)

MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in _SPECS}


def find_spec(reference: str) -> ModelSpec | None:
    """The model with that name or that Hub id, if the catalogue has it."""
    lowered = reference.lower()
    return MODELS.get(lowered) or next((spec for spec in _SPECS if spec.hub_id == lowered), None)


def unknown_model(name: str, *, catalogue_only: bool = False) -> str:
    """The sentence that says which model was probably meant."""
    near = difflib.get_close_matches(name.lower(), MODELS, n=3, cutoff=0.5)
    hint = f" (did you mean {' or '.join(near)}?)" if near else ""
    others = "" if catalogue_only else ", a Hub id (organisation/name), a folder or a file"
    return f"There is no model '{shown(name)}'{hint}: choose one of {', '.join(MODELS)}{others}."
