"""The authors' released files -> one bundle folder."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from converseg_core.bundle import Manifest, write_manifest
from converseg_core.net.architecture.build import build_empty, expected_tensors
from converseg_core.net.config import ARCHITECTURE, NetConfig
from converseg_core.net.importing.language_names import convert_language
from converseg_core.net.importing.lora import Lora, merge, read_lora
from converseg_core.net.importing.sam2_names import convert_sam2
from converseg_core.net.importing.tensors import CheckpointError, match, read_torch
from converseg_core.net.preprocessing.prompt import PromptTokenizer
from converseg_core.net.weights import LORA_NAME, WEIGHTS_NAME, lora_tensors, write_tensors

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The released files.

    Attributes:
        sam_path: ``*.torch`` with ``{"model": ...}``.
        language_path: ``*_plm_*.torch`` with ``{"plm": ...}``.
        lora_path: the PEFT folder, or None where the language file is already merged.
        tokenizer_path: ``tokenizer.json`` of the base model.
    """

    sam_path: Path
    language_path: Path
    lora_path: Path | None
    tokenizer_path: Path


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import did."""

    manifest: Manifest
    num_tensors: int
    num_lora_modules: int
    left_out: tuple[str, ...]


def import_checkpoint(
    sources: Sources,
    config: NetConfig,
    out_path: Path,
    *,
    name: str,
    licence: str,
    training_data: str,
    keep_lora: bool = False,
) -> Imported:
    """Convert, check and write; the bundle appears whole or not at all.

    With ``keep_lora`` the low-rank weights lie in a file of their own and are merged on loading; else they
    are merged here. Either way the frozen backbone is stored once.

    Raises:
        CheckpointError: the first file that is damaged, hostile or does not fit, and why.
        FileExistsError: ``out_path`` exists.
    """
    if out_path.exists():
        raise FileExistsError(f"{out_path}: exists already; choose another folder or remove it")
    sam = convert_sam2(read_torch(sources.sam_path, key="model"), sources.sam_path)
    language = convert_language(read_torch(sources.language_path, key="plm"), sources.language_path)
    lora = _lora(sources, language.lora)
    expected = expected_tensors(build_empty(config))
    places = {True: sources.sam_path, False: sources.language_path}
    ours = dict(language.tensors) | {f"sam.backbone.{key}": value for key, value in sam.tensors.items()}
    for is_sam, source in places.items():
        match(
            {key: value for key, value in ours.items() if key.startswith("sam.") is is_sam},
            {key: shape for key, shape in expected.items() if key.startswith("sam.") is is_sam},
            source,
        )
    if lora is not None:
        merged = merge(ours, lora, sources.lora_path or sources.language_path)
        if keep_lora:
            config = dataclasses.replace(config, lora_rank=lora.rank, lora_alpha=lora.alpha)
        else:
            ours = merged
    manifest = _write(
        ours, lora if keep_lora else None, sources, config, out_path,
        name=name, licence=licence, training_data=training_data,
    )  # fmt: skip
    return Imported(
        manifest=manifest,
        num_tensors=len(ours),
        num_lora_modules=0 if lora is None else len(lora.pairs),
        left_out=(*sam.left_out, *language.left_out),
    )


def _lora(sources: Sources, inside: dict[str, tuple[Tensor, Tensor]]) -> Lora | None:
    """The PEFT folder's weights; those inside the language file are the same ones, saved a second time."""
    if sources.lora_path is not None:
        lora = read_lora(sources.lora_path)
        strangers = sorted(set(inside) ^ set(lora.pairs)) if inside else []
        if strangers:
            raise CheckpointError(
                f"{sources.lora_path}: LoRA modules differ from those in {sources.language_path}: "
                f"{strangers[0]}"
            )
        return lora
    if inside:
        raise CheckpointError(
            f"{sources.language_path}: holds LoRA weights, but not their scaling; give the PEFT folder too"
        )
    return None


def _write(
    tensors: dict[str, Tensor],
    lora: Lora | None,
    sources: Sources,
    config: NetConfig,
    out_path: Path,
    *,
    name: str,
    licence: str,
    training_data: str,
) -> Manifest:
    PromptTokenizer.from_file(sources.tokenizer_path, config)  # refuses a tokenizer that does not fit
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_path.parent, prefix=f".{out_path.name}.") as folder_name:
        folder = Path(folder_name) / "bundle"
        folder.mkdir()
        files = {"weights": WEIGHTS_NAME, "config": "config.json", "tokenizer": "tokenizer.json"}
        write_tensors(tensors, folder / WEIGHTS_NAME)
        if lora is not None:
            write_tensors(lora_tensors(lora), folder / LORA_NAME)
            files["lora"] = LORA_NAME
        (folder / "config.json").write_text(config.to_json())
        shutil.copyfile(sources.tokenizer_path, folder / "tokenizer.json")
        manifest = write_manifest(
            folder,
            files=files,
            name=name,
            architecture=ARCHITECTURE,
            weights="trained",
            licence=licence,
            training_data=training_data,
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
