"""CameraInfo and depth: found, paired, measured under the mask, and carried into the annotated bag."""

from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_core.bags import BagError, read_messages, typestore
from converseg_core.cli.bag import answering, command
from converseg_core.cli.errors import CommandError
from converseg_core.evaluation.predictions_file import read_predictions
from converseg_core.images import ImageError, from_depth_m
from converseg_core.offline.cameras import Camera, find_cameras
from converseg_core.offline.companions import MAX_WAITING, Pairer
from converseg_core.offline.depth import mask_depth, read_depth_m
from tests.core.offline.bags import (
    BRIGHT,
    PERIOD_NS,
    SIZE_HW,
    START_NS,
    BrightModel,
    Entry,
    frames,
    header,
    raw_image,
    truth,
    write_bag,
)

NEAR_M, FAR_M = 0.8, 2.5


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> BrightModel:
    bright = BrightModel()
    monkeypatch.setattr(answering, "load_model", lambda _: bright)
    return bright


def go(bag: Path, *args: str) -> tuple[int, list[Any], dict[str, Any]]:
    folder = bag.parent / "out"
    code = command.main([str(bag), "--out", str(folder), "--no-report", "--prompt", BRIGHT, *args])
    rows = read_predictions(folder / "predictions.parquet").predictions
    return code, list(rows), json.loads((folder / "metrics.json").read_text())


def camera_info(stamp_ns: int, fx: float = 500.0, size_hw: tuple[int, int] = SIZE_HW) -> Any:
    types = typestore().types
    return types["sensor_msgs/msg/CameraInfo"](
        header=header(stamp_ns),
        height=size_hw[0],
        width=size_hw[1],
        distortion_model="plumb_bob",
        d=np.array([0.1, 0.0, 0.0, 0.0, 0.0]),
        k=np.array([fx, 0, 16.0, 0, fx + 1, 12.0, 0, 0, 1]),
        r=np.eye(3).reshape(-1),
        p=np.zeros(12),
        binning_x=0,
        binning_y=0,
        roi=types["sensor_msgs/msg/RegionOfInterest"](
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
        ),
    )


def depth_m(index: int) -> np.ndarray:
    """The bright square is near, all else is far; every fourth column has no distance."""
    depth = np.where(truth(index), np.float32(NEAR_M), np.float32(FAR_M))
    depth[:, ::4] = np.nan
    return depth


def depth_image(index: int, stamp_ns: int, encoding: str = "16UC1", frame_id: str = "camera") -> Any:
    fields = from_depth_m(depth_m(index), encoding)  # type: ignore[arg-type]
    return typestore().types["sensor_msgs/msg/Image"](
        header=header(stamp_ns, frame_id),
        height=fields.height,
        width=fields.width,
        encoding=fields.encoding,
        is_bigendian=fields.is_bigendian,
        step=fields.step,
        data=np.frombuffer(fields.data, np.uint8),
    )


def compressed_depth(index: int, stamp_ns: int, encoding: str = "16UC1") -> Any:
    depth = depth_m(index)
    scale, offset = (0.0, 0.0) if encoding == "16UC1" else (1000.0, 10.0)
    with np.errstate(invalid="ignore"):
        values = depth * 1000 if encoding == "16UC1" else scale / depth + offset
    picture = np.where(np.isnan(depth), 0, np.rint(np.nan_to_num(values))).astype(np.uint16)
    _, png = cv2.imencode(".png", picture)
    data = struct.pack("<iff", 0, scale, offset) + png.tobytes()
    return typestore().types["sensor_msgs/msg/CompressedImage"](
        header=header(stamp_ns), format=f"{encoding}; compressedDepth", data=np.frombuffer(data, np.uint8)
    )


def series(topic: str, num: int, make: Any, *, late_ns: int = 0, offset_ns: int = 0) -> list[Entry]:
    """A message a frame, recorded ``late_ns`` after it, with a stamp ``offset_ns`` from it."""
    times = [START_NS + index * PERIOD_NS for index in range(num)]
    return [(topic, time + late_ns, make(index, time + offset_ns)) for index, time in enumerate(times)]


def infos(topic: str, num: int, **options: int) -> list[Entry]:
    return series(topic, num, lambda index, stamp: camera_info(stamp, 500.0 + index), **options)


DEPTHS = {
    "16UC1": ("/camera/depth", depth_image),
    "32FC1": ("/camera/depth", lambda index, stamp: depth_image(index, stamp, "32FC1")),
    "compressedDepth": ("/camera/aligned_depth_to_color/image_raw/compressedDepth", compressed_depth),
    "compressedDepth 32FC1": (
        "/camera/depth_registered/image/compressedDepth",
        lambda index, stamp: compressed_depth(index, stamp, "32FC1"),
    ),
}


@pytest.mark.parametrize("kind", DEPTHS)
def test_distance_and_intrinsics_of_every_answer(tmp_path: Path, model: BrightModel, kind: str) -> None:
    topic, make = DEPTHS[kind]
    # Recorded after their frames, as drivers do.
    entries = frames(12) + series(topic, 12, make, late_ns=40_000_000)
    entries += infos("/camera/camera_info", 12, late_ns=20_000_000)
    code, rows, metrics = go(write_bag(tmp_path / "bag", entries))
    assert code == 0
    assert len(rows) == 12
    for index, row in enumerate(rows):
        assert row.view.frame_id == "camera"
        assert (row.view.fx, row.view.fy, row.view.cx, row.view.cy) == (500 + index, 501 + index, 16, 12)
        assert row.view.depth_median_m == pytest.approx(NEAR_M, abs=2e-3)
        holes = np.isnan(depth_m(index)[truth(index)]).mean()
        assert row.view.depth_invalid_share == pytest.approx(holes)
        assert row.view.depth_offset_ns == 0
    camera = metrics["frames"]["cameras"]["/camera/image"]
    assert camera["depth"]["num_exact"] == camera["camera_info"]["num_exact"] == 12
    assert camera["depth_topic"] == topic


def test_pairs_by_tolerance_and_by_the_standing_camera_info(tmp_path: Path, model: BrightModel) -> None:
    entries = frames(10) + series("/camera/depth", 6, depth_image, offset_ns=4_000_000)
    entries += infos("/camera/camera_info", 1)
    code, rows, metrics = go(write_bag(tmp_path / "bag", entries), "--tolerance-s", "0.005")
    assert code == 0
    camera = metrics["frames"]["cameras"]["/camera/image"]
    assert {key: num for key, num in camera["depth"].items() if num} == {"num_near": 6, "num_without": 4}
    assert {key: num for key, num in camera["camera_info"].items() if num} == {
        "num_exact": 1,
        "num_standing": 9,
    }
    assert [row.view.depth_offset_ns for row in rows] == [4_000_000] * 6 + [None] * 4
    assert [row.view.depth_median_m is None for row in rows] == [False] * 6 + [True] * 4
    assert {row.view.fx for row in rows} == {500.0}
    annotated = list(read_messages(tmp_path / "out" / "annotated", ["/segmenter/camera_info"]))
    stamps = [m.message.header.stamp.sec * 10**9 + m.message.header.stamp.nanosec for m in annotated]
    assert stamps == [row.stamp_ns for row in rows]  # a viewer pairs by stamp


def test_without_the_tolerance_nothing_near_is_taken(tmp_path: Path, model: BrightModel) -> None:
    entries = frames(5) + series("/camera/depth", 5, depth_image, offset_ns=4_000_000)
    _, rows, _ = go(write_bag(tmp_path / "bag", entries))
    assert {row.view.depth_offset_ns for row in rows} == {None}


def test_several_cameras_each_with_theirs(tmp_path: Path, model: BrightModel) -> None:
    entries: list[Entry] = []
    for k, name in enumerate(("left", "right")):
        entries += frames(6, topic=f"/{name}/color/image_raw")
        entries += series(
            f"/{name}/color/camera_info", 6, lambda _, stamp, k=k: camera_info(stamp, 300.0 + 100 * k)
        )
    entries += series("/left/aligned_depth_to_color/image_raw", 6, depth_image)
    entries += series("/right/depth/image_rect_raw", 6, depth_image)  # not aligned: not to be taken
    bag = write_bag(tmp_path / "bag", entries)
    code, rows, _ = go(bag)
    assert code == 0
    for row in rows:
        is_left = row.image.startswith("/left")
        assert row.view.fx == (300.0 if is_left else 400.0)
        assert (row.view.depth_median_m is not None) == is_left
    focal = {
        message.topic: message.message.k[0]
        for message in read_messages(tmp_path / "out" / "annotated")
        if message.topic.endswith("mask/camera_info")
    }
    assert focal == {
        "/segmenter/left_color_image_raw/mask/camera_info": 300.0,
        "/segmenter/right_color_image_raw/mask/camera_info": 400.0,
    }


FAULTS = {
    "a picture as depth": (lambda i, s: raw_image(np.zeros(SIZE_HW, np.uint8), s), "holds no distances"),
    "another size": (lambda i, s: dataclasses.replace(depth_image(i, s), height=12), "rows of step"),
    "another frame": (lambda i, s: depth_image(i, s, frame_id="depth_optical"), "is in frame depth_optical"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_depth_that_does_not_fit_is_named_once(
    tmp_path: Path, model: BrightModel, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, words = FAULTS[kind]
    bag = write_bag(tmp_path / "bag", frames(5) + series("/camera/depth", 5, make))
    code, rows, metrics = go(bag)
    assert code == 1
    assert len(rows) == 5
    assert {row.view.depth_median_m for row in rows} == {None}
    (problem,) = metrics["frames"]["problems"]
    assert "/camera/depth" in problem
    assert words in problem
    assert problem in capsys.readouterr().err
    assert go(bag, "--no-depth")[0] == 0


def test_a_camera_info_of_another_size_is_named(tmp_path: Path, model: BrightModel) -> None:
    other = series("/camera/camera_info", 3, lambda _, stamp: camera_info(stamp, size_hw=(480, 640)))
    code, rows, metrics = go(write_bag(tmp_path / "bag", frames(3) + other))
    assert code == 1
    assert {row.view.fx for row in rows} == {None}
    assert "CameraInfo is for 640x480, the picture is 32x24" in metrics["frames"]["problems"][0]


def test_topics_that_are_given_must_fit(tmp_path: Path, model: BrightModel) -> None:
    bag = write_bag(tmp_path / "bag", frames(3) + infos("/odd/calibration", 3))
    assert go(bag, "--camera-info-topic", "/odd/calibration")[1][0].view.fx == 500.0
    with pytest.raises(CommandError, match=r"--depth-topic: /nope is not in the bag"):
        go(bag, "--depth-topic", "/nope")
    with pytest.raises(CommandError, match=r"--camera-info-topic: /camera/image is sensor_msgs/msg/Image"):
        go(bag, "--camera-info-topic", "/camera/image")
    with pytest.raises(BagError, match="2 topics for 1 cameras"):
        find_cameras(bag, ["/camera/image"], {}, depths=["/a", "/b"])


def test_distance_under_a_mask() -> None:
    depth = np.array([[1.0, 2.0, np.nan], [4.0, np.nan, 9.0]], np.float32)
    mask = np.array([[True, True, True], [True, False, False]])
    found = mask_depth(mask, depth)
    assert found is not None
    assert (found.median_m, found.invalid_share) == (2.0, 0.25)
    assert mask_depth(np.zeros((2, 3), np.bool_), depth) is None
    nothing = mask_depth(np.array([[False, False, True], [False, True, False]]), depth)
    assert nothing is not None
    assert (nothing.median_m, nothing.invalid_share) == (None, 1.0)


def test_compressed_depth_that_cannot_be_read() -> None:
    good = compressed_depth(0, START_NS)
    rvl = dataclasses.replace(good, format="16UC1; compressedDepth rvl", data=np.zeros(40, np.uint8))
    with pytest.raises(ImageError, match="without a PNG"):
        read_depth_m(rvl, SIZE_HW)
    with pytest.raises(ImageError, match="cut off"):
        read_depth_m(dataclasses.replace(good, data=good.data[:-9]), SIZE_HW)
    with pytest.raises(ImageError, match="'8UC3' holds no distances"):
        read_depth_m(dataclasses.replace(good, format="8UC3; compressedDepth"), SIZE_HW)


@dataclasses.dataclass
class Recorded:
    """A message as a reader hands it out."""

    topic: str
    type_name: str
    time_ns: int
    message: Any


@given(
    late_ms=st.lists(st.integers(-600, 900), max_size=25),
    num=st.integers(0, 30),
    tolerance_ms=st.integers(0, 60),
)
def test_every_frame_comes_out_once_in_order_whatever_its_companions_do(
    late_ms: list[int], num: int, tolerance_ms: int
) -> None:
    camera = Camera("/image", depth="/depth")
    images = [
        Recorded("/image", "sensor_msgs/msg/Image", t, _stamped(t))
        for t in range(10**9, 10**9 + num * 50_000_000, 50_000_000)
    ]
    depths = []
    for k, late in enumerate(late_ms):
        stamp = 10**9 + k * 50_000_000
        depths.append(Recorded("/depth", "sensor_msgs/msg/Image", stamp + late * 10**6, _stamped(stamp)))
    recorded = sorted([*images, *depths], key=lambda message: message.time_ns)
    pairs = list(Pairer([camera], tolerance_ns=tolerance_ms * 10**6).pair(iter(recorded)))
    assert [pair.message.time_ns for pair in pairs] == [image.time_ns for image in images]
    for k, pair in enumerate(pairs):
        if k < len(late_ms) and -400 <= late_ms[k] <= 400:
            assert pair.depth is not None
            assert pair.depth.offset_ns == 0
        elif pair.depth is not None:
            assert abs(pair.depth.offset_ns or 0) <= tolerance_ms * 10**6


def test_what_waits_is_bounded() -> None:
    """A recording whose clock stands still must not be held in memory."""
    handed_out = 0

    def endless() -> Any:
        for k in range(5000):
            yield Recorded("/image", "sensor_msgs/msg/Image", 10**9, _stamped(k))
            assert k - handed_out <= MAX_WAITING + 1

    for _ in Pairer([Camera("/image", depth="/depth")], tolerance_ns=0).pair(endless()):
        handed_out += 1
    assert handed_out == 5000


def _stamped(stamp_ns: int) -> Any:
    return _Stamped(header(stamp_ns))


@dataclasses.dataclass
class _Stamped:
    header: Any
