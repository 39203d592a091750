"""The real models, loaded once; tests skip with the reason where something is not installed."""

from __future__ import annotations

import functools

import pytest

from converseg_core.speech import synthesis
from converseg_core.speech.detector import SileroProbability, UtteranceFinder
from converseg_core.speech.pipeline import SpeechPipeline, SpeechSettings
from converseg_core.speech.transcriber import WhisperTranscriber


@functools.cache
def whisper() -> WhisperTranscriber:
    try:
        return WhisperTranscriber()
    except ImportError as error:
        pytest.skip(str(error))


def real_pipeline(settings: SpeechSettings | None = None) -> SpeechPipeline:
    if not synthesis.is_available():
        pytest.skip("espeak-ng is not installed (apt-get install espeak-ng)")
    try:
        silero = SileroProbability()
    except ImportError as error:
        pytest.skip(str(error))
    return SpeechPipeline(UtteranceFinder(silero), whisper(), settings or SpeechSettings())
