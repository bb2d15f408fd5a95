"""One window through features and encoders."""

from __future__ import annotations

from collections.abc import Callable

import torch

from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.results import Seconds
from specwhisper.transcription.model import Model
from specwhisper.transcription.tasks import Encode, EncodedWindow


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
    t1 = clock()
    states = main.network.encoder(features)
    cross = main.network.decoder.keys_values(states)
    t2 = clock()
    if draft is None or not task.drafted:
        return EncodedWindow(cross, None, Seconds(features=t1 - t0, encode_main=t2 - t1), sound)
    if draft.network.encoder is not main.network.encoder:
        if draft.network.dims.n_mels != main.network.dims.n_mels:
            features = draft.features(samples, blank=task.blank)
        states = draft.network.encoder(draft.features_of(features, len(samples)))
    other = draft.network.decoder.keys_values(states)
    spent = Seconds(features=t1 - t0, encode_main=t2 - t1, encode_draft=clock() - t2)
    return EncodedWindow(cross, other, spent, sound)
