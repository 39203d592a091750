"""Start the picture's side from ``sim-tiny``, which this project trained on 180,000 simulated questions."""

from __future__ import annotations

import torch

from converseg_training.mini.scene.batches import Batch
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.warm_start import FOLDER, named_weights, unfold


def warm_start(model: SceneModel, batch: Batch) -> int:
    """Fill the image encoder in place; return how many of its parameters came from ``sim-tiny``.

    Its ONNX file holds folded batch norms; they are unfolded on the pictures of ``batch``.
    """
    weights = named_weights(FOLDER / "image_encoder.onnx")
    encoder = model.perception.image_encoder
    state = encoder.state_dict()
    taken = {
        name: torch.from_numpy(value.copy())
        for name, value in weights.items()
        if name.endswith(".weight") and name in state and tuple(state[name].shape) == value.shape
    }
    encoder.load_state_dict({**state, **taken})
    handles = unfold(
        encoder, {name: value for name, value in weights.items() if name.endswith("weight_bias")}
    )
    model.eval()
    with torch.no_grad():
        model.see(batch)
    for handle in handles:
        handle.remove()
    return sum(value.numel() for value in taken.values())
