"""Sound as the models take it: mono, float32 in [-1, 1], 16 000 samples a second."""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE_HZ = 16_000
"""What voice activity detection and Whisper take."""

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
_HALF_WIDTH = 16
"""Zero crossings of the interpolating sinc on each side."""


class AudioError(ValueError):
    """Sound can't be used; the text names the field or file and the fix."""


class Resampler:
    """Brings a stream of pieces to 16 kHz by a windowed sinc; the pieces' borders leave no trace.

    The output lags by the filter's half width (1 ms at 16 kHz); :meth:`finish` gives the rest.
    """

    def __init__(self, rate_hz: int) -> None:
        """Make one for a stream.

        Raises:
            AudioError: the rate is outside 8 to 192 kHz.
        """
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise AudioError(f"sample_rate: {rate_hz} Hz; send {MIN_RATE_HZ} to {MAX_RATE_HZ}")
        self.rate_hz = rate_hz
        # Above half of the lower rate nothing may pass, or it folds back as noise.
        self._cutoff = min(1.0, RATE_HZ / rate_hz)
        self._reach = int(np.ceil(_HALF_WIDTH / self._cutoff))
        # The places of the output between two samples repeat: 320 of them from 22 050 Hz, one from 48 000.
        self._num_phases = RATE_HZ // math.gcd(rate_hz, RATE_HZ)
        offsets = np.arange(-self._reach + 1, self._reach + 1)
        fractions = (np.arange(self._num_phases) * rate_hz % RATE_HZ) / RATE_HZ
        distance = offsets - fractions[:, None]
        window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance / self._reach, -1, 1))
        self._weights = (self._cutoff * np.sinc(self._cutoff * distance) * window).astype(np.float32)
        self._offsets = offsets
        self._kept = np.zeros(self._reach, np.float32)
        self._first = -self._reach  # number of the first kept sample in the stream
        self._num_out = 0

    def feed(self, samples: Samples) -> Samples:
        """The next piece of the stream at 16 kHz; (N,) in, (M,) out."""
        if self.rate_hz == RATE_HZ:
            return samples
        self._kept = np.concatenate([self._kept, samples])
        end = self._first + len(self._kept) - self._reach
        # Whole numbers throughout: a stream may go on for days.
        num_total = max(0, -(-end * RATE_HZ // self.rate_hz))
        numbers = np.arange(self._num_out, max(self._num_out, num_total), dtype=np.int64)
        output = self._interpolated(numbers)
        self._num_out += len(numbers)
        keep_from = self._num_out * self.rate_hz // RATE_HZ - self._reach
        drop = max(0, keep_from - self._first)
        self._kept, self._first = self._kept[drop:], self._first + drop
        return output

    def finish(self) -> Samples:
        """What is left when the stream ends."""
        if self.rate_hz == RATE_HZ:
            return np.zeros(0, np.float32)
        return self.feed(np.zeros(self._reach, np.float32))

    def _interpolated(self, numbers: NDArray[np.int64]) -> Samples:
        """Output samples by their numbers in the stream."""
        base = numbers * self.rate_hz // RATE_HZ
        index = np.clip(base[:, None] + self._offsets - self._first, 0, len(self._kept) - 1)
        summed: Samples = np.einsum("ij,ij->i", self._weights[numbers % self._num_phases], self._kept[index])
        return summed


def from_int16(samples: NDArray[np.int16]) -> Samples:
    """16-bit samples to float32 in [-1, 1)."""
    return samples.astype(np.float32) / np.float32(32768)


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """float32 samples to 16 bits, rounded and clipped."""
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)


def read_wav(path: Path) -> tuple[Samples, int]:
    """Samples and rate of a PCM WAV file of 8, 16, 24 or 32 bits; several channels are averaged.

    Raises:
        AudioError: the file is missing, damaged, or holds something else.
    """
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate_hz = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise AudioError(
            f"{path}: no WAV file that can be read ({error}); convert it to 16-bit PCM"
        ) from error
    data = data[: len(data) // (width * channels) * width * channels]
    if width == 1:
        values: NDArray[Any] = (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
    elif width == 2:
        values = from_int16(np.frombuffer(data, "<i2").astype(np.int16))
    elif width == 3:
        parts = np.frombuffer(data, np.uint8).reshape(-1, 3)
        whole = np.zeros((len(parts), 4), np.uint8)
        whole[:, 1:] = parts
        values = (whole.view("<i4")[:, 0] / 2**31).astype(np.float32)
    elif width == 4:
        values = (np.frombuffer(data, "<i4") / 2**31).astype(np.float32)
    else:
        raise AudioError(f"{path}: {8 * width} bits a sample; convert it to 16-bit PCM")
    return values.reshape(-1, channels).mean(axis=1, dtype=np.float32), rate_hz
