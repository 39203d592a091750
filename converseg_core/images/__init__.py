"""ROS image messages to numpy and back, without ROS: any encoding, any ``step``, both byte orders."""

from converseg_core.images.compressed import encode_jpeg, encode_png
from converseg_core.images.convert import check_fields, image_size_hw, to_depth_m, to_mono, to_rgb
from converseg_core.images.create import from_depth_m, from_mask, from_mono, from_rgb
from converseg_core.images.message import (
    MAX_SIDE,
    CompressedImageMessage,
    ImageError,
    ImageFields,
    ImageMessage,
)

__all__ = [
    "MAX_SIDE",
    "CompressedImageMessage",
    "ImageError",
    "ImageFields",
    "ImageMessage",
    "check_fields",
    "encode_jpeg",
    "encode_png",
    "from_depth_m",
    "from_mask",
    "from_mono",
    "from_rgb",
    "image_size_hw",
    "to_depth_m",
    "to_mono",
    "to_rgb",
]
