"""An independent DDS implementation reads the node's answers: Cyclone DDS, with types written by hand."""

from __future__ import annotations

import base64
import importlib.util
import json
import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from converseg.msg import Segmentation
from sensor_msgs.msg import CompressedImage, Image

from converseg_core.answer import Status
from converseg_core.bags import read_messages
from converseg_ros.transport.messages import byte_array
from tests.ros.client import Client, segmenter
from tests.ros.domains import free_domain
from tests.ros.harness import child_environment

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("cyclonedds") is None, reason="cyclonedds is not installed"
)
PROGRAM = Path(__file__).with_name("cyclonedds_client.py")
SAMPLE = Path(str(resources.files("converseg_core") / "samples" / "cluttered_table"))
QUESTIONS = ("what is sharp?", "all balls", "the purple mug", "Wo ist der Löffel? \U0001f944", "")


class Reader:
    """The independent client as a process."""

    def __init__(self, domain: int, folder: Path) -> None:
        self.errors_path = folder / "cyclonedds.log"
        with self.errors_path.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(domain)],
                env=child_environment(domain, folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.received: dict[str, list[Any]] = {"mask": [], "segmentation": []}
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            row = json.loads(line, parse_constant=str)  # NaN is not equal to itself, "NaN" is
            self.received[row["topic"]].append(row["message"])

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Client, Reader]]:
    domain = free_domain()
    with segmenter(tmp_path, domain=domain) as (_, client):
        reader = Reader(domain, tmp_path)
        try:
            client.wait_for_segmenter()
            yield client, reader
        finally:
            reader.process.kill()
            reader.process.wait(10)


def as_plain(value: Any) -> Any:
    """A ROS message as the independent client prints it."""
    if isinstance(value, Image):
        fields = {name: as_plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
        return fields | {"data": base64.b64encode(bytes(value.data)).decode("ascii")}
    if hasattr(value, "get_fields_and_field_types"):
        return {name: as_plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def show_recorded_frame(client: Client) -> Any:
    """Publish a frame of the sample bag with a present stamp; returns its header."""
    frames = [each.message for each in read_messages(SAMPLE, ["/camera/image/compressed"])]
    header = client.header(frame_id="camera_color_optical_frame")
    data = byte_array(frames[80].data.tobytes())
    client.compressed.publish(CompressedImage(header=header, format=frames[80].format, data=data))
    return header


def find_each_other(client: Client, reader: Reader, masks: list[Image], header: Any) -> None:
    """Ask until both clients read both topics: what is sent before discovery is done is not kept."""
    for _ in range(60):
        client.ask_on(header, QUESTIONS[0])
        assert reader.is_alive, reader.errors_path.read_text()
        try:
            client.wait_for(lambda: masks and all(reader.received.values()), 1.0)
        except AssertionError:
            continue
        return
    raise AssertionError(f"Cyclone DDS read nothing: {reader.errors_path.read_text()}")


def test_cyclone_dds_reads_every_field_of_every_answer(pair: tuple[Client, Reader]) -> None:
    client, reader = pair
    masks: list[Image] = client.listen(Image, "segmenter/mask")
    header = show_recorded_frame(client)
    find_each_other(client, reader, masks, header)

    answers = [client.ask(question) for question in QUESTIONS]
    expected = [as_plain(answer) for answer in answers]
    expected_masks = [each["mask"] for each in expected if each["mask"]["height"]]
    num_masks = len(expected_masks)

    def read() -> tuple[list[Any], list[Any]]:
        return reader.received["segmentation"][-len(QUESTIONS) :], reader.received["mask"][-num_masks:]

    with suppress(AssertionError):  # what differs is told below
        client.wait_for(lambda: read() == (expected, expected_masks), 30.0)
    segmentations, masks_read = read()
    assert [each["request_id"] for each in segmentations] == [each["request_id"] for each in expected]
    assert segmentations == expected
    assert masks_read == expected_masks
    # The comparison must not be one of empty things.
    statuses = {answer.status for answer in answers}
    assert {Status.OK, Status.NO_TARGET, Status.REJECTED} <= statuses
    check_the_numbers(segmentations, masks_read)


def check_the_numbers(segmentations: list[Any], masks: list[Any]) -> None:
    """What the independent client read agrees with itself, without any help of ROS."""
    by_mask = iter(masks)
    for each in segmentations:
        if each["status"] not in (Segmentation.STATUS_OK, Segmentation.STATUS_NO_TARGET):
            assert (each["mask"]["height"], each["mask"]["width"], each["mask"]["data"]) == (0, 0, "")
            continue
        assert next(by_mask) == each["mask"]
        height, width = each["mask"]["height"], each["mask"]["width"]
        pixels = np.frombuffer(base64.b64decode(each["mask"]["data"]), np.uint8).reshape(height, width)
        assert each["mask"]["encoding"] == "mono8"
        assert set(np.unique(pixels)) <= {0, 255}
        assert np.count_nonzero(pixels) == each["area_px"]
        if each["status"] == Segmentation.STATUS_OK:
            rows, columns = np.nonzero(pixels)
            roi = each["roi"]
            assert (roi["x_offset"], roi["y_offset"]) == (columns.min(), rows.min())
            assert (roi["width"], roi["height"]) == (np.ptp(columns) + 1, np.ptp(rows) + 1)
        assert len(each["stage_names"]) == len(each["stage_durations_s"]) > 2
    assert next(by_mask, None) is None
