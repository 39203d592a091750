"""Scenes as rows of shards."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.shard_truth import ObjectRow, PartRow, ShotCamera
from converseg_engine.shards import ImageRow, QuestionRow, encode_mask
from converseg_engine.sim.objects.catalog import CATEGORIES
from converseg_engine.sim.recipe import Recipe
from converseg_engine.sim.render import View
from converseg_engine.sim.scene import Scene
from converseg_engine.sim.world import World

JPEG_QUALITY = 92
MILLIMETRES = 1000.0
MAX_DEPTH_MM = 65_535
HELD_OUT = frozenset(category.name for category in CATEGORIES if category.held_out)
"""Categories that training must never see."""


def encode_jpeg(rgb: NDArray[np.uint8], quality: int = JPEG_QUALITY) -> bytes:
    """(H, W, 3) uint8 RGB as JPEG bytes.

    Raises:
        RuntimeError: the encoder failed.
    """
    good, encoded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise RuntimeError("the JPEG encoder failed on a rendered picture")
    return encoded.tobytes()


def encode_depth(depth_m: NDArray[np.float32]) -> bytes:
    """(H, W) metres as a 16 bit PNG of millimetres; 0 stays 0, what is too far becomes 0.

    Raises:
        RuntimeError: the encoder failed.
    """
    millimetres = np.round(depth_m.astype(np.float64) * MILLIMETRES)
    good, encoded = cv2.imencode(
        ".png", np.where(millimetres > MAX_DEPTH_MM, 0, millimetres).astype(np.uint16)
    )
    if not good:
        raise RuntimeError("the PNG encoder failed on a rendered depth")
    return encoded.tobytes()


def plain_row(scene: Scene, split: str) -> ImageRow:
    """A scene as a row of version 1: picture and questions alone."""
    image_id = f"{split}-{scene.world.seed:07d}"
    height, width = scene.rgb.shape[:2]
    return ImageRow(
        image_id=image_id,
        image=encode_jpeg(scene.rgb),
        height=height,
        width=width,
        scene_seed=scene.world.seed,
        questions=tuple(
            QuestionRow(
                f"{image_id}-{k:02d}", q.prompt, q.concept, q.template, q.no_target, encode_mask(q.mask)
            )
            for k, q in enumerate(scene.questions)
        ),
    )


def full_row(scene: Scene, recipe: Recipe) -> ImageRow:
    """A scene as a row of version 2: picture, questions, camera, and every object seen."""
    split = recipe.split_of(scene.world.seed)
    image_id = f"{recipe.name}-{split}-{scene.world.seed:010d}-{scene.frame:02d}"
    height, width = scene.rgb.shape[:2]
    camera = scene.view.camera
    return ImageRow(
        image_id=image_id,
        image=encode_jpeg(scene.rgb, recipe.jpeg_quality),
        height=height,
        width=width,
        scene_seed=scene.world.seed,
        questions=tuple(
            QuestionRow(
                id=f"{image_id}-{k:02d}",
                prompt=q.prompt,
                concept=q.concept,
                template=q.template,
                no_target=q.no_target,
                rle=encode_mask(q.mask),
                subfamily=q.subfamily,
                meaning=q.meaning or q.template,
                evidence=q.evidence,
                no_target_reason=q.no_target_reason,
                held_out=q.held_out,
            )
            for k, q in enumerate(scene.questions)
        ),
        recipe=recipe.name,
        place=scene.world.place,
        frame=scene.frame,
        camera=ShotCamera(
            intrinsics=tuple(map(float, camera.intrinsics.ravel())),
            position=tuple(map(float, camera.position)),
            rotation=tuple(map(float, camera.rotation.ravel())),
        ),
        objects=seen_objects(scene.world, scene.view),
        depth_png=encode_depth(scene.view.depth_m) if recipe.store_depth else None,
    )


def seen_objects(world: World, view: View) -> tuple[ObjectRow, ...]:
    """Every object with at least one visible pixel, and its visible parts."""
    rows = []
    for index, model in enumerate(world.objects):
        whole = view.owner == index
        if not whole.any():
            continue
        parts = tuple(
            PartRow(part.name, encode_mask(whole & (view.part == p)))
            for p, part in enumerate(model.parts)
            if (whole & (view.part == p)).any()
        )
        rows.append(
            ObjectRow(
                number=index,
                category=model.category,
                color=model.color,
                fixed=model.fixed,
                held_out=model.category in HELD_OUT,
                rle=encode_mask(whole),
                parts=parts,
            )
        )
    return tuple(rows)
