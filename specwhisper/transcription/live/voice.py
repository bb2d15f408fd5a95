"""Whether somebody speaks, judged as the sound comes."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import torch

from specwhisper.audio.activity import FRAME, FRAME_CONTEXT, THRESHOLD, Turn, gain_for, network
from specwhisper.audio.waveform import SAMPLE_RATE
from specwhisper.own_threads import own_threads

_LESS = 0.15  # by so much less sure, it has ended
_ONSET = 5  # frames of speech in a row: less is a click
_LOUDEST = 20.0  # no gain beyond it: a quiet room is no quiet speech
_LEVEL_SECONDS = 30.0


class Voice:
    """Where speech is in a stream.

    Args:
        turn: entered while it judges, where others need the processors, too.

    Attributes:
        speaks: whether somebody does now.
        since: sample where the latest speech began.
        until: sample where the latest speech ended, or has got to.
    """

    def __init__(self, turn: Turn = nullcontext) -> None:
        self._turn = turn
        self.speaks = False
        self.since = self.until = 0
        self._network = network()
        self._memory = self._network.nothing_heard()
        self._recent = np.empty(0, np.float32)  # for the level
        self._unjudged = np.zeros(FRAME_CONTEXT, np.float32)  # begins with what the next frame hears besides
        self._at = 0  # sample of the first unjudged frame
        self._row = 0  # frames of speech in a row

    def hear(self, samples: np.ndarray) -> None:
        """More of the stream: float32 at 16 kHz, any number of samples."""
        most = int(_LEVEL_SECONDS * SAMPLE_RATE)
        self._recent = np.concatenate([self._recent, samples])[-most:]
        unjudged = np.concatenate([self._unjudged, samples])
        frames = (len(unjudged) - FRAME_CONTEXT) // FRAME
        self._unjudged = unjudged[frames * FRAME :]
        if not frames:
            return
        gain = np.float32(min(gain_for(self._recent), _LOUDEST))
        heard = torch.from_numpy(unjudged[: frames * FRAME + FRAME_CONTEXT] * gain)
        with self._turn(), own_threads(1), torch.inference_mode():
            unfolded = heard.unfold(0, FRAME_CONTEXT + FRAME, FRAME)
            judged, self._memory = self._network.chances(unfolded, self._memory)
        for chance in judged.tolist():
            self._judge(chance)

    def _judge(self, chance: float) -> None:
        at, self._at = self._at, self._at + FRAME
        if chance < (THRESHOLD - _LESS if self.speaks else THRESHOLD):
            self.speaks, self._row = False, 0
            return
        self._row += 1
        if not self.speaks and self._row >= _ONSET:
            self.speaks = True
            self.since = at - (_ONSET - 1) * FRAME
        if self.speaks:
            self.until = at + FRAME
