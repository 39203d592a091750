"""The scene reader at run time: what is seen once a picture, which of it is meant once a prompt.

Legend of shape suffixes: k candidates (things, then parts), s cells of a crop a side, l words, e word size,
h, w.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.cells import open_session, scaled
from converseg_core.mini.evidence import NUM_WORDS, normalised, shrink
from converseg_core.mini.scene.candidates import NUM_PARTS, NUM_THINGS, peaks, told_apart
from converseg_core.mini.scene.choice import best_union
from converseg_core.mini.scene.closeups import CLOSE_UPS, Candidates, CloseUps, Window, candidates
from converseg_core.mini.scene.crops import crops, full_picture
from converseg_core.mini.scene.outlines import Outline, fitted
from converseg_core.mini.scene.tables import SceneTables
from converseg_core.mini.scene.tiles import TILES, cut, cut_grid, put_back

NUM_CANDIDATES = NUM_THINGS + NUM_PARTS
GRAPH_ROLES = {
    "scene_sight": "scene_sight.onnx",
    "scene_masks": "scene_masks.onnx",
    "scene_crops": "scene_crops.onnx",
    "scene_things": "scene_things.onnx",
    "scene_prompt": "scene_prompt.onnx",
}
SCENE_ROLES = {**GRAPH_ROLES, "scene": "scene.json"}
FEATURES = ("features_4", "features_8", "features_16")
SIGHT = ("heat", "mask_features", "kernel", *FEATURES)
THINGS = ("x", "means", "tints", "pairs", "trust", "names", "colors")
CROPS_AT_ONCE = 16
TOLD = ("x", "means", "tints", "pairs", "trust", "there")


@dataclass(frozen=True)
class SeenScene:
    """What all prompts of a picture share.

    Attributes:
        full_hwc: (240, 320, 3) the picture, stretched.
        windows: masks of what was found, as fine as they are known.
        masks_khw: (K, 96, 128) the same where at least half of a cell is inside.
        is_part_k: True for parts.
        told: inputs of the prompt side.
    """

    full_hwc: NDArray[np.uint8]
    windows: tuple[Window, ...]
    masks_khw: NDArray[np.bool_]
    is_part_k: NDArray[np.bool_]
    told: Mapping[str, NDArray[np.float32]]

    def union(self, chosen: Sequence[int]) -> Outline:
        """All that was chosen, its outline fitted to the picture."""
        drawn = [self.windows[number].over_picture() for number in chosen]
        return fitted(self.full_hwc, np.asarray(np.max(drawn, axis=0), np.float32))


@dataclass(frozen=True)
class SceneAnswer:
    """One answer.

    Attributes:
        outline: the mask over the picture; None where nothing fits.
        presence: calibrated probability that something fits.
        confidence: calibrated probability that the mask is right (IoU of at least 0.5), or that nothing fits.
        chosen: numbers of the candidates that are meant, whatever the presence.
    """

    outline: Outline | None
    presence: float
    confidence: float
    chosen: tuple[int, ...]

    def mask(self, image_hwc: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(H, W) bool of the picture that was encoded, (H, W, 3); all False where nothing fits."""
        if self.outline is None:
            return np.zeros(image_hwc.shape[:2], np.bool_)
        return self.outline.mask(image_hwc)


class SceneNetwork:
    """The five graphs."""

    def __init__(self, sessions: Mapping[str, Any], tables: SceneTables) -> None:
        self._sessions, self.tables = sessions, tables

    @classmethod
    def from_files(cls, paths: Mapping[str, Path]) -> SceneNetwork:
        """Open the files of a bundle, by the roles of ``SCENE_ROLES``.

        Raises:
            BundleError: a file is not what it should be.
        """
        tables = SceneTables.read(paths["scene"])
        return cls({role: open_session(paths[role]) for role in GRAPH_ROLES}, tables)

    def encode(
        self,
        image_hwc: NDArray[np.uint8],
        *,
        semantic: NDArray[np.float32],
        middle: NDArray[np.float32],
        further: Mapping[str, NDArray[np.float32]],
    ) -> SeenScene:
        """The picture's side.

        It is looked at as it is and mirrored, since some things are found only the one way or the other, and
        at its corners, where small things are seen larger; what things look like is the mean of the first
        two.

        Args:
            image_hwc: (H, W, 3) uint8 RGB.
            semantic: (1, 1280, 10, 10) deep features of the detector.
            middle: (1, 576, 19, 19) finer ones.
            further: those of the second detector, of :func:`converseg_core.mini.cell_features.cell_features`.
        """
        small = shrink(image_hwc)
        feed = {"pixels": normalised(small), "semantic": semantic, "middle": middle, **further}
        sight, logits, heat = self._look(feed)
        turned, turned_logits, turned_heat = self._look(
            {name: mirrored(value) for name, value in feed.items()}
        )
        looks = [(logits, heat), (mirrored(turned_logits), turned_heat)]
        grids = {"semantic": semantic, "middle": middle, **further}
        for tile in TILES:
            part = {name: cut_grid(grid, tile) for name, grid in grids.items()}
            part["pixels"] = normalised(shrink(cut(image_hwc, tile)))
            _, logits, heat = self._look(part)
            looks.append(put_back(logits, heat, tile))
        drawn, heats = (np.concatenate(values) for values in zip(*looks, strict=True))
        full = full_picture(image_hwc)
        found = self._look_closely(full, told_apart(drawn, heats))
        count = len(found.windows)
        feed = {name: np.asarray((sight[name] + mirrored(turned[name])) / 2, np.float32) for name in FEATURES}
        feed["pixels"] = small.astype(np.float32).transpose(2, 0, 1)[np.newaxis] / np.float32(255)
        for name, values in (
            ("masks", found.masks_khw),
            ("is_part", found.is_part_k),
            ("glance_names", found.names_km),
            ("glance_colors", found.colors_kc),
            ("quality", found.quality_k),
            ("shape", found.shape_kd),
        ):
            feed[name] = _padded(values, NUM_CANDIDATES)[np.newaxis]
        told = self._sessions["scene_things"].run(list(THINGS), feed)
        things = {name: np.asarray(value, np.float32) for name, value in zip(THINGS, told, strict=True)}
        things["there"] = _padded(np.ones(count), NUM_CANDIDATES)[np.newaxis]
        return SeenScene(full, found.windows, found.masks_khw, found.is_part_k, things)

    def find_in_one_look(
        self,
        image_hwc: NDArray[np.uint8],
        *,
        semantic: NDArray[np.float32],
        middle: NDArray[np.float32],
        further: Mapping[str, NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        """Mask logits (K, 96, 128) of what is told apart in the picture as it is.

        Far cheaper than :meth:`encode`, which finds more, and has the same arguments: for those who need many
        sights to learn from.
        """
        pixels = normalised(shrink(image_hwc))
        feed = {"pixels": pixels, "semantic": semantic, "middle": middle, **further}
        _, logits, heat = self._look(feed)
        return told_apart(logits, heat)

    def _look(
        self, feed: Mapping[str, NDArray[np.float32]]
    ) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32], NDArray[np.float32]]:
        """What is seen; mask logits (K, 96, 128) of things, and the heat (K,) where each was asked for."""
        outputs = self._sessions["scene_sight"].run(list(SIGHT), dict(feed))
        sight = {name: np.asarray(value, np.float32) for name, value in zip(SIGHT, outputs, strict=True)}
        cells, heat = _points(sight["heat"][0, 0])
        points = {name: sight[name] for name in ("mask_features", "kernel")} | {"cells": cells[np.newaxis]}
        drawn = self._sessions["scene_masks"].run(["logits"], points)
        return sight, np.asarray(drawn[0][0], np.float32), heat

    def _look_closely(self, full_hwc: NDArray[np.uint8], coarse_khw: NDArray[np.float32]) -> Candidates:
        """Things that were found, cut out and looked at again."""
        pixels, log_sides, boxes = crops(full_hwc, coarse_khw > 0)
        given: dict[str, NDArray[Any]] = {"crops": pixels, "log_sides": log_sides}
        said: list[list[NDArray[Any]]] = []
        for first in range(0, max(len(pixels), 1), CROPS_AT_ONCE):
            count = min(CROPS_AT_ONCE, len(pixels) - first)
            feed = {
                name: _padded(values[first : first + count], CROPS_AT_ONCE) for name, values in given.items()
            }
            outputs = self._sessions["scene_crops"].run(list(CLOSE_UPS), feed)
            said.append([np.asarray(output)[:count] for output in outputs])
        return candidates(
            CloseUps(*(np.concatenate(parts) for parts in zip(*said, strict=True))), boxes, coarse_khw
        )

    def choose(self, scene: SeenScene, words_le: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
        """Logit of something fitting, and (K,) logits of being meant, before any calibration.

        ``words_le`` is that of :func:`converseg_core.mini.evidence.read_words`.
        """
        words = np.zeros((1, NUM_WORDS, words_le.shape[1]), np.float32)
        words[0, : len(words_le)] = words_le[:NUM_WORDS]
        is_word = (np.arange(NUM_WORDS) < len(words_le)).astype(np.float32)[np.newaxis]
        feed = {name: scene.told[name] for name in TOLD}
        meant, present = self._sessions["scene_prompt"].run(
            ["meant", "present"], {**feed, "words": words, "is_word": is_word}
        )
        meant_k = np.asarray(meant[0], np.float32)[: len(scene.windows)]
        return float(np.asarray(present).reshape(-1)[0]), meant_k

    def answer(self, scene: SeenScene, words_le: NDArray[np.float32]) -> SceneAnswer:
        """The prompt's side, calibrated."""
        present_logit, meant_k = self.choose(scene, words_le)
        if not len(meant_k):
            return SceneAnswer(None, 0.0, 1.0, ())
        tables = self.tables
        meant_k = tables.meant_scale * meant_k + np.float32(tables.meant_offset)
        chosen = best_union(meant_k, scene.masks_khw)
        union = scene.union(chosen.tolist())
        facts = answer_facts(present_logit, meant_k, chosen, union.logits_hw)
        presence = scaled(_weighed(tables.presence_weights, facts), tables.presence)
        if presence < tables.min_presence:
            return SceneAnswer(None, presence, 1 - presence, tuple(chosen.tolist()))
        confidence = scaled(_weighed(tables.quality_weights, facts), tables.quality)
        return SceneAnswer(union, presence, confidence, tuple(chosen.tolist()))


def answer_facts(
    present_logit: float,
    meant_k: NDArray[np.float32],
    chosen: NDArray[np.int64],
    union_hw: NDArray[np.float32],
) -> NDArray[np.float64]:
    """(``NUM_FACTS``,) what tells good answers from bad ones.

    Presence, mean and least logit of the chosen, the nearest call, how sure the mask's inside is, its size.
    """
    inside = union_hw[union_hw > 0]
    sure = float((1 / (1 + np.exp(-inside))).mean()) if inside.size else 0.0
    nearest = float(np.abs(meant_k).min())
    own = np.clip(meant_k[chosen], -8, 8)
    return np.array(
        [np.clip(present_logit, -8, 8), own.mean(), own.min(), nearest, sure, math.log1p(inside.size) / 10]
    )


def mirrored(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., W) with left and right changed about."""
    return np.ascontiguousarray(values[..., ::-1])


def _points(heat_hw: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Cells and heat of ``NUM_THINGS`` candidates; heat 0 where there is none."""
    cells, heat = np.zeros(NUM_THINGS, np.int64), np.zeros(NUM_THINGS, np.float32)
    at, own = peaks(np.asarray(1 / (1 + np.exp(-heat_hw)), np.float32), NUM_THINGS)
    cells[: len(at)], heat[: len(at)] = at, own
    return cells, heat


def _padded(values: NDArray[Any], size: int) -> NDArray[np.float32]:
    padded = np.zeros((size, *values.shape[1:]), np.float32)
    padded[: len(values)] = values
    return padded


def _weighed(weights: tuple[float, ...], facts: NDArray[np.float64]) -> float:
    return float(np.dot(weights[:-1], facts)) + weights[-1]
