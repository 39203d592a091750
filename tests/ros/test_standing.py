"""A standing instruction over real DDS: answered again and again, its mask on every frame, its end told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from converseg.msg import Segmentation
from converseg.srv import SetInstruction
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from converseg_core.answer import Status
from tests.ros.client import Client, segmenter
from tests.ros.harness import NodeProcess
from tests.ros.scene import MovingSquare
from tests.stand_in.model import Settings, write_bundle

MODULE = "tests.stand_in.segmenter_node"


def mask_of(message: Segmentation) -> NDArray[np.bool_]:
    size = message.mask.height, message.mask.width
    return np.frombuffer(message.mask.data, np.uint8).reshape(size) > 0


def overlap(message: Segmentation, square: MovingSquare) -> float:
    stamp = message.header.stamp
    mask, truth = mask_of(message), square.truth[(stamp.sec, stamp.nanosec)]
    return float((mask & truth).sum() / max(1, (mask | truth).sum()))


def stamp_s(message: Any) -> float:
    return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[NodeProcess, Client]]:
    """A model that takes half a second: several frames come while it thinks."""
    bundle = write_bundle(tmp_path / "bundle", Settings(encode_s=0.5))
    with segmenter(tmp_path, module=MODULE, model=bundle, wait_for_frame_s=0.6) as (process, client):
        client.wait_for_segmenter()
        yield process, client
        assert process.stop()[0] == 0, process.log
        assert "Traceback" not in process.log


def test_the_mask_follows_is_lost_and_ends(pair: tuple[NodeProcess, Client]) -> None:
    _, client = pair
    masks = client.listen(Image, "segmenter/mask")
    client.wait_until_known()
    square = MovingSquare(client)
    client.wait_for(lambda: client.ask("the green box").status == Status.NO_TARGET, what="for frames")
    client.answers.clear()
    masks.clear()
    reply = client.call(
        SetInstruction, "segmenter/set_instruction", instruction="the red box", concept="entities"
    )
    assert reply.accepted, reply.message

    def propagated(status: Status) -> list[Segmentation]:
        return [each for each in client.answers if each.propagated and each.status == status]

    def answered() -> list[Segmentation]:
        return [each for each in client.answers if not each.propagated]

    client.wait_for(lambda: len(propagated(Status.OK)) >= 12 and len(answered()) >= 3, 60.0)
    assert {each.request_id for each in client.answers} == {reply.request_id}
    assert {(each.prompt, each.concept) for each in client.answers} == {("the red box", "entities")}
    assert all(each.status == Status.OK for each in answered())
    stamps = {stamp_s(each) for each in answered()}
    for each in propagated(Status.OK):
        answered_s = each.answered_stamp.sec + each.answered_stamp.nanosec * 1e-9
        assert answered_s in stamps
        assert answered_s < stamp_s(each)
        assert each.stage_names == ["track"]
        assert 0 <= each.confidence <= 1
    # Until the next answer the square moves by up to half its side: a mask that stays would have IoU 0.33.
    assert np.mean([overlap(each, square) for each in propagated(Status.OK)]) > 0.8
    times = [stamp_s(each) for each in client.answers if each.propagated]
    assert times == sorted(times)
    assert [stamp_s(each) for each in masks] == sorted(stamp_s(each) for each in masks)

    # A question in between gets its turn.
    client.instructions.publish(String(data="the blue box"))
    client.wait_for(lambda: any(each.prompt == "the blue box" for each in client.answers), 60.0)

    # What is gone is LOST on each frame until the model says so itself; no mask is made up.
    num_before = len(client.answers)
    square.is_there = False
    client.wait_for(lambda: propagated(Status.LOST) or propagated(Status.NO_TARGET))
    client.wait_for(lambda: any(each.status == Status.NO_TARGET for each in client.answers[num_before:]))
    for each in propagated(Status.LOST):
        assert (each.mask.height, each.status_text != "") == (0, True)
    gone = [each for each in client.answers[num_before:] if each.propagated][2:]
    assert all(not mask_of(each).any() for each in gone if each.status != Status.OK)

    assert client.call(Trigger, "segmenter/clear").success
    client.wait_for(lambda: client.answers[-1].status == Status.CANCELLED)
    assert client.answers[-1].status_text == "cleared"
    assert client.answers[-1].request_id == reply.request_id
    num_after, num_frames = len(client.answers), len(square.truth)
    client.wait_for(lambda: len(square.truth) > num_frames + 12)
    assert len(client.answers) == num_after  # CANCELLED was the last word
    assert client.call(Trigger, "segmenter/clear").message == "no instruction was set"


def test_another_takes_its_place_silence_is_told_and_deactivation_ends_it(
    pair: tuple[NodeProcess, Client],
) -> None:
    _, client = pair
    refused = client.call(SetInstruction, "segmenter/set_instruction", instruction=" ")
    assert not refused.accepted
    assert "instruction: empty" in refused.message
    first = client.call(SetInstruction, "segmenter/set_instruction", instruction="the green box")
    # No frame comes: that is said once, not again and again (each 0.6 s, it would be).
    client.wait_for(lambda: client.answers)
    said_s = time.monotonic()
    client.wait_for(lambda: time.monotonic() > said_s + 1.5)
    assert [each.status for each in client.answers] == [Status.STALE_FRAME]
    square = MovingSquare(client)
    client.wait_for(lambda: len(client.answers) >= 3)
    second = client.call(SetInstruction, "segmenter/set_instruction", instruction="the red box")
    assert second.request_id != first.request_id
    client.wait_for(lambda: any(each.status == Status.OK for each in client.answers))
    statuses = [each.status for each in client.answers if each.request_id == first.request_id]
    assert statuses[-1] == Status.CANCELLED
    assert set(statuses) <= {Status.STALE_FRAME, Status.NO_TARGET, Status.CANCELLED}
    deactivate = Transition(id=Transition.TRANSITION_DEACTIVATE)
    assert client.call(ChangeState, "segmenter/change_state", transition=deactivate).success
    client.wait_for(lambda: client.answers[-1].status == Status.CANCELLED)
    assert client.answers[-1].request_id == second.request_id
    square.stop()
    inactive = client.call(SetInstruction, "segmenter/set_instruction", instruction="the red box")
    assert not inactive.accepted
    assert "not active" in inactive.message
