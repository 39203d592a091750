"""One process, one model, two cameras with a namespace each: nothing is mixed up, and turns are fair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from converseg.msg import Segmentation
from converseg.srv import Segment, SetInstruction
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image
from std_msgs.msg import String

from converseg_core.answer import Status
from converseg_core.images import from_rgb
from converseg_ros.camera.names import MAX_CAMERAS, camera_names
from converseg_ros.process.lifeline import UsageError
from converseg_ros.transport.messages import image_message
from tests.ros.client import Client, segmenter
from tests.ros.harness import START_S
from tests.stand_in.model import Settings, write_bundle

MODULE = "tests.stand_in.segmenter_node"
PICTURES = {"left": (220, 20, 20), "right": (20, 20, 220)}


def picture(name: str) -> np.ndarray:
    rgb = np.full((120, 160, 3), 100, np.uint8)
    rgb[30:70, 40:90] = PICTURES[name]
    return rgb


class Side:
    """A camera and a listener under one namespace."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, name
        self.images = client.node.create_publisher(Image, f"{name}/image", 10)
        self.instructions = client.node.create_publisher(String, f"{name}/instruction", 100)
        self.answers: list[Segmentation] = client.listen(Segmentation, f"segmenter/{name}/segmentation")

    @property
    def is_matched(self) -> bool:
        return bool(
            self.images.get_subscription_count()
            and self.instructions.get_subscription_count()
            and self.client.node.count_publishers(f"segmenter/{self.name}/segmentation")
        )

    def show(self) -> None:
        header = self.client.header(frame_id=self.name)
        self.images.publish(image_message(from_rgb(picture(self.name)), header))

    def call(self, kind: Any, name: str, **fields: Any) -> Any:
        return self.client.call(kind, f"segmenter/{self.name}/{name}", **fields)


def test_two_cameras_share_the_model_fairly(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", Settings(encode_s=0.02, segment_s=0.15))
    values = {"cameras": "[left, right]", "model": bundle, "wait_for_frame_s": 60.0}
    with segmenter(tmp_path, module=MODULE, **values) as (process, client):
        left, right = Side(client, "left"), Side(client, "right")
        diagnostics = client.listen(DiagnosticArray, "/diagnostics")
        client.wait_for(lambda: left.is_matched and right.is_matched, START_S)
        client.wait_until_known()

        # A camera without frames keeps its questions waiting, and only those.
        left.instructions.publish(String(data="the red box"))
        client.wait_for(
            lambda: any(
                {pair.key: pair.value for pair in array.status[0].values}.get("questions waiting") == "1"
                for array in diagnostics
            )
        )
        right.show()
        right.instructions.publish(String(data="the blue box"))
        client.wait_for(lambda: right.answers)
        assert left.answers == []
        left.show()
        client.wait_for(lambda: left.answers)
        for side, colour in ((left, "red"), (right, "blue")):
            (answer,) = side.answers
            assert (answer.status, answer.header.frame_id) == (Status.OK, side.name)
            assert answer.prompt == f"the {colour} box"
            assert answer.area_px == 40 * 50

        # Eight questions about one camera do not keep back one about the other.
        sent: list[tuple[int, str]] = []  # of two topics, what is handled first was not always sent first
        for side in (left, right):
            client.node.create_subscription(
                Segmentation,
                f"segmenter/{side.name}/segmentation",
                lambda _, info, name=side.name: sent.append((info["source_timestamp"], name)),
                10,
            )
        client.wait_until_known()
        for _ in range(8):
            left.instructions.publish(String(data="the red box"))
        client.wait_for(lambda: len(left.answers) > 1)
        right.instructions.publish(String(data="the blue box"))
        client.wait_for(lambda: len(left.answers) == 9 and len(right.answers) == 2, 60.0)
        client.wait_for(lambda: len(sent) >= 9)
        order = [name for _, name in sorted(sent)]
        assert "right" in order[:5], order

        # Each has its service and its standing instruction.
        response = right.call(Segment, "segment", prompts=["the blue box", "the red box"])
        assert [each.status for each in response.answers] == [Status.OK, Status.NO_TARGET]
        assert left.call(SetInstruction, "set_instruction", instruction="the red box").accepted
        num_left, num_right = len(left.answers), len(right.answers)
        timer = client.node.create_timer(0.1, left.show)
        client.wait_for(lambda: sum(each.propagated for each in left.answers[num_left:]) > 3, 60.0)
        timer.cancel()
        assert len(right.answers) == num_right
        names = {status.name for status in diagnostics[-1].status}
        assert {"segmenter: left", "segmenter: right"} <= names
        assert process.stop()[0] == 0
        assert "Traceback" not in process.log


def test_names_are_checked() -> None:
    assert camera_names([]) == camera_names([""]) == [""]
    assert camera_names(["left", "arm/wrist_2"]) == ["left", "arm/wrist_2"]
    for wrong, reason in (
        (["left", "left"], "twice"),
        (["left", ""], "''"),
        (["/left"], "'/left'"),
        (["2nd"], "'2nd'"),
        (["a//b"], "'a//b'"),
        ([f"c{index}" for index in range(MAX_CAMERAS + 1)], "more than 16"),
    ):
        with pytest.raises(UsageError, match=f"parameter cameras: .*{reason}"):
            camera_names(wrong)
