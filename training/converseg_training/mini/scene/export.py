"""A run of the scene reader -> its four graphs and their table.

    python -m converseg_training.mini.scene.export --run RUN --bundle MINI --cache CACHE --sim SIM --out OUT

OUT is ``converseg_core/mini/network`` for what ships.

Presence and quality are calibrated on the validation split of SIM, through the graphs as written.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody uses

from converseg_core.mini.scene.network import (
    GRAPH_ROLES,
    NUM_CANDIDATES,
    SCENE_ROLES,
    SIGHT,
    THINGS,
    SceneNetwork,
)
from converseg_core.mini.scene.tables import SceneTables
from converseg_training.embedded.export import export_graph
from converseg_training.mini.features import FrozenNetworks, Projection
from converseg_training.mini.pixels import HEIGHT, WIDTH
from converseg_training.mini.projection import as_layer
from converseg_training.mini.scene.calibration import answer_shards, calibrate
from converseg_training.mini.scene.geometry import geometry, pairs
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.perception import Sight, draw_masks, pooled
from converseg_training.mini.scene.reader import NUM_WORDS, WORD_SIZE, Things
from converseg_training.mini.scene.run import CHECKPOINT_NAME
from converseg_training.torch_session import TorchSession

_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "scene_sight": (("pixels", "semantic", "middle"), SIGHT),
    "scene_masks": (("mask_features", "kernel", "kinds", "cells"), ("logits",)),
    "scene_things": (
        ("features_4", "features_8", "features_16", "pixels", "masks", "is_part"),
        THINGS,
    ),
    "scene_prompt": (("x", "means", "tints", "pairs", "there", "words", "is_word"), ("meant", "present")),
}
"""Role -> names of a graph's inputs and outputs."""


class SightGraph(nn.Module):
    """The picture's side, from the detector's own outputs on."""

    def __init__(self, model: SceneModel, projection: Projection) -> None:
        super().__init__()
        self.perception = model.perception
        self.semantic = as_layer(projection.semantic_mean, projection.semantic_cd)
        self.middle = as_layer(projection.middle_mean, projection.middle_cd)

    def forward(self, pixels: Tensor, semantic: Tensor, middle: Tensor) -> tuple[Tensor, ...]:
        """What ``SIGHT`` names."""
        sight: Sight = self.perception(
            pixels,
            F.interpolate(self.semantic(semantic), (HEIGHT // 16, WIDTH // 16), mode="bilinear"),
            F.interpolate(self.middle(middle), (HEIGHT // 8, WIDTH // 8), mode="bilinear"),
        )
        return (
            sight.heat_bkhw,
            sight.mask_features_bchw,
            sight.kernel_bchw,
            sight.features_4,
            sight.features_8,
            sight.features_16,
        )


class MasksGraph(nn.Module):
    """Cells -> masks."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self.perception = model.perception

    def forward(self, mask_features: Tensor, kernel: Tensor, kinds: Tensor, cells: Tensor) -> tuple[Tensor]:
        """(1, K, 96, 128) logits, alone in a tuple."""
        kernels = self.perception.kernels_at(kernel, kinds, cells)
        return (draw_masks(mask_features, kernels, cells),)


class ThingsGraph(nn.Module):
    """Masks -> what the reader knows of each thing."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self.reader = model.reader

    def forward(
        self,
        features_4: Tensor,
        features_8: Tensor,
        features_16: Tensor,
        pixels: Tensor,
        masks: Tensor,
        is_part: Tensor,
    ) -> tuple[Tensor, ...]:
        """What ``THINGS`` names; ``pixels`` (1, 3, 192, 256) in [0, 1]."""
        place = geometry(masks)
        looks = pooled((features_4, features_8, features_16), F.avg_pool2d(pixels, 2), masks)
        known = self.reader.know(Things(looks, place, pairs(masks, place), is_part, is_part))
        return tuple(known[name] for name in THINGS)


class PromptGraph(nn.Module):
    """Words -> which things are meant, for one prompt."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self.reader = model.reader

    def forward(
        self,
        x: Tensor,
        means: Tensor,
        tints: Tensor,
        pairs: Tensor,
        there: Tensor,
        words: Tensor,
        is_word: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Logits (1, K) and (1,)."""
        chosen: tuple[Tensor, Tensor] = self.reader.choose(
            {"x": x, "means": means, "tints": tints, "pairs": pairs}, there, words, is_word
        )
        return chosen


def export_graphs(model: SceneModel, projection: Projection, folder: Path) -> None:
    """Write the four graphs, weights inside in a byte each."""
    model.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    folder.mkdir(parents=True, exist_ok=True)
    sight_inputs = (
        torch.zeros(1, 3, HEIGHT, WIDTH),
        torch.rand(1, 1280, 10, 10),
        torch.rand(1, 576, 19, 19),
    )
    sight = SightGraph(model, projection).eval()
    with torch.no_grad():
        seen = dict(zip(SIGHT, sight(*sight_inputs), strict=True))
    paths = {role: folder / name for role, name in GRAPH_ROLES.items()}
    export_graph(sight, sight_inputs, paths["scene_sight"], *_NAMES["scene_sight"], int8=True)
    kinds = torch.zeros(1, NUM_CANDIDATES, dtype=torch.long)
    points = (seen["mask_features"], seen["kernel"], kinds, kinds.clone())
    export_graph(MasksGraph(model).eval(), points, paths["scene_masks"], *_NAMES["scene_masks"], int8=True)
    things = ThingsGraph(model).eval()
    masks = (torch.rand(1, NUM_CANDIDATES, HEIGHT // 2, WIDTH // 2) > 0.5).float()
    features = (seen["features_4"], seen["features_8"], seen["features_16"])
    told_inputs = (*features, torch.rand(1, 3, HEIGHT, WIDTH), masks, torch.zeros(1, NUM_CANDIDATES))
    with torch.no_grad():
        known = dict(zip(THINGS, things(*told_inputs), strict=True))
    export_graph(things, told_inputs, paths["scene_things"], *_NAMES["scene_things"], int8=True)
    words, is_word = torch.rand(1, NUM_WORDS, 2 * WORD_SIZE), torch.zeros(1, NUM_WORDS)
    is_word[0, :3] = 1
    export_graph(
        PromptGraph(model).eval(),
        (
            *(known[name] for name in ("x", "means", "tints", "pairs")),
            torch.ones(1, NUM_CANDIDATES),
            words,
            is_word,
        ),
        paths["scene_prompt"],
        *_NAMES["scene_prompt"],
        int8=True,
    )


def torch_sessions(
    model: SceneModel, projection: Projection, device: torch.device
) -> dict[str, TorchSession]:
    """The graphs before any export, as a runtime opens them; by the roles of ``GRAPH_ROLES``."""
    graphs = {
        "scene_sight": SightGraph(model, projection),
        "scene_masks": MasksGraph(model),
        "scene_things": ThingsGraph(model),
        "scene_prompt": PromptGraph(model),
    }
    return {
        role: TorchSession(graph.eval().to(device), *_NAMES[role], device) for role, graph in graphs.items()
    }


def load_model(run: Path) -> tuple[SceneModel, dict[str, Any]]:
    """The averaged weights of a run, and its checkpoint."""
    state: dict[str, Any] = torch.load(run / CHECKPOINT_NAME, weights_only=True)
    names, colors = state["tables"]["names"], state["tables"]["colors"]
    model = SceneModel(torch.zeros(len(names), WORD_SIZE), torch.zeros(len(colors), WORD_SIZE))
    model.load_state_dict(state["average"])
    return model.eval(), state


def write_scene(run: Path, bundle: Path, cache: Path, val: Sequence[Path], out: Path) -> None:
    """Write graphs and table into ``out``; the table with plain scalings first, then with fitted ones."""
    model, state = load_model(run)
    export_graphs(model, Projection.load(cache), out)
    path = out / SCENE_ROLES["scene"]
    tables = SceneTables.plain(*state["tables"].values())
    tables.write(path)
    network = SceneNetwork.from_files({role: out / name for role, name in SCENE_ROLES.items()})
    fitted = calibrate(tables, answer_shards(network, FrozenNetworks(bundle), val))
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
