"""The node and the offline run give the same masks, bit for bit, on the sample bag with the same bundle."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

from converseg_core.bags import read_messages
from converseg_core.cli.bag import command
from converseg_core.evaluation.predictions_file import read_predictions
from converseg_ros.transport.messages import byte_array
from tests.ros.client import Client, segmenter
from tests.ros.harness import MODEL

SAMPLE = Path(str(resources.files("converseg_core") / "samples" / "cluttered_table"))
CAMERA = "/camera/image/compressed"
EVERY = 4


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with segmenter(tmp_path_factory.mktemp("segmenter"), max_frame_age_s=10.0) as (_, made):
        made.wait_for_segmenter()
        yield made


def header_of(recorded: Any) -> Header:
    header = Header(frame_id=recorded.header.frame_id)
    header.stamp.sec, header.stamp.nanosec = recorded.header.stamp.sec, recorded.header.stamp.nanosec
    return header


def test_node_and_offline_run_agree_bit_for_bit(client: Client, tmp_path: Path) -> None:
    assert command.main([str(SAMPLE), "--out", str(tmp_path), "--model", MODEL, "--every", str(EVERY)]) == 0
    rows = {row.stamp_ns: row for row in read_predictions(tmp_path / "predictions.parquet").predictions}
    assert len(rows) >= 20
    assert len({row.prompt for row in rows.values()}) == 6
    num_with_pixels = 0
    for message in read_messages(SAMPLE, [CAMERA]):
        header = header_of(message.message)
        row = rows.pop(header.stamp.sec * 10**9 + header.stamp.nanosec, None)
        if row is None:
            continue
        picture = CompressedImage(
            header=header, format=message.message.format, data=byte_array(message.message.data.tobytes())
        )
        client.compressed.publish(picture)
        answer = client.ask_on(header, row.prompt)
        assert (answer.status, answer.model_id) == (row.status, row.model_id)
        assert row.answer is not None
        expected = row.answer.decode().astype(np.uint8) * np.uint8(255)
        assert (answer.mask.height, answer.mask.width) == expected.shape
        assert bytes(answer.mask.data) == expected.tobytes()
        assert math.isclose(answer.confidence, row.confidence, rel_tol=1e-6)  # the message holds 32 bits
        num_with_pixels += bool(expected.any())
    assert rows == {}
    assert num_with_pixels >= 10
