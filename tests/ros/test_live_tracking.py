"""The tracker's two threads round one instruction: frames decoded once, clocks that jump, faults."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from converseg_core.answer import Answer, Status, failed
from converseg_core.images import from_rgb
from converseg_ros.camera import frame_mailbox
from converseg_ros.camera.frame_mailbox import Frame, FrameMailbox
from converseg_ros.questions.instruction_queue import Question, StandingState
from converseg_ros.questions.reply import Reply
from converseg_ros.segmenter.live_tracking import LiveTracking
from converseg_ros.transport.messages import image_message

S = 1_000_000_000
START_NS = 1_700_000_000 * S
QUESTION = Question(
    request_id="1", echo="red", prompt="red", arrival_s=0.0, standing=StandingState(since_s=0.0)
)


def picture(left: int) -> tuple[np.ndarray, np.ndarray]:
    grain = np.random.default_rng(3)
    rgb = np.repeat(grain.integers(90, 150, (120, 160, 1), dtype=np.uint8), 3, axis=2)
    mask = np.zeros((120, 160), np.bool_)
    mask[40:80, left : left + 40] = True
    rgb[mask] = np.repeat(grain.integers(170, 255, (1600, 1), dtype=np.uint8), 3, axis=1) * (1, 0, 0)
    return rgb, mask


def frame(stamp_ns: int, left: int = 20, **changes: Any) -> Frame:
    header = Header(stamp=Time(sec=stamp_ns // S, nanosec=stamp_ns % S))
    message = image_message(from_rgb(picture(left)[0]), header)
    for name, value in changes.items():
        setattr(message, name, value)
    return Frame(message=message, arrival_s=time.monotonic())


def answer(left: int = 20) -> Answer:
    return Answer("red", Status.OK, picture(left)[1], 0.9, 0.0, "colours@1", timings_s={"segment": 0.1})


class Rig:
    """A tracking and its mailbox."""

    def __init__(self) -> None:
        self.mailbox = FrameMailbox()
        self.shown: queue.Queue[Reply] = queue.Queue()
        self.faults: list[str] = []
        self.is_on = True
        self.tracking = LiveTracking(
            QUESTION,
            mailbox=self.mailbox,
            show=self.shown.put,
            max_side=lambda: 1000,
            is_on=lambda: self.is_on,
            on_fault=self.faults.append,
        )
        self.tracking.start()

    def put(self, shown: Frame) -> Frame:
        """Show a frame, and wait until it was taken into the tracker's history."""
        self.mailbox.put(shown)
        wait(lambda: self.tracking._last is shown)
        return shown

    def reply(self, to: Frame, said: Answer) -> None:
        self.tracking.answered(Reply(question=QUESTION, answer=said, frame=to))
        if said.status.is_answer:
            wait(lambda: self.tracking._caught is not None)

    def next(self) -> Reply:
        return self.shown.get(timeout=10)


def wait(condition: Callable[[], Any]) -> None:
    deadline_s = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.002)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.tracking.stop()
    for thread in made.tracking._threads:
        thread.join(5)
        assert not thread.is_alive()


def test_an_answer_of_the_past_is_shown_on_the_next_frame(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[object] = []
    real = frame_mailbox._decoded
    monkeypatch.setattr(
        frame_mailbox, "_decoded", lambda message, side: decoded.append(message) or real(message, side)
    )
    asked = rig.put(frame(START_NS))
    asked.rgb(max_side=1000)  # the model looks at the same picture
    for step in range(1, 4):
        rig.put(frame(START_NS + step * S // 10, 20 + 4 * step))
    assert rig.shown.empty()
    rig.reply(asked, answer())
    newest = rig.put(frame(START_NS + 4 * S // 10, 36))
    reply = rig.next()
    assert reply.propagated
    assert reply.frame is newest
    assert reply.answered is asked
    assert reply.answer.status is Status.OK
    assert list(reply.answer.timings_s) == ["track"]
    truth = picture(36)[1]
    assert reply.answer.mask is not None
    assert (reply.answer.mask & truth).sum() / (reply.answer.mask | truth).sum() > 0.8
    assert len(decoded) == 5
    # A failure is no answer: what was known is followed on.
    rig.reply(newest, failed("red", Status.ERROR, "the model broke"))
    rig.put(frame(START_NS + 5 * S // 10, 40))
    assert rig.next().answer.status is Status.OK
    assert rig.faults == []


def test_late_and_unreadable_frames_are_left_out_and_a_clock_set_back_starts_anew(rig: Rig) -> None:
    rig.reply(rig.put(frame(START_NS)), answer())
    rig.put(frame(START_NS + S // 10, 22))
    assert rig.next().answer.status is Status.OK
    rig.put(frame(START_NS + S // 20, 21))  # came late
    rig.put(frame(START_NS + 2 * S // 10, encoding="rgb9"))
    rig.put(frame(START_NS + 3 * S // 10, 24))
    shown = rig.next()
    assert shown.frame is not None
    assert shown.frame.message.header.stamp.nanosec == 3 * S // 10
    # A bag begins again: nothing of before is shown, and the next answer is followed.
    restarted = rig.put(frame(START_NS - 60 * S))
    rig.put(frame(START_NS - 60 * S + S // 10, 22))
    assert rig.shown.empty()
    rig.reply(restarted, answer())
    rig.put(frame(START_NS - 60 * S + 2 * S // 10, 24))
    assert rig.next().answer.status is Status.OK
    assert rig.faults == []


def test_cameras_without_stamps_are_followed_by_arrival(rig: Rig) -> None:
    rig.reply(rig.put(frame(0)), answer())
    rig.put(frame(0, 22))
    assert rig.next().answer.status is Status.OK


def test_switched_off_nothing_is_decoded_or_shown(rig: Rig) -> None:
    rig.is_on = False
    shown = frame(START_NS)
    rig.mailbox.put(shown)
    time.sleep(0.05)
    assert not shown.has("rgb")
    rig.is_on = True
    wait(lambda: shown.has("small"))


def test_a_fault_is_told_once_and_the_next_answer_is_followed(rig: Rig) -> None:
    wrong = Answer("red", Status.OK, np.ones((7, 7), np.bool_), 0.9, 0.0, "colours@1")
    asked = rig.put(frame(START_NS))
    for _ in range(2):
        rig.tracking.answered(Reply(question=QUESTION, answer=wrong, frame=asked))
        wait(lambda: rig.tracking._answer is None and rig.faults)
    time.sleep(0.05)
    assert len(rig.faults) == 1
    assert "mask is (7, 7)" in rig.faults[0]
    rig.reply(asked, answer())
    rig.put(frame(START_NS + S // 10, 22))
    assert rig.next().answer.status is Status.OK
