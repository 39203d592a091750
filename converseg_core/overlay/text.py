"""Text on pictures: measure, wrap, shorten, draw.

OpenCV 5 carries anti-aliased fonts for Latin, Greek, Cyrillic, Arabic, Chinese, Japanese and Korean, so
captions need no font file on the machine. (Pillow's bundled font has little beyond ASCII.)
"""

from __future__ import annotations

import functools
import threading
import unicodedata

import cv2
import numpy as np
from numpy.typing import NDArray

ImageHWC = NDArray[np.uint8]
ColourRGB = tuple[int, int, int]

MAX_MEASURED_CHARS = 400
"""No caption shows more; cutting first keeps a 10,000-character prompt as cheap as a short one."""

_ELLIPSIS = "…"
_CANVAS_WH = (1 << 14, 1 << 14)
_FONT_LOCK = threading.Lock()  # the face holds a glyph cache that OpenCV does not guard


@functools.cache
def _font() -> cv2.FontFace:
    # Unpacking the built-in font takes about 20 ms, so it waits for the first caption.
    return cv2.FontFace("sans")


def clean(text: str) -> str:
    """Make any string drawable on one line: no control characters, no lone surrogates, single spaces.

    OpenCV crashes the process on a lone surrogate, so nothing may reach it without passing here.
    """
    valid = text[: 4 * MAX_MEASURED_CHARS].encode("utf-8", "replace").decode("utf-8")
    kept = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in valid)
    short = " ".join(kept.split())
    return short if len(short) <= MAX_MEASURED_CHARS else short[: MAX_MEASURED_CHARS - 1] + _ELLIPSIS


def width_px(text: str, size_px: int, weight: int) -> int:
    """Width of one cleaned line, pixels."""
    if not text:
        return 0
    with _FONT_LOCK:
        x, _, width, _ = cv2.getTextSize(_CANVAS_WH, text, (0, 0), _font(), size_px, weight)
    return int(x + width)


def draw(
    image: ImageHWC, text: str, x: int, baseline_y: int, *, size_px: int, weight: int, colour: ColourRGB
) -> None:
    """Draw one cleaned line into ``image`` (in place), starting at ``x``, standing on ``baseline_y``."""
    if text:
        with _FONT_LOCK:
            cv2.putText(image, text, (x, baseline_y), colour, _font(), size_px, weight)


def shorten(text: str, max_width_px: int, size_px: int, weight: int) -> str:
    """Cut a cleaned line with an ellipsis so that it fits; empty where not even one letter does."""
    if width_px(text, size_px, weight) <= max_width_px:
        return text
    num_chars = _num_chars_that_fit(text, max_width_px, size_px, weight, tail=_ELLIPSIS)
    return text[:num_chars].rstrip() + _ELLIPSIS if num_chars else ""


def wrap(text: str, max_width_px: int, size_px: int, weight: int, *, max_lines: int) -> list[str]:
    """Break a cleaned line at spaces (or anywhere, in scripts that have none) into at most ``max_lines``."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < max_lines - 1 and width_px(rest, size_px, weight) > max_width_px:
        num_chars = _num_chars_that_fit(rest, max_width_px, size_px, weight)
        if num_chars == 0:
            break
        space = rest.rfind(" ", 0, num_chars + 1)
        cut = space if space > num_chars // 3 else num_chars
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    last = shorten(rest, max_width_px, size_px, weight)
    return [*lines, last] if last else lines


def _num_chars_that_fit(text: str, max_width_px: int, size_px: int, weight: int, tail: str = "") -> int:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_px(text[:middle] + tail, size_px, weight) <= max_width_px:
            low = middle
        else:
            high = middle - 1
    return low
