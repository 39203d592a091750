"""Synthesised speech through the real detector and the real Whisper."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from converseg_core.speech.audio import RATE_HZ
from converseg_core.speech.pipeline import SpeechSettings
from converseg_core.speech.synthesis import speak, with_silence
from converseg_core.speech.transcriber import WhisperTranscriber
from converseg_core.speech.wording import WordErrors, word_errors
from tests.core.speech.models import real_pipeline

SENTENCES = (
    "What can I use to cut the bread?",
    "Something I can sit on.",
    "Give me the blue bottle, please.",
)


def test_sentences_are_found_and_understood() -> None:
    pipeline = real_pipeline(SpeechSettings(min_confidence=0.2))
    errors, clock_s = WordErrors(num_errors=0, num_words=0), 5.0
    for sentence in SENTENCES:
        samples, rate_hz = speak(sentence)
        stream = with_silence(samples, rate_hz)
        (heard,) = pipeline.feed(stream, rate_hz, clock_s)
        assert heard.is_accepted, heard
        assert clock_s < heard.start_s < heard.end_s < clock_s + len(stream) / rate_hz + 0.1
        errors += word_errors(sentence, heard.text)
        clock_s += len(stream) / rate_hz
    assert errors.rate <= 0.25
    assert pipeline.counts["accepted"] == len(SENTENCES)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_word_error_rate_over_45_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = real_pipeline(SpeechSettings(min_confidence=0.0))
    folder = Path(__file__).resolve().parents[3] / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    sentences = runpy.run_path(str(folder / "speech_word_errors.py"))["SENTENCES"]
    assert len(sentences) >= 40
    errors, clock_s = WordErrors(num_errors=0, num_words=0), 0.0
    for sentence in sentences:
        samples, rate_hz = speak(sentence)
        stream = with_silence(samples, rate_hz)
        (heard,) = pipeline.feed(stream, rate_hz, clock_s)
        errors += word_errors(sentence, heard.text)
        clock_s += len(stream) / rate_hz
    # 0.16 was measured; a wrong resampler or a clipped beginning shows at once.
    assert errors.rate <= 0.22


def test_silence_and_noise_are_no_speech() -> None:
    pipeline = real_pipeline()
    rng = np.random.default_rng(1)
    assert pipeline.feed(np.zeros(3 * RATE_HZ, np.float32), RATE_HZ, 0.0) == []
    noise = rng.normal(0, 0.02, 3 * RATE_HZ).astype(np.float32)
    assert pipeline.feed(noise, RATE_HZ, 3.0) + pipeline.finish() == []


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed: extra 'speech'")
    with pytest.raises(ValueError, match=r"model_path.*model\.bin"):
        WhisperTranscriber(tmp_path)
