"""Drawn scenes with exact truth: coloured shapes on a table, made fast and without a simulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.images import encode_jpeg
from converseg_engine.shard_truth import ObjectRow
from converseg_engine.shards import ImageRow, QuestionRow, encode_mask, shard_path, write_shard

WIDTH, HEIGHT = 320, 240
COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (205, 40, 40),
    "blue": (45, 85, 210),
    "yellow": (235, 205, 40),
    "purple": (135, 60, 170),
    "white": (240, 240, 240),
    "black": (25, 25, 25),
}
SHAPES = ("ball", "box", "plate", "cone", "bottle")
_ROLLS, _BREAKS, _STACKS = ("ball", "bottle"), ("plate", "bottle"), ("box", "plate")
_GRID = (4, 3)
PER_SHARD = 256


def _paint(shape: str, x: int, y: int, size: int) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    half = size // 2
    match shape:
        case "ball":
            cv2.circle(mask, (x, y), half, 1, -1)
        case "box":
            cv2.rectangle(mask, (x - half, y - half), (x + half, y + half), 1, -1)
        case "plate":
            cv2.ellipse(mask, (x, y), (half + 4, half // 2 + 2), 0, 0, 360, 1, -1)
        case "cone":
            corners = np.array([[x, y - half - 2], [x + half, y + half], [x - half, y + half]])
            cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
        case _:
            cv2.rectangle(mask, (x - half // 2, y - half // 3), (x + half // 2, y + half), 1, -1)
            cv2.rectangle(mask, (x - half // 5, y - half), (x + half // 5, y), 1, -1)
    return mask > 0


def draw_scene(seed: int) -> ImageRow:
    """One scene as a row of version 2; the same seed gives the same row."""
    rng = np.random.default_rng([seed, 77])
    coarse = rng.uniform(85, 170, (4, 5, 3)).astype(np.float32)
    picture = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    cells = rng.permutation(_GRID[0] * _GRID[1])[: int(rng.integers(5, 8))]
    kinds = [(s, c) for s in SHAPES for c in COLOURS]
    objects: list[tuple[str, str, NDArray[np.bool_], tuple[int, int]]] = []
    for cell, kind in zip(cells, rng.permutation(len(kinds)), strict=False):
        shape, color = kinds[int(kind)]
        x = int((cell % _GRID[0] + 0.5) * WIDTH / _GRID[0] + rng.integers(-8, 9))
        y = int((cell // _GRID[0] + 0.5) * HEIGHT / _GRID[1] + rng.integers(-8, 9))
        mask = _paint(shape, x, y, int(rng.integers(36, 53)))
        light = rng.uniform(0.88, 1.06)
        picture[mask] = np.array(COLOURS[color]) * light
        objects.append((shape, color, mask, (x, y)))
    noisy = picture + rng.normal(0, 2.0, picture.shape)
    rgb = np.clip(noisy, 0, 255).astype(np.uint8)
    image_id = f"drawn-{seed:07d}"
    questions = _questions(image_id, objects, rng)
    return ImageRow(
        image_id=image_id,
        image=encode_jpeg(rgb, 92),
        height=HEIGHT,
        width=WIDTH,
        scene_seed=seed,
        questions=tuple(questions),
        recipe="drawn",
        place="table",
        objects=tuple(
            ObjectRow(k, shape, color, fixed=False, held_out=False, rle=encode_mask(mask), parts=())
            for k, (shape, color, mask, _) in enumerate(objects)
        ),
    )


def _questions(
    image_id: str,
    objects: list[tuple[str, str, NDArray[np.bool_], tuple[int, int]]],
    rng: np.random.Generator,
) -> list[QuestionRow]:
    found: list[tuple[str, str, list[int]]] = []

    def add(concept: str, prompt: str, fits: Callable[[int], bool]) -> None:
        found.append((concept, prompt, [k for k in range(len(objects)) if fits(k)]))

    names = [f"{color} {shape}" for shape, color, _, _ in objects]
    xs, ys = [o[3][0] for o in objects], [o[3][1] for o in objects]
    absent = [f"{c} {s}" for s in SHAPES for c in COLOURS if f"{c} {s}" not in names]
    one, two, none = (int(k) for k in rng.permutation(len(objects))[:3])
    nothing = absent[int(rng.integers(len(absent)))]
    add("entities", f"the {names[one]}", lambda k: k == one)
    add("entities", f"everything {objects[two][1]}", lambda k: objects[k][1] == objects[two][1])
    add("entities", f"the {nothing}", lambda k: False)
    add("spatial", "what lies furthest to the left", lambda k: xs[k] == min(xs))
    add("spatial", "whatever is nearest to the top of the table", lambda k: ys[k] == min(ys))
    add("spatial", f"the thing to the left of the {names[xs.index(min(xs))]}", lambda k: False)
    near = sorted(range(len(objects)), key=lambda k: (xs[k] - xs[none]) ** 2 + (ys[k] - ys[none]) ** 2)
    add("relations", f"the closest neighbour of the {names[none]}", lambda k: k == near[1])
    far = near[-1]
    add("relations", f"the one that keeps its distance from the {names[none]}", lambda k: k == far)
    add("relations", f"whatever the {names[none]} is leaning on", lambda k: False)
    add("affordances", "something I can roll to the child", lambda k: objects[k][0] in _ROLLS)
    add("affordances", "what other things can be stacked on", lambda k: objects[k][0] in _STACKS)
    add("affordances", "something to cut the bread with", lambda k: False)
    add("physics", "what would break if it fell", lambda k: objects[k][0] in _BREAKS)
    add("physics", "what rolls away when the table tilts", lambda k: objects[k][0] == "ball")
    add("physics", "the thing that could burn my hand", lambda k: False)
    rows = []
    for number, (concept, prompt, fitting) in enumerate(found):
        mask = np.zeros((HEIGHT, WIDTH), np.bool_)
        for k in fitting:
            mask |= objects[k][2]
        rows.append(
            QuestionRow(
                id=f"{image_id}-{number:02d}",
                prompt=prompt,
                concept=concept,
                template="drawn",
                no_target=not fitting,
                rle=encode_mask(mask),
            )
        )
    return rows


def write_drawn(folder: Path, num: int, *, first_seed: int = 0, split: str = "train") -> None:
    """``num`` scenes as shards, and their pictures as photos in ``folder/photos``."""
    photos = folder / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    for first in range(0, num, PER_SHARD):
        rows = [draw_scene(first_seed + k) for k in range(first, min(num, first + PER_SHARD))]
        write_shard(shard_path(folder, split, first // PER_SHARD), rows, version=2)
        for row in rows:
            (photos / f"{row.image_id}.jpg").write_bytes(row.image)
