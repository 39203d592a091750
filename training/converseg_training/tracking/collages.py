"""Sequences put together from photos with masks: real surfaces and outlines, and any shape as the target.

A part of one photo is the target. The camera pans, turns and zooms over the photo; the target rests, or is
cut out and carried elsewhere, turned and in other light; parts of another photo pass before it or go with it,
as hands do, and throw shadows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import MaskHW
from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, apply, compose, shift
from converseg_engine.sim.camera_paths import eased
from converseg_training.mini.photo_prompts import read_photos
from converseg_training.tracking.recordings import HEIGHT, LENGTH_S, RATE_HZ, WIDTH, Recording, label

TARGET, COVER = 1, 2
_STREAM = 31
_SIZE = np.array([WIDTH, HEIGHT], dtype=np.float64)
_LEAST_PX, _LEAST_SHARE, _MOST_SHARE = 1000, 0.006, 0.12
_CARRIED, _COVERED, _SHADOWS = 0.6, 0.8, 0.7
_INPAINT_PX = 5


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo (H, W, 3) and its parts, (H, W) each."""

    rgb: ImageHWC
    parts: list[MaskHW]


@dataclass(frozen=True, eq=False)
class _Cutting:
    """Something cut out of a photo: its pixels, how much of each is its own, and its middle (x, y)."""

    rgb: ImageHWC
    alpha: NDArray[np.float32]
    middle: NDArray[np.float64]
    side_px: float


def read_collage_photos(folder: Path) -> list[Photo]:
    """The photos of a folder with panoptic masks, those with parts large enough."""
    photos = []
    for path, segments, _ in read_photos(folder):
        bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if bgr is None:
            raise FileNotFoundError(f"{path}: cannot be read")
        parts = [one.mask for one in segments if np.count_nonzero(one.mask) >= _LEAST_PX]
        if parts:
            photos.append(Photo(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8), parts))
    return photos


def make_collage(photos: Sequence[Photo], seed: int, *, length_s: float = LENGTH_S) -> Recording:
    """Draw a sequence; a pure function of its arguments.

    Raises:
        ValueError: no photo has a part of a size that can be followed.
    """
    if not any(_fits(part) for photo in photos for part in photo.parts):
        raise ValueError("photos: none has a part of 0.6 to 12 % of the photo to follow; give others")
    rng = np.random.default_rng([seed, _STREAM])
    while True:
        photo = photos[int(rng.integers(len(photos)))]
        part = photo.parts[int(rng.integers(len(photo.parts)))]
        if _fits(part):
            break
    other = photos[int(rng.integers(len(photos)))]
    target = _cut(photo.rgb, part)
    carried = rng.random() < _CARRIED
    ground = photo.rgb
    if carried:
        hole = cv2.dilate(part.astype(np.uint8), np.ones((9, 9), dtype=np.uint8))
        ground = np.asarray(cv2.inpaint(photo.rgb, hole, _INPAINT_PX, cv2.INPAINT_TELEA), dtype=np.uint8)
    cover = None
    if rng.random() < _COVERED:
        cover = _cut(other.rgb, other.parts[int(rng.integers(len(other.parts)))])
    num = round(length_s * RATE_HZ) + 1
    ways = _Ways(rng, target, cover, photo.rgb.shape, num=num, carried=carried)
    side = _half(target, rng)
    blur = rng.uniform(0.0, 1.0)
    grain = rng.uniform(0.5, 6.0) * rng.standard_normal((HEIGHT, WIDTH, 3), dtype=np.float32)
    light = 1.0 + rng.normal(0, 0.08) * np.sin(np.linspace(0, rng.uniform(1, 6), num))
    shadow = float(rng.uniform(0.35, 0.8)) if rng.random() < _SHADOWS else 0.0
    images, labels = [], []
    for k in range(num):
        camera = ways.camera[k]
        picture = _warped(ground, camera, cv2.BORDER_REFLECT)
        owner = np.full((HEIGHT, WIDTH), -1, dtype=np.int16)
        parts = np.full((HEIGHT, WIDTH), -1, dtype=np.int16)
        on_target = compose(camera, ways.target[k])
        alpha = _warped(target.alpha, on_target)
        picture = _over(picture, _warped(target.rgb, on_target) * ways.target_light[k], alpha)
        owner[alpha > 0.5] = TARGET
        parts[alpha > 0.5] = (_warped(side, on_target)[alpha > 0.5] > 0.5).astype(np.int16)
        if cover is not None:
            on_cover = compose(camera, ways.cover[k])
            alpha = _warped(cover.alpha, on_cover)
            if shadow:
                fallen = cv2.blur(cv2.warpAffine(alpha, shift(*ways.fall), (WIDTH, HEIGHT)), (7, 7))
                picture *= 1 - shadow * fallen[..., None]
            picture = _over(picture, _warped(cover.rgb, on_cover), alpha)
            owner[alpha > 0.5], parts[alpha > 0.5] = COVER, -1
        seen = light[k] * cv2.GaussianBlur(picture, (5, 5), 0.3 + blur)
        seen += np.roll(grain, rng.integers(0, HEIGHT), axis=0)
        images.append(np.clip(seen, 0, 255).astype(np.uint8))
        labels.append(label(owner, parts))
    return Recording(images, labels, TARGET, [round(k / RATE_HZ * 1e9) for k in range(num)])


class _Ways:
    """Where everything is in each frame: maps from its photo to the ground, and from there to the picture."""

    def __init__(
        self,
        rng: np.random.Generator,
        target: _Cutting,
        cover: _Cutting | None,
        ground_hw: tuple[int, ...],
        *,
        num: int,
        carried: bool,
    ) -> None:
        at = np.linspace(0, 1, num)
        start, stop = rng.uniform(0.05, 0.3), rng.uniform(0.6, 0.9)
        done = _eased((at - start) / (stop - start)) if carried else np.zeros(num)
        far = rng.uniform(0.15, 0.6) * np.array([ground_hw[1], ground_hw[0]])
        goal = np.clip(
            target.middle + rng.choice([-1, 1], 2) * far, 30, np.array([ground_hw[1], ground_hw[0]]) - 30
        )
        turn, stretch = rng.normal(0, 40), rng.normal(0, 0.2, 3)
        self.target = [
            _placed(
                target.middle, target.middle + share * (goal - target.middle), turn * share, stretch * share
            )
            for share in done
        ]
        self.target_light = 1.0 + done * rng.normal(0, 0.2)
        middles = np.array([apply(one, target.middle[None])[0] for one in self.target])
        self.cover = [] if cover is None else self._passing(rng, cover, target, middles, done, at)
        self.fall = rng.uniform(-25, 25, 2)
        wanted = rng.uniform(0.006, 0.08) * WIDTH * HEIGHT
        least = 1.05 * max(WIDTH / ground_hw[1], HEIGHT / ground_hw[0])
        zoom = max(least, float(np.sqrt(wanted) / target.side_px))
        sway = _sway(rng, num) * np.array([8, 8, 1.5, 0.01])
        drift = rng.normal(0, 1, 4) * np.array([60, 60, 12, 0.12]) * (rng.random() < 0.6)
        focus = middles[0] + rng.uniform(0.3, 1.0) * (middles - middles[0])
        self.camera: list[Affine] = []
        for k, share in enumerate(at):
            x, y, degrees, grown = sway[k] + drift * share
            view = _placed(focus[k], 0.5 * _SIZE + (x, y), degrees, np.zeros(3), scale=zoom * (1 + grown))
            self.camera.append(view)

    @staticmethod
    def _passing(
        rng: np.random.Generator,
        cover: _Cutting,
        target: _Cutting,
        middles: NDArray[np.float64],
        done: NDArray[np.float64],
        at: NDArray[np.float64],
    ) -> list[Affine]:
        scale = rng.uniform(0.5, 2.2) * target.side_px / cover.side_px
        way = np.array([np.cos(angle := rng.uniform(0, 2 * np.pi)), np.sin(angle)])
        reach = 1.5 * (target.side_px + scale * cover.side_px)
        begin, end = rng.uniform(0.0, 0.25), rng.uniform(0.7, 1.0)
        third = 0.4 * (end - begin)
        away = 1 - _eased((at - begin) / third) + _eased((at - end + third) / third)
        beside = rng.normal(0, 0.35, 2) * target.side_px
        back = rng.choice([-1, 1])
        turn, turn_more = rng.uniform(0, 360), rng.normal(0, 25)
        places = (
            middles
            + beside
            + np.where(at < 0.5 * (begin + end), 1, back)[:, None] * away[:, None] * reach * way
        )
        return [
            _placed(cover.middle, place, turn + turn_more * share, np.zeros(3), scale=scale)
            for place, share in zip(places, done, strict=True)
        ]


def _fits(part: MaskHW) -> bool:
    return bool(_LEAST_SHARE < part.mean() < _MOST_SHARE)


def _cut(rgb: ImageHWC, mask: MaskHW) -> _Cutting:
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)
    rows, columns = np.nonzero(mask)
    middle = np.array([columns.mean(), rows.mean()])
    return _Cutting(rgb, np.asarray(alpha, dtype=np.float32), middle, float(np.sqrt(len(rows))))


def _half(target: _Cutting, rng: np.random.Generator) -> NDArray[np.float32]:
    """(H, W) one side of a line through the target's middle, as if it were a part of it."""
    rows, columns = np.mgrid[: target.alpha.shape[0], : target.alpha.shape[1]]
    angle = rng.uniform(0, 2 * np.pi)
    off = rng.normal(0, 0.2) * target.side_px
    x, y = columns - target.middle[0], rows - target.middle[1]
    return (x * np.cos(angle) + y * np.sin(angle) > off).astype(np.float32)


def _placed(
    middle: NDArray[np.float64],
    at: NDArray[np.float64],
    degrees: float,
    stretch: NDArray[np.float64],
    *,
    scale: float = 1.0,
) -> Affine:
    """The map that brings a middle to a place, turned, scaled and stretched."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = np.array([[1 + stretch[0], stretch[2]], [0.0, 1 + stretch[1]]])
    linear = scale * turn @ shape
    return np.column_stack([linear, at - linear @ middle])


def _eased(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([eased(float(share)) for share in shares])


def _sway(rng: np.random.Generator, num: int) -> NDArray[np.float64]:
    """(num, 4) smooth noise about 0."""
    coarse = rng.normal(0, 1, (8, 4))
    return np.asarray(cv2.resize(coarse, (4, num), interpolation=cv2.INTER_CUBIC), dtype=np.float64)


def _warped(
    picture: NDArray[np.uint8] | NDArray[np.float32], to_picture: Affine, border: int = cv2.BORDER_CONSTANT
) -> NDArray[np.float32]:
    flags = cv2.INTER_AREA if abs(to_picture[0, 0]) < 0.5 else cv2.INTER_LINEAR
    out = cv2.warpAffine(picture, to_picture, (WIDTH, HEIGHT), flags=flags, borderMode=border)
    return np.asarray(out, dtype=np.float32)


def _over(
    below: NDArray[np.float32], above: NDArray[np.float32], alpha: NDArray[np.float32]
) -> NDArray[np.float32]:
    """``below`` itself, painted over."""
    x, y, width, height = cv2.boundingRect((alpha > 0).astype(np.uint8))
    area = slice(y, y + height), slice(x, x + width)
    below[area] += alpha[area][..., None] * (above[area] - below[area])
    return below
