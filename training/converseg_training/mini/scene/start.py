"""What a further training starts from: the weights that ship, out of their graphs, or those of a run.

The graphs hold all that the network has in use, large weights in a byte each. Lost are what tells meanings
apart, which only training asks for and which starts anew, and the statistics of batch norms that the export
folded away, see :mod:`converseg_training.mini.scene.norms`: :func:`settle` takes new ones of some pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from converseg_core.mini.build import NETWORK_PATH
from converseg_core.mini.scene.network import GRAPH_ROLES, SCENE_ROLES
from converseg_core.mini.scene.tables import SceneTables
from converseg_engine.sim.questions.meanings.table import BY_KEY
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.crop_data import NUM_CROPS, true_crops
from converseg_training.mini.scene.crop_losses import feed
from converseg_training.mini.scene.draws import draw
from converseg_training.mini.scene.graph_weights import Array, GraphWeights
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.norms import settling, unfolded, unsettled
from converseg_training.mini.scene.reader import NUM_WORDS
from converseg_training.mini.scene.run import CHECKPOINT_NAME

NUM_CALM = 24
"""Pictures that norms are settled on."""
_PARTS = {"perception.": "perception.", "reader.": "reader.", "network.": "crops."}
"""How names in a graph begin, and in the whole network; others are of projections, or made up."""
_NAMELESS: Mapping[str, tuple[str, ...]] = {
    "scene_things": ("reader.of_looks", "reader.of_shape", "reader.of_trust", "reader.of_color"),
    "scene_prompt": ("reader.state", "reader.match_in", "reader.match_out"),
}
"""Linear layers without a bias, in the order in which ``SceneReader`` asks them."""


def in_training_only(name: str) -> bool:
    """Whether a weight is of no use once training is over: that which tells meanings apart."""
    return name.startswith("reader.meaning.")


def read_tables(folder: Path = NETWORK_PATH) -> Tables:
    """Names and colours that the weights tell apart, and all meanings that the data engine asks for.

    Those that told meanings apart are not kept, so meanings need not be those of the training before.
    """
    shipped = SceneTables.read(folder / SCENE_ROLES["scene"])
    return Tables(tuple(shipped.names), tuple(shipped.colors), tuple(sorted(BY_KEY)))


def read_start(folder: Path = NETWORK_PATH) -> dict[str, Tensor]:
    """The weights of the graphs in a folder by name; without what only training uses.

    Raises:
        ValueError: a graph holds other layers than the network has today.
    """
    found: dict[str, Array] = {}
    for role, file_name in GRAPH_ROLES.items():
        graph = GraphWeights(folder / file_name)
        for begin, whole in _PARTS.items():
            found |= {
                whole + name.removeprefix(begin): value
                for name, value in graph.named.items()
                if name.startswith(begin)
            }
        layers = _NAMELESS.get(role, ())
        if len(layers) != len(graph.nameless):
            raise ValueError(f"{file_name}: {len(graph.nameless)} linear layers without a bias, not {layers}")
        found |= {f"{name}.weight": value for name, value in zip(layers, graph.nameless, strict=True)}
        found |= _constants(role, graph)
    # Vectors of few names are turned about by the exporter, and then look like a linear layer of that bias.
    found.pop("reader.names.weight", None)
    plain = {name: torch.tensor(value) for name, value in found.items() if not name.endswith("weight_bias")}
    return plain | unfolded(found)


def _constants(role: str, graph: GraphWeights) -> dict[str, Array]:
    """Weights of which the export makes a constant of another name."""
    if role == "scene_things":
        scales = [graph.factor(glance) for glance in ("glance_names", "glance_colors")]
        return {"reader.names.glance_scale": np.stack(scales)}
    if role == "scene_prompt":
        width = len(graph.named["reader.started.weight"])
        return {
            "reader.word_positions": graph.shaped(NUM_WORDS, width),
            "reader.meets": graph.shaped(1, 4, 1, 1).reshape(-1),
        }
    return {}


def load_start(model: SceneModel, folder: Path = NETWORK_PATH) -> None:
    """Fill a model of the same size and tables; what only training uses stays as it is.

    Raises:
        ValueError: other weights than the model has; says which.
    """
    own, stored = model.state_dict(), read_start(folder)
    kept = {name for name in own if in_training_only(name) or name.endswith("num_batches_tracked")}
    for name in sorted({*own, *stored} - kept):
        shapes = [
            f"is of shape {tuple(weights[name].shape)}" if name in weights else "is missing"
            for weights in (own, stored)
        ]
        if shapes[0] != shapes[1]:
            raise ValueError(f"{name}: {shapes[0]} in the network, and {shapes[1]} in the graphs of {folder}")
    model.load_state_dict({name: stored.get(name, value) for name, value in own.items()})


def settle(model: SceneModel, data: SceneSet) -> None:
    """Give batch norms that came folded the statistics of some pictures, and of crops of things there.

    What the model answers in use stays as it is. Does nothing where all norms have statistics.
    """
    if not unsettled(model):
        return
    pictures, questions, _ = draw(data, 0, seed=1, num_pictures=NUM_CALM, num_prompts=1)
    crops = true_crops(data, pictures.tolist(), np.random.default_rng(0), num_each=NUM_CROPS)
    was_training = model.training
    model.eval()
    with torch.no_grad(), settling(model):
        model.see(data.batch(pictures, questions))
        model.crops(*feed(crops))
    model.train(was_training)


def tables_of(run: Path) -> Tables:
    """Names and colours that a run tells apart, and meanings."""
    return Tables(*map(tuple, torch.load(run / CHECKPOINT_NAME, weights_only=True)["tables"].values()))


def load_weights(model: SceneModel, run: Path) -> None:
    """Fill a model of the same size and tables with the averaged weights of a run.

    Raises:
        RuntimeError: other weights than the model has.
    """
    model.load_state_dict(torch.load(run / CHECKPOINT_NAME, weights_only=True)["average"])
