"""A torch bundle -> an ONNX bundle, with its own parity report inside."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from converseg_core.bundle import BundleError, Manifest, verify, write_manifest
from converseg_core.net.config import ARCHITECTURE, Grid, NetConfig
from converseg_core.net.engine import NetModel
from converseg_core.net.export.parity import PartParity, compare_part, mask_iou
from converseg_core.net.export.parts import parts_of, trace
from converseg_core.net.export.precision import PRECISIONS, Precision, to_half, to_int8
from converseg_core.net.preprocessing.vision import grid_for
from converseg_core.net.torch_backend import TorchBackend

# Sizes of the pictures that end-to-end masks are compared on; their grids must have been exported.
PROMPTS = ("the thing on the left", "what could I sit on", "anything that might break")


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export made and measured."""

    manifest: Manifest
    parts: tuple[PartParity, ...]
    mask_iou: dict[str, float]


def export_bundle(
    source: Path,
    out_path: Path,
    *,
    sizes_hw: Sequence[tuple[int, int]],
    precision: Precision = "fp32",
    say: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Trace every part, compare each with torch, write a bundle that needs no torch.

    Args:
        source: a verified ConverSeg-Net bundle with torch weights.
        out_path: the folder to make.
        sizes_hw: image sizes, pixels; one vision graph is made for each grid that they need.
        precision: number type of the graphs.
        say: told what is being done.

    Raises:
        BundleError: the source is no such bundle.
        ValueError: a precision, size or architecture that cannot be exported.
        FileExistsError: ``out_path`` exists.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision: must be one of {', '.join(PRECISIONS)}, not {precision!r}")
    if not sizes_hw:
        raise ValueError("sizes_hw: name at least one image size")
    if out_path.exists():
        raise FileExistsError(f"{out_path}: exists already; choose another folder or remove it")
    manifest = verify(source)
    if manifest.architecture != ARCHITECTURE or "weights" not in manifest.files:
        raise BundleError(f"{source}: not a {ARCHITECTURE} bundle with torch weights")
    model = NetModel.from_bundle(source, manifest, device="cpu", runtime="torch-fp32")
    grids = unique_grids(sizes_hw, model.config)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_path.parent, prefix=f".{out_path.name}.") as folder_name:
        folder = Path(folder_name) / "bundle"
        folder.mkdir()
        parities, files = _write_parts(model, grids, folder, precision, say)
        files |= _write_rest(source, manifest, model, folder)
        fields: dict[str, Any] = manifest.model_dump(
            mode="json", exclude={"files", "schema_version", "measured"}
        )
        measured = {
            **manifest.measured,
            "export": {"precision": precision, "parts": [dataclasses.asdict(parity) for parity in parities]},
        }
        written = write_manifest(folder, files=files, **fields, measured=measured)
        say("comparing masks end to end")
        exported = NetModel.from_bundle(folder, written, device="cpu", runtime="onnxruntime")
        images = [_picture(height, width) for height, width in sizes_hw]
        agreement = dict(mask_iou(model, exported, images, PROMPTS))
        measured["export"]["mask_iou"] = agreement
        written = write_manifest(folder, files=files, **fields, measured=measured)
        folder.rename(out_path)
    return Exported(manifest=written, parts=tuple(parities), mask_iou=agreement)


def unique_grids(sizes_hw: Sequence[tuple[int, int]], config: NetConfig) -> list[Grid]:
    """The grids that images of these sizes get, each once."""
    grids: dict[tuple[int, int], Grid] = {}
    for height, width in sizes_hw:
        grid = grid_for(height, width, config)
        grids[grid.num_rows, grid.num_cols] = grid
    return list(grids.values())


def _write_parts(
    model: NetModel, grids: Sequence[Grid], folder: Path, precision: Precision, say: Callable[[str], None]
) -> tuple[list[PartParity], dict[str, str]]:
    if not isinstance(model.backend, TorchBackend):
        raise TypeError("export starts from the torch runtime")
    parities, files = [], {}
    for part in parts_of(model.backend.network, model.config, grids):
        say(f"exporting {part.name}")
        path = folder / f"{part.name}.onnx"
        trace(part, path)
        if precision == "fp16":
            to_half(path)
        elif precision == "int8":
            to_int8(path)
        parities.append(compare_part(part, path))
        files[f"onnx_{part.name}"] = path.name
        data = path.with_name(f"{path.name}.data")
        if data.is_file():
            files[f"onnx_{part.name}_data"] = data.name
    return parities, files


def _write_rest(source: Path, manifest: Manifest, model: NetModel, folder: Path) -> dict[str, str]:
    """Embedding table (fp16: it is only looked up), configuration and tokenizer."""
    backend: Any = model.backend
    table = backend.network.vlm.backbone.language_model.embed_tokens.weight
    half = table.half().numpy()
    if not np.isfinite(half).all():
        half = table.numpy()
    np.save(folder / "embeddings.npy", half)
    shutil.copyfile(source / manifest.files["config"].path, folder / "config.json")
    shutil.copyfile(source / manifest.files["tokenizer"].path, folder / "tokenizer.json")
    return {"onnx_embeddings": "embeddings.npy", "config": "config.json", "tokenizer": "tokenizer.json"}


def _picture(height: int, width: int) -> np.ndarray:
    """Blobs on a gradient: something to look at, the same on every run."""
    rng = np.random.default_rng(height * 10007 + width)
    rows, cols = np.mgrid[0:height, 0:width]
    image = np.stack([rows * 200 // height, cols * 200 // width, (rows + cols) % 256], axis=-1).astype(
        np.uint8
    )
    for _ in range(5):
        top, left = rng.integers(0, max(1, height // 2)), rng.integers(0, max(1, width // 2))
        image[top : top + height // 3, left : left + width // 4] = rng.integers(0, 256, 3)
    return image
