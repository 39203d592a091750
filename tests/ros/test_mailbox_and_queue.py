"""The one-slot mailbox, the bounded queue and the memory of CameraInfo."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_ros.camera.frame_mailbox import Frame, FrameMailbox, comparable_delay_s
from converseg_ros.camera.infos import CameraInfoHistory
from converseg_ros.questions.instruction_queue import InstructionQueue, Question

S = 1_000_000_000


def frame(name: str, arrival_s: float = 0.0) -> Frame:
    return Frame(message=name, arrival_s=arrival_s)


def question(name: str) -> Question:
    return Question(request_id=name, echo=name, prompt=name, arrival_s=0.0)


def test_the_newest_frame_wins_and_drops_are_counted() -> None:
    mailbox = FrameMailbox()
    for index in range(5):
        mailbox.put(frame(f"frame {index}"))
    taken = mailbox.take()
    assert taken is not None
    assert taken.message == "frame 4"
    assert (mailbox.num_received, mailbox.num_dropped) == (5, 4)


def test_a_taken_frame_is_shared_and_not_dropped() -> None:
    mailbox = FrameMailbox()
    mailbox.put(frame("a"))
    assert mailbox.take() is mailbox.take()
    mailbox.put(frame("b"))
    assert mailbox.num_dropped == 0


def test_waiting_ends_with_another_frame_or_in_vain() -> None:
    mailbox = FrameMailbox()
    assert mailbox.take_after(None, 0.01) is None
    mailbox.put(frame("old"))
    old = mailbox.take_after(None, 10.0)
    assert old is not None
    assert mailbox.take_after(old, 0.01) is None
    result: list[Frame | None] = []
    thread = threading.Thread(target=lambda: result.append(mailbox.take_after(old, 30.0)))
    thread.start()
    mailbox.put(frame("new"))
    thread.join(10)
    assert result[0] is not None
    assert result[0].message == "new"


def test_a_thing_is_made_once_of_a_frame_and_failures_are_not_kept() -> None:
    shown = frame("a")
    assert not shown.has("length")
    calls: list[int] = []

    def make() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("not yet")
        return len(shown.message)

    with pytest.raises(ValueError, match="not yet"):
        shown.made("length", make)
    assert [shown.made("length", make), shown.made("length", make), len(calls)] == [1, 1, 2]
    assert shown.has("length")


def test_clear_forgets_the_view_of_the_past() -> None:
    mailbox = FrameMailbox()
    mailbox.put(frame("a"))
    mailbox.clear()
    assert mailbox.take() is None
    assert math.isnan(mailbox.newest_age_s(1.0))


@pytest.mark.parametrize(
    ("stamp_ns", "now_ns", "delay_s"),
    [
        (100 * S, 100 * S + S // 4, 0.25),
        (100 * S, 100 * S, 0.0),
        (100 * S + S // 2, 100 * S, 0.0),  # a little ahead: clocks are never equal
        (0, 100 * S, 0.0),  # no stamp
        (100 * S, 1_700_000_000 * S, 0.0),  # another epoch
        (1_700_000_000 * S, 100 * S, 0.0),
        (100 * S, 100 * S + 1800 * S, 1800.0),  # really late
    ],
)
def test_delay_from_stamps(stamp_ns: int, now_ns: int, delay_s: float) -> None:
    assert comparable_delay_s(stamp_ns, now_ns) == delay_s


def test_age_grows_with_the_steady_clock() -> None:
    late = Frame(message="a", arrival_s=10.0, delay_s=0.5)
    assert late.age_s(12.0) == 2.5


@given(st.lists(st.sampled_from(["put", "take"]), max_size=40), st.integers(1, 5))
def test_queue_is_first_in_first_out_and_bounded(steps: list[str], size: int) -> None:
    queue, model, number = InstructionQueue(max_questions=size), [], 0
    for step in steps:
        if step == "put":
            number += 1
            assert queue.offer(question(str(number))) == (len(model) < size)
            if len(model) < size:
                model.append(str(number))
        elif model:
            taken = queue.take()
            assert taken is not None
            assert taken.request_id == model.pop(0)
        assert len(queue) == len(model)


def test_closing_the_queue_returns_what_waits() -> None:
    queue = InstructionQueue(max_questions=3)
    queue.offer(question("a"))
    queue.offer(question("b"))
    assert [each.request_id for each in queue.close()] == ["a", "b"]
    assert queue.take() is None
    assert not queue.offer(question("c"))


def test_a_queue_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="max_questions: 0"):
        InstructionQueue(max_questions=0)


def test_camera_info_by_stamp() -> None:
    history = CameraInfoHistory(max_messages=2)
    assert history.lookup((1, 0)) == (None, None)
    for second in (1, 2, 3):
        history.put((second, 0), f"info {second}")
    assert history.lookup((2, 0)) == ("info 2", "info 3")
    assert history.lookup((1, 0)) == (None, "info 3")
    history.clear()
    assert history.lookup((3, 0)) == (None, None)
