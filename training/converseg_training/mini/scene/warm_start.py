"""Start the picture's side from ``sim-tiny``, which this project trained on 180,000 simulated questions."""

from __future__ import annotations

from pathlib import Path

import torch

import converseg_core
from converseg_training.mini.scene.batch import Batch
from converseg_training.mini.scene.graph_weights import GraphWeights
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.norms import settling, unfolded

FOLDER = Path(converseg_core.__file__).parent / "bundles" / "sim-tiny"


def warm_start(model: SceneModel, batch: Batch) -> int:
    """Fill the image encoder in place; return how many of its parameters came from ``sim-tiny``.

    Its ONNX file holds folded batch norms; they are settled on the pictures of ``batch``.
    """
    weights = GraphWeights(FOLDER / "image_encoder.onnx").named
    encoder = model.perception.image_encoder
    state = encoder.state_dict()
    taken = {
        name: torch.tensor(value)
        for name, value in weights.items()
        if name.endswith(".weight") and name in state and tuple(state[name].shape) == value.shape
    }
    encoder.load_state_dict({**state, **taken, **unfolded(weights)})
    model.eval()
    with torch.no_grad(), settling(encoder):
        model.see(batch)
    return sum(value.numel() for value in taken.values())
