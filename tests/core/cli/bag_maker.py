"""A small real bag: moving squares, two questions, the truth of every frame."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rosbags.interfaces import Nodetype
from rosbags.rosbag2 import StoragePlugin, Writer

from converseg_core.bags import new_typestore

EPOCH_NS = 1_700_000_000_000_000_000
PERIOD_NS = 100_000_000
QUESTIONS = (("the red mug", 0.6, True), ("the blue book", 1.2, False))


def make_bag(path: Path, *, num_frames: int = 20, height: int = 72, width: int = 96) -> Path:
    """Write an mcap bag of ``num_frames`` at 10 Hz with two questions, the second without a target."""
    store = new_typestore()

    def make(name: str, **fields: Any) -> Any:
        """A message of this type, every field that is not named at its zero."""
        values = {
            field: fields[field] if field in fields else zero(*definition)
            for field, definition in store.fielddefs[name][1]
        }
        return store.types[name](**values)

    def zero(node: Nodetype, detail: Any) -> Any:
        if node is Nodetype.NAME:
            return make(detail)
        if node is Nodetype.BASE:
            return {"string": "", "bool": False}.get(detail[0], 0)
        (inner, base), length = detail
        if inner is Nodetype.BASE and base[0] != "string":
            return np.zeros(length, base[0])
        return []

    def header(time_ns: int) -> Any:
        stamp = make("builtin_interfaces/msg/Time", sec=time_ns // 10**9, nanosec=time_ns % 10**9)
        return make("std_msgs/msg/Header", stamp=stamp, frame_id="camera")

    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = {
            "/camera/image/compressed": "sensor_msgs/msg/CompressedImage",
            "/camera/camera_info": "sensor_msgs/msg/CameraInfo",
            "/instruction": "std_msgs/msg/String",
            "/truth/segmentation": "converseg/msg/Segmentation",
        }
        connections = {
            topic: writer.add_connection(topic, kind, typestore=store) for topic, kind in topics.items()
        }

        def write(topic: str, time_ns: int, message: Any) -> None:
            writer.write(connections[topic], time_ns, store.serialize_cdr(message, topics[topic]))

        for index in range(num_frames):
            time_ns = EPOCH_NS + index * PERIOD_NS
            for words, said_s, _ in QUESTIONS:
                if time_ns <= EPOCH_NS + said_s * 1e9 < time_ns + PERIOD_NS:
                    write(
                        "/instruction", EPOCH_NS + int(said_s * 1e9), make("std_msgs/msg/String", data=words)
                    )
            mask = np.zeros((height, width), np.uint8)
            mask[20:44, 10 + 2 * index : 34 + 2 * index] = 255
            pixels = np.full((height, width, 3), (150, 120, 90), np.uint8)
            pixels[mask > 0] = (200, 30, 30)
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
            data = np.frombuffer(buffer.getvalue(), np.uint8)
            write(
                "/camera/image/compressed",
                time_ns,
                make("sensor_msgs/msg/CompressedImage", header=header(time_ns), format="jpeg", data=data),
            )
            write(
                "/camera/camera_info",
                time_ns,
                make("sensor_msgs/msg/CameraInfo", header=header(time_ns), height=height, width=width),
            )
            for number, (words, _, is_there) in enumerate(QUESTIONS):
                true_mask = mask if is_there else np.zeros_like(mask)
                image = make(
                    "sensor_msgs/msg/Image",
                    header=header(time_ns),
                    height=height,
                    width=width,
                    encoding="mono8",
                    step=width,
                    data=true_mask.reshape(-1),
                )
                write(
                    "/truth/segmentation",
                    time_ns,
                    make(
                        "converseg/msg/Segmentation",
                        header=header(time_ns),
                        request_id=f"truth-{number}",
                        prompt=words,
                        concept="entities",
                        status=1 if is_there else 2,
                        status_text="" if is_there else "nothing fits",
                        mask=image,
                        area_px=int(np.count_nonzero(true_mask)),
                    ),
                )
    return path
