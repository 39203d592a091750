"""What a robot's camera makes of a clean picture: blur, motion, lens, exposure, noise, compression.

The tabletop recipe has its own, milder model (``render.as_from_a_sensor``), which stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatHWC = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class CameraSensor:
    """The faults of one camera in one moment; all of them leave every pixel in its place.

    Attributes:
        exposure: factor on light; 1 is right.
        white_balance: factors on red, green and blue.
        gamma: of the tone curve; 1 leaves the tones alone.
        vignette: share of light that is lost in the corners.
        defocus_px: spread of the blur by the lens, pixels.
        motion_px: length of the smear by motion, pixels; at most a few, so that the mask still holds.
        motion_deg: its direction.
        noise: spread of the noise at middle grey, share of full scale; more in the light, less in the dark.
        read_noise: spread of the noise in the dark.
        jpeg_quality: of the compression, 100 for none.
    """

    exposure: float = 1.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    vignette: float = 0.0
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_deg: float = 0.0
    noise: float = 0.0
    read_noise: float = 0.0
    jpeg_quality: int = 100

    def take(self, rng: np.random.Generator, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture (H, W, 3) as this camera gives it; ``rng`` draws the noise alone."""
        image: NDArray[Any] = (rgb.astype(np.float32) / 255.0) ** 2.2
        if self.defocus_px > 0.2:
            image = cv2.GaussianBlur(image, (0, 0), self.defocus_px)
        if self.motion_px > 1.0:
            image = cv2.filter2D(image, -1, _smear(self.motion_px, self.motion_deg))
        image = image * (self.exposure * np.asarray(self.white_balance)).astype(np.float32)
        if self.vignette > 0:
            image = image * _falloff(rgb.shape[0], rgb.shape[1], self.vignette)
        if self.noise > 0 or self.read_noise > 0:
            image = np.maximum(image, 0)
            spread = np.sqrt(self.read_noise**2 + self.noise**2 * image / 0.2)
            image = image + spread * rng.standard_normal(image.shape, dtype=np.float32)
        tones = np.clip(image, 0, 1) ** (self.gamma / 2.2)
        out = np.round(tones * 255).astype(np.uint8)
        return out if self.jpeg_quality >= 100 else _compressed(out, self.jpeg_quality)


def _smear(length_px: float, angle_deg: float) -> NDArray[np.float32]:
    """A line of unit sum, symmetric about its middle."""
    size = 2 * int(np.ceil(length_px / 2)) + 3
    kernel = np.zeros((size, size), dtype=np.float32)
    angle, middle = np.radians(angle_deg), size // 2
    for t in np.linspace(-0.5, 0.5, 8 * size):
        x, y = middle + t * length_px * np.cos(angle), middle + t * length_px * np.sin(angle)
        i, j = int(np.floor(y)), int(np.floor(x))
        fy, fx = y - i, x - j
        for di, wy in ((0, 1 - fy), (1, fy)):
            for dj, wx in ((0, 1 - fx), (1, fx)):
                kernel[i + di, j + dj] += wy * wx
    return kernel / kernel.sum()


def _falloff(height: int, width: int, share: float) -> FloatHWC:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    r2 = ((x - width / 2) ** 2 + (y - height / 2) ** 2) / (width**2 / 4 + height**2 / 4)
    falloff: FloatHWC = (1 - share * r2)[..., None].astype(np.float32)
    return falloff


def _compressed(rgb: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    good, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise RuntimeError("the JPEG encoder failed on a rendered picture")
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise RuntimeError("the JPEG decoder failed on a picture that was just encoded")
    return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8)


def draw_sensor(rng: np.random.Generator, *, width: int) -> CameraSensor:
    """A camera and a moment: most are good, some are dark, noisy, out of focus or in motion."""
    scale = width / 320
    dark = rng.random() < 0.15
    warm = float(rng.normal(0, 0.035))
    return CameraSensor(
        exposure=float(rng.uniform(0.35, 0.7) if dark else rng.uniform(0.75, 1.3)),
        white_balance=(1 + warm, 1 + float(rng.normal(0, 0.012)), 1 - warm),
        gamma=float(rng.uniform(0.88, 1.12)),
        vignette=float(rng.uniform(0, 0.3)) if rng.random() < 0.5 else 0.0,
        defocus_px=float(rng.uniform(0.3, 0.9)) * scale if rng.random() < 0.3 else 0.0,
        motion_px=float(rng.uniform(1.5, 4.0)) * scale if rng.random() < 0.2 else 0.0,
        motion_deg=float(rng.uniform(0, 180)),
        noise=float(rng.uniform(0.0, 0.03)) * (1.5 if dark else 1.0),
        read_noise=float(rng.uniform(0.0, 0.006)) * (1.5 if dark else 1.0),
        jpeg_quality=int(rng.integers(60, 96)) if rng.random() < 0.6 else 100,
    )
