"""The scene reader measured at the network's own size, while it is trained."""

from __future__ import annotations

import numpy as np
import torch

from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.model import SceneModel, answer, ious


@torch.no_grad()
def evaluate(model: SceneModel, data: SceneSet, *, every: int = 1) -> dict[str, float]:
    """Mean IoU at the network's size, of all and of each concept; with found things and with true ones."""
    model.eval()
    of: dict[str, list[float]] = {}
    for picture in range(0, len(data), every):
        own = np.array(data.questions_of(picture))
        if not len(own):
            continue
        batch = data.batch(np.array([picture]), own[None])
        for prefix, knows_things in (("val", False), ("true", True)):
            with torch.autocast("cpu", torch.bfloat16):
                masks, _ = answer(model, batch, knows_things=knows_things)
            for number, iou in zip(own, ious(masks, batch.questions.target_nhw).tolist(), strict=True):
                empty = bool(batch.questions.no_target_n[number - own[0]])
                kind = "no-target" if empty else data.concepts[number]
                of.setdefault(f"{prefix}_all", []).append(iou)
                of.setdefault(f"{prefix}_{kind}", []).append(iou)
    return {name: sum(values) / len(values) for name, values in sorted(of.items())}
