"""Requests of several questions: fair turns, one frame, deadlines, and the service over real DDS."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from converseg.srv import Segment

from converseg_core.answer import Status
from converseg_ros.questions.instruction_queue import InstructionQueue, Question
from converseg_ros.questions.reply import Reply
from converseg_ros.questions.requests import read_request
from converseg_ros.questions.turns import Lane
from tests.ros.client import segmenter
from tests.ros.test_worker import Bench

PICTURE = np.full((40, 50, 3), 120, np.uint8)


def request(*prompts: str, **changes: Any) -> Question:
    fields: dict[str, Any] = {
        "concepts": [],
        "timeout_s": 0.0,
        "default_timeout_s": 60.0,
        "source": "service",
        "arrival_s": time.monotonic(),
        "new_id": lambda: "id",
        "on_complete": lambda replies: None,
    }
    return read_request(prompts=prompts, **{**fields, **changes})


def test_sources_take_turns() -> None:
    queue = InstructionQueue(max_questions=10)
    for name in ("a", "b", "c"):
        assert queue.offer(request(name, source="topic"))
    assert queue.offer(request("x", "y", source="service"))
    assert len(queue) == 5
    taken = [question.prompt for _ in range(4) if (question := queue.take())]
    assert taken == ["a", "x", "b", "c"]
    assert len(queue) == 0


def test_a_request_has_room_as_a_whole_or_not_at_all() -> None:
    queue = InstructionQueue(max_questions=3)
    assert queue.offer(request("a", "b"))
    assert not queue.offer(request("c", "d"))
    assert [question.prompt for question in queue.drain()] == ["a", "b"]


@pytest.mark.parametrize(
    ("prompts", "changes", "field"),
    [
        ((), {}, "prompts: empty"),
        (("a", " "), {}, r"prompts\[1\]: instruction: empty"),
        (("a", "b"), {"concepts": ["affordance"]}, "concepts: 1 for 2 prompts"),
        (("a",), {"timeout_s": -1.0}, "timeout: -1"),
        (("a",), {"timeout_s": float("nan")}, "timeout: nan"),
    ],
)
def test_bad_requests_name_the_field(prompts: tuple[str, ...], changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        request(*prompts, **changes)


def bench_with_replies(**limits: Any) -> Bench:
    bench = Bench(**limits)

    def send(_: Lane, reply: Reply) -> None:
        if reply.question.on_reply is not None:
            reply.question.on_reply(reply)

    bench.worker._on_reply = send
    return bench


def test_all_prompts_are_answered_on_one_frame_though_newer_ones_arrive() -> None:
    bench = bench_with_replies()
    frame = bench.show("red")
    bench.model.may_encode.clear()
    bench.questions.offer(
        request("red", "blue", "crash", "red", on_complete=bench.replies.put, concepts=list("abcd"))
    )
    assert bench.model.is_encoding.wait(10)
    bench.show("blue")
    bench.model.may_encode.set()
    replies: Any = bench.reply()
    assert [reply.answer.status.name for reply in replies] == ["OK", "NO_TARGET", "ERROR", "OK"]
    assert all(reply.frame is frame for reply in replies)
    assert [reply.question.concept for reply in replies] == list("abcd")
    assert bench.worker.num_encodes == 1
    assert bench.worker.stop(10)


def test_a_deadline_ends_the_wait_for_a_frame() -> None:
    bench = bench_with_replies(wait_for_frame_s=60.0)
    bench.questions.offer(request("red", "blue", on_complete=bench.replies.put, timeout_s=0.05))
    replies: Any = bench.reply()
    assert [reply.answer.status for reply in replies] == [Status.TIMEOUT] * 2
    assert "deadline" in replies[0].answer.status_text
    assert bench.worker.stop(10)


def test_a_deadline_is_looked_at_between_stages() -> None:
    bench = bench_with_replies()
    bench.show("red")
    bench.model.may_encode.clear()
    asked = request("red", on_complete=bench.replies.put, timeout_s=1.5)
    bench.questions.offer(asked)
    assert bench.model.is_encoding.wait(10)
    while time.monotonic() < asked.deadline_s:
        time.sleep(0.01)
    bench.model.may_encode.set()
    replies: Any = bench.reply()
    assert replies[0].answer.status is Status.TIMEOUT
    assert bench.worker.stop(10)


def test_the_service_answers_and_the_node_goes_on_meanwhile(tmp_path: Path) -> None:
    with segmenter(tmp_path, wait_for_frame_s=60.0) as (process, client):
        client.wait_for_segmenter()
        waiting = client.start_call(
            Segment,
            "segmenter/segment",
            prompts=["the red mug", "the bowl"],
            concepts=["entities", "relations"],
        )
        # No frame yet: this one waits. Were the executor blocked, a wrong request would get no response.
        refused = client.start_call(Segment, "segmenter/segment", prompts=["the mug", ""])
        client.wait_for(refused.done, what="for the refusal")
        assert not refused.result().accepted
        assert "prompts[1]" in refused.result().message
        assert not waiting.done()
        header = client.show(PICTURE).header
        client.wait_for(waiting.done, what="for the answers")
        response = waiting.result()
        assert response.accepted
        assert [answer.prompt for answer in response.answers] == ["the red mug", "the bowl"]
        assert [answer.concept for answer in response.answers] == ["entities", "relations"]
        assert all(answer.status in (Status.OK, Status.NO_TARGET) for answer in response.answers)
        assert all(answer.header == header for answer in response.answers)
        client.wait_for(lambda: len(client.answers) >= 2, what="for the same on the topic")
        assert {answer.request_id for answer in client.answers} == {
            answer.request_id for answer in response.answers
        }
        assert process.stop()[0] == 0
