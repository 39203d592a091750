"""A recorded sequence played past the tracker as a camera and a slow model would: to judge it, offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converseg_core.answer import Answer
from converseg_core.model import ImageHWC
from converseg_core.tracking.frames import FrameHistory, SmallFrame
from converseg_core.tracking.reading import PixelReader
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.tracker import MaskTracker, Tracked


@dataclass(frozen=True, eq=False)
class Live:
    """What was shown when a frame arrived.

    Attributes:
        shown: None before the first answer.
        took_s: reducing the frame and following to it, by the timer.
        caught_up: whether an answer arrived with this frame, so that ``took_s`` is for many frames.
    """

    shown: Tracked | None
    took_s: float
    caught_up: bool


def replay(
    images: Sequence[ImageHWC],
    stamps_ns: Sequence[int],
    answer_on: Callable[[int], Answer],
    *,
    latency_s: float,
    settings: TrackerSettings | None = None,
    timer: Callable[[], float] = lambda: 0.0,
    read: PixelReader | None = None,
) -> list[Live]:
    """Play the frames; the model always takes the newest one when it is free.

    Args:
        images: (H, W, 3) uint8 each.
        stamps_ns: one for each, increasing.
        answer_on: what the model says about the frame of that index; OK or NO_TARGET.
        latency_s: how long it takes; its answer is there with the first frame after that.
        settings: of the tracker.
        timer: seconds, for ``Live.took_s``.
        read: tells the target's pixels; by default the network that comes with the package.

    Returns:
        One for each frame.
    """
    if len(images) != len(stamps_ns):
        raise ValueError(f"stamps_ns: {len(stamps_ns)} stamps for {len(images)} images")
    settings = settings or TrackerSettings()
    history, tracker = FrameHistory(settings), MaskTracker(settings, read=read)
    lives: list[Live] = []
    asked: tuple[int, SmallFrame] | None = None
    for index, (image, stamp_ns) in enumerate(zip(images, stamps_ns, strict=True)):
        start_s = timer()
        frame = SmallFrame.of(image, stamp_ns=stamp_ns, settings=settings)
        history.push(frame)
        shown, caught_up = None, False
        if asked is not None and stamp_ns >= asked[1].stamp_ns + latency_s * 1e9:
            later = history.after(asked[1].stamp_ns)
            shown, caught_up = tracker.carry_forward(asked[1], answer_on(asked[0]), later), True
        elif tracker.started:
            shown = tracker.advance(frame)
        lives.append(Live(shown, timer() - start_s, caught_up))
        if asked is None or caught_up:
            asked = index, frame
    return lives
