"""One window through features and encoders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.decoding.reader import NetworkReader
from specwhisper.results import Seconds
from specwhisper.transcription.model import Model


@dataclass(frozen=True, slots=True)
class Heard:
    """One window after the encoders.

    Attributes:
        main, draft: who reads it; no draft, if it did not hear.
        seconds: what hearing it cost.
        sound: its length (s).
    """

    main: NetworkReader
    draft: NetworkReader | None
    seconds: Seconds
    sound: float


def hear(
    main: Model,
    draft: Model | None,
    samples: torch.Tensor,
    clock: Callable[[], float],
    *,
    blank: bool = False,
) -> Heard:
    """Features, encoders and cross-attention keys/values of one window.

    Args:
        main: always hears.
        draft: hears too unless None; two models with one encoder run it once.
        samples: float32 [at most 480,000].
        clock: seconds, with the device synchronised.
        blank: what follows a short window (see :func:`specwhisper.audio.features.log_mel`).
    """
    sound = len(samples) / SAMPLE_RATE
    t0 = clock()
    features = main.features(samples, blank=blank)
    t1 = clock()
    states = main.network.encoder(features)
    reader = main.reader(states)
    t2 = clock()
    if draft is None:
        return Heard(reader, None, Seconds(features=t1 - t0, encode_main=t2 - t1), sound)
    if draft.network.encoder is main.network.encoder:
        other = draft.reader(states)
    else:
        if draft.network.dims.n_mels != main.network.dims.n_mels:
            features = draft.features(samples, blank=blank)
        other = draft.reader(draft.network.encoder(draft.heard_of(features, len(samples))))
    spent = Seconds(features=t1 - t0, encode_main=t2 - t1, encode_draft=clock() - t2)
    return Heard(reader, other, spent, sound)


def heard_alone(
    main: Model, places: Iterable[np.ndarray], clock: Callable[[], float], *, blank: bool
) -> Iterator[NetworkReader]:
    """Main hears one window after the other, each when it is asked for.

    Args:
        places: float32 [at most 480,000] each.
        clock, blank: as :func:`hear`.
    """
    for samples in places:
        yield hear(main, None, torch.from_numpy(samples), clock, blank=blank).main
