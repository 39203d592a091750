"""Bags for these tests: pictures that say what they show, and a real, tiny model that reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from converseg_core.answer import Answer, Status, failed
from converseg_core.bags import typestore
from converseg_core.model import ImageHWC

SIZE_HW = (24, 32)
START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 100_000_000
BRIGHT = "what is bright"


def picture(index: int) -> ImageHWC:
    """A bright square on grey whose place tells the frame's number."""
    image = np.full((*SIZE_HW, 3), 60, np.uint8)
    image[truth(index)] = 230
    return image


def truth(index: int) -> np.ndarray:
    mask = np.zeros(SIZE_HW, np.bool_)
    mask[4:12, index % 20 : index % 20 + 8] = True
    return mask


class BrightFrame:
    """Knows what is bright; answers NO_TARGET to "nothing", and fails on "crash"."""

    def __init__(self, image: ImageHWC) -> None:
        self.size_hw = (image.shape[0], image.shape[1])
        self._bright = image.mean(axis=2) > 128

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt: str) -> Answer:
        if prompt == "crash":
            return failed(prompt, Status.REJECTED, "unknown word", model_id="bright@1")
        mask = self._bright.copy() if prompt != "nothing" else np.zeros(self.size_hw, np.bool_)
        return Answer(
            prompt=prompt,
            status=Status.OK if mask.any() else Status.NO_TARGET,
            mask=mask,
            confidence=0.9,
            no_target_score=0.1,
            model_id="bright@1",
            status_text="" if mask.any() else "nothing",
            timings_s={"encode": 0.001},
        )


class BrightModel:
    model_id = "bright@1"

    def __init__(self) -> None:
        self.num_encoded = 0

    @property
    def info(self) -> Mapping[str, object]:
        return {}

    def encode(self, image: ImageHWC) -> BrightFrame:
        self.num_encoded += 1
        return BrightFrame(image)


def header(stamp_ns: int, frame_id: str = "camera") -> Any:
    types = typestore().types
    stamp = types["builtin_interfaces/msg/Time"](sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    return types["std_msgs/msg/Header"](stamp=stamp, frame_id=frame_id)


def raw_image(array: np.ndarray, stamp_ns: int) -> Any:
    channels = 1 if array.ndim == 2 else array.shape[2]
    return typestore().types["sensor_msgs/msg/Image"](
        header=header(stamp_ns),
        height=array.shape[0],
        width=array.shape[1],
        encoding="mono8" if channels == 1 else "rgb8",
        is_bigendian=0,
        step=array.shape[1] * channels,
        data=np.ascontiguousarray(array).reshape(-1),
    )


def compressed_image(array: np.ndarray, stamp_ns: int) -> Any:
    _, encoded = cv2.imencode(".png", cv2.cvtColor(array, cv2.COLOR_RGB2BGR))
    return typestore().types["sensor_msgs/msg/CompressedImage"](
        header=header(stamp_ns), format="rgb8; png compressed bgr8", data=encoded.reshape(-1)
    )


def words(text: str) -> Any:
    return typestore().types["std_msgs/msg/String"](data=text)


Entry = tuple[str, int, Any]
"""Topic, recording time, message."""


def frames(num: int, *, topic: str = "/camera/image", make: Any = raw_image, first: int = 0) -> list[Entry]:
    times = [START_NS + index * PERIOD_NS for index in range(num)]
    return [(topic, time, make(picture(first + index), time)) for index, time in enumerate(times)]


def write_bag(path: Path, entries: Sequence[Entry], *, storage: str = "mcap", compress: bool = True) -> Path:
    """Write messages by recording time."""
    plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
    writer = Writer(path, version=9, storage_plugin=plugin)
    if storage == "mcap" and compress:
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        connections: dict[tuple[str, str], Any] = {}
        for topic, time_ns, message in sorted(entries, key=lambda entry: entry[1]):
            kind = message.__msgtype__
            if (topic, kind) not in connections:
                connections[topic, kind] = writer.add_connection(topic, kind, typestore=typestore())
            writer.write(connections[topic, kind], time_ns, typestore().serialize_cdr(message, kind))
    return path
