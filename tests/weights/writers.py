"""Small random models, and writers for every format that the readers read."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

from specwhisper.network.dimensions import Dimensions
from specwhisper.weights.tensor_names import Tensors, tensor_shapes

SMALL = Dimensions(
    n_mels=80,
    vocab_size=51,
    d_model=64,
    heads=1,
    encoder_layers=1,
    decoder_layers=2,
    audio_context=8,
    text_context=6,
)

# Our names to OpenAI's, spelled out here so that the tests do not lean on the table that they test.
_OPENAI = {
    "self_attn_layer_norm": "attn_ln",
    "encoder_attn_layer_norm": "cross_attn_ln",
    "final_layer_norm": "mlp_ln",
    "self_attn.q_proj": "attn.query",
    "self_attn.k_proj": "attn.key",
    "self_attn.v_proj": "attn.value",
    "self_attn.out_proj": "attn.out",
    "encoder_attn.q_proj": "cross_attn.query",
    "encoder_attn.k_proj": "cross_attn.key",
    "encoder_attn.v_proj": "cross_attn.value",
    "encoder_attn.out_proj": "cross_attn.out",
    "fc1": "mlp.0",
    "fc2": "mlp.2",
}
_OPENAI_TOP = {
    "encoder.layer_norm": "encoder.ln_post",
    "decoder.layer_norm": "decoder.ln",
    "decoder.embed_tokens": "decoder.token_embedding",
}


def random_tensors(dims: Dimensions = SMALL, dtype: torch.dtype = torch.float16, seed: int = 0) -> Tensors:
    """All tensors of a model of these dimensions."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: (torch.randn(shape, generator=generator) / 8).to(dtype)
        for name, shape in tensor_shapes(dims).items()
    }


def openai_name(name: str) -> str:
    if name.endswith("embed_positions.weight"):
        return name.replace("embed_positions.weight", "positional_embedding")
    stem, _, leaf = name.rpartition(".")
    if stem in _OPENAI_TOP:
        return f"{_OPENAI_TOP[stem]}.{leaf}"
    if ".layers." in stem:
        side, _, number, part = stem.split(".", 3)
        return f"{side}.blocks.{number}.{_OPENAI[part]}.{leaf}"
    return name


def write_openai(path: Path, tensors: Tensors, dims: Dimensions = SMALL) -> Path:
    sizes = {
        "n_mels": dims.n_mels,
        "n_vocab": dims.vocab_size,
        "n_audio_ctx": dims.audio_context,
        "n_audio_state": dims.d_model,
        "n_audio_head": dims.heads,
        "n_audio_layer": dims.encoder_layers,
        "n_text_ctx": dims.text_context,
        "n_text_state": dims.d_model,
        "n_text_head": dims.heads,
        "n_text_layer": dims.decoder_layers,
    }
    state = {openai_name(name): tensor for name, tensor in tensors.items()}
    torch.save({"dims": sizes, "model_state_dict": state}, path)
    return path


def write_ggml(path: Path, tensors: Tensors, dims: Dimensions = SMALL, number_format: int = 1) -> Path:
    with path.open("wb") as file:
        file.write(
            struct.pack(
                "<I11i",
                0x67676D6C,
                dims.vocab_size,
                dims.audio_context,
                dims.d_model,
                dims.heads,
                dims.encoder_layers,
                dims.text_context,
                dims.d_model,
                dims.heads,
                dims.decoder_layers,
                dims.n_mels,
                number_format,
            )
        )
        file.write(struct.pack("<2i", dims.n_mels, 201) + bytes(4 * dims.n_mels * 201))
        words = [b"a", b" the", "ü".encode()]
        file.write(struct.pack("<i", len(words)))
        for word in words:
            file.write(struct.pack("<I", len(word)) + word)
        for name, tensor in tensors.items():
            title = openai_name(name).encode()
            shape = (
                (*tensor.shape, 1) if name.startswith("encoder.conv") and tensor.ndim == 1 else tensor.shape
            )
            kind = {torch.float32: 0, torch.float16: 1}[tensor.dtype]
            file.write(struct.pack(f"<3i{len(shape)}i", len(shape), len(title), kind, *reversed(shape)))
            file.write(title + tensor.numpy().tobytes())
    return path


def write_ct2(path: Path, tensors: Tensors, dims: Dimensions = SMALL, *, int8: bool = False) -> Path:
    """``int8`` adds what a quantised model has: scales."""
    variables: dict[str, torch.Tensor] = {
        "encoder/conv1/weight": tensors["encoder.conv1.weight"],
        "encoder/conv1/bias": tensors["encoder.conv1.bias"],
        "encoder/conv2/weight": tensors["encoder.conv2.weight"],
        "encoder/conv2/bias": tensors["encoder.conv2.bias"],
        "encoder/num_heads": torch.tensor(dims.heads, dtype=torch.int16),
        "decoder/scale_embeddings": torch.tensor(0, dtype=torch.int8),
        "decoder/embeddings/weight": tensors["decoder.embed_tokens.weight"],
    }
    if int8:
        variables["decoder/embeddings/weight_scale"] = torch.ones(dims.vocab_size)

    def linear(target: str, source: str, parts: tuple[str, ...]) -> None:
        variables[f"{target}/weight"] = torch.cat([tensors[f"{source}.{part}.weight"] for part in parts])
        zero = torch.zeros_like(tensors[f"{source}.{parts[0]}.weight"][:, 0])
        biases = [tensors.get(f"{source}.{part}.bias", zero) for part in parts]
        variables[f"{target}/bias"] = torch.cat(biases)

    def norm(target: str, source: str) -> None:
        variables[f"{target}/gamma"] = tensors[f"{source}.weight"]
        variables[f"{target}/beta"] = tensors[f"{source}.bias"]

    for side, layers in (("encoder", dims.encoder_layers), ("decoder", dims.decoder_layers)):
        variables[f"{side}/position_encodings/encodings"] = tensors[f"{side}.embed_positions.weight"]
        norm(f"{side}/layer_norm", f"{side}.layer_norm")
        for number in range(layers):
            to, of = f"{side}/layer_{number}", f"{side}.layers.{number}"
            norm(f"{to}/self_attention/layer_norm", f"{of}.self_attn_layer_norm")
            linear(f"{to}/self_attention/linear_0", f"{of}.self_attn", ("q_proj", "k_proj", "v_proj"))
            linear(f"{to}/self_attention/linear_1", f"{of}.self_attn", ("out_proj",))
            if side == "decoder":
                norm(f"{to}/attention/layer_norm", f"{of}.encoder_attn_layer_norm")
                linear(f"{to}/attention/linear_0", f"{of}.encoder_attn", ("q_proj",))
                linear(f"{to}/attention/linear_1", f"{of}.encoder_attn", ("k_proj", "v_proj"))
                linear(f"{to}/attention/linear_2", f"{of}.encoder_attn", ("out_proj",))
            norm(f"{to}/ffn/layer_norm", f"{of}.final_layer_norm")
            linear(f"{to}/ffn/linear_0", of, ("fc1",))
            linear(f"{to}/ffn/linear_1", of, ("fc2",))
    kinds = {torch.float32: 0, torch.int8: 1, torch.int16: 2, torch.float16: 4}

    def name(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    with path.open("wb") as file:
        file.write(struct.pack("<I", 6) + name("WhisperSpec") + struct.pack("<II", 3, len(variables)))
        for title, value in sorted(variables.items()):
            file.write(name(title) + struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape))
            file.write(struct.pack("<BI", kinds[value.dtype], value.nbytes) + value.numpy().tobytes())
        file.write(
            struct.pack("<I", 1) + name("decoder/projection/weight") + name("decoder/embeddings/weight")
        )
    return path


def hf_config(dims: Dimensions = SMALL) -> dict[str, object]:
    return {
        "model_type": "whisper",
        "num_mel_bins": dims.n_mels,
        "vocab_size": dims.vocab_size,
        "d_model": dims.d_model,
        "encoder_attention_heads": dims.heads,
        "decoder_attention_heads": dims.heads,
        "encoder_layers": dims.encoder_layers,
        "decoder_layers": dims.decoder_layers,
        "encoder_ffn_dim": 4 * dims.d_model,
        "decoder_ffn_dim": 4 * dims.d_model,
        "max_source_positions": dims.audio_context,
        "max_target_positions": dims.text_context,
        "activation_function": "gelu",
    }


def write_hf(folder: Path, tensors: Tensors, dims: Dimensions = SMALL, shards: int = 1) -> Path:
    """A folder like save_pretrained's; whole, or in shards with an index."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(hf_config(dims)))
    named = {f"model.{name}": tensor.clone() for name, tensor in tensors.items()}
    named["proj_out.weight"] = tensors["decoder.embed_tokens.weight"].clone()
    if shards == 1:
        save_file(named, folder / "model.safetensors")
        return folder
    where = {
        name: f"model-{number % shards + 1:05}-of-{shards:05}.safetensors"
        for number, name in enumerate(named)
    }
    for shard in set(where.values()):
        save_file({name: named[name] for name in named if where[name] == shard}, folder / shard)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    return folder


def write_onnx(folder: Path, dims: Dimensions = SMALL, seed: int = 0) -> Tensors:
    """Encoder and merged decoder like transformers.js's int8 exports; returns what they mean."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    meaning: Tensors = {}
    for side in ("encoder", "decoder"):
        prefix, suffix = ("model.decoder.", "_merged_0") if side == "decoder" else ("", "")
        path = "/model/decoder/" if side == "decoder" else "/"
        stored: list[TensorProto] = []
        nodes: list[onnx.NodeProto] = []
        for number, (name, shape) in enumerate(tensor_shapes(dims).items()):
            if not name.startswith(side):
                continue
            short = name.removeprefix(f"{side}.")
            product = ".layers." in name and name.endswith("weight") and len(shape) == 2
            if (not product and not short.startswith(("conv", "embed_tokens"))) or name.endswith("bias"):
                values = random.normal(size=shape).astype(np.float32)
                stored.append(numpy_helper.from_array(values, prefix + short + suffix))
                meaning[name] = torch.from_numpy(values)
                continue
            key = f"onnx::MatMul_{number}{suffix}" if product else prefix + short + suffix
            whole = random.integers(0, 256, size=shape[::-1] if product else shape, dtype=np.uint8)
            scale, zero = np.float32(0.01 * (number + 1)), np.uint8(number % 256)
            stored += [
                numpy_helper.from_array(np.array(scale), f"{key}_scale"),
                numpy_helper.from_array(np.array(zero), f"{key}_zero_point"),
                numpy_helper.from_array(whole, f"{key}_quantized"),
            ]
            value = torch.from_numpy((whole.astype(np.float32) - np.float32(zero)) * scale)
            meaning[name] = value.T.contiguous() if product else value
            if product:
                title = path + short.removesuffix(".weight").replace(".", "/").replace("layers/", "layers.")
                inputs = ["x_quantized", f"{key}_quantized", "x_zero_point", f"{key}_zero_point"]
                nodes.append(
                    helper.make_node("MatMulInteger", inputs, [f"{title}_out"], f"{title}/MatMul_quant")
                )
        if side == "decoder":
            branches = [helper.make_graph(nodes, branch, [], []) for branch in ("then", "else")]
            nodes = [
                helper.make_node("If", ["use_cache"], ["y"], then_branch=branches[0], else_branch=branches[1])
            ]
        graph = helper.make_graph(nodes, side, [], [], stored)
        file = "encoder_model" if side == "encoder" else "decoder_model_merged"
        onnx.save(helper.make_model(graph), str(folder / f"{file}_quantized.onnx"))
    return meaning
