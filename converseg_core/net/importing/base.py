"""Untouched base weights in the hub's formats -> a bundle that training starts from.

The language model's folder and SAM 2 as their authors released them; the adapter between them is new, so the
bundle answers nothing sensible before it is trained.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from converseg_core.bundle import Manifest, write_manifest
from converseg_core.net.architecture.adapter import PromptAdapter
from converseg_core.net.architecture.build import build_empty, expected_tensors
from converseg_core.net.config import ARCHITECTURE, NetConfig
from converseg_core.net.importing.checkpoint import IMAGENET_MEAN, IMAGENET_STD
from converseg_core.net.importing.language_names import backbone_name
from converseg_core.net.importing.sam2_names import convert_sam2
from converseg_core.net.importing.tensors import CheckpointError, match, read_tensors
from converseg_core.net.preprocessing.prompt import PromptTokenizer
from converseg_core.net.weights import WEIGHTS_NAME, write_tensors

INDEX_NAME = "model.safetensors.index.json"
SINGLE_NAME = "model.safetensors"

_VIDEO_ONLY = re.compile(
    r"^(memory_attention|memory_encoder|memory_temporal_positional_encoding|mask_downsample|object_pointer_proj"
    r"|no_memory_positional_encoding|no_object_pointer|occlusion_spatial_embedding_parameter"
    r"|temporal_positional_encoding_projection_layer)(\.|$)"
)


@dataclass(frozen=True, kw_only=True)
class BaseSources:
    """Files as the hub has them.

    Attributes:
        language_path: folder of Qwen2.5-VL: ``model*.safetensors``, its index where there are several, and
            ``tokenizer.json``.
        sam_path: SAM 2 or 2.1: the original ``*.pt``, or transformers' ``model.safetensors``.
    """

    language_path: Path
    sam_path: Path


@dataclass(frozen=True, kw_only=True)
class ImportedBase:
    """What an import did."""

    manifest: Manifest
    num_tensors: int
    left_out: tuple[str, ...]


def import_base(
    sources: BaseSources, config: NetConfig, out_path: Path, *, name: str, licence: str, seed: int = 0
) -> ImportedBase:
    """Convert, check, add a random adapter and write; the bundle appears whole or not at all.

    Args:
        sources: the files.
        config: the network that they belong to.
        out_path: folder of the bundle.
        name: the model's name.
        licence: of the two bases.
        seed: of the adapter's weights.

    Raises:
        CheckpointError: the first file that is damaged, hostile or does not fit, and why.
        FileExistsError: ``out_path`` exists.
    """
    if out_path.exists():
        raise FileExistsError(f"{out_path}: exists already; choose another folder or remove it")
    if config.has_confidence_head:
        raise ValueError("config: a base has no confidence head; training adds it")
    tokenizer_path = sources.language_path / "tokenizer.json"
    PromptTokenizer.from_file(tokenizer_path, config)  # refuses a tokenizer that does not fit
    expected = expected_tensors(build_empty(config))
    left_out: list[str] = []
    ours: dict[str, Tensor] = {}
    for tensor_name, tensor in read_folder(sources.language_path).items():
        found = backbone_name(tensor_name)
        if found is None:
            left_out.append(tensor_name)
        else:
            ours[found] = tensor
    _match_part(ours, expected, "vlm.", sources.language_path)
    sam, sam_left_out = _read_sam(sources.sam_path)
    sam = {f"sam.backbone.{key}": value for key, value in sam.items()}
    _match_part(sam, expected, "sam.", sources.sam_path)
    ours |= sam | _new_adapter(expected, seed)
    match(ours, expected, "base")
    manifest = _write(ours, tokenizer_path, config, out_path, name=name, licence=licence)
    return ImportedBase(manifest=manifest, num_tensors=len(ours), left_out=(*left_out, *sam_left_out))


def read_folder(folder: Path) -> dict[str, Tensor]:
    """All tensors of a hub folder: one safetensors file, or those that its index names.

    Raises:
        CheckpointError: no such files, or an index that does not fit them.
    """
    index_path = folder / INDEX_NAME
    if not index_path.is_file():
        return read_tensors(folder / SINGLE_NAME)
    try:
        places: dict[str, Any] = json.loads(index_path.read_text(encoding="utf-8"))["weight_map"]
        names = sorted(set(places.values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index_path}: not an index of weights ({error})") from error
    tensors: dict[str, Tensor] = {}
    for file_name in names:
        if not isinstance(file_name, str) or Path(file_name).name != file_name:
            raise CheckpointError(f"{index_path}: {file_name!r} is not a file beside it")
        found = read_tensors(folder / file_name)
        strangers = sorted(key for key in found if places.get(key) != file_name)
        if strangers:
            raise CheckpointError(f"{folder / file_name}: {strangers[0]} is not in {INDEX_NAME}")
        tensors |= found
    missing = sorted(set(places) - set(tensors))
    if missing:
        raise CheckpointError(f"{index_path}: names {missing[0]}, which no file holds")
    return tensors


def _read_sam(path: Path) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Image part under transformers' names, whichever naming the file has."""
    tensors = read_tensors(path, key="model")
    if any(name.startswith("image_encoder.") for name in tensors):
        converted = convert_sam2(tensors, path)
        return converted.tensors, converted.left_out
    video = tuple(sorted(name for name in tensors if _VIDEO_ONLY.match(name)))
    return {name: value for name, value in tensors.items() if name not in video}, video


def _match_part(
    tensors: dict[str, Tensor], expected: dict[str, tuple[int, ...]], prefix: str, source: Path
) -> None:
    match(tensors, {key: shape for key, shape in expected.items() if key.startswith(prefix)}, source)


def _new_adapter(expected: dict[str, tuple[int, ...]], seed: int) -> dict[str, Tensor]:
    sam_width, language_width = expected["adapter.sparse.weight"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        adapter = PromptAdapter(language_width=language_width, sam_width=sam_width)
    return {f"adapter.{name}": tensor for name, tensor in adapter.state_dict().items()}


def _write(
    tensors: dict[str, Tensor],
    tokenizer_path: Path,
    config: NetConfig,
    out_path: Path,
    *,
    name: str,
    licence: str,
) -> Manifest:
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_path.parent, prefix=f".{out_path.name}.") as folder_name:
        folder = Path(folder_name) / "bundle"
        folder.mkdir()
        write_tensors(tensors, folder / WEIGHTS_NAME)
        (folder / "config.json").write_text(config.to_json(), encoding="utf-8")
        shutil.copyfile(tokenizer_path, folder / "tokenizer.json")
        manifest = write_manifest(
            folder,
            files={"weights": WEIGHTS_NAME, "config": "config.json", "tokenizer": "tokenizer.json"},
            name=name,
            architecture=ARCHITECTURE,
            weights="random",
            licence=licence,
            training_data="language model and SAM 2 as released; the adapter between them is random",
            preprocessing={
                "height": config.canvas_size,
                "width": config.canvas_size,
                "mean": IMAGENET_MEAN,
                "std": IMAGENET_STD,
                "resize": "letterbox",
            },
        )
        folder.rename(out_path)
    return manifest
