"""Which pictures and which of their questions a step of training has: a pure function of its number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.scene.tiles import Tile
from converseg_training.mini.scene.batches import SceneSet

TILE_SHARES = (0.6, 0.9)
"""Least and greatest part of the height and width that a tile shows in training."""


def draw(
    data: SceneSet,
    step: int,
    *,
    seed: int,
    num_pictures: int,
    num_prompts: int,
    mirror: bool = False,
    among: NDArray[np.int64] | None = None,
    evenness: float = 0.0,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Pictures (B,), questions (B, P) and which pictures are mirrored (B,).

    Each picture that anything is asked about comes once an epoch. Questions are asked in any of their
    wordings, see :meth:`SceneSet.ask`.

    Args:
        data: what there is.
        step: number of the step.
        seed: another one gives another order.
        num_pictures: B.
        num_prompts: P.
        mirror: every second picture is mirrored, and then asked nothing that says left or right.
        among: numbers of the pictures that are drawn from; all where left out.
        evenness: above 0 a question comes as often as the number of those that mean the same, to the power of
            minus this, and some come twice.
    """
    is_asked = data.column("question_counts") > 0
    pool = np.flatnonzero(is_asked) if among is None else among[is_asked[among]]
    epochs, places = np.divmod(np.arange(step * num_pictures, (step + 1) * num_pictures), len(pool))
    orders = {
        epoch: np.random.default_rng((seed, epoch, 1)).permutation(len(pool))
        for epoch in set(epochs.tolist())
    }
    pictures = [int(pool[orders[e][p]]) for e, p in zip(epochs.tolist(), places.tolist(), strict=True)]
    rng = np.random.default_rng((seed, step, 5))
    alike = np.bincount(data.meanings + 1).astype(np.float64) if evenness else np.zeros(0)
    chosen, mirrored = [], []
    for picture in pictures:
        own = np.array(data.questions_of(picture))
        free = own[~data.has_side[own]] if mirror and rng.random() < 0.5 else own[:0]
        mirrored.append(len(free) > 0)
        own = free if len(free) else own
        if evenness:
            share = alike[data.meanings[own] + 1] ** -evenness
            asked = rng.choice(own, size=num_prompts, p=share / share.sum())
        else:
            asked = rng.choice(own, size=num_prompts, replace=len(own) < num_prompts)
        way = rng.integers(data.said.shape[1], size=num_prompts)
        chosen.append(asked + np.where(data.said[asked, way] >= 0, way, 0) * len(data.prompts))
    return np.array(pictures, np.int64), np.stack(chosen).astype(np.int64), np.array(mirrored)


def draw_tiles(step: int, *, seed: int, num_pictures: int, share: float) -> tuple[Tile | None, ...]:
    """For each of B pictures a tile anywhere in it, or None for the whole; ``share`` of them have one."""
    rng = np.random.default_rng((seed, step, 6))
    tiles: list[Tile | None] = []
    for _ in range(num_pictures):
        chance, top, left = rng.random(3).tolist()
        size = float(rng.uniform(*TILE_SHARES))
        tiles.append(Tile(top * (1 - size), left * (1 - size), size) if chance < share else None)
    return tuple(tiles)
