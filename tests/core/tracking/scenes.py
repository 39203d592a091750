"""Pictures of a thing on a ground, both moving as told, with the mask of what of the thing is in sight."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer, Status
from converseg_core.tracking import SmallFrame, TrackerSettings

HEIGHT, WIDTH = 240, 320
SETTINGS = TrackerSettings()
FRAME_NS = 33_000_000


def pattern(
    seed: int, colour: tuple[int, int, int], *, height: int = HEIGHT, width: int = WIDTH
) -> NDArray[np.uint8]:
    """Blotches of one colour, lighter and darker."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0.55, 1.25, (height // 8 + 1, width // 8 + 1)).astype(np.float32)
    shade = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(shade[..., None] * np.array(colour, dtype=np.float32), 0, 255).astype(np.uint8)


def turned(
    *, about: tuple[float, float], degrees: float = 0.0, scale: float = 1.0, dx: float = 0.0, dy: float = 0.0
) -> NDArray[np.float64]:
    """A similarity: turned and scaled about a point, then shifted."""
    motion = cv2.getRotationMatrix2D(about, degrees, scale)
    motion[:, 2] += dx, dy
    return motion


@dataclass(frozen=True)
class Picture:
    """A frame and its truth."""

    rgb: NDArray[np.uint8]
    mask: NDArray[np.bool_]


CENTRE = (150.0, 120.0)
_GROUND = pattern(1, (120, 125, 130), height=2 * HEIGHT, width=3 * WIDTH)
_THING = pattern(2, (40, 60, 190))


def outline() -> NDArray[np.bool_]:
    """The thing: an ellipse with a handle, some 2600 pixels."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    cv2.ellipse(mask, (150, 120), (32, 24), 20, 0, 360, 1, -1)
    cv2.rectangle(mask, (176, 112), (196, 122), 1, -1)
    return mask > 0


def picture(
    thing: NDArray[np.float64] | None = None,
    camera: NDArray[np.float64] | None = None,
    *,
    cover: tuple[int, int, int, int] | None = None,
    noise_seed: int = 0,
) -> Picture:
    """The scene: the thing moved by ``thing``, all of it by ``camera``, and a hand (x, y, w, h) in front."""
    camera = np.eye(2, 3) if camera is None else camera
    thing = np.eye(2, 3) if thing is None else thing
    size = (WIDTH, HEIGHT)
    offset = np.array([[1.0, 0, -WIDTH], [0, 1, -HEIGHT / 2]])
    both = np.vstack([camera, [0, 0, 1]]) @ np.vstack([thing, [0, 0, 1]])
    ground = np.vstack([camera, [0, 0, 1]]) @ np.vstack([offset, [0, 0, 1]])
    rgb = cv2.warpAffine(_GROUND, ground[:2], size, borderMode=cv2.BORDER_REFLECT)
    soft = cv2.warpAffine(outline().astype(np.float32), both[:2], size)[..., None]
    rgb = soft * cv2.warpAffine(_THING, both[:2], size, borderMode=cv2.BORDER_REFLECT) + (1 - soft) * rgb
    mask = soft[..., 0] > 0.5
    if cover is not None:
        x, y, w, h = cover
        low_x, low_y, high_x, high_y = max(0, x), max(0, y), min(WIDTH, x + w), min(HEIGHT, y + h)
        hand = pattern(3, (200, 150, 120))[: max(0, high_y - low_y), : max(0, high_x - low_x)]
        rgb[low_y : low_y + hand.shape[0], low_x : low_x + hand.shape[1]] = hand
        mask[low_y:high_y, low_x:high_x] = False
    noise = np.random.default_rng(noise_seed).normal(0, 2, rgb.shape)
    return Picture(np.clip(rgb + noise, 0, 255).astype(np.uint8), mask)


def small(shown: Picture, index: int) -> SmallFrame:
    """The frame as the tracker takes it."""
    return SmallFrame.of(shown.rgb, stamp_ns=1_000_000_000 + index * FRAME_NS, settings=SETTINGS)


def answer(mask: NDArray[np.bool_], *, confidence: float = 0.9) -> Answer:
    """What a perfect model says."""
    found = bool(mask.any())
    return Answer(
        prompt="the blue mug",
        status=Status.OK if found else Status.NO_TARGET,
        mask=mask.copy(),
        confidence=confidence,
        no_target_score=0.05 if found else 0.95,
        model_id="truth@0",
        status_text="" if found else "nothing here fits; ask for something else",
    )


def iou(a: NDArray[np.bool_] | None, b: NDArray[np.bool_]) -> float:
    """Intersection over union; no mask is an empty one."""
    if a is None:
        return 0.0
    union = np.count_nonzero(a | b)
    return 1.0 if union == 0 else np.count_nonzero(a & b) / union
