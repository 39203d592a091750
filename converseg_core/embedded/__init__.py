"""The embedded models: a small prompt-free image encoder and a prompt decoder, on ONNX Runtime."""

from converseg_core.embedded.engine import EmbeddedFrame, EmbeddedModel
from converseg_core.embedded.tokenizer import Tokens, WordTokenizer

__all__ = ["EmbeddedFrame", "EmbeddedModel", "Tokens", "WordTokenizer"]
