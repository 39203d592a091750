"""Weights -> the files of ``converseg_core/mini/network``, and whole bundles with them.

    python -m converseg_training.mini.fusion_bundle [--run RUN] --stuff WEIGHTS --cache CACHE --fusion FUSION

FUSION gets ``cells.onnx`` and ``fusion.json``, and with a run of ``converseg_training.mini.train`` also
``image.onnx`` and ``prompt.onnx``. ``--mini BUNDLE --out FOLDER`` also writes a whole bundle with them.
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
from converseg_core.calibration import fit_platt
from converseg_core.mini.fusion import CELL_ROLES, FUSION_ROLES
from converseg_training.embedded.export import export_graph
from converseg_training.embedded.losses import mask_iou
from converseg_training.mini.batches import PictureSet, Words
from converseg_training.mini.features import Projection
from converseg_training.mini.network import FusionNetwork, ImageFeatures, ImageInputs, PromptInputs
from converseg_training.mini.stuff import CellClassifier
from converseg_training.mini.train import CHECKPOINT_NAME

FEATURES = ("f2", "f4", "f8", "visual", "meaning")


class ImageGraph(nn.Module):
    """The image side, from the detector's own outputs on."""

    def __init__(self, network: FusionNetwork, projection: Projection) -> None:
        super().__init__()
        self.network = network
        self.semantic = as_layer(projection.semantic_mean, projection.semantic_cd)
        self.middle = as_layer(projection.middle_mean, projection.middle_cd)

    def forward(
        self, pixels: Tensor, semantic: Tensor, middle: Tensor, painted: Tensor, names: Tensor
    ) -> tuple[Tensor, ...]:
        """What :data:`FEATURES` names."""
        inputs = ImageInputs(
            pixels,
            F.interpolate(self.semantic(semantic), (12, 16), mode="bilinear"),
            F.interpolate(self.middle(middle), (24, 32), mode="bilinear"),
            painted,
        )
        found = self.network.encode(inputs, names)
        return found.f2, found.f4, found.f8, found.visual_btd, found.meaning_bte


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


class PromptGraph(nn.Module):
    """The prompt side, for one prompt."""

    def __init__(self, network: FusionNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        f2: Tensor,
        f4: Tensor,
        f8: Tensor,
        visual: Tensor,
        meaning: Tensor,
        painted: Tensor,
        words: Tensor,
        is_word: Tensor,
        sentence: Tensor,
        nearest: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of mask, presence and quality."""
        image = ImageFeatures(f2, f4, f8, visual, meaning, painted)
        logits = self.network.decode(image, PromptInputs(words, is_word, sentence, nearest))
        return logits["mask_logits"], logits["presence_logit"], logits["quality_logit"]


def as_layer(mean_c: NDArray[np.float32], basis_cd: NDArray[np.float32]) -> nn.Conv2d:
    """A projection of features as a convolution of single cells."""
    layer = nn.Conv2d(basis_cd.shape[0], basis_cd.shape[1], 1)
    layer.weight.data = torch.from_numpy(np.ascontiguousarray(basis_cd.T))[:, :, None, None]
    layer.bias = nn.Parameter(torch.from_numpy(-mean_c @ basis_cd))
    return layer


def load_network(run: Path) -> FusionNetwork:
    """The averaged weights of a run."""
    network = FusionNetwork()
    network.load_state_dict(torch.load(run / CHECKPOINT_NAME, weights_only=True)["average"])
    return network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def export_graphs(network: FusionNetwork, projection: Projection, names_ke: Tensor, folder: Path) -> None:
    """Write both graphs, weights inside in half precision."""
    inputs = (
        torch.zeros(1, 3, 192, 256),
        torch.rand(1, 1280, 10, 10),
        torch.rand(1, 576, 19, 19),
        torch.zeros(1, 80, 24, 32),
        names_ke,
    )
    image = ImageGraph(network, projection).eval()
    with torch.no_grad():
        features = image(*inputs)
    export_graph(
        image, inputs, folder / "image.onnx", ["pixels", "semantic", "middle", "painted", "names"], FEATURES
    )
    words = torch.rand(1, 32, 768)
    is_word = torch.zeros(1, 32)
    is_word[0, :3] = 1
    export_graph(
        PromptGraph(network).eval(),
        (*features, inputs[3], words, is_word, torch.rand(1, 80), torch.rand(1, 80)),
        folder / "prompt.onnx",
        [*FEATURES, "painted", "words", "is_word", "sentence", "nearest"],
        ("mask_logits", "presence_logit", "quality_logit"),
    )


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


@torch.no_grad()
def calibrate(network: FusionNetwork, data: PictureSet, words: Words) -> dict[str, dict[str, float]]:
    """Presence on every question, then quality on those that are answered with a mask."""
    presence, quality, present, right = [], [], [], []
    for number, (first, last) in enumerate(data.ranges):
        if first == last:
            continue
        batch = data.batch(np.array([number]), np.arange(first, last)[None])
        logits = network(batch.image, batch.prompt, words.names_ke, batch.num_per_image)
        presence.append(logits["presence_logit"])
        quality.append(logits["quality_logit"])
        present.append(~batch.no_target_n)
        right.append((mask_iou(logits["mask_logits"], batch.target_nhw) >= 0.5) & ~batch.no_target_n)
    presence_n, quality_n = torch.cat(presence).double().numpy(), torch.cat(quality).double().numpy()
    fitted = fit_platt(presence_n, torch.cat(present).numpy())
    answered = presence_n * fitted.slope + fitted.offset > 0
    return {
        "presence": fitted.model_dump(),
        "quality": fit_platt(quality_n[answered], torch.cat(right).numpy()[answered]).model_dump(),
    }


def write_fusion(run: Path | None, cache: Path, stuff: Path, photo: Path | None, out: Path) -> None:
    """Write the files into ``out``.

    Args:
        run: the fusion network's run; None leaves its graphs as they are in ``out``, or leaves them out.
        cache: what ``converseg_training.mini.prepare`` wrote.
        stuff: weights of the cell classifier.
        photo: scalings of answers about photos.
        out: the folder; its ``cells.onnx``, where there is one, is filled with other weights.
    """
    projection = Projection.load(cache)
    out.mkdir(parents=True, exist_ok=True)
    settings = out / CELL_ROLES["fusion"]
    content: dict[str, Any] = {"calibrations": {}}
    if run is not None:
        words = Words(cache)
        network = load_network(run)
        export_graphs(network, projection, words.names_ke, out)
        content["calibrations"] = calibrate(
            network, PictureSet(sorted(cache.glob("sim-val-*.npz")), words), words
        )
        content["step"] = int(torch.load(run / CHECKPOINT_NAME, weights_only=True)["step"])
        content["run"] = json.loads((run / "config.json").read_text())
    elif settings.exists():
        content = json.loads(settings.read_text())
    if photo is not None:
        content["calibrations"] |= json.loads(photo.read_text())
    settings.write_text(json.dumps(content, indent=1) + "\n")
    cells = CellClassifier()
    cells.load_state_dict(torch.load(stuff, weights_only=True))
    cells.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    export_cells(cells.eval(), projection, fit_rendered(cache), out / "cells.onnx")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--stuff", type=Path, required=True, help="weights of converseg_training.mini.stuff")
    parser.add_argument("--photo-scalings", type=Path, help="from converseg_training.mini.calibrate_photos")
    parser.add_argument("--mini", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--fusion", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_flush_denormal(True)
    write_fusion(args.run, args.cache, args.stuff, args.photo_scalings, args.fusion)
    if args.out is not None:
        whole_bundle(args.fusion, args.mini, args.out)


def whole_bundle(fusion: Path, mini: Path, out: Path) -> None:
    """``mini``'s files with those of ``fusion``; ``out`` appears whole."""
    old = read_manifest(mini)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
        folder = Path(scratch) / "bundle"
        folder.mkdir()
        roles = {role: item.path for role, item in old.files.items() if role not in FUSION_ROLES}
        for name in roles.values():
            shutil.copyfile(mini / name, folder / name)
        trained = {role: name for role, name in FUSION_ROLES.items() if (fusion / name).exists()}
        for name in trained.values():
            shutil.copyfile(fusion / name, folder / name)
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
