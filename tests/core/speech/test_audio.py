from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.speech.audio import RATE_HZ, AudioError, Resampler, from_int16, read_wav, to_int16

RATES = [8_000, 11_025, 22_050, 44_100, 48_000, 96_000]


def tone(rate_hz: int, frequency_hz: float, length_s: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(length_s * rate_hz)) / rate_hz).astype(
        np.float32
    )


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_tone_stays_the_same_tone(rate_hz: int) -> None:
    resampler = Resampler(rate_hz)
    heard = np.concatenate([resampler.feed(tone(rate_hz, 1000.0)), resampler.finish()])
    assert abs(len(heard) - 0.5 * RATE_HZ) < 40
    middle = slice(200, -200)
    np.testing.assert_allclose(heard[middle], tone(RATE_HZ, 1000.0, 1.0)[: len(heard)][middle], atol=0.01)


def test_what_is_too_high_to_be_heard_does_not_fold_back() -> None:
    heard = Resampler(48_000).feed(tone(48_000, 12_000.0))
    assert np.abs(heard[200:-200]).max() < 0.01


@given(st.sampled_from(RATES), st.lists(st.integers(0, 3000), min_size=1, max_size=8))
@settings(deadline=None, max_examples=60)
def test_pieces_leave_no_trace(rate_hz: int, lengths: list[int]) -> None:
    sound = np.random.default_rng(sum(lengths)).normal(0, 0.1, sum(lengths)).astype(np.float32)
    at_once, in_pieces = Resampler(rate_hz), Resampler(rate_hz)
    whole = np.concatenate([at_once.feed(sound), at_once.finish()])
    parts, first = [], 0
    for length in lengths:
        parts.append(in_pieces.feed(sound[first : first + length]))
        first += length
    np.testing.assert_allclose(np.concatenate([*parts, in_pieces.finish()]), whole, atol=1e-6)


@pytest.mark.parametrize("rate_hz", [0, 4_000, 400_000])
def test_odd_rates_are_refused(rate_hz: int) -> None:
    with pytest.raises(AudioError, match="sample_rate"):
        Resampler(rate_hz)


@given(st.lists(st.integers(-32768, 32767), max_size=50))
def test_16_bits_there_and_back(values: list[int]) -> None:
    samples = np.array(values, np.int16)
    np.testing.assert_array_equal(to_int16(from_int16(samples)), samples)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_files_of_all_widths(tmp_path: Path, width: int, channels: int) -> None:
    wanted = np.array([0.0, 0.5, -0.5, 0.25], np.float32)
    scaled = np.repeat(wanted, channels)
    if width == 1:
        data = (scaled * 128 + 128).astype(np.uint8).tobytes()
    else:
        whole = (scaled * 2**31).astype("<i4").view(np.uint8).reshape(-1, 4)
        data = whole[:, 4 - width :].tobytes()
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(22_050)
        file.writeframes(data)
    samples, rate_hz = read_wav(path)
    assert rate_hz == 22_050
    np.testing.assert_allclose(samples, wanted, atol=1e-6)


def test_files_that_are_no_wav_are_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.wav"
    for content in (None, b"", b"RIFF\x10\x00\x00\x00WAVEfmt ", b"no sound at all"):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(AudioError, match=r"broken\.wav"):
            read_wav(path)
