"""A run of the scene reader -> its five graphs and their table.

    python -m converseg_training.mini.scene.export --run RUN --bundle MINI --cache CACHE --sim SIM --out OUT

OUT is ``converseg_core/mini/network`` for what ships.

Presence and quality are calibrated on the validation split of SIM, through the graphs as written.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import torch

from converseg_core.mini.cell_features import GRIDS
from converseg_core.mini.scene.candidates import NUM_THINGS
from converseg_core.mini.scene.crops import SIZE
from converseg_core.mini.scene.network import (
    CROPS_AT_ONCE,
    GRAPH_ROLES,
    NUM_CANDIDATES,
    SCENE_ROLES,
    SIGHT,
    THINGS,
    TOLD,
    SceneNetwork,
)
from converseg_core.mini.scene.tables import SceneTables
from converseg_training.embedded.export import export_graph
from converseg_training.mini.features import FrozenNetworks, Projection
from converseg_training.mini.pixels import HEIGHT, WIDTH
from converseg_training.mini.scene.calibration import answered_by, ask_shards, calibrate, fit_meant
from converseg_training.mini.scene.crop_network import CropGraph
from converseg_training.mini.scene.further import NANO, NanoDet, NanoProjection
from converseg_training.mini.scene.graphs import (
    NAMES,
    MasksGraph,
    Projections,
    PromptGraph,
    SightGraph,
    ThingsGraph,
)
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.reader import NUM_WORDS
from converseg_training.mini.scene.run import CHECKPOINT_NAME
from converseg_training.mini.scene.start import in_training_only
from converseg_training.mini.scene.things import SHAPE_SIZE, WORD_SIZE
from converseg_training.torch_session import TorchSession


def export_graphs(model: SceneModel, projections: Projections, folder: Path) -> None:
    """Write the five graphs, weights inside in a byte each."""
    model.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    folder.mkdir(parents=True, exist_ok=True)
    sight_inputs = (
        torch.zeros(1, 3, HEIGHT, WIDTH),
        torch.rand(1, 1280, 10, 10),
        torch.rand(1, 576, 19, 19),
        *(torch.rand(1, GRIDS[name][0], *GRIDS[name][1]) for name in NANO),
    )
    sight = SightGraph(model, projections).eval()
    with torch.no_grad():
        seen = dict(zip(SIGHT, sight(*sight_inputs), strict=True))
    paths = {role: folder / name for role, name in GRAPH_ROLES.items()}
    export_graph(sight, sight_inputs, paths["scene_sight"], *NAMES["scene_sight"], int8=True)
    cells = torch.zeros(1, NUM_THINGS, dtype=torch.long)
    points = (seen["mask_features"], seen["kernel"], cells)
    export_graph(MasksGraph(model).eval(), points, paths["scene_masks"], *NAMES["scene_masks"], int8=True)
    crop_inputs = (torch.rand(CROPS_AT_ONCE, 4, SIZE, SIZE), torch.rand(CROPS_AT_ONCE))
    crops = CropGraph(model.crops).eval()
    export_graph(crops, crop_inputs, paths["scene_crops"], *NAMES["scene_crops"], int8=True)
    things = ThingsGraph(model).eval()
    masks = (torch.rand(1, NUM_CANDIDATES, HEIGHT // 2, WIDTH // 2) > 0.5).float()
    features = (seen["features_4"], seen["features_8"], seen["features_16"])
    counts = (model.crops.names.out_features, model.crops.colors.out_features)
    glances = (torch.rand(1, NUM_CANDIDATES, count) for count in counts)
    pixels, is_part = torch.rand(1, 3, HEIGHT, WIDTH), torch.zeros(1, NUM_CANDIDATES)
    told_inputs = (
        *(*features, pixels, masks, is_part, *glances, torch.rand(1, NUM_CANDIDATES)),
        torch.rand(1, NUM_CANDIDATES, SHAPE_SIZE),
    )
    with torch.no_grad():
        known = dict(zip(THINGS, things(*told_inputs), strict=True))
    export_graph(things, told_inputs, paths["scene_things"], *NAMES["scene_things"], int8=True)
    words, is_word = torch.rand(1, NUM_WORDS, 2 * WORD_SIZE), torch.zeros(1, NUM_WORDS)
    is_word[0, :3] = 1
    export_graph(
        PromptGraph(model).eval(),
        (
            *(known[name] for name in TOLD if name in known),
            torch.ones(1, NUM_CANDIDATES),
            words,
            is_word,
        ),
        paths["scene_prompt"],
        *NAMES["scene_prompt"],
        int8=True,
    )


def torch_sessions(
    model: SceneModel, projections: Projections, device: torch.device
) -> dict[str, TorchSession]:
    """The graphs before any export, as a runtime opens them; by the roles of ``GRAPH_ROLES``."""
    graphs = {
        "scene_sight": SightGraph(model, projections),
        "scene_masks": MasksGraph(model),
        "scene_crops": CropGraph(model.crops),
        "scene_things": ThingsGraph(model),
        "scene_prompt": PromptGraph(model),
    }
    return {
        role: TorchSession(graph.eval().to(device), *NAMES[role], device) for role, graph in graphs.items()
    }


def read_projections(cache: Path) -> Projections:
    """Those that the prepared files were made with."""
    return Projection.load(cache), NanoProjection.load(cache / "nano-projection.npz")


def load_model(run: Path) -> tuple[SceneModel, dict[str, Any]]:
    """The averaged weights of a run, and its checkpoint."""
    state: dict[str, Any] = torch.load(run / CHECKPOINT_NAME, weights_only=True)
    names, colors = state["tables"]["names"], state["tables"]["colors"]
    model = SceneModel(names, torch.zeros(len(names), WORD_SIZE), torch.zeros(len(colors), WORD_SIZE))
    weights = {name: value for name, value in state["average"].items() if not in_training_only(name)}
    model.load_state_dict(weights)
    return model.eval(), state


def write_scene(run: Path, bundle: Path, cache: Path, val: Sequence[Path], out: Path) -> None:
    """Write graphs and table into ``out``; the table with plain scalings first, then with fitted ones."""
    model, state = load_model(run)
    export_graphs(model, read_projections(cache), out)
    path = out / SCENE_ROLES["scene"]
    tables = SceneTables.plain(state["tables"]["names"], state["tables"]["colors"])
    tables.write(path)
    network = SceneNetwork.from_files({role: out / name for role, name in SCENE_ROLES.items()})
    asked = ask_shards(network, FrozenNetworks(bundle), NanoDet(bundle), val)
    scale, offset = fit_meant(asked)
    scaled = replace(tables, meant_scale=scale, meant_offset=offset)
    fitted = calibrate(scaled, answered_by(asked, scale, offset))
    fitted.write(path, step=state["step"], run=json.loads((run / "config.json").read_text()))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--sim", type=Path, required=True, help="shards; the val split is calibrated on")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    val = sorted(args.sim.glob("val-*.parquet"))
    if not val:
        parser.error(f"--sim: no val split in {args.sim}; `converseg engine sim --split val` makes one")
    write_scene(args.run, args.bundle, args.cache, val, args.out)


if __name__ == "__main__":
    main()
