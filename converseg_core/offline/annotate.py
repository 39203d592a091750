"""The annotated bag: what the node would have published, for Foxglove and RViz to play."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from converseg_core.answer import Answer, MaskHW
from converseg_core.bags import read_raw, typestore
from converseg_core.bags.errors import BagError
from converseg_core.images import encode_jpeg, from_mask
from converseg_core.model import ImageHWC
from converseg_core.offline.companions import Companion
from converseg_core.overlay import draw_answer

NODE = "/segmenter"
"""Topics begin as those of the node do."""
_ROI_FIELDS = ("x_offset", "y_offset", "height", "width", "do_rectify")


class AnnotatedBag:
    """Writes answers as messages; a context manager."""

    def __init__(self, path: Path, cameras: Sequence[str]) -> None:
        self._writer = _new_writer(path)
        self._connections: dict[str, Any] = {}
        # One camera: the node's own names. Several: a part of the name says which.
        self._prefixes = {
            camera: NODE if len(cameras) == 1 else f"{NODE}/{_slug(camera)}" for camera in cameras
        }

    def __enter__(self) -> Self:
        self._writer.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, camera: str, header: Any, time_ns: int, answer: Answer, image: ImageHWC | None) -> None:
        """One answer: ``segmentation``, and with a picture ``mask`` and ``overlay/compressed``."""
        types = typestore().types
        own_header = _header(header)
        prefix = self._prefixes[camera]
        mask = _mask_message(answer.mask, own_header)
        box = answer.box_xywh or (0, 0, 0, 0)
        roi = types["sensor_msgs/msg/RegionOfInterest"](
            x_offset=box[0], y_offset=box[1], width=box[2], height=box[3], do_rectify=False
        )
        segmentation = types["converseg/msg/Segmentation"](
            header=own_header,
            request_id=f"{time_ns}-{answer.prompt}"[:200],
            prompt=answer.prompt,
            concept="",
            status=int(answer.status),
            status_text=answer.status_text,
            confidence=answer.confidence,
            no_target_score=answer.no_target_score,
            mask=mask,
            roi=roi,
            area_px=answer.area_px,
            propagated=False,
            answered_stamp=own_header.stamp,
            frame_age_s=0.0,
            stage_names=list(answer.timings_s),
            stage_durations_s=np.array(list(answer.timings_s.values()), np.float64),
            model_id=answer.model_id,
        )
        self._put(f"{prefix}/segmentation", time_ns, segmentation)
        if image is None:
            return
        if answer.mask is not None:
            self._put(f"{prefix}/mask", time_ns, mask)
        overlay = types["sensor_msgs/msg/CompressedImage"](
            header=own_header,
            format="jpeg",
            data=np.frombuffer(encode_jpeg(draw_answer(image, answer), 85), np.uint8),
        )
        self._put(f"{prefix}/overlay/compressed", time_ns, overlay)

    def write_camera_info(self, camera: str, header: Any, time_ns: int, companion: Companion) -> None:
        """The CameraInfo of a frame, for its mask and its overlay.

        One of another stamp goes out with the frame's header, as the node does: viewers pair by stamp.
        """
        types = typestore().types
        info = companion.message
        is_ros1 = hasattr(info, "K")
        matrices = {
            name: np.asarray(getattr(info, name.upper() if is_ros1 else name), np.float64) for name in "dkrp"
        }
        roi = {name: getattr(info.roi, name) for name in _ROI_FIELDS}
        message = types["sensor_msgs/msg/CameraInfo"](
            header=_header(info.header if companion.offset_ns == 0 else header),
            height=info.height,
            width=info.width,
            distortion_model=info.distortion_model,
            binning_x=info.binning_x,
            binning_y=info.binning_y,
            roi=types["sensor_msgs/msg/RegionOfInterest"](**roi),
            **matrices,
        )
        # The node's name first; RViz looks for the one beside the picture's topic.
        for topic in ("mask/camera_info", "camera_info"):
            self._put(f"{self._prefixes[camera]}/{topic}", time_ns, message)

    def _put(self, topic: str, time_ns: int, message: Any) -> None:
        kind = message.__msgtype__
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(topic, kind, typestore=typestore())
        self._writer.write(self._connections[topic], time_ns, typestore().serialize_cdr(message, kind))


def join(parts: Iterable[Path], out: Path) -> int:
    """Copy the messages of several bags, one after the other, into one; returns how many.

    The new bag stands under its name only when it is whole.
    """
    unfinished = out.with_name(f".{out.name}.unfinished")
    _remove(unfinished)
    num_messages = 0
    with _new_writer(unfinished) as writer:
        connections: dict[str, Any] = {}
        for part in parts:
            for message in _messages(part):
                if message.topic not in connections:
                    connections[message.topic] = writer.add_connection(
                        message.topic, message.type_name, typestore=typestore()
                    )
                writer.write(connections[message.topic], message.time_ns, message.data)
                num_messages += 1
    _remove(out)
    # The storage file is named after the folder that it was written to.
    for file in unfinished.glob("*.mcap"):
        file.rename(unfinished / f"{out.name}.mcap")
    metadata = unfinished / "metadata.yaml"
    metadata.write_text(metadata.read_text().replace(f"{unfinished.name}.mcap", f"{out.name}.mcap"))
    unfinished.rename(out)
    return num_messages


def _messages(part: Path) -> Iterable[Any]:
    try:
        yield from read_raw(part)
    except BagError as error:
        if error.num_messages:  # a part without a message is no fault: none of its frames was asked about
            raise


def _new_writer(path: Path) -> Writer:
    writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    return writer


def _remove(folder: Path) -> None:
    if folder.exists():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def _slug(camera: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", camera).strip("_")


def _header(header: Any) -> Any:
    """A ROS 2 header: that of a ROS 1 bag has a field more."""
    types = typestore().types
    return types["std_msgs/msg/Header"](
        stamp=types["builtin_interfaces/msg/Time"](
            sec=int(header.stamp.sec), nanosec=int(header.stamp.nanosec)
        ),
        frame_id=header.frame_id,
    )


def _mask_message(mask: MaskHW | None, header: Any) -> Any:
    image = typestore().types["sensor_msgs/msg/Image"]
    if mask is None:
        nothing = np.zeros(0, np.uint8)
        return image(header, height=0, width=0, encoding="mono8", is_bigendian=0, step=0, data=nothing)
    fields = from_mask(mask)
    return image(
        header,
        height=fields.height,
        width=fields.width,
        encoding=fields.encoding,
        is_bigendian=fields.is_bigendian,
        step=fields.step,
        data=np.frombuffer(fields.data, np.uint8),
    )
