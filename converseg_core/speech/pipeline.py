"""Sound in, instructions out: every utterance that is found ends as accepted, or refused with a reason."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from converseg_core.model import MAX_PROMPT_CHARS
from converseg_core.speech.audio import Resampler, Samples
from converseg_core.speech.detector import Utterance, UtteranceFinder
from converseg_core.speech.transcriber import Transcriber
from converseg_core.speech.wording import after_wake_word


@dataclass(frozen=True, kw_only=True)
class SpeechSettings:
    """What is let through.

    Attributes:
        min_confidence: less sure utterances are refused.
        wake_word: an instruction must begin with it; empty for none.
        wake_window_s: after the wake word alone, the next utterance within this time needs none.
        quiet_tail_s: how long after the robot has spoken its echo may last.
        max_gap_s: longer gaps in the sound end an utterance.
    """

    min_confidence: float = 0.4
    wake_word: str = ""
    wake_window_s: float = 6.0
    quiet_tail_s: float = 0.4
    max_gap_s: float = 0.25

    def __post_init__(self) -> None:
        if not 0.0 <= self.min_confidence <= 1.0:
            raise ValueError(f"min_confidence: {self.min_confidence}; give 0 to 1")
        if min(self.wake_window_s, self.quiet_tail_s, self.max_gap_s) < 0:
            raise ValueError("wake_window_s, quiet_tail_s, max_gap_s: must not be negative")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What became of one utterance.

    Attributes:
        text: the instruction where it is accepted (without the wake word), else all that was heard.
        confidence: see ``Transcript``.
        reason: empty where it is accepted, else ``no words``, ``low confidence``, ``no wake word``,
            ``wake word only`` or ``too long``.
        start_s, end_s: its place on the clock of the pieces.
        was_cut: the utterance was longer than allowed.
    """

    text: str
    confidence: float
    reason: str
    start_s: float
    end_s: float
    was_cut: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether it is an instruction."""
        return not self.reason


@dataclass
class SpeechPipeline:
    """Resampling, utterances, words, and the gates, for one stream of sound. Not thread-safe."""

    finder: UtteranceFinder
    transcriber: Transcriber
    settings: SpeechSettings = field(default_factory=SpeechSettings)
    counts: Counter[str] = field(default_factory=Counter)
    _resampler: Resampler | None = None
    _awake_until_s: float = -math.inf
    _quiet_until_s: float = -math.inf
    _robot_speaks: bool = False
    _ended_speaking: bool = False
    _clock_s: float | None = None

    def feed(self, samples: Samples, rate_hz: int, start_s: float) -> list[Heard]:
        """What is heard to its end in the next piece.

        Args:
            samples: (N,) float32 in [-1, 1].
            rate_hz: of the samples.
            start_s: time of the first sample, on any clock that goes on evenly.

        Raises:
            AudioError: a rate that can't be used.
        """
        if self._resampler is None or self._resampler.rate_hz != rate_hz:
            resampler = Resampler(rate_hz)
            self.finder.reset()
            self._resampler = resampler
        heard: list[Heard] = []
        if self._clock_s is not None and abs(start_s - self._clock_s) > self.settings.max_gap_s:
            self.counts["gaps"] += 1
            heard += self._understood(self.finder.finish())
            self._resampler = Resampler(rate_hz)
        self._clock_s = start_s + len(samples) / rate_hz
        if self._ended_speaking:
            # What is under way was recorded while the robot still spoke.
            self._ended_speaking, self._quiet_until_s = False, start_s + self.settings.quiet_tail_s
        if self._robot_speaks or start_s < self._quiet_until_s:
            self.counts["samples not listened to"] += len(samples)
            return heard
        return heard + self._understood(self.finder.feed(self._resampler.feed(samples)))

    def robot_speaks(self, is_speaking: bool) -> None:
        """Tell when the robot itself begins and ends to speak; what it says is not listened to.

        Counted on the clock of the pieces: it may be another one than that of whoever tells.
        """
        if is_speaking and not self._robot_speaks:
            if self.finder.is_speaking:
                self.counts["interrupted by the robot"] += 1
            self.finder.reset()
        if not is_speaking and self._robot_speaks:
            self._ended_speaking = True
        self._robot_speaks = is_speaking

    def finish(self) -> list[Heard]:
        """What the end of the stream cuts off."""
        rest = self._resampler.finish() if self._resampler is not None else None
        found = self.finder.feed(rest) if rest is not None and not self._robot_speaks else []
        heard = self._understood(found) + self._understood(self.finder.finish())
        self._resampler, self._clock_s = None, None
        return heard

    def _understood(self, utterances: list[Utterance]) -> list[Heard]:
        heard = []
        # The finder counts what it was given; gaps and silences in between are on the pieces' clock only.
        behind_s = (self._clock_s or 0.0) - self.finder.now_s
        for utterance in utterances:
            start_s, end_s = utterance.start_s + behind_s, utterance.end_s + behind_s
            transcript = self.transcriber.transcribe(utterance.samples)
            text, reason = self._judged(transcript.text.strip(), transcript.confidence, start_s, end_s)
            self.counts[reason or "accepted"] += 1
            heard.append(
                Heard(
                    text=text,
                    confidence=transcript.confidence,
                    reason=reason,
                    start_s=start_s,
                    end_s=end_s,
                    was_cut=utterance.was_cut,
                )
            )
        return heard

    def _judged(self, text: str, confidence: float, start_s: float, end_s: float) -> tuple[str, str]:
        if not any(letter.isalnum() for letter in text):
            return text, "no words"
        if confidence < self.settings.min_confidence:
            return text, "low confidence"
        if self.settings.wake_word:
            rest = after_wake_word(text, self.settings.wake_word)
            if rest is None and start_s > self._awake_until_s:
                return text, "no wake word"
            if rest is not None and not any(letter.isalnum() for letter in rest):
                self._awake_until_s = end_s + self.settings.wake_window_s
                return text, "wake word only"
            self._awake_until_s = -math.inf
            text = text if rest is None else rest
        return (text, "too long") if len(text) > MAX_PROMPT_CHARS else (text, "")
