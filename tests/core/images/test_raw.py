"""Every raw encoding against values computed here by its definition."""

from __future__ import annotations

import array
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from converseg_core.images import ImageError, check_fields, image_size_hw, to_depth_m, to_mono, to_rgb
from tests.core.images.messages import Image, image_of, packed

RED, GREEN, BLUE, GREY = (250, 10, 20), (30, 240, 40), (5, 60, 230), (90, 90, 90)
RGB_2X2 = np.array([[RED, GREEN], [BLUE, GREY]], np.uint8)


def noise(shape: tuple[int, ...], dtype: type = np.uint8, seed: int = 3) -> NDArray[np.generic]:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)


@pytest.mark.parametrize(
    ("encoding", "order"),
    [
        ("rgb8", "RGB"),
        ("bgr8", "BGR"),
        ("8UC3", "BGR"),
        ("rgba8", "RGBA"),
        ("bgra8", "BGRA"),
        ("8UC4", "BGRA"),
    ],
)
@pytest.mark.parametrize("pad", [0, 1, 13])
def test_interleaved_colours(encoding: str, order: str, pad: int) -> None:
    channel = {"R": 0, "G": 1, "B": 2}
    rows = [
        bytes(pixel[channel[letter]] if letter in channel else 77 for pixel in row for letter in order)
        for row in RGB_2X2.tolist()
    ]
    image = packed(rows, height=2, width=2, encoding=encoding, pad=pad)
    assert to_rgb(image).tolist() == RGB_2X2.tolist()


@pytest.mark.parametrize("encoding", ["mono8", "8UC1"])
def test_grey(encoding: str) -> None:
    image = packed([bytes([0, 7, 255])], height=1, width=3, encoding=encoding, pad=2)
    assert to_rgb(image).tolist() == [[[0] * 3, [7] * 3, [255] * 3]]
    assert to_mono(image).tolist() == [[0, 7, 255]]


@pytest.mark.parametrize("is_bigendian", [0, 1])
@pytest.mark.parametrize("encoding", ["mono16", "16UC1"])
def test_grey_16_bit_is_scaled_over_its_full_range(encoding: str, is_bigendian: int) -> None:
    order = "big" if is_bigendian else "little"
    values = [0, 128, 129, 256, 32768, 65535]
    row = b"".join(value.to_bytes(2, order) for value in values)
    image = packed([row], height=1, width=6, encoding=encoding, is_bigendian=is_bigendian)
    expected = [round(value * 255 / 65535) for value in values]
    assert to_mono(image).tolist() == [expected]
    assert to_rgb(image)[0, :, 1].tolist() == expected


def test_every_16_bit_value_is_rounded_to_nearest() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.rint(values.astype(np.float64) * 255 / 65535).astype(np.uint8)
    assert np.array_equal(to_mono(image_of(values, "mono16")), expected)


def yuv_to_rgb(y: int, u: int, v: int) -> list[float]:
    """ITU-R BT.601, limited range; blacker than black (Y below 16) counts as black."""
    luma = 255 / 219 * (max(y, 16) - 16)
    red = luma + 255 / 224 * 1.402 * (v - 128)
    green = luma - 255 / 224 * (0.344136 * (u - 128) + 0.714136 * (v - 128))
    blue = luma + 255 / 224 * 1.772 * (u - 128)
    return [min(255.0, max(0.0, value)) for value in (red, green, blue)]


@pytest.mark.parametrize("encoding", ["yuv422", "yuv422_yuy2", "uyvy", "yuyv"])
@pytest.mark.parametrize("width", [2, 6, 1, 5])
def test_yuv422(encoding: str, width: int) -> None:
    height = 3
    luma = noise((height, width)).tolist()
    chroma = noise((height, (width + 1) // 2, 2), seed=4).tolist()
    rows, expected = [], []
    for y in range(height):
        row, pixels = b"", []
        for x in range(width):
            has_v = x % 2 == 1 or x + 1 < width
            u = chroma[y][x // 2][0]
            v = chroma[y][x // 2][1] if has_v else (chroma[y][x // 2 - 1][1] if x else 128)
            c = v if x % 2 else u
            row += bytes([c, luma[y][x]] if encoding in ("yuv422", "uyvy") else [luma[y][x], c])
            pixels.append(yuv_to_rgb(luma[y][x], u, v))
        rows.append(row)
        expected.append(pixels)
    result = to_rgb(packed(rows, height=height, width=width, encoding=encoding, pad=3))
    assert np.abs(result - np.array(expected)).max() <= 2


@pytest.mark.parametrize("size", [(4, 6), (3, 5), (1, 1), (2, 1), (5, 4)])
def test_nv12(size: tuple[int, int]) -> None:
    height, width = size
    luma = noise(size).tolist()
    chroma = noise(((height + 1) // 2, (width + 1) // 2, 2), seed=5).tolist()
    step = 2 * ((width + 1) // 2) + 4
    rows = [bytes(row) + b"\x99" * (step - width) for row in luma]
    rows += [bytes(value for pair in row for value in pair) + b"\x99" * 4 for row in chroma]
    image = Image(height, width, "nv12", 0, step, b"".join(rows))
    expected = [
        [yuv_to_rgb(luma[y][x], *chroma[y // 2][x // 2]) for x in range(width)] for y in range(height)
    ]
    assert np.abs(to_rgb(image) - np.array(expected)).max() <= 2


def demosaic(mosaic: NDArray[np.generic], pattern: str) -> NDArray[np.float64]:
    """Bilinear by definition: mean of the nearest samples of each colour in the mirrored 3x3 window."""
    height, width = mosaic.shape

    def mirrored(index: int, size: int) -> int:
        if size == 1:
            return 0
        return -index if index < 0 else (2 * size - 2 - index if index >= size else index)

    result = np.zeros((height, width, 3))
    for y in range(height):
        for x in range(width):
            own = "rgb".index(pattern[(y % 2) * 2 + x % 2])
            for colour in range(3):
                rings = {0: [(0, 0)], 1: [(0, 1), (1, 0), (0, -1), (-1, 0)]}
                rings[2] = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
                for ring in range(3):
                    samples = [
                        float(mosaic[mirrored(y + dy, height), mirrored(x + dx, width)])
                        for dy, dx in rings[ring]
                        if "rgb".index(pattern[((y + dy) % 2) * 2 + (x + dx) % 2]) == colour
                    ]
                    if samples and (ring > 0 or own == colour):
                        result[y, x, colour] = sum(samples) / len(samples)
                        break
    return result


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
@pytest.mark.parametrize("size", [(6, 8), (5, 7), (2, 2), (1, 4), (3, 1), (1, 1)])
def test_bayer(pattern: str, size: tuple[int, int]) -> None:
    mosaic = noise(size)
    result = to_rgb(image_of(mosaic, f"bayer_{pattern}8", pad=1))
    if min(size) == 1:
        # Mirroring a single row or column repeats it, so the other row's colours are stand-ins.
        own = [["rgb".index(pattern[(y % 2) * 2 + x % 2]) for x in range(size[1])] for y in range(size[0])]
        for y, x in np.ndindex(size):
            assert result[y, x, own[y][x]] == mosaic[y, x]
    else:
        assert np.abs(result - demosaic(mosaic, pattern)).max() <= 0.5


def test_brightness_of_colours() -> None:
    expected = np.rint(RGB_2X2 @ np.array([0.299, 0.587, 0.114]))
    assert np.abs(to_mono(image_of(RGB_2X2, "rgb8")) - expected).max() <= 1


@pytest.mark.parametrize("is_bigendian", [0, 1, False, True])
def test_depth(is_bigendian: int) -> None:
    metres = np.array([[0.5, 0.0, np.nan, np.inf, -1.0, -np.inf, 12.25]], np.float32)
    depth = to_depth_m(image_of(metres, "32FC1", is_bigendian=is_bigendian, pad=5))
    assert depth.dtype == np.float32
    assert np.array_equal(depth, [[0.5, *[np.nan] * 5, 12.25]], equal_nan=True)
    millimetres = np.array([[0, 1, 1500, 65535]], np.uint16)
    for encoding in ("16UC1", "mono16"):
        depth = to_depth_m(image_of(millimetres, encoding, is_bigendian=is_bigendian))
        assert depth[0, 1:] == pytest.approx([0.001, 1.5, 65.535])
        assert np.isnan(depth[0, 0])


def test_unpadded_rgb8_is_not_copied() -> None:
    data = array.array("B", bytes(RGB_2X2.tobytes()))
    result = to_rgb(Image(2, 2, "rgb8", 0, 6, data))
    assert np.shares_memory(result, np.frombuffer(data, np.uint8))
    assert not result.flags.writeable


@pytest.mark.parametrize(
    "kind", [bytes, bytearray, lambda b: array.array("B", b), lambda b: np.frombuffer(b, np.uint8)]
)
def test_any_buffer_is_taken(kind: object) -> None:
    data = kind(RGB_2X2.tobytes())  # type: ignore[operator]
    assert np.array_equal(to_rgb(Image(2, 2, "rgb8", 0, 6, data)), RGB_2X2)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (8192, 8192), (16384, 1)])
def test_extreme_sizes(height: int, width: int) -> None:
    image = Image(height, width, "mono8", 0, width, bytes(height * width))
    assert image_size_hw(image) == (height, width)
    assert to_mono(image).shape == (height, width)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"height": 0, "data": b""}, "height"),
        ({"width": 0, "step": 0, "data": b""}, "width"),
        ({"height": 0, "width": 0, "step": 0, "data": b""}, "height"),
        ({"width": 16385}, "width"),
        ({"height": 2**32 - 1}, "height"),
        ({"step": 5}, "step"),
        ({"step": 0}, "step"),
        ({"step": 7}, "data"),
        ({"data": bytes(11)}, "data"),
        ({"data": bytes(13)}, "data"),
        ({"data": b""}, "data"),
        ({"encoding": ""}, "encoding"),
        ({"encoding": "RGB8"}, "encoding"),
        ({"encoding": "rgb16" * 1000}, "encoding"),
        ({"encoding": "32FC1"}, "encoding"),
        ({"data": "text"}, "data"),
    ],
)
def test_wrong_fields_are_named(changes: dict[str, object], field: str) -> None:
    image = Image(2, 2, "rgb8", 0, 6, bytes(12))
    for name, value in changes.items():
        setattr(image, name, value)
    for convert in (to_rgb, to_mono):
        with pytest.raises(ImageError, match=f"^{field}: ") as raised:
            convert(image)
        assert len(str(raised.value)) < 500


def test_a_picture_is_no_depth() -> None:
    with pytest.raises(ImageError, match=r"^encoding: 'rgb8' holds no distances"):
        to_depth_m(Image(2, 2, "rgb8", 0, 6, bytes(12)))


ENCODINGS = [
    *("rgb8", "bgr8", "rgba8", "bgra8", "mono8", "mono16", "yuv422", "yuv422_yuy2", "nv12", "16UC1", "32FC1"),
    *("bayer_rggb8", "bayer_bggr8", "bayer_gbrg8", "bayer_grbg8", "8UC3", "nonsense", ""),
]


@given(
    height=st.integers(0, 9),
    width=st.integers(0, 9),
    encoding=st.sampled_from(ENCODINGS) | st.text(max_size=20),
    is_bigendian=st.integers(0, 255),
    step=st.integers(0, 40),
    data=st.binary(max_size=400),
    fits=st.booleans(),
)
def test_any_message_converts_or_says_why_not(
    height: int, width: int, encoding: str, is_bigendian: int, step: int, data: bytes, fits: bool
) -> None:
    if fits:  # else hardly any example would get as far as a conversion
        num_rows = height + (height + 1) // 2 if encoding == "nv12" else height
        data = (data * (1 + step * num_rows))[: step * num_rows] if data else bytes(step * num_rows)
    image = Image(height, width, encoding, is_bigendian, step, data)
    for convert, shape, dtype in (
        (to_rgb, (height, width, 3), np.uint8),
        (to_mono, (height, width), np.uint8),
        (to_depth_m, (height, width), np.float32),
    ):
        fault, result = "", np.empty(shape, dtype)
        try:
            result = convert(image)
        except ImageError as error:
            fault = str(error)
        assert fault.partition(":")[0] in ("", "height", "width", "step", "data", "encoding")
        assert result.shape == shape
        assert result.dtype == dtype
        assert result.flags.c_contiguous


@given(
    height=st.integers(0, 5),
    width=st.integers(0, 5),
    encoding=st.sampled_from(ENCODINGS),
    extra_step=st.integers(-1, 3),
    extra_bytes=st.sampled_from([0, 0, 0, -1, 1]),
)
def test_the_cheap_check_finds_what_the_conversion_finds(
    height: int, width: int, encoding: str, extra_step: int, extra_bytes: int
) -> None:
    pixel_bytes = {"rgb8": 3, "bgr8": 3, "8UC3": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}.get(encoding, 2)
    step = max(0, width * pixel_bytes + extra_step)
    num_rows = height + (height + 1) // 2 if encoding == "nv12" else height
    image = Image(height, width, encoding, 0, step, bytes(max(0, step * num_rows + extra_bytes)))
    faults = []
    for look in (to_rgb, check_fields):
        try:
            look(image)
        except ImageError as error:
            faults.append(str(error))
        else:
            faults.append("")
    assert faults[0] == faults[1]


def test_rows_do_not_run_into_each_other() -> None:
    rows = [bytes([value] * 9) for value in range(5)]
    result = to_mono(packed(rows, height=5, width=9, encoding="mono8", pad=7))
    assert all(np.array_equal(before + 1, after) for before, after in pairwise(result.astype(int)))
