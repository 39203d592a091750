"""Image files to arrays, and arrays to files."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from converseg_core.model import MAX_IMAGE_SIDE

ImageHWC = NDArray[np.uint8]


class ImageFileError(ValueError):
    """An image file cannot be used; the message names the file, the fault and the remedy."""


def read_image(path: Path) -> ImageHWC:
    """Read an image file as (H, W, 3) uint8 RGB, upright as its EXIF orientation says.

    Transparent pictures lie on white; 16-bit grey is scaled to 8 bits; of an animation, the first frame.

    Raises:
        ImageFileError: missing, not an image, cut off, or larger than the model takes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warnings about odd EXIF blocks help nobody here
            with Image.open(path) as picture:
                if max(picture.size) > MAX_IMAGE_SIDE:
                    raise ImageFileError(
                        f"{path}: {picture.width}x{picture.height} pixels; no side may pass {MAX_IMAGE_SIDE}"
                    )
                return _upright_rgb(picture)
    except FileNotFoundError as error:
        raise ImageFileError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise ImageFileError(f"{path}: is a folder; give the image files in it") from error
    except UnidentifiedImageError as error:
        raise ImageFileError(f"{path}: not an image, or of a kind that is not supported") from error
    except Image.DecompressionBombError as error:
        raise ImageFileError(f"{path}: too many pixels; scale it down") from error
    except PermissionError as error:
        raise ImageFileError(f"{path}: may not be read ({error.strerror})") from error
    except ImageFileError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        # Pillow's decoders report damaged data with any of these.
        raise ImageFileError(f"{path}: damaged ({error})") from error


def _upright_rgb(picture: Image.Image) -> ImageHWC:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("I;16", "I;16B", "I;16L", "I"):
        grey = np.asarray(upright, dtype=np.int64)
        grey8 = np.clip(grey // 257 if grey.max(initial=0) > 255 else grey, 0, 255).astype(np.uint8)
        return np.repeat(grey8[:, :, None], 3, axis=2)
    if upright.has_transparency_data:
        layered = upright.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        upright = Image.alpha_composite(white, layered)
    return np.array(upright.convert("RGB"), dtype=np.uint8)


def write_mask(path: Path, mask: NDArray[np.bool_]) -> None:
    """Write an (H, W) bool mask as mono8 PNG, 0 and 255; atomic."""
    _write_encoded(path, Image.fromarray(mask.astype(np.uint8) * np.uint8(255), mode="L"), "PNG")


def write_picture(path: Path, image: ImageHWC) -> None:
    """Write an (H, W, 3) uint8 RGB picture as JPEG, quality 90; atomic."""
    _write_encoded(path, Image.fromarray(image), "JPEG")


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask file as (H, W) bool: 128 and above is inside."""
    return np.asarray(read_image(path)[:, :, 0] >= 128)


def encode_jpeg(image: ImageHWC, *, quality: int = 85) -> bytes:
    """An (H, W, 3) uint8 RGB picture as JPEG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_encoded(path: Path, picture: Image.Image, format_name: str) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **({"quality": 90} if format_name == "JPEG" else {}))
    write_bytes(path, buffer.getvalue())
