"""Where sound comes from: WAV files or a microphone, in pieces on a queue. The topic needs no thread."""

from __future__ import annotations

import importlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from converseg_core.speech.audio import RATE_HZ, AudioError, Samples, from_int16, read_wav

PIECE_S = 0.05
SILENCE_AFTER_FILE_S = 1.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """A piece of sound.

    Attributes:
        samples: (N,) float32 in [-1, 1].
        rate_hz: samples a second.
        start_s: time of the first sample on the source's clock, seconds.
        arrival_s: steady clock when it came.
        frame_id: name of the microphone.
    """

    samples: Samples
    rate_hz: int
    start_s: float
    arrival_s: float
    frame_id: str = ""


class PieceQueue:
    """Pieces and words about the robot's own speech, in order. Of too much sound the oldest goes, counted."""

    def __init__(self, *, max_s: float = 60.0) -> None:
        """Make one that holds ``max_s`` seconds of sound."""
        self._changed = threading.Condition()
        self._items: deque[Piece | bool] = deque()
        self._held_s = 0.0
        self._max_s = max_s
        self.num_dropped = 0

    def put(self, item: Piece | bool) -> None:
        """Add a piece, or True and False where the robot begins and ends to speak. Never blocks."""
        with self._changed:
            self._items.append(item)
            self._held_s += _length_s(item)
            while self._held_s > self._max_s:
                first = next(each for each in self._items if isinstance(each, Piece))
                self._items.remove(first)
                self._held_s -= _length_s(first)
                self.num_dropped += 1
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Piece | bool | None:
        """The next item; None where none comes in time."""
        with self._changed:
            if not self._items:
                self._changed.wait(timeout_s)
            if not self._items:
                return None
            item = self._items.popleft()
            self._held_s -= _length_s(item)
            self._changed.notify_all()
            return item

    def wait_for_room(self, seconds: float, stop: threading.Event) -> None:
        """Return when less than ``seconds`` of sound wait, or ``stop`` is set."""
        with self._changed:
            while self._held_s >= seconds and not stop.is_set():
                self._changed.wait(0.1)


def _length_s(item: Piece | bool) -> float:
    return 0.0 if isinstance(item, bool) else len(item.samples) / item.rate_hz


def wav_paths(path: Path) -> list[Path]:
    """The file itself, or all ``*.wav`` of a folder in order of name.

    Raises:
        AudioError: there are none.
    """
    found = sorted(path.glob("*.wav")) if path.is_dir() else [path]
    if not found or not found[0].is_file():
        raise AudioError(f"wav_path: no WAV file at {path}; give a file or a folder with *.wav")
    return found


def play_wav(
    paths: list[Path], queue: PieceQueue, stop: threading.Event, *, start_s: float, is_paced: bool
) -> None:
    """Put files on a queue, each followed by a pause that ends its last utterance.

    Args:
        paths: files; a damaged one raises AudioError when its turn comes.
        queue: takes the pieces.
        stop: ends early.
        start_s: time of the first sample.
        is_paced: as slowly as they were recorded; else as fast as they are understood.
    """
    clock_s = start_s
    for path in paths:
        samples, rate_hz = read_wav(path)
        silence = np.zeros(round(SILENCE_AFTER_FILE_S * rate_hz), np.float32)
        whole = np.concatenate([samples, silence])
        step = max(1, round(PIECE_S * rate_hz))
        for first in range(0, len(whole), step):
            if stop.is_set():
                return
            part = whole[first : first + step]
            if is_paced:
                stop.wait(len(part) / rate_hz)
            else:
                queue.wait_for_room(2.0, stop)
            queue.put(
                Piece(
                    samples=part,
                    rate_hz=rate_hz,
                    start_s=clock_s,
                    arrival_s=time.monotonic(),
                    frame_id=path.stem,
                )
            )
            clock_s += len(part) / rate_hz


class Microphone:
    """A microphone through ``sounddevice`` (PortAudio); its callback only stores."""

    def __init__(self, name: str, queue: PieceQueue, *, now_s: Callable[[], float]) -> None:
        """Open and start it.

        Args:
            name: of the device, or empty for the system's own choice.
            queue: takes the pieces.
            now_s: the clock that stamps the pieces, seconds.

        Raises:
            AudioError: sounddevice or PortAudio is missing, or the device can't be opened.
        """
        try:
            sounddevice: Any = importlib.import_module("sounddevice")
        except (ImportError, OSError) as error:
            raise AudioError(
                f"microphone: {error}; install the extra 'speech' and PortAudio (Debian: libportaudio2)"
            ) from error

        def store(data: Any, frames: int, times: Any, status: Any) -> None:
            samples = from_int16(np.frombuffer(bytes(data), np.int16))
            end_s = now_s()
            queue.put(
                Piece(
                    samples=samples,
                    rate_hz=RATE_HZ,
                    start_s=end_s - len(samples) / RATE_HZ,
                    arrival_s=time.monotonic(),
                    frame_id=name or "microphone",
                )
            )

        try:
            self._stream = sounddevice.RawInputStream(
                samplerate=RATE_HZ,
                channels=1,
                dtype="int16",
                blocksize=512,
                device=name or None,
                callback=store,
            )
            self._stream.start()
        except Exception as error:
            raise AudioError(f"microphone: {name or 'default'} can't be opened: {error}") from error

    def close(self) -> None:
        """Stop it."""
        self._stream.close()
