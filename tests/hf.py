"""The reference: transformers' own Whisper, holding the same tensors as ours."""

from specwhisper.evaluation.peers.engines.hf_export import transformers_model

__all__ = ["transformers_model"]
