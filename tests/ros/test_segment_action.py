"""The action over real DDS: progress, cancel at any stage, refusal with a reason, shutdown."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from action_msgs.msg import GoalStatus
from converseg.action import Segment
from rclpy.action import ActionClient

from converseg_core.answer import Status
from tests.ros.harness import START_S, Client, segmenter
from tests.stand_in.model import Settings, write_bundle

PICTURE = np.full((40, 50, 3), 120, np.uint8)


def done(client: Client, future: Any) -> Any:
    client.wait_for(future.done, START_S, "for the action")
    return future.result()


def heard(client: Client, condition: Callable[[], Any], timeout_s: float = 2.0) -> bool:
    """Whether something comes in time."""
    with suppress(AssertionError):
        client.wait_for(condition, timeout_s)
    return bool(condition())


def test_progress_cancel_refusal_and_result(tmp_path: Path) -> None:
    with segmenter(tmp_path, wait_for_frame_s=60.0, max_frame_age_s=60.0, queue_size=3) as (process, client):
        client.wait_for_segmenter()
        actions = ActionClient(client.node, Segment, "segmenter/segment")
        client.wait_for(actions.server_is_ready, START_S, "for the action server")
        feedback: list[Any] = []

        def send(*prompts: str) -> Any:
            goal = Segment.Goal(prompts=list(prompts))
            sent = actions.send_goal_async(goal, lambda message: feedback.append(message.feedback))
            return done(client, sent)

        # There is no frame: the first goal waits in the worker, the others in the queue.
        first = send("the red mug", "the bowl")
        second = send("the green ball")
        for _ in range(10):  # the node may know this client's goals before it knows who listens to feedback
            if heard(client, lambda: any(each.stage == "queued" for each in feedback)):
                break
            assert done(client, second.cancel_goal_async()).goals_canceling
            second = send("the green ball")
        assert any(each.stage == "queued" for each in feedback)
        assert not send("a", "b", "c", "d").accepted
        process.wait_for_log("goal refused: ")
        assert not send("").accepted
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
        stages = [each.stage for each in feedback]
        assert stages.index("encode") < stages.index("segment")

        # A goal that waits for a younger frame when the node is stopped ends with it.
        client.show(PICTURE, client.header(seconds_ago=100))
        assert send("the blue bowl").accepted
        assert process.stop()[0] == 0
        assert "Traceback" not in process.log


def test_a_goal_in_work_is_cancelled_before_its_next_stage(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", Settings(encode_s=0.8, segment_s=0.4))
    with segmenter(tmp_path, module="tests.stand_in.segmenter_node", model=bundle, max_frame_age_s=60.0) as (
        process,
        client,
    ):
        client.wait_for_segmenter()
        actions = ActionClient(client.node, Segment, "segmenter/segment")
        client.wait_for(actions.server_is_ready, START_S, "for the action server")
        stages: list[str] = []
        num_asked = 0
        while not stages and num_asked < 10:  # as above; there is no frame yet that these could encode
            goal = Segment.Goal(prompts=["the red box"])
            sent = actions.send_goal_async(goal, lambda message: stages.append(message.feedback.stage))
            done(client, done(client, sent).get_result_async())
            num_asked += 1
        assert stages
        client.show(PICTURE)

        def cancel_at(stage: str, *prompts: str) -> Any:
            stages.clear()
            goal = Segment.Goal(prompts=list(prompts))
            sent = actions.send_goal_async(goal, lambda message: stages.append(message.feedback.stage))
            handle = done(client, sent)
            client.wait_for(lambda: stage in stages, what=f"for the stage {stage}")
            assert done(client, handle.cancel_goal_async()).goals_canceling
            result = done(client, handle.get_result_async())
            assert result.status == GoalStatus.STATUS_CANCELED
            assert result.result.message == "withdrawn by the caller"
            return [answer.status for answer in result.result.answers]

        # While the frame is encoded: no question is put to the model any more.
        assert cancel_at("encode", "the red box", "the blue box") == [Status.CANCELLED] * 2
        assert "segment" not in stages
        # While the first question is answered: that stage ends, the others do not begin.
        statuses = cancel_at("segment", "the red box", "the blue box", "the green box")
        assert statuses == [Status.NO_TARGET, Status.CANCELLED, Status.CANCELLED]
        assert stages.count("segment") == 1
        # The model is free again at once. The goals' answers are published too, and come in their own time.
        client.wait_for(lambda: len(client.answers) == num_asked + 5, what="for the goals' answers")
        assert client.ask("the red box").status == Status.NO_TARGET
        assert process.stop()[0] == 0
        assert "Traceback" not in process.log
