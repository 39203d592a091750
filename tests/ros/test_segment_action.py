"""The action over real DDS: progress, cancel at any stage, refusal with a reason, shutdown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from action_msgs.msg import GoalStatus
from converseg.action import Segment
from rclpy.action import ActionClient

from converseg_core.answer import Status
from tests.ros.client import Client, segmenter
from tests.ros.harness import START_S
from tests.stand_in.model import Settings, write_bundle

PICTURE = np.full((40, 50, 3), 120, np.uint8)


def done(client: Client, future: Any) -> Any:
    client.wait_for(future.done, START_S, "for the action")
    return future.result()


def sender(client: Client) -> Callable[..., Any]:
    """Sends a goal, its feedback to a list; returns the goal's handle. The node knows who listens."""
    actions = ActionClient(client.node, Segment, "segmenter/segment")
    client.wait_for(actions.server_is_ready, START_S, "for the action server")
    client.wait_until_known()

    def send(stages: list[str], *prompts: str) -> Any:
        goal = Segment.Goal(prompts=list(prompts))
        sent = actions.send_goal_async(goal, lambda message: stages.append(message.feedback.stage))
        return done(client, sent)

    return send


def test_progress_cancel_refusal_and_result(tmp_path: Path) -> None:
    with segmenter(tmp_path, wait_for_frame_s=60.0, queue_size=3) as (process, client):
        client.wait_for_segmenter()
        send = sender(client)
        first_stages: list[str] = []
        second_stages: list[str] = []

        # There is no frame: the first goal waits in the worker, the other in the queue.
        first = send(first_stages, "the red mug", "the bowl")
        second = send(second_stages, "the green ball")
        client.wait_for(lambda: "queued" in second_stages, what="for the news that it is queued")
        assert not send([], "a", "b", "c", "d").accepted
        process.wait_for_log("goal refused: ")
        assert not send([], "").accepted
        assert done(client, second.cancel_goal_async()).goals_canceling
        cancelled = done(client, second.get_result_async())
        assert cancelled.status == GoalStatus.STATUS_CANCELED
        assert [answer.status for answer in cancelled.result.answers] == [Status.CANCELLED]
        assert not cancelled.result.answers[0].mask.data

        result = first.get_result_async()
        header = client.show(PICTURE).header
        answered = done(client, result)
        assert answered.status == GoalStatus.STATUS_SUCCEEDED
        assert [answer.prompt for answer in answered.result.answers] == ["the red mug", "the bowl"]
        assert all(answer.header == header for answer in answered.result.answers)
        client.wait_for(lambda: "segment" in first_stages, what="for the news that a question is put")
        assert first_stages.index("encode") < first_stages.index("segment")

        # A goal that waits for a younger frame when the node is stopped ends with it.
        client.show(PICTURE, client.header(seconds_ago=100))
        assert send([], "the blue bowl").accepted
        assert process.stop()[0] == 0
        assert "Traceback" not in process.log


def test_a_goal_in_work_is_cancelled_before_its_next_stage(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", Settings(encode_s=0.8, segment_s=0.8))
    with segmenter(tmp_path, module="tests.stand_in.segmenter_node", model=bundle) as (
        process,
        client,
    ):
        client.wait_for_segmenter()
        send = sender(client)
        client.show(PICTURE)

        def cancel_at(stage: str, *prompts: str) -> tuple[list[Status], list[str]]:
            stages: list[str] = []
            handle = send(stages, *prompts)
            client.wait_for(lambda: stage in stages, what=f"for the stage {stage}")
            assert done(client, handle.cancel_goal_async()).goals_canceling
            result = done(client, handle.get_result_async())
            assert result.status == GoalStatus.STATUS_CANCELED
            assert result.result.message == "withdrawn by the caller"
            return [answer.status for answer in result.result.answers], stages

        # While the frame is encoded: no question is put to the model any more.
        statuses, before = cancel_at("encode", "the red box", "the blue box")
        assert statuses == [Status.CANCELLED] * 2
        # While the first question is answered: that stage ends, the others do not begin.
        statuses, stages = cancel_at("segment", "the red box", "the blue box", "the green box")
        assert statuses == [Status.NO_TARGET, Status.CANCELLED, Status.CANCELLED]
        assert stages.count("segment") == 1
        assert "segment" not in before
        # The model is free again at once. The goals' answers are published too, and come in their own time.
        client.wait_for(lambda: len(client.answers) == 5, what="for the goals' answers")
        assert client.ask("the red box").status == Status.NO_TARGET
        assert process.stop()[0] == 0
        assert "Traceback" not in process.log
