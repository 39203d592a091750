"""JPEG and PNG messages: right pixels, and no half pictures."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PilImage

from converseg_core.images import (
    ImageError,
    encode_jpeg,
    encode_png,
    image_size_hw,
    to_depth_m,
    to_mono,
    to_rgb,
)
from tests.core.images.messages import CompressedImage, image_of


def picture(height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth colour picture with its red, green and blue clearly apart."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 3 + 30, y * 4 + 10, 255 - x * 2 - y], axis=2).clip(0, 255).astype(np.uint8)


def pil_bytes(array: np.ndarray, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    PilImage.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(**options: object) -> bytes:
    return pil_bytes(picture(), "JPEG", quality=90, **options)


def message(data: bytes, message_format: str = "rgb8; jpeg compressed bgr8") -> CompressedImage:
    return CompressedImage(message_format, data)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}]
)
def test_jpeg_pixels(options: dict[str, object]) -> None:
    data = jpeg(**options)
    expected = np.asarray(PilImage.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(to_rgb(message(data)) - expected).max() <= 3
    assert image_size_hw(message(data)) == (48, 64)


@pytest.mark.parametrize(
    "message_format", ["jpeg", "jpg", "", "bgr8; jpeg compressed bgr8", "rgb8; jpeg compressed bgr8"]
)
def test_usual_formats_give_the_same_colours(message_format: str) -> None:
    assert np.abs(to_rgb(message(jpeg(), message_format)).astype(int) - picture()).max() <= 12


def test_a_file_declared_as_swapped_is_swapped_back() -> None:
    data = pil_bytes(picture()[:, :, ::-1], "PNG")
    assert np.array_equal(to_rgb(message(data, "rgb8; png compressed rgb8")), picture())


def test_grey_jpeg() -> None:
    grey = picture()[:, :, 0]
    result = message(pil_bytes(grey, "JPEG", quality=95), "mono8; jpeg compressed ")
    assert np.abs(to_mono(result).astype(int) - grey).max() <= 6
    assert to_rgb(result).shape == (48, 64, 3)


def test_png_pixels_are_exact() -> None:
    rgb = picture()
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 120, np.uint8)])
    assert np.array_equal(to_rgb(message(pil_bytes(rgb, "PNG"), "png")), rgb)
    assert np.array_equal(to_rgb(message(pil_bytes(alpha, "PNG"), "png")), rgb)
    assert np.array_equal(to_rgb(message(encode_png(rgb), "png")), rgb)


def test_palette_png() -> None:
    indexed = PilImage.fromarray(picture()).quantize(16)
    buffer = io.BytesIO()
    indexed.save(buffer, "PNG")
    assert np.array_equal(to_rgb(message(buffer.getvalue(), "png")), np.asarray(indexed.convert("RGB")))


def test_16_bit_png_is_depth_or_grey() -> None:
    millimetres = np.arange(0, 4096, 2, dtype=np.uint16).reshape(32, 64)
    data = encode_png(millimetres)
    depth = to_depth_m(message(data, "16UC1; png compressed "))
    assert np.isnan(depth[0, 0])
    assert depth.reshape(-1)[1:] == pytest.approx(millimetres.reshape(-1)[1:] / 1000)
    assert np.array_equal(to_mono(message(data)), np.rint(millimetres.astype(float) * 255 / 65535))
    with pytest.raises(ImageError, match=r"^format: depth needs a 16-bit grey PNG"):
        to_depth_m(message(jpeg()))


def test_a_packed_mosaic_is_demosaiced() -> None:
    mosaic = np.random.default_rng(2).integers(0, 256, (12, 14), dtype=np.uint8)
    packed = message(encode_png(mosaic), "bayer_grbg8; png compressed ")
    assert np.array_equal(to_rgb(packed), to_rgb(image_of(mosaic, "bayer_grbg8")))
    assert np.array_equal(to_mono(packed), to_mono(image_of(mosaic, "bayer_grbg8")))


def test_exif_rotation_is_not_applied() -> None:
    exif = PilImage.Exif()
    exif[0x0112] = 6
    assert to_rgb(message(jpeg(exif=exif))).shape == (48, 64, 3)


def test_our_jpeg_is_read_by_others() -> None:
    decoded = np.asarray(PilImage.open(io.BytesIO(encode_jpeg(picture(), 95))).convert("RGB")).astype(int)
    assert np.abs(decoded - picture()).max() <= 12


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_cut_off_anywhere_is_refused(options: dict[str, object]) -> None:
    data = jpeg(**options)
    for length in range(len(data) - 1):
        with pytest.raises(ImageError, match=r"^data: "):
            to_rgb(message(data[:length]))


def test_a_png_cut_off_anywhere_is_refused() -> None:
    data = pil_bytes(picture(12, 12), "PNG")
    for length in range(len(data) - 1):
        with pytest.raises(ImageError, match=r"^data: "):
            to_rgb(message(data[:length], "png"))


def test_a_png_with_a_flipped_bit_is_refused() -> None:
    data = bytearray(pil_bytes(picture(12, 12), "PNG"))
    data[len(data) // 2] ^= 4
    with pytest.raises(ImageError, match="checksum"):
        to_rgb(message(bytes(data), "png"))


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(100))), chunk(b"IEND", b"")]
    )


@pytest.mark.parametrize(
    ("size", "field"),
    [((20000, 10), "width"), ((10, 20000), "height"), ((16384, 16384), "data"), ((0, 5), "width")],
)
def test_decompression_bombs_are_refused_before_decoding(size: tuple[int, int], field: str) -> None:
    with pytest.raises(ImageError, match=f"^{field}: "):
        to_rgb(message(png_claiming(*size), "png"))


def test_a_png_with_too_little_data_is_refused() -> None:
    with pytest.raises(ImageError, match=r"^data: "):
        to_rgb(message(png_claiming(64, 64), "png"))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"GIF89a" + bytes(30), b"\xff\xd8\xff\xd9", bytes(100)]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match=r"^data: "):
        to_rgb(message(data))


def test_compressed_depth_transport_is_named() -> None:
    with pytest.raises(ImageError, match=r"^format: compressedDepth"):
        to_depth_m(message(encode_png(np.ones((4, 4), np.uint16)), "16UC1; compressedDepth png"))


@given(
    data=st.binary(max_size=200),
    head=st.sampled_from(
        [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x04ab", b"\x89PNG\r\n\x1a\n", jpeg()[:300]]
    ),
    message_format=st.text(max_size=30),
)
def test_any_bytes_give_an_array_or_an_image_error(data: bytes, head: bytes, message_format: str) -> None:
    hostile = CompressedImage(message_format, head + data)
    for convert in (to_rgb, to_mono, to_depth_m, image_size_hw):
        fault = ""
        try:
            convert(hostile)
        except ImageError as error:
            fault = str(error)
        assert fault.partition(":")[0] in ("", "data", "format", "height", "width")


@given(position=st.integers(2, len(jpeg()) - 1), value=st.integers(0, 255))
def test_a_damaged_jpeg_never_breaks_anything(position: int, value: int) -> None:
    data = bytearray(jpeg())
    data[position] = value
    try:
        rgb = to_rgb(message(bytes(data)))
    except ImageError:
        return
    assert rgb.ndim == 3
