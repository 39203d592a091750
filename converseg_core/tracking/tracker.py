"""One target from answer to answer: the mask of every frame in between, or that it is lost.

No clock is read: time is what the frames' stamps say.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from converseg_core.answer import Answer, Status, failed
from converseg_core.tracking.alignment import OutlineWarp
from converseg_core.tracking.frames import SmallFrame, thinned
from converseg_core.tracking.instruments import Instruments
from converseg_core.tracking.memory import state_after_answer
from converseg_core.tracking.reading import PixelReader, shipped_network
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.showing import edge_of, mask_of, why_lost
from converseg_core.tracking.state import TargetState
from converseg_core.tracking.target import step

_CONFIDENCE_LOSS = 0.5
"""At drift d the share of masks with IoU >= 0.5 was measured to be about 1 - 0.5 d^2 of that at 0."""

_MAX_BELIEFS = 256


@dataclass(frozen=True, eq=False)
class Tracked:
    """What is shown for one frame.

    Attributes:
        answer: status OK, NO_TARGET or LOST; mask of the camera's own size; the model's prompt, model id
            and scores; its confidence is lowered by the drift.
        track_id: of the followed target; a new answer to the same question keeps it.
        stamp_ns: of the frame that this is for.
        answered_stamp_ns: of the frame that the model answered on.
        propagated: whether the mask was carried here from another frame.
        drift: in [0, 1], how much what is in sight differs from what the model saw; 1 where LOST.
    """

    answer: Answer
    track_id: int
    stamp_ns: int
    answered_stamp_ns: int
    propagated: bool
    drift: float


@dataclass(frozen=True, eq=False)
class CaughtUp:
    """An answer brought up to a frame, not yet shown: see ``MaskTracker.catch_up``."""

    answer: Answer
    ok_confidence: float
    edge: float | None
    answered_stamp_ns: int
    frame: SmallFrame
    state: TargetState | None
    beliefs: tuple[tuple[int, TargetState], ...]


class MaskTracker:
    """Follows the answer to one question.

    ``advance`` for every camera frame; ``carry_forward`` for every answer. Where the model answers in
    another thread, that thread calls ``catch_up``, which leaves the tracker alone and may take a while,
    and the camera's thread then calls ``adopt``.
    """

    def __init__(self, settings: TrackerSettings | None = None, *, read: PixelReader | None = None) -> None:
        """``read`` tells the target's pixels; by default the network that comes with the package."""
        self.settings = settings or TrackerSettings()
        self._read: PixelReader = read or shipped_network()
        self._instruments = self._new_instruments()
        self._lock = threading.Lock()
        self._beliefs: list[tuple[int, TargetState]] = []
        self._current: CaughtUp | None = None
        self._track_id = 0

    @property
    def track_id(self) -> int:
        """Number of the target; ``reset`` raises it."""
        return self._track_id

    @property
    def started(self) -> bool:
        """Whether there is an answer to follow."""
        return self._current is not None

    def reset(self) -> None:
        """Forget the target: another question is asked."""
        with self._lock:
            self._beliefs.clear()
            self._current = None
            self._track_id += 1

    def start(self, frame: SmallFrame, answer: Answer) -> Tracked:
        """Take an answer for the frame that it was given on.

        Raises:
            ValueError: the answer is none (status REJECTED, say), or its mask has another size.
        """
        return self.carry_forward(frame, answer, ())

    def carry_forward(self, frame: SmallFrame, answer: Answer, later: Sequence[SmallFrame]) -> Tracked:
        """Take an answer for a frame of the past, and bring it through the frames since to the last.

        Args:
            frame: the frame that the model answered on.
            answer: OK or NO_TARGET.
            later: the frames since, oldest first (``FrameHistory.after``); not all need to be there.

        Raises:
            ValueError: as for ``start`` and ``adopt``.
        """
        return self.adopt(self.catch_up(frame, answer, later), ())

    def catch_up(self, frame: SmallFrame, answer: Answer, later: Sequence[SmallFrame]) -> CaughtUp:
        """The slow part of ``carry_forward``; the tracker itself stays as it is."""
        if not answer.status.is_answer or answer.mask is None:
            raise ValueError(f"answer: only OK and NO_TARGET can be followed, not {answer.status.name}")
        if answer.mask.shape != frame.size_hw:
            raise ValueError(f"answer: mask is {answer.mask.shape}, the frame is {frame.size_hw}")
        if answer.status is Status.OK and not answer.mask.any():
            raise ValueError("answer: an OK answer without a pixel cannot be followed; NO_TARGET is for that")
        with self._lock:
            belief = self._belief_at(frame.stamp_ns)
            confidence, edge = math.nan, None
            if self._current is not None:
                confidence, edge = self._current.ok_confidence, self._current.edge
        if answer.status is Status.OK:
            confidence, edge = answer.confidence, edge_of(frame, answer.mask)
        state = state_after_answer(frame, answer.mask, belief, self.settings)
        beliefs = () if state is None else ((frame.stamp_ns, state),)
        start = CaughtUp(answer, confidence, edge, frame.stamp_ns, frame, state, beliefs)
        frames = thinned(list(later), max_num=self.settings.max_catch_up_frames)
        return self._through(start, frames, self._new_instruments())

    def adopt(self, caught: CaughtUp, later: Sequence[SmallFrame]) -> Tracked:
        """Show an answer that was caught up, after the frames that arrived in the meantime.

        Raises:
            ValueError: with these frames it would still be older than the frame that was shown last.
        """
        frames = thinned(list(later), max_num=self.settings.max_catch_up_frames)
        caught = self._through(caught, frames, self._instruments)
        if self._current is not None and caught.frame.stamp_ns < self._current.frame.stamp_ns:
            raise ValueError(
                f"later: ends at {caught.frame.stamp_ns}, {self._current.frame.stamp_ns} was shown already; "
                "give all frames since (FrameHistory.after), or reset the tracker after a clock went back"
            )
        with self._lock:
            self._beliefs = [one for one in self._beliefs if one[0] < caught.answered_stamp_ns]
        self._keep(caught)
        return self._shown(caught)

    def advance(self, frame: SmallFrame) -> Tracked:
        """The mask in the next frame.

        Raises:
            ValueError: nothing was started, or the frame is not later than the last one.
        """
        if self._current is None:
            raise ValueError("frame: there is no answer to follow yet; call start or carry_forward first")
        if frame.stamp_ns <= self._current.frame.stamp_ns:
            raise ValueError(
                f"frame: stamp {frame.stamp_ns} is not later than {self._current.frame.stamp_ns}; "
                "after a clock went back, reset the tracker"
            )
        moved = self._through(self._current, [frame], self._instruments)
        self._keep(moved)
        return self._shown(moved)

    def _through(self, caught: CaughtUp, frames: Sequence[SmallFrame], instruments: Instruments) -> CaughtUp:
        state, last, beliefs = caught.state, caught.frame, list(caught.beliefs)
        for frame in frames:
            if frame.stamp_ns <= last.stamp_ns:
                continue
            if frame.size_hw != last.size_hw:
                state = None
            if state is not None:
                state = step(state, last, frame, self.settings, instruments)
                beliefs.append((frame.stamp_ns, state))
                if frame.stamp_ns - state.seen_ns > self.settings.max_unseen_s * 1e9:
                    state = None
            last = frame
        return replace(caught, state=state, frame=last, beliefs=tuple(beliefs[-_MAX_BELIEFS:]))

    def _new_instruments(self) -> Instruments:
        return Instruments(OutlineWarp(), self._read)

    def _keep(self, caught: CaughtUp) -> None:
        oldest_ns = caught.frame.stamp_ns - self.settings.history_s * 1e9
        with self._lock:
            kept = [one for one in (*self._beliefs, *caught.beliefs) if one[0] >= oldest_ns]
            self._beliefs = kept[-_MAX_BELIEFS:]
            self._current = replace(caught, beliefs=())

    def _shown(self, caught: CaughtUp) -> Tracked:
        answer, state, frame = caught.answer, caught.state, caught.frame
        age_s = (frame.stamp_ns - caught.answered_stamp_ns) * 1e-9
        if frame.stamp_ns == caught.answered_stamp_ns:
            return self._tracked(caught, answer, drift=0.0)
        following = state is not None and state.following
        if answer.status is Status.NO_TARGET and not following:
            if answer.mask is not None and answer.mask.shape != frame.size_hw:
                answer = replace(answer, mask=np.zeros(frame.size_hw, np.bool_))
            return self._tracked(caught, answer, drift=0.0)
        if state is None or not state.following:
            return self._tracked(caught, self._lost(caught, why_lost(state)), drift=1.0)
        if age_s > self.settings.max_unanswered_s:
            reason = f"not answered for {age_s:.1f} s, longer than max_unanswered_s; is the model running?"
            return self._tracked(caught, self._lost(caught, reason), drift=1.0)
        mask = mask_of(state, frame, caught.edge)
        if not mask.any():
            return self._tracked(caught, self._lost(caught, why_lost(state)), drift=1.0)
        # Where the model found nothing and the target shows again: the confidence of when it was found.
        confidence = caught.ok_confidence
        if not math.isnan(confidence):
            confidence *= 1.0 - _CONFIDENCE_LOSS * state.drift**2
        carried = Answer(
            prompt=answer.prompt,
            status=Status.OK,
            mask=mask,
            confidence=confidence,
            no_target_score=answer.no_target_score,
            model_id=answer.model_id,
            timings_s=answer.timings_s,
        )
        return self._tracked(caught, carried, drift=state.drift)

    def _belief_at(self, stamp_ns: int) -> TargetState | None:
        """What was believed about a frame, or about one so near that it makes no difference."""
        if not self._beliefs:
            return None
        stamp, state = min(self._beliefs, key=lambda one: abs(one[0] - stamp_ns))
        return state if abs(stamp - stamp_ns) <= self.settings.history_spacing_s * 1e9 else None

    def _lost(self, caught: CaughtUp, reason: str) -> Answer:
        lost = failed(caught.answer.prompt, Status.LOST, reason, model_id=caught.answer.model_id)
        return replace(lost, confidence=0.0 if not math.isnan(caught.answer.confidence) else math.nan)

    def _tracked(self, caught: CaughtUp, answer: Answer, *, drift: float) -> Tracked:
        stamp_ns = caught.frame.stamp_ns
        return Tracked(
            answer=answer,
            track_id=self._track_id,
            stamp_ns=stamp_ns,
            answered_stamp_ns=caught.answered_stamp_ns,
            propagated=stamp_ns != caught.answered_stamp_ns,
            drift=drift,
        )
