"""Weights of cell classifiers -> the files that ship, and whole bundles with them.

    python -m converseg_training.mini.cells_bundle --stuff WEIGHTS ... --views VIEWS --network NETWORK

WEIGHTS are those of ``converseg_training.mini.stuff``, trained on VIEWS; of several the mean counts. NETWORK
gets ``cells.onnx`` and ``cells.json``; ``converseg_core/mini/network`` is what ships. ``--mini BUNDLE --out
FOLDER`` also writes a whole bundle with all trained files of NETWORK.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody uses

from converseg_core.bundle import read_manifest
from converseg_core.bundle.write import write_manifest
from converseg_core.mini.build import NETWORK_PATH, TRAINED_ROLES
from converseg_core.mini.cell_features import GRIDS
from converseg_core.mini.cells import CELL_ROLES
from converseg_training.embedded.export import export_graph
from converseg_training.mini.cell_views import GRID_OF, SIZES, Directions, photo_paths
from converseg_training.mini.features import Projection
from converseg_training.mini.presence import fit_presence, pooled
from converseg_training.mini.projection import as_layer
from converseg_training.mini.stuff import CellCommittee


class _CellGraph(nn.Module):
    """What each cell of a photo shows, whether the picture looks rendered, what it shows as a whole."""

    def __init__(
        self, cells: CellCommittee, directions: Directions, rendered: nn.Conv2d, presence: nn.Linear
    ) -> None:
        super().__init__()
        self.cells, self.presence = cells, presence
        self.layers = nn.ModuleDict(
            {
                name: as_layer(directions.arrays[f"{name}_mean"], directions.arrays[f"{name}_basis"])
                for name in SIZES
            }
        )
        self.rendered = rendered

    def forward(self, pixels: Tensor, painted: Tensor, *raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``raw``: the layers of ``SIZES`` in its order, as the detectors and ``cell_features`` give them."""
        layers = {
            name: F.interpolate(self.layers[name](layer), GRID_OF[name], mode="bilinear")
            for name, layer in zip(SIZES, raw, strict=True)
        }
        shares = self.cells(pixels, painted, layers)
        wide = F.interpolate(self.rendered(raw[0]), GRID_OF["semantic"], mode="bilinear")
        return shares, wide.mean((1, 2, 3)), self.presence(pooled(layers, painted))


def export_cells(
    cells: CellCommittee, directions: Directions, rendered: nn.Conv2d, presence: nn.Linear, path: Path
) -> None:
    """Write the graph of the cell classifier."""
    grids = {"semantic": (1280, 10, 10), "middle": (576, 19, 19)}
    grids |= {name: (channels, *grid) for name, (channels, grid) in GRIDS.items()}
    raw = [torch.rand(1, *grids[name]) for name in SIZES]
    inputs = (torch.zeros(1, 3, 192, 256), torch.zeros(1, 80, 24, 32), *raw)
    graph = _CellGraph(cells, directions, rendered, presence).eval()
    export_graph(graph, inputs, path, ["pixels", "painted", *SIZES], ("shares", "rendered", "present"))


def rendered_line(path: Path) -> nn.Conv2d:
    """The line between rendered pictures and photos in the deep features, from a graph that ships."""
    found = {}
    for tensor in onnx.load(path).graph.initializer:
        found[tensor.name.removesuffix(".half")] = numpy_helper.to_array(tensor).astype(np.float32)
    layer = nn.Conv2d(1280, 1, 1)
    if "rendered.weight" in found:
        weight, bias = found["rendered.weight"].reshape(-1), found["rendered.bias"]
    else:  # over the principal directions, as it lay in the first graphs
        line = found["rendered_weight"]
        weight = line @ found["semantic.weight"].reshape(len(line), -1)
        bias = line @ found["semantic.bias"] + found["rendered_bias"]
    layer.weight.data = torch.from_numpy(np.ascontiguousarray(weight)).reshape(1, -1, 1, 1)
    layer.bias = nn.Parameter(torch.from_numpy(np.asarray(bias, np.float32).reshape(1)))
    return layer


def fit_rendered(cache: Path) -> nn.Conv2d:
    """That line by ridge regression, over what ``converseg_training.mini.prepare`` wrote.

    Only photos with instance masks are used: the others are for measuring.
    """
    rows, labels = [], []
    for pattern, label in (("sim-train-*.npz", 1.0), ("instances-*.npz", -1.0)):
        for path in sorted(cache.glob(pattern)):
            with np.load(path) as stored:
                pooled = stored["semantic"].astype(np.float64).mean((2, 3))
            rows.append(pooled)
            labels.append(np.full(len(pooled), label))
    x, y = np.concatenate(rows), np.concatenate(labels)
    weight = np.where(y > 0, 0.5 / (y > 0).sum(), 0.5 / (y < 0).sum())
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    solved = np.linalg.solve((x.T * weight) @ x + 1e-3 * np.eye(x.shape[1]), (x.T * weight) @ y)
    print(f"rendered or photo: {np.mean((x @ solved > 0) == (y > 0)):.4f} of the training pictures right")
    projection = Projection.load(cache)
    line = projection.semantic_cd @ solved[:-1]
    layer = nn.Conv2d(1280, 1, 1)
    layer.weight.data = torch.from_numpy(line).float().reshape(1, -1, 1, 1)
    offset = solved[-1] - projection.semantic_mean @ line
    layer.bias = nn.Parameter(torch.tensor([float(offset)]))
    return layer


def write_cells(
    views: Path,
    stuff: Sequence[Path],
    out: Path,
    *,
    photo: Path | None = None,
    pictures: Path | None = None,
    fold: int | None = None,
) -> None:
    """Write the files into ``out``.

    Args:
        views: what ``converseg_training.mini.cell_views`` wrote.
        stuff: weights of each cell classifier.
        out: the folder; what its ``cells.onnx`` knows of rendered pictures stays without ``pictures``.
        photo: scalings of answers about photos; those that lie in ``out`` stay where left out.
        pictures: what ``converseg_training.mini.prepare`` wrote, to tell rendered pictures anew.
        fold: of the photos that the weights were not trained on; presence is not fitted on them either.
    """
    out.mkdir(parents=True, exist_ok=True)
    table, graph = out / CELL_ROLES["cells_table"], out / CELL_ROLES["cells"]
    content: dict[str, Any] = {"calibrations": {}}
    if table.exists():
        content = json.loads(table.read_text())
    if photo is not None:
        content["calibrations"] |= json.loads(photo.read_text())
    table.write_text(json.dumps(content, indent=1) + "\n")
    shipped = graph if graph.exists() else NETWORK_PATH / graph.name
    rendered = fit_rendered(pictures) if pictures is not None else rendered_line(shipped)
    presence = fit_presence(photo_paths(views, without_fold=fold))
    export_cells(CellCommittee.load(stuff), Directions.load(views), rendered, presence, graph)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=Path, required=True, help="from converseg_training.mini.cell_views")
    parser.add_argument(
        "--stuff", type=Path, nargs="+", required=True, help="weights of converseg_training.mini.stuff"
    )
    parser.add_argument("--fold", type=int, help="the one that WEIGHTS left out")
    parser.add_argument("--photo-scalings", type=Path, help="from converseg_training.mini.calibrate_photos")
    parser.add_argument("--pictures", type=Path, help="from converseg_training.mini.prepare")
    parser.add_argument("--mini", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--network", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_flush_denormal(True)
    write_cells(
        args.views,
        args.stuff,
        args.network,
        photo=args.photo_scalings,
        pictures=args.pictures,
        fold=args.fold,
    )
    if args.out is not None:
        whole_bundle(args.network, args.mini, args.out)


def whole_bundle(network: Path, mini: Path, out: Path) -> None:
    """``mini``'s files with those of ``network``; ``out`` appears whole."""
    old = read_manifest(mini)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
        folder = Path(scratch) / "bundle"
        folder.mkdir()
        roles = {role: item.path for role, item in old.files.items() if role not in TRAINED_ROLES}
        for name in roles.values():
            shutil.copyfile(mini / name, folder / name)
        trained = {role: name for role, name in TRAINED_ROLES.items() if (network / name).exists()}
        for name in trained.values():
            shutil.copyfile(network / name, folder / name)
        write_manifest(
            folder,
            files={**roles, **trained},
            name=old.name,
            architecture=old.architecture,
            weights="trained",
            licence=old.licence,
            training_data=old.training_data,
            preprocessing=old.preprocessing.model_dump(),
        )
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)


if __name__ == "__main__":
    main()
