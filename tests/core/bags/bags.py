"""Bags for these tests, written with rosbags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from converseg_core.bags import typestore

PERIOD_NS = 100_000_000
START_NS = 1_700_000_000_000_000_000


def write_bag(
    path: Path, *, storage: str = "mcap", num_frames: int = 40, side: int = 128, is_compressed: bool = True
) -> None:
    """A bag of noisy images on /camera/image and as many strings on /words, 10 Hz."""
    plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
    types = typestore().types
    rng = np.random.default_rng(5)
    writer = Writer(path, version=9, storage_plugin=plugin)
    if storage == "mcap" and is_compressed:
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        images = writer.add_connection("/camera/image", "sensor_msgs/msg/Image", typestore=typestore())
        words = writer.add_connection("/words", "std_msgs/msg/String", typestore=typestore())
        for index in range(num_frames):
            time_ns = START_NS + index * PERIOD_NS
            stamp = types["builtin_interfaces/msg/Time"](sec=time_ns // 10**9, nanosec=time_ns % 10**9)
            image = types["sensor_msgs/msg/Image"](
                header=types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera"),
                height=side,
                width=side,
                encoding="mono8",
                is_bigendian=0,
                step=side,
                data=rng.integers(0, 256, side * side, dtype=np.uint8),
            )
            writer.write(images, time_ns, typestore().serialize_cdr(image, images.msgtype))
            word = types["std_msgs/msg/String"](data=f"word {index}")
            writer.write(words, time_ns, typestore().serialize_cdr(word, words.msgtype))


def storage_file(bag_path: Path) -> Path:
    """The one data file of a bag folder."""
    (file,) = (entry for entry in bag_path.iterdir() if entry.suffix in (".mcap", ".db3"))
    return file
