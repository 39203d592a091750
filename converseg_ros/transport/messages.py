"""Answers -> ROS messages. Bytes go in through ``array('B')``, which is rclpy's fast path."""

from __future__ import annotations

import copy
from array import array
from typing import Any

import numpy as np
from converseg.msg import Segmentation
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from converseg_core.answer import Answer
from converseg_core.images import ImageFields, encode_jpeg, from_mask
from converseg_core.overlay import draw_answer
from converseg_ros.questions.reply import Reply


def byte_array(data: Any) -> array[int]:
    """Bytes of any buffer as ``array('B')``: one copy, no conversion of elements."""
    result = array("B")
    result.frombytes(data)
    return result


def image_message(fields: ImageFields, header: Header) -> Image:
    """A ``sensor_msgs/Image`` of converted fields."""
    return Image(
        header=header,
        height=fields.height,
        width=fields.width,
        encoding=fields.encoding,
        is_bigendian=fields.is_bigendian,
        step=fields.step,
        data=byte_array(fields.data),
    )


def header_of(reply: Reply) -> Header:
    """The source frame's header, unchanged; an empty one where no frame was used."""
    return Header() if reply.frame is None else reply.frame.message.header


def mask_message(answer: Answer, header: Header) -> Image:
    """The mask as mono8, 0 or 255; 0x0 where the answer has none."""
    return Image(header=header) if answer.mask is None else image_message(from_mask(answer.mask), header)


def segmentation_message(reply: Reply) -> Segmentation:
    """The whole answer. ``confidence`` and ``no_target_score`` are NaN where unknown."""
    answer, header = reply.answer, header_of(reply)
    box = answer.box_xywh
    roi = RegionOfInterest()
    if box is not None:
        roi = RegionOfInterest(x_offset=box[0], y_offset=box[1], width=box[2], height=box[3])
    return Segmentation(
        header=header,
        request_id=reply.question.request_id,
        prompt=answer.prompt,
        concept=reply.question.concept,
        status=int(answer.status),
        status_text=answer.status_text,
        confidence=float(answer.confidence),
        no_target_score=float(answer.no_target_score),
        mask=mask_message(answer, header),
        roi=roi,
        area_px=answer.area_px,
        propagated=reply.propagated,
        answered_stamp=(reply.answered or reply.frame).message.header.stamp if reply.frame else header.stamp,
        frame_age_s=reply.frame_age_s,
        stage_names=list(answer.timings_s),
        stage_durations_s=np.fromiter(answer.timings_s.values(), np.float64).tolist(),
        model_id=answer.model_id,
    )


def overlay_message(reply: Reply, quality: int) -> CompressedImage | None:
    """The picture with the answer drawn on it as JPEG; None where no picture could be decoded."""
    if reply.rgb is None:
        return None
    drawn = encode_jpeg(draw_answer(reply.rgb, reply.answer), quality)
    return CompressedImage(
        header=header_of(reply), format="rgb8; jpeg compressed bgr8", data=byte_array(drawn)
    )


def camera_info_for(header: Header, exact: CameraInfo | None, newest: CameraInfo | None) -> CameraInfo | None:
    """The CameraInfo of a frame: its own, unchanged; else the newest with the frame's header.

    Cameras that send CameraInfo once, or with stamps of its own, still give pairs of equal stamps.
    """
    if exact is not None or newest is None:
        return exact
    moved = copy.copy(newest)
    moved.header = header
    return moved
