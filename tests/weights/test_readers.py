"""A random model written in each format is read back as it was; what is damaged is refused in words."""

from __future__ import annotations

import json
import random
import resource
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from specwhisper.errors import ModelError, WeightsCorruptError
from specwhisper.weights.local import examine
from specwhisper.weights.tensor_names import Tensors, check_tensors
from specwhisper.weights.weights import read_files
from tests.weights import writers
from tests.weights.writers import SMALL, random_tensors


def write(kind: str, folder: Path, tensors: Tensors) -> Path:
    """Write in a format; return what a user would name."""
    if kind == "ct2":
        return writers.write_ct2(folder / "model.bin", tensors)
    if kind == "ggml":
        return writers.write_ggml(folder / "ggml-small.bin", tensors)
    if kind == "openai":
        return writers.write_openai(folder / "small.pt", tensors)
    if kind == "onnx":
        writers.write_onnx(folder)
        return folder
    return writers.write_hf(folder, tensors, shards=3 if kind == "sharded" else 1)


KINDS = ("ct2", "ggml", "openai", "huggingface", "sharded")


def assert_equal(read: Tensors, written: Tensors) -> None:
    assert read.keys() == written.keys()
    for name, tensor in written.items():
        assert read[name].dtype == tensor.dtype, name
        assert torch.equal(read[name], tensor), name


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize("kind", KINDS)
def test_reads_back_what_was_written(kind: str, dtype: torch.dtype, tmp_path: Path) -> None:
    written = random_tensors(dtype=dtype)
    dims, read = read_files(examine(write(kind, tmp_path, written)))
    assert dims == SMALL
    assert_equal(read, written)


def test_onnx_is_dequantised(tmp_path: Path) -> None:
    meaning = writers.write_onnx(tmp_path)
    dims, read = read_files(examine(tmp_path))
    assert dims == SMALL
    assert_equal(read, meaning)


def test_a_ggml_file_may_mix_number_formats(tmp_path: Path) -> None:
    written = random_tensors()
    written = {name: tensor.float() if tensor.ndim == 1 else tensor for name, tensor in written.items()}
    path = writers.write_ggml(tmp_path / "m.bin", written)
    assert_equal(read_files(examine(path))[1], written)


def test_a_fine_tuned_vocabulary_is_fine(tmp_path: Path) -> None:
    dims = replace(SMALL, vocab_size=77)
    folder = writers.write_hf(tmp_path, random_tensors(dims), dims)
    assert read_files(examine(folder))[0] == dims


def test_the_file_inside_a_folder_stands_for_it(tmp_path: Path) -> None:
    writers.write_hf(tmp_path, random_tensors())
    assert examine(tmp_path / "model.safetensors") == examine(tmp_path)


def test_int8_models_are_refused_with_advice(tmp_path: Path) -> None:
    tensors = random_tensors()
    ggml = writers.write_ggml(tmp_path / "q.bin", tensors, number_format=8)
    with pytest.raises(ModelError, match=r"quantised.*fp16"):
        read_files(examine(ggml))
    ct2 = writers.write_ct2(tmp_path / "model.bin", tensors, int8=True)
    with pytest.raises(ModelError, match=r"quantised.*float16"):
        read_files(examine(ct2))


def test_a_pickle_that_wants_to_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return (Path.touch, (Path(tmp_path / "ran"),))  # type: ignore[return-value]

    torch.save({"dims": Evil(), "model_state_dict": {}}, tmp_path / "evil.pt")
    with pytest.raises(WeightsCorruptError):
        read_files(examine(tmp_path / "evil.pt"))
    assert not (tmp_path / "ran").exists()


def test_an_untied_head_or_biased_keys_are_refused(tmp_path: Path) -> None:
    tensors = random_tensors()
    folder = writers.write_hf(
        tmp_path / "biased", tensors | {"decoder.layers.0.self_attn.k_proj.bias": torch.ones(64)}
    )
    with pytest.raises(ModelError, match="biased keys"):
        read_files(examine(folder))
    folder = writers.write_hf(tmp_path / "untied", tensors)
    stored = load_file(folder / "model.safetensors")
    save_file(stored | {"proj_out.weight": stored["proj_out.weight"] - 1}, folder / "model.safetensors")
    with pytest.raises(ModelError, match="output head"):
        read_files(examine(folder))


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "bert"},
        {"encoder_ffn_dim": 100},
        {"scale_embedding": True},
        {"d_model": 10**12},
        {"vocab_size": "many"},
        {"encoder_layers": -1},
    ],
)
def test_unusual_configurations_are_refused(change: dict[str, object], tmp_path: Path) -> None:
    folder = writers.write_hf(tmp_path, random_tensors())
    (folder / "config.json").write_text(json.dumps(writers.hf_config() | change))
    with pytest.raises(ModelError):
        read_files(examine(folder))


def test_the_checker_names_the_first_wrong_tensor() -> None:
    tensors = random_tensors()
    check_tensors(tensors, SMALL, "it")
    name = "decoder.layers.1.fc1.weight"
    with pytest.raises(WeightsCorruptError, match=f"lacks.*{name}"):
        check_tensors({key: value for key, value in tensors.items() if key != name}, SMALL, "it")
    with pytest.raises(WeightsCorruptError, match=f"{name} of shape"):
        check_tensors(tensors | {name: tensors[name].T}, SMALL, "it")
    with pytest.raises(WeightsCorruptError, match=r"int8"):
        check_tensors(tensors | {name: tensors[name].to(torch.int8)}, SMALL, "it")
    with pytest.raises(WeightsCorruptError, match="surplus"):
        check_tensors(tensors | {"surplus": torch.ones(1)}, SMALL, "it")


def largest(path: Path) -> Path:
    """The file that holds the weights of what a user named."""
    files = [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]
    return max(files, key=lambda file: file.stat().st_size)


@pytest.mark.parametrize("kind", [*KINDS, "onnx"])
@pytest.mark.parametrize("keep", [0, 1, 5, 40, 0.3, 0.5, 0.999])
def test_cut_files_are_refused(kind: str, keep: float, tmp_path: Path) -> None:
    named = write(kind, tmp_path, random_tensors())
    file = largest(named)
    content = file.read_bytes()
    file.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    with pytest.raises(ModelError):
        read_files(examine(named))


@pytest.mark.parametrize("kind", [*KINDS, "onnx"])
def test_random_damage_never_escapes_as_another_error(kind: str, tmp_path: Path) -> None:
    named = write(kind, tmp_path, random_tensors())
    file = largest(named)
    content = file.read_bytes()
    generator = random.Random(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for attempt in range(120):
        damaged = bytearray(content)
        if attempt % 10 == 0:
            start = generator.randrange(len(content))
            length = min(2000, len(content) - start)
            damaged[start : start + length] = generator.randbytes(length)
        else:  # headers and names are where damage is interesting, and they lie in front or at the end
            near = generator.choice((64, 400, 4000))
            at = generator.randrange(min(near, len(content)))
            damaged[at if generator.random() < 0.6 else -at - 1] = generator.randrange(256)
        file.write_bytes(damaged)
        try:
            read_files(examine(named))
        except ModelError as error:
            assert str(error)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000, f"{grown} kB reserved for a file of {len(content)} bytes"


def test_absurd_sizes_reserve_nothing(tmp_path: Path) -> None:
    name = struct.pack("<H", 12) + b"WhisperSpec\0"
    weight = b"encoder/conv1/weight\0"
    variable = (
        struct.pack("<H", len(weight)) + weight + struct.pack("<B3IBI", 3, *([2**32 - 1] * 3), 0, 2**32 - 1)
    )
    (tmp_path / "model.bin").write_bytes(struct.pack("<I", 6) + name + struct.pack("<II", 3, 1) + variable)
    with pytest.raises(WeightsCorruptError, match="damaged or cut short"):
        read_files(examine(tmp_path))
    big = tmp_path / "big.bin"
    big.write_bytes(struct.pack("<I11i", 0x67676D6C, *([2**31 - 1] * 11)))
    with pytest.raises(WeightsCorruptError):
        read_files(examine(big))


def test_what_is_no_model_is_refused_with_the_formats_that_are(tmp_path: Path) -> None:
    (tmp_path / "text.bin").write_text("hello")
    for path in (tmp_path / "text.bin", tmp_path):
        with pytest.raises(ModelError, match="Hugging Face folder"):
            examine(path)


def test_shards_may_not_lie_elsewhere(tmp_path: Path) -> None:
    folder = writers.write_hf(tmp_path, random_tensors(), shards=2)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "../outside.safetensors"}}))
    with pytest.raises(WeightsCorruptError, match="outside"):
        examine(folder)
