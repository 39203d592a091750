"""From a checkpoint to a bundle: merge LoRA, write, calibrate, measure, write the card."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from converseg_core import load_model
from converseg_core.answer import Status
from converseg_core.bundle import Manifest, write_manifest
from converseg_core.calibration import fit_platt
from converseg_core.evaluation.measure import RIGHT_IOU, Evaluation, measure
from converseg_core.net.architecture.build import build_empty, expected_tensors, type_for
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import ARCHITECTURE
from converseg_core.net.importing.checkpoint import IMAGENET_MEAN, IMAGENET_STD
from converseg_core.net.importing.lora import Lora, merge
from converseg_core.net.importing.tensors import match
from converseg_core.net.weights import WEIGHTS_NAME, write_tensors
from converseg_engine.shards import ImageRow
from converseg_training.embedded.bundle import measured
from converseg_training.loop.checkpoints import CONFIG_NAME, Checkpoints
from converseg_training.loop.evaluate import answers
from converseg_training.loop.run import load_learned
from converseg_training.net.card import CARD_NAME, render_card
from converseg_training.net.config import NetTaskConfig, task_from_json
from converseg_training.net.start import TINY
from converseg_training.net.task import NetTask

_PEFT = ".default.weight"


@dataclass(frozen=True, kw_only=True)
class BundleRequest:
    """What the bundle is to say of itself.

    Attributes:
        step: checkpoint to take; None for the best one, or the newest where none was measured.
        licence: of the weights; the starting weights' own licence holds for what came from them.
    """

    name: str
    licence: str
    training_data: str
    step: int | None = None


def merged_tensors(network: ConverSegNet, config: NetTaskConfig, half: bool) -> dict[str, Tensor]:
    """The network's tensors under their plain names, low-rank updates added; float types as stored."""
    plain: dict[str, Tensor] = {}
    sides: dict[str, dict[str, Tensor]] = {}
    for name, tensor in network.state_dict().items():
        if ".lora_" in name:
            module, _, side = name.removesuffix(_PEFT).rpartition(".lora_")
            sides.setdefault(module, {})[side] = tensor
        else:
            plain[name.replace(".base_layer.", ".")] = tensor
    pairs = {module: (found["A"], found["B"]) for module, found in sides.items()}
    if pairs:
        plain = merge(plain, Lora(pairs=pairs, rank=config.lora.rank, alpha=config.lora.alpha), "run")
    dtype = torch.bfloat16 if half else torch.float32
    return {name: tensor.to(type_for(name, dtype)) for name, tensor in plain.items()}


def build_bundle(
    run_folder: Path,
    out: Path,
    request: BundleRequest,
    *,
    val: Sequence[ImageRow],
    test: Sequence[ImageRow],
    report: Callable[[str], None],
) -> Manifest:
    """Write a bundle of a run's checkpoint; it appears whole or not at all.

    Args:
        run_folder: of `converseg train RECIPE`.
        out: the bundle folder to make.
        request: name, licence, which step.
        val: pictures to calibrate on.
        test: pictures to measure on; neither trained nor calibrated on.
        report: called with a line of progress.

    Raises:
        FileExistsError: ``out`` exists.
        ValueError: no such checkpoint, or it does not fit its configuration.
    """
    if out.exists():
        raise FileExistsError(f"{out}: exists already; choose another folder or remove it")
    checkpoints = Checkpoints(folder=run_folder / "checkpoints", keep_last=1)
    step = request.step if request.step is not None else checkpoints.best_step()
    state = checkpoints.load(step)
    if state is None:
        raise ValueError(f"run: no checkpoint in {run_folder}; train first")
    step = int(state["step"])
    content = json.loads((checkpoints.path(step) / CONFIG_NAME).read_text(encoding="utf-8"))
    task = NetTask(task_from_json(content["task"]))
    module = task.build()
    load_learned(module, state["learned"])
    tensors = merged_tensors(module.network, task.config, half=task.config.frozen_type == "bf16")
    net = task.start.config
    match(tensors, expected_tensors(build_empty(net)), checkpoints.path(step))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
        folder = Path(temporary) / "bundle"
        folder.mkdir()
        write_tensors(tensors, folder / WEIGHTS_NAME)
        (folder / "config.json").write_text(net.to_json(), encoding="utf-8")
        (folder / "tokenizer.json").write_text(task.start.tokenizer_json, encoding="utf-8")
        shutil.copyfile(checkpoints.path(step) / CONFIG_NAME, folder / "training.json")
        fields: dict[str, Any] = {
            "files": {
                "weights": WEIGHTS_NAME, "config": "config.json", "tokenizer": "tokenizer.json",
                "training": "training.json",
            },
            "name": request.name,
            "architecture": ARCHITECTURE,
            "weights": "trained",
            "licence": request.licence,
            "training_data": request.training_data,
            "preprocessing": {
                "height": net.canvas_size, "width": net.canvas_size, "mean": IMAGENET_MEAN,
                "std": IMAGENET_STD, "resize": "letterbox",
            },
        }  # fmt: skip
        manifest = write_manifest(folder, **fields)
        notes: list[str] = []
        if task.config.init == TINY:
            notes.append(
                "It started from a tiny network of random weights: a test of the tools, not a model."
            )
        if val and net.has_confidence_head:
            fields["calibrations"] = _calibrate(folder, fields, val, report, notes)
        elif not net.has_confidence_head:
            notes.append("It has no confidence head: confidence and no-target score are unknown.")
        if test:
            report(f"measuring on {sum(len(image.questions) for image in test)} questions")
            evaluation = _evaluate(folder, test)
            fields["measured"] = measured(evaluation)
            card = render_card(evaluation, fields=fields, recipe=content["run"], step=step, notes=notes)
            (folder / CARD_NAME).write_text(card, encoding="utf-8")
        manifest = write_manifest(folder, **fields)
        folder.rename(out)
    return manifest


def _evaluate(folder: Path, images: Sequence[ImageRow]) -> Evaluation:
    return measure(answers(load_model(folder), images))


def _calibrate(
    folder: Path,
    fields: dict[str, Any],
    images: Sequence[ImageRow],
    report: Callable[[str], None],
    notes: list[str],
) -> dict[str, Any]:
    """Presence on every question, then quality on what is answered with a mask; what can't be is noted."""
    calibrations: dict[str, Any] = {}
    report(f"calibrating on {sum(len(image.questions) for image in images)} questions")
    for head in ("presence", "quality"):
        results = _evaluate(folder, images).results
        if head == "presence":
            logits = np.array([-_logit(result.no_target_score) for result in results])
            is_true = np.array([not result.sample.no_target for result in results], np.bool_)
        else:
            found = [result for result in results if result.status is Status.OK]
            logits = np.array([_logit(result.confidence) for result in found])
            is_true = np.array([result.iou >= RIGHT_IOU for result in found], np.bool_)
        try:
            calibrations[head] = fit_platt(logits, is_true).model_dump()
        except ValueError as error:
            notes.append(f"Its {head} is not calibrated: {error}.")
            report(notes[-1])
            continue
        write_manifest(folder, **fields, calibrations=calibrations)
    return calibrations


def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(clipped / (1 - clipped))
