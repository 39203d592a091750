"""Speech made by ``espeak-ng``, to measure and try the way from sound to words without a microphone."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from converseg_core.speech.audio import AudioError, Samples, read_wav

PROGRAM = "espeak-ng"


def is_available() -> bool:
    """Whether ``espeak-ng`` is installed."""
    return shutil.which(PROGRAM) is not None


def speak(text: str, *, voice: str = "en-us", words_per_minute: int = 150) -> tuple[Samples, int]:
    """Samples and rate of a sentence.

    Raises:
        AudioError: espeak-ng is missing or failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        command = [PROGRAM, "-v", voice, "-s", str(words_per_minute), "-w", str(path), "--", text]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            raise AudioError(f"{PROGRAM}: {error}; install it (apt-get install espeak-ng)") from error
        return read_wav(path)


def with_silence(samples: Samples, rate_hz: int, *, before_s: float = 0.5, after_s: float = 1.0) -> Samples:
    """The samples with silence on both sides, as in a stream."""
    return np.concatenate(
        [np.zeros(round(before_s * rate_hz), np.float32), samples,
         np.zeros(round(after_s * rate_hz), np.float32)]
    )  # fmt: skip
