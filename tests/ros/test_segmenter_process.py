"""The real node process over real DDS: answers, and every kind of bad input, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from converseg.msg import Segmentation
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

from converseg_core.answer import Status
from converseg_core.images import encode_jpeg, encode_png, to_rgb
from tests.ros.client import Client, segmenter
from tests.ros.harness import MODEL, NodeProcess

PROMPT = "the red mug"
ANSWERED = (Status.OK, Status.NO_TARGET)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NodeProcess, Client]]:
    folder = tmp_path_factory.mktemp("segmenter")
    with segmenter(folder, max_frame_age_s=10.0, wait_for_frame_s=0.3) as (process, client):
        client.wait_for_segmenter()
        yield process, client
        assert process.stop()[0] == 0, process.log


@pytest.fixture
def client(pair: tuple[NodeProcess, Client]) -> Iterator[Client]:
    """The client; after each test the same process must still answer on a good frame."""
    process, made = pair
    yield made
    header = made.header()
    made.show(picture(), header)
    answer = made.ask_on(header, PROMPT)
    assert answer.status in ANSWERED, f"{answer.status_text}\n{process.log}"
    assert process.is_alive


def picture(height: int = 48, width: int = 64) -> np.ndarray:
    rgb = np.full((height, width, 3), 120, np.uint8)
    cv2.circle(rgb, (width // 2, height // 2), max(1, height // 5), (210, 25, 25), -1)
    return rgb


def test_the_first_question_comes_before_the_first_frame(pair: tuple[NodeProcess, Client]) -> None:
    _, client = pair
    answer = client.ask(PROMPT)
    assert answer.status == Status.STALE_FRAME
    assert "no frame arrived within 0.3 s" in answer.status_text
    assert (answer.header.stamp.sec, answer.mask.height, answer.mask.width) == (0, 0, 0)


def test_an_answer_is_complete(client: Client) -> None:
    header = client.header(frame_id="left_eye")
    client.show(picture(120, 160), header)
    answer = client.ask_on(header, PROMPT)
    assert answer.status in ANSWERED
    assert answer.answered_stamp == header.stamp
    assert answer.prompt == PROMPT
    assert answer.request_id
    assert answer.model_id
    mask = answer.mask
    assert (mask.height, mask.width, mask.encoding, mask.step, mask.header) == (
        120,
        160,
        "mono8",
        160,
        header,
    )
    pixels = np.frombuffer(mask.data, np.uint8).reshape(120, 160)
    assert set(np.unique(pixels)) <= {0, 255}
    assert answer.area_px == np.count_nonzero(pixels)
    if answer.area_px:
        rows, columns = np.nonzero(pixels)
        roi = answer.roi
        assert (roi.x_offset, roi.y_offset) == (columns.min(), rows.min())
        assert (roi.width, roi.height) == (np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert 0 <= answer.frame_age_s < 10.0
    assert 0 <= answer.confidence <= 1
    assert answer.stage_names[:2] == ["queued", "convert"]
    assert len(answer.stage_names) == len(answer.stage_durations_s) > 2
    assert all(duration >= 0 for duration in answer.stage_durations_s)


def test_each_question_gets_its_own_answer_in_order(client: Client) -> None:
    client.show(picture())
    num_before = len(client.answers)
    words = ["the red mug", "the blue bowl", "the green ball"]
    for text in words:
        client.instructions.publish(String(data=text))
    client.wait_for(lambda: len(client.answers) >= num_before + 3)
    new = client.answers[num_before:]
    assert [answer.prompt for answer in new] == words
    assert len({answer.request_id for answer in new}) == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \t\n ", "empty"),
        ("x" * 10_000, "10000 characters"),
        ("w" * 513, "513 characters"),
        ("\x01\x02\x03", "empty"),
        ("\ufffd\ufffd red mug", "not valid UTF-8"),
    ],
)
def test_bad_instructions_are_rejected_with_a_reason(client: Client, text: str, reason: str) -> None:
    client.show(picture())
    answer = client.ask(text)
    assert answer.status == Status.REJECTED
    assert reason in answer.status_text
    assert len(answer.prompt) <= 120
    assert (answer.mask.height, answer.mask.width) == (0, 0)


def test_bytes_that_are_not_utf_8_are_rejected(client: Client) -> None:
    client.show(picture())
    num_before = len(client.answers)
    words = b"the \xff\xfe mug\0"
    client.instructions.publish(b"\x00\x01\x00\x00" + len(words).to_bytes(4, "little") + words)
    client.wait_for(lambda: len(client.answers) > num_before)
    answer = client.answers[num_before]
    assert answer.status == Status.REJECTED
    assert "UTF-8" in answer.status_text


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=600))
def test_any_instruction_gets_exactly_one_answer(pair: tuple[NodeProcess, Client], text: str) -> None:
    _, client = pair
    client.show(picture())
    answer = client.ask(text)
    assert answer.status in (*ANSWERED, Status.REJECTED)
    assert answer.status != Status.REJECTED or answer.status_text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"height": 0, "width": 0, "step": 0, "data": b""}, "height"),
        ({"step": 7}, "step"),
        ({"step": 0}, "step"),
        ({"data": b"\x01\x02\x03"}, "data"),
        ({"encoding": "rgb9"}, "encoding"),
        ({"encoding": ""}, "encoding"),
        ({"encoding": "32FC1"}, "encoding"),
        ({"width": 4_000_000_000}, "width"),
    ],
)
def test_bad_frames_give_errors_that_name_the_field(
    client: Client, changes: dict[str, object], field: str
) -> None:
    header = client.header()
    client.show(picture(), header, **changes)
    answer = client.ask_on(header, PROMPT)
    assert answer.status == Status.ERROR
    assert f"the frame can't be read: {field}:" in answer.status_text
    assert (answer.mask.height, answer.mask.width) == (0, 0)
    assert math.isnan(answer.confidence)


@pytest.mark.parametrize(
    "data", [encode_jpeg(picture())[:-400], b"", b"\xff\xd8\xff", encode_png(picture())[:90]]
)
def test_cut_off_pictures_give_errors(client: Client, data: bytes) -> None:
    message = client.show_compressed(data)
    answer = client.ask_on(message.header, PROMPT)
    assert answer.status == Status.ERROR
    assert "data: " in answer.status_text


def test_one_pixel(client: Client) -> None:
    message = client.show(np.full((1, 1, 3), 7, np.uint8))
    answer = client.ask_on(message.header, PROMPT)
    assert answer.status in ANSWERED
    assert (answer.mask.height, answer.mask.width) == (1, 1)


def test_8192_by_8192(client: Client) -> None:
    message = client.show_compressed(encode_png(np.zeros((8192, 8192), np.uint8)), "mono8; png compressed ")
    answer = client.ask_on(message.header, PROMPT, timeout_s=60)
    assert answer.status in ANSWERED
    assert (answer.mask.height, answer.mask.width) == (8192, 8192)


def test_an_old_stamp_is_a_stale_frame(client: Client) -> None:
    client.show(picture(), client.header(seconds_ago=30))
    texts: list[str] = []

    def is_seen() -> bool:  # the frame before it may be answered on until this one arrives
        texts.append(client.ask(PROMPT).status_text)
        return "it took 3" in texts[-1]  # 30 s, and what it took until it was asked about

    client.wait_for(is_seen)
    assert "above max_frame_age_s=10" in texts[-1]


def test_a_stamp_of_another_clock_is_not_held_against_the_frame(client: Client) -> None:
    header = client.header(seconds_ago=10**9)
    client.show(picture(), header)
    assert client.ask_on(header, PROMPT).status in ANSWERED


def test_masks_and_overlay_for_those_who_listen(client: Client) -> None:
    masks, infos = (
        client.listen(Image, "segmenter/mask"),
        client.listen(CameraInfo, "segmenter/mask/camera_info"),
    )
    overlays = client.listen(CompressedImage, "segmenter/overlay/compressed")
    client.wait_until_known()
    header = client.header()
    info = CameraInfo(
        header=header, height=120, width=160, distortion_model="plumb_bob", k=[float(k) for k in range(9)]
    )
    client.infos.publish(info)
    client.show(picture(120, 160), header)

    def asked() -> bool:  # the frame may come before its camera_info
        answers.append(client.ask_on(header, PROMPT))
        return bool(infos)

    answers: list[Segmentation] = []
    client.wait_for(asked)
    client.wait_for(lambda: len(masks) == len(overlays) == len(answers), what="for a picture of each answer")
    assert all(mask.header == header for mask in masks)
    assert [mask.data for mask in masks] == [answer.mask.data for answer in answers]
    assert infos[-1] == info
    assert overlays[-1].header == header
    assert to_rgb(overlays[-1]).shape == (120, 160, 3)


def test_diagnostics_tell_model_counts_and_trouble(client: Client) -> None:
    arrays = client.listen(DiagnosticArray, "/diagnostics")

    def latest() -> DiagnosticStatus:
        return arrays[-1].status[0]

    def seen(level: bytes, text: str) -> bool:
        return bool(arrays) and latest().level == level and text in latest().message

    def shown(level: bytes, text: str, **changes: Any) -> bool:
        client.show(picture(), **changes)
        return seen(level, text)

    client.wait_for(lambda: shown(DiagnosticStatus.OK, "answering"))
    values = {pair.key: pair.value for pair in latest().values}
    assert values["model"] == MODEL
    assert values["model_id"]
    assert int(values["frames received"]) > 0
    assert float(values["last frame age s"]) >= 0
    assert int(values["answers"]) == sum(int(values[f"answers {status.name}"]) for status in Status)
    for key in ("device", "frames dropped", "rejected", "errors", "questions waiting"):
        assert values[key] != ""
    # Nobody asks, yet it must not pass in silence.
    client.wait_for(lambda: shown(DiagnosticStatus.ERROR, "encoding: 'rgb9' is unknown", encoding="rgb9"))
