"""Weights of the cell classifier -> the files that ship, and whole bundles with them.

    python -m converseg_training.mini.cells_bundle --stuff WEIGHTS --cache CACHE --network NETWORK

NETWORK gets ``cells.onnx`` and ``cells.json``; ``converseg_core/mini/network`` is what ships.
``--mini BUNDLE --out FOLDER`` also writes a whole bundle with all trained files of NETWORK.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody uses

from converseg_core.bundle import read_manifest
from converseg_core.bundle.write import write_manifest
from converseg_core.mini.build import TRAINED_ROLES
from converseg_core.mini.cells import CELL_ROLES
from converseg_training.embedded.export import export_graph
from converseg_training.mini.features import Projection
from converseg_training.mini.projection import as_layer
from converseg_training.mini.stuff import CellClassifier


class _CellGraph(nn.Module):
    """What each cell of a photo shows, and whether the picture looks rendered."""

    def __init__(
        self, cells: CellClassifier, projection: Projection, rendered: tuple[Tensor, Tensor]
    ) -> None:
        super().__init__()
        self.cells = cells
        self.semantic = as_layer(projection.semantic_mean, projection.semantic_cd)
        self.middle = as_layer(projection.middle_mean, projection.middle_cd)
        self.rendered_weight, self.rendered_bias = (nn.Parameter(item) for item in rendered)

    def forward(
        self, pixels: Tensor, semantic: Tensor, middle: Tensor, painted: Tensor
    ) -> tuple[Tensor, Tensor]:
        deep = F.interpolate(self.semantic(semantic), (12, 16), mode="bilinear")
        fine = F.interpolate(self.middle(middle), (24, 32), mode="bilinear")
        shares = self.cells(pixels, deep, fine, painted).softmax(1)
        rendered = deep.mean((2, 3)) @ self.rendered_weight + self.rendered_bias
        return shares, rendered


def export_cells(
    cells: CellClassifier, projection: Projection, rendered: tuple[Tensor, Tensor], path: Path
) -> None:
    """Write the graph of the cell classifier; where ``path`` is there already, only its weights change."""
    graph = _CellGraph(cells, projection, rendered).eval()
    if path.exists():
        _refill(path, {name: value.numpy() for name, value in graph.state_dict().items()})
        return
    inputs = (
        torch.zeros(1, 3, 192, 256),
        torch.rand(1, 1280, 10, 10),
        torch.rand(1, 576, 19, 19),
        torch.zeros(1, 80, 24, 32),
    )
    export_graph(graph, inputs, path, ["pixels", "semantic", "middle", "painted"], ("shares", "rendered"))


def _refill(path: Path, state: dict[str, NDArray[np.float32]]) -> None:
    """Put other weights under the names that the exporter kept.

    Raises:
        ValueError: a weight of the classifier is not in the graph under its name.
    """
    model = onnx.load(path)
    left = {name for name in state if name.startswith("cells.")}
    for tensor in model.graph.initializer:
        name = tensor.name.removesuffix(".half")
        old = numpy_helper.to_array(tensor)
        if name in state and state[name].shape == old.shape:
            tensor.CopyFrom(numpy_helper.from_array(state[name].astype(old.dtype), tensor.name))
            left.discard(name)
    if left:
        raise ValueError(f"{path}: no weight {min(left)} in the graph; delete the file and export again")
    path.write_bytes(model.SerializeToString())


def fit_rendered(cache: Path) -> tuple[Tensor, Tensor]:
    """A line between simulated pictures and photos (ridge), in the detector's pooled deep features.

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
    return torch.from_numpy(solved[:-1]).float(), torch.from_numpy(solved[-1:]).float()


def write_cells(cache: Path, stuff: Path, photo: Path | None, out: Path) -> None:
    """Write the files into ``out``.

    Args:
        cache: what ``converseg_training.mini.prepare`` wrote.
        stuff: weights of the cell classifier.
        photo: scalings of answers about photos; those that lie in ``out`` stay where left out.
        out: the folder; its ``cells.onnx``, where there is one, is filled with other weights.
    """
    projection = Projection.load(cache)
    out.mkdir(parents=True, exist_ok=True)
    table = out / CELL_ROLES["cells_table"]
    content: dict[str, Any] = {"calibrations": {}}
    if table.exists():
        content = json.loads(table.read_text())
    if photo is not None:
        content["calibrations"] |= json.loads(photo.read_text())
    table.write_text(json.dumps(content, indent=1) + "\n")
    cells = CellClassifier()
    cells.load_state_dict(torch.load(stuff, weights_only=True))
    cells.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    export_cells(cells.eval(), projection, fit_rendered(cache), out / CELL_ROLES["cells"])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--stuff", type=Path, required=True, help="weights of converseg_training.mini.stuff")
    parser.add_argument("--photo-scalings", type=Path, help="from converseg_training.mini.calibrate_photos")
    parser.add_argument("--mini", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--network", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_flush_denormal(True)
    write_cells(args.cache, args.stuff, args.photo_scalings, args.network)
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
