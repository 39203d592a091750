"""A small bag with a camera, instructions and truth, made of plain drawings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer

from converseg_core.bags import typestore
from converseg_core.images import encode_jpeg

START_NS = 1_600_000_000_000_000_000
PERIOD_NS = 100_000_000
SIZE_HW = (120, 160)
INSTRUCTIONS = (("the red box", 0.35), ("the blue box", 0.75))


def scene(index: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A grey picture with a red square that moves to the right, and the square's mask."""
    height, width = SIZE_HW
    rgb = np.full((height, width, 3), 128, np.uint8)
    mask = np.zeros((height, width), np.bool_)
    mask[40:80, 10 + 3 * index : 50 + 3 * index] = True
    rgb[mask] = (220, 30, 30)
    return rgb, mask


def write_recorded(path: Path, *, num_frames: int = 20) -> Path:
    """Write the bag; returns its folder."""
    types: dict[str, Any] = dict(typestore().types)
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:

        def connect(topic: str, kind: str) -> Any:
            return writer.add_connection(topic, kind, typestore=typestore())

        def put(connection: Any, time_ns: int, message: Any) -> None:
            writer.write(connection, time_ns, typestore().serialize_cdr(message, connection.msgtype))

        images = connect("/camera/image/compressed", "sensor_msgs/msg/CompressedImage")
        infos = connect("/camera/camera_info", "sensor_msgs/msg/CameraInfo")
        words = connect("/instruction", "std_msgs/msg/String")
        truths = connect("/truth/segmentation", "converseg/msg/Segmentation")
        said = list(INSTRUCTIONS)
        for index in range(num_frames):
            time_ns = START_NS + index * PERIOD_NS
            stamp = types["builtin_interfaces/msg/Time"](sec=time_ns // 10**9, nanosec=time_ns % 10**9)
            header = types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera_optical")
            rgb, mask = scene(index)
            jpeg = np.frombuffer(encode_jpeg(rgb, 90), np.uint8)
            image = types["sensor_msgs/msg/CompressedImage"](header=header, format="jpeg", data=jpeg)
            put(images, time_ns, image)
            put(infos, time_ns, camera_info(types, header))
            while said and said[0][1] * 1e9 <= index * PERIOD_NS:
                text, second = said.pop(0)
                put(words, START_NS + round(second * 1e9), types["std_msgs/msg/String"](data=text))
            for text, _ in INSTRUCTIONS:
                put(
                    truths,
                    time_ns,
                    truth(types, header, text, mask if "red" in text else np.zeros_like(mask)),
                )
    return path


def camera_info(types: dict[str, Any], header: Any) -> Any:
    height, width = SIZE_HW
    roi = types["sensor_msgs/msg/RegionOfInterest"](
        x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
    )
    matrix = np.array([150.0, 0, width / 2, 0, 150.0, height / 2, 0, 0, 1.0])
    return types["sensor_msgs/msg/CameraInfo"](
        header=header,
        height=height,
        width=width,
        distortion_model="plumb_bob",
        d=np.zeros(5),
        k=matrix,
        r=np.eye(3).reshape(-1),
        p=np.insert(matrix.reshape(3, 3), 3, 0.0, axis=1).reshape(-1),
        binning_x=0,
        binning_y=0,
        roi=roi,
    )


def truth(types: dict[str, Any], header: Any, text: str, mask: NDArray[np.bool_]) -> Any:
    kind = types["converseg/msg/Segmentation"]
    image = types["sensor_msgs/msg/Image"](
        header=header,
        height=mask.shape[0],
        width=mask.shape[1],
        encoding="mono8",
        is_bigendian=0,
        step=mask.shape[1],
        data=mask.reshape(-1).astype(np.uint8) * np.uint8(255),
    )
    roi = types["sensor_msgs/msg/RegionOfInterest"](
        x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
    )
    return kind(
        header=header,
        request_id="truth",
        prompt=text,
        concept="entities",
        status=kind.STATUS_OK if mask.any() else kind.STATUS_NO_TARGET,
        status_text="",
        confidence=1.0,
        no_target_score=0.0,
        mask=image,
        roi=roi,
        area_px=int(mask.sum()),
        propagated=False,
        answered_stamp=header.stamp,
        frame_age_s=0.0,
        stage_names=[],
        stage_durations_s=np.zeros(0),
        model_id="truth",
    )
