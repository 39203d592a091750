"""Milliseconds per megapixel from each image encoding to RGB.

    python benchmarks/image_conversion.py [--num-repeats 30]

One thread, 1920x1080, random pixels for raw encodings, a smooth picture with noise for JPEG and PNG.
The median and the 95th percentile of single conversions are reported.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import cv2
import numpy as np
import results

from converseg_core.images import ImageFields, encode_jpeg, encode_png, to_depth_m, to_rgb

HEIGHT, WIDTH = 1080, 1920
BYTES_PER_PIXEL = {
    "rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1, "mono16": 2, "16UC1": 2,
    "yuv422": 2, "yuv422_yuy2": 2, "nv12": 1,
    "bayer_rggb8": 1, "bayer_bggr8": 1, "bayer_gbrg8": 1, "bayer_grbg8": 1,
}


@dataclass
class Compressed:
    """A ``sensor_msgs/CompressedImage``."""

    format: str
    data: bytes


def raw(encoding: str, *, is_bigendian: int = 0, pad: int = 0) -> ImageFields:
    """A message of random bytes."""
    step = WIDTH * BYTES_PER_PIXEL.get(encoding, 4) + pad
    num_rows = HEIGHT * 3 // 2 if encoding == "nv12" else HEIGHT
    data = np.random.default_rng(1).integers(0, 256, step * num_rows, dtype=np.uint8)
    if encoding == "32FC1":  # random bits would be full of denormal numbers, which no camera sends
        data = np.random.default_rng(1).uniform(0.3, 9, (HEIGHT, WIDTH)).astype(np.float32).view(np.uint8)
    return ImageFields(
        height=HEIGHT,
        width=WIDTH,
        encoding=encoding,
        is_bigendian=is_bigendian,
        step=step,
        data=data.tobytes(),
    )


def scene() -> np.ndarray:
    """A picture that compresses about as a camera's does."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    smooth = np.stack([x / 8, y / 5, (x + y) / 12], axis=2) + np.random.default_rng(1).normal(
        0, 4, (HEIGHT, WIDTH, 3)
    )
    return smooth.clip(0, 255).astype(np.uint8)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num-repeats", type=int, default=30)
    num_repeats = parser.parse_args().num_repeats
    cv2.setNumThreads(1)
    facts = results.machine()
    cases = [(encoding, to_rgb, raw(encoding)) for encoding in BYTES_PER_PIXEL]
    cases += [
        ("rgb8, padded rows", to_rgb, raw("rgb8", pad=64)),
        ("mono16, big endian", to_rgb, raw("mono16", is_bigendian=1)),
        ("16UC1 to metres", to_depth_m, raw("16UC1")),
        ("32FC1 to metres", to_depth_m, raw("32FC1")),
        ("JPEG, quality 90", to_rgb, Compressed("jpeg", encode_jpeg(scene(), 90))),
        ("PNG", to_rgb, Compressed("png", encode_png(scene()))),
    ]
    rows = []
    for name, convert, message in cases:
        convert(message)
        times_s = []
        for _ in range(num_repeats):
            start_s = time.perf_counter()
            convert(message)
            times_s.append(time.perf_counter() - start_s)
        per_megapixel = np.array(times_s) * 1e3 / (HEIGHT * WIDTH / 1e6)
        rows.append(
            {
                "encoding": name,
                "p50 ms/MP": float(np.percentile(per_megapixel, 50)),
                "p95 ms/MP": float(np.percentile(per_megapixel, 95)),
            }
        )
    results.write("image_conversion", facts, ["encoding", "p50 ms/MP", "p95 ms/MP"], rows)


if __name__ == "__main__":
    main()
