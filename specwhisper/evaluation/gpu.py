"""Decoder passes of a model of true size with random weights: eager, recorded, and the least they could take.

    python -m specwhisper.evaluation.gpu --models large-v2,tiny      # on a CUDA card: fp16
    python -m specwhisper.evaluation.gpu --models tiny --device cpu  # fp32, the same static passes unrecorded

Random weights cost the same time as real ones, so this runs where no weights can be had.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

import torch

from specwhisper.decoding.reader import NetworkReader, Reader
from specwhisper.errors import OptionError, SpecWhisperError
from specwhisper.evaluation.peers.floors import work_of
from specwhisper.network.build import build
from specwhisper.network.caches import CrossCache
from specwhisper.network.cuda_graphs import Graphs
from specwhisper.network.device import resolve_device, resolve_precision
from specwhisper.network.dimensions import Dimensions
from specwhisper.network.network import Network
from specwhisper.network.recipes import recipe_for
from specwhisper.weights.catalogue import MODELS
from specwhisper.weights.tensor_names import tensor_shapes

WIDTHS = (1, 2, 4, 7, 8, 16)
_POSITION = 100
_REPEATS = 30
_BUFFER = 2**30  # bytes copied to find the bandwidth


@dataclass(frozen=True, slots=True)
class Row:
    """One width of one model, in milliseconds.

    Attributes:
        eager: ordinary passes.
        static: passes over fixed memory, recorded as a CUDA graph where there is a card.
        floor: the bytes a pass must read / the measured bandwidth.
    """

    model: str
    width: int
    eager: float
    static: float
    floor: float


def random_network(dims: Dimensions, device: torch.device, precision: str) -> Network:
    """A network of these dimensions whose weights are noise."""
    made = torch.Generator().manual_seed(0)
    tensors = {
        name: torch.randn(shape, generator=made).mul_(0.02).half()
        for name, shape in tensor_shapes(dims).items()
    }
    return build(tensors, dims, device, recipe_for(precision, device, plain=True))


def measure(name: str, device: torch.device, precision: str, bandwidth: float) -> list[Row]:
    """Time every width of one model."""
    dims = MODELS[name].dims
    network = random_network(dims, device, precision)
    noise = torch.randn(1, dims.n_mels, 2 * dims.audio_context).to(device, network.dtype)
    cross = network.decoder.keys_values(network.encoder(noise))
    assert isinstance(cross, CrossCache)
    eager: Reader = NetworkReader(network, cross, network.new_cache())
    static: Reader = Graphs(network).reader_of(cross)
    floor = 1000 * work_of(dims, precision).step_bytes / bandwidth
    return [
        Row(name, width, _time_of(eager, width, device), _time_of(static, width, device), floor)
        for width in WIDTHS
    ]


def bandwidth_of(device: torch.device) -> float:
    """Bytes per second of copying half a gibibyte, read and written bytes together."""
    source = torch.ones(_BUFFER // 8, device=device)
    target = torch.empty_like(source)
    return _BUFFER / (_median(lambda: target.copy_(source), device) / 1000)


def _time_of(reader: Reader, width: int, device: torch.device) -> float:
    tokens = list(range(width))
    return _median(lambda: reader.read(tokens, _POSITION), device)


def _median(work: Callable[[], object], device: torch.device) -> float:
    """Milliseconds of one run, the device waited for."""
    taken = []
    for _ in range(_REPEATS + 3):
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(1000 * (time.perf_counter() - began))
    return median(taken[3:])


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="specwhisper.evaluation.gpu", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "--models", default="large-v2,tiny", help="names of the catalogue (default: %(default)s)"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    arguments = parser.parse_args()
    try:
        device = resolve_device(arguments.device)
        precision = resolve_precision(arguments.precision, device)
        names = arguments.models.split(",")
        unknown = [name for name in names if name not in MODELS]
        if unknown:
            raise OptionError(f"There is no model {unknown[0]!r}: choose from {', '.join(MODELS)}.")
        bandwidth = bandwidth_of(device)
        print(f"{device}, {precision}, {bandwidth / 1e9:.0f} GB/s", file=sys.stderr)
        rows = [row for name in names for row in measure(name, device, precision, bandwidth)]
    except SpecWhisperError as error:
        print(f"specwhisper: {error}", file=sys.stderr)
        return 2
    print(json.dumps([asdict(row) for row in rows], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
