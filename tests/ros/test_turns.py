"""What the model does next, decoding ahead of it, and sending behind it."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import numpy as np
import pytest

from converseg_core.images import from_rgb
from converseg_ros.camera import decode_ahead
from converseg_ros.camera.decode_ahead import DecodeAhead
from converseg_ros.camera.frame_mailbox import Frame, FrameMailbox
from converseg_ros.questions.instruction_queue import InstructionQueue, Question, StandingState
from converseg_ros.questions.turns import AT_ONCE, Lane, Turns
from converseg_ros.segmenter.outbox import MAX_WAITING, Outbox


def question(name: str, source: str = "topic", **fields: Any) -> Question:
    return Question(request_id=name, echo=name, prompt=name, arrival_s=0.0, source=source, **fields)


def lane() -> Lane:
    return Lane(mailbox=FrameMailbox(), queue=InstructionQueue(max_questions=10))


def frame(encoding: str = "rgb8") -> Frame:
    fields = {**vars(from_rgb(np.zeros((4, 5, 3), np.uint8))), "encoding": encoding}
    return Frame(message=type("Message", (), fields)(), arrival_s=time.monotonic())


def take(turns: Turns) -> str:
    turn = turns.take()
    assert turn is not None
    return turn[1].prompt


def test_cameras_take_turns_and_within_one_those_who_ask() -> None:
    left, right = lane(), lane()
    turns = Turns([left, right], ready_at=lambda *_: AT_ONCE)
    for name in ("l1", "l2", "l3"):
        left.queue.offer(question(name))
    left.queue.offer(question("service", "service"))
    left.queue.stand(question("standing", "standing", standing=StandingState(since_s=0.0)))
    for name in ("r1", "r2"):
        right.queue.offer(question(name))
    taken = [take(turns) for _ in range(9)]
    assert taken[:4] == ["l1", "r1", "service", "r2"]
    # The standing one stays, and takes no more than its turn.
    assert taken[4:] == ["standing", "l2", "standing", "l3", "standing"]


def test_a_camera_that_is_silent_holds_nobody_up_and_is_taken_in_time() -> None:
    silent, other = lane(), lane()
    late_s = time.monotonic() + 0.2
    turns = Turns([silent, other], ready_at=lambda of, _: late_s if of is silent else AT_ONCE)
    silent.queue.offer(question("silent"))
    other.queue.offer(question("other"))
    assert take(turns) == "other"
    assert turns.next_lane() is None
    assert take(turns) == "silent"
    assert time.monotonic() >= late_s


def test_a_frame_or_a_question_wakes_the_taker_and_closing_ends_it() -> None:
    only = lane()
    turns = Turns([only], ready_at=lambda of, _: AT_ONCE if of.mailbox.newest() else math.inf)
    taken: list[Any] = []

    def run() -> None:
        while (turn := turns.take()) is not None:
            taken.append(turn[1].prompt)

    thread = threading.Thread(target=run)
    thread.start()
    only.queue.offer(question("a"))
    time.sleep(0.05)
    assert taken == []
    only.mailbox.put(frame())
    deadline_s = time.monotonic() + 10
    while taken != ["a"] and time.monotonic() < deadline_s:
        time.sleep(0.01)
    only.mailbox.clear()
    only.queue.offer(question("b"))
    assert [each.prompt for _, each in turns.close()] == ["b"]
    thread.join(10)
    assert not thread.is_alive()
    assert taken == ["a"]


def decoded_in_time(ahead: DecodeAhead, of: Frame) -> bool:
    deadline_s = time.monotonic() + 5
    while not of.has("rgb") and time.monotonic() < deadline_s:
        time.sleep(0.002)
    return of.has("rgb")


def test_the_next_frame_is_decoded_while_the_model_is_busy_and_only_if_somebody_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decode_ahead, "CHEAP_S", 0.0)
    monkeypatch.setattr(decode_ahead, "KEEP_S", 60.0)  # however long this thread is kept waiting
    only = lane()
    wanted = [only]
    ahead = DecodeAhead(next_lane=lambda: wanted[0] if wanted else None, max_side=lambda: 100)
    ahead.begin()
    time.sleep(0.05)
    ahead.end()  # now it knows how long the model takes
    next_frame, newer = frame(), frame()
    only.mailbox.put(next_frame)
    ahead.begin()
    assert decoded_in_time(ahead, next_frame)
    only.mailbox.put(newer)
    assert only.mailbox.num_dropped == 1
    assert ahead.take(only) is next_frame  # decoded, and hardly older
    assert only.mailbox.num_dropped == 0
    assert ahead.take(only) is newer
    ahead.end()
    # What was decoded too early gives way to the newest.
    old = frame()
    only.mailbox.put(old)
    ahead.begin()
    assert decoded_in_time(ahead, old)
    only.mailbox.put(newer)
    monkeypatch.setattr(decode_ahead, "KEEP_S", -60.0)
    assert ahead.take(only) is newer
    ahead.end()
    # Where decoding costs next to nothing, the newest is worth it.
    monkeypatch.setattr(decode_ahead, "CHEAP_S", 10.0)
    cheap = frame()
    only.mailbox.put(cheap)
    ahead.begin()
    assert decoded_in_time(ahead, cheap)
    newest = frame()
    only.mailbox.put(newest)
    assert ahead.take(only) is newest
    ahead.end()
    wanted.clear()
    unused = frame()
    only.mailbox.put(unused)
    ahead.begin()
    time.sleep(0.15)
    assert not unused.has("rgb")
    ahead.stop()


def test_a_frame_that_can_not_be_decoded_is_left_to_the_model_s_thread() -> None:
    only = lane()
    ahead = DecodeAhead(next_lane=lambda: only, max_side=lambda: 100)
    ahead.begin()
    ahead.end()
    for bad in (frame("rgb9"), frame("rgb9")):
        only.mailbox.put(bad)
        ahead.begin()
        time.sleep(0.03)
        assert ahead.take(only) is bad
        ahead.end()
    ahead.stop()


def test_the_outbox_sends_in_order_outlives_failures_and_holds_a_fast_model_back() -> None:
    sent: list[int] = []
    faults: list[str] = []
    may_send = threading.Event()

    def send(number: int) -> None:
        may_send.wait(10)
        if number == 1:
            raise RuntimeError("no such publisher")
        sent.append(number)

    outbox = Outbox(send, on_fault=faults.append)
    for number in range(MAX_WAITING):
        outbox.put(number)
    blocked = threading.Thread(target=lambda: [outbox.put(8), outbox.put(9)])
    blocked.start()
    outbox.put_now(100)  # never waits
    assert outbox.is_behind
    time.sleep(0.05)
    assert blocked.is_alive()
    may_send.set()
    blocked.join(10)
    assert outbox.close(10)
    assert sorted(sent) == [0, 2, 3, 4, 5, 6, 7, 8, 9, 100]
    assert sent[:7] == [0, 2, 3, 4, 5, 6, 7]
    assert len(faults) == 1
    assert "no such publisher" in faults[0]
