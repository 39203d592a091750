"""From a checkpoint to a bundle: export, calibrate on one split, measure on another, write the card."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from converseg_core import load_model
from converseg_core.answer import Status
from converseg_core.bundle import Manifest, write_manifest
from converseg_core.calibration import fit_platt
from converseg_core.evaluation.measure import RIGHT_IOU, Evaluation, measure
from converseg_core.evaluation.table import expected_calibration_error, reliability, rows
from converseg_engine.shards import ImageRow
from converseg_training.loop.checkpoints import CONFIG_NAME, Checkpoints
from converseg_training.loop.evaluate import answers
from converseg_training.loop.run import load_learned
from converseg_training.loop.task import Task
from converseg_training.tasks import task_from_json

CARD_NAME = "MODEL_CARD.md"


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """A checkpoint, opened."""

    task: Task
    module: nn.Module
    content: dict[str, Any]
    config_path: Path
    step: int


def open_checkpoint(run_folder: Path, step: int | None) -> Trained:
    """The network of a run as it was at a step, averaged where the run averages.

    Raises:
        ValueError: no such checkpoint, or it does not fit its configuration.
    """
    checkpoints = Checkpoints(folder=run_folder / "checkpoints", keep_last=1)
    state = checkpoints.load(step if step is not None else checkpoints.best_step())
    if state is None:
        raise ValueError(f"run: no checkpoint in {run_folder}; train first")
    step = int(state["step"])
    config_path = checkpoints.path(step) / CONFIG_NAME
    content = json.loads(config_path.read_text(encoding="utf-8"))
    task = task_from_json(content)
    module = task.build()
    learned: dict[str, Tensor] = state.get("average") or state["learned"]
    load_learned(module, learned)
    return Trained(task=task, module=module.eval(), content=content, config_path=config_path, step=step)


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
        val: pictures to calibrate on; none leaves the heads uncalibrated.
        test: pictures to measure on; neither trained nor calibrated on.
        report: called with a line of progress.

    Raises:
        FileExistsError: ``out`` exists.
        ValueError: no such checkpoint, or it does not fit its configuration.
    """
    if out.exists():
        raise FileExistsError(f"{out}: exists already; choose another folder or remove it")
    trained = open_checkpoint(run_folder, request.step)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
        folder = Path(temporary) / "bundle"
        folder.mkdir()
        exported = trained.task.export(trained.module, folder)
        shutil.copyfile(trained.config_path, folder / "training.json")
        fields: dict[str, Any] = {
            "files": {**exported.files, "training": "training.json"},
            "name": request.name,
            "architecture": exported.architecture,
            "weights": "trained",
            "licence": request.licence,
            "training_data": request.training_data,
            "preprocessing": dict(exported.preprocessing),
        }
        manifest = write_manifest(folder, **fields)
        notes = list(exported.notes)
        if val and exported.has_confidence:
            fields["calibrations"] = _calibrate(folder, fields, val, report, notes, exported.calibration_file)
        elif not exported.has_confidence:
            notes.append("It has no confidence head: confidence and no-target score are unknown.")
        if test:
            report(f"measuring on {sum(len(image.questions) for image in test)} questions")
            evaluation = _evaluate(folder, test)
            fields["measured"] = measured(evaluation)
            card = trained.task.card(
                evaluation, fields=fields, recipe=trained.content["run"], step=trained.step, notes=notes
            )
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
    file_name: str | None,
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
            if not np.isfinite(logits).all():
                raise ValueError("some answers carry no estimate")
            calibrations[head] = fit_platt(logits, is_true).model_dump()
        except ValueError as error:
            notes.append(f"Its {head} is not calibrated: {error}.")
            report(notes[-1])
            continue
        if file_name is not None:
            content = json.loads((folder / file_name).read_text(encoding="utf-8"))
            content["calibrations"][head] = calibrations[head]
            (folder / file_name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        write_manifest(folder, **fields, calibrations=calibrations)
    return calibrations


def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(clipped / (1 - clipped))


def measured(evaluation: Evaluation) -> dict[str, Any]:
    """The figures that a bundle carries: the table, the word pairs, the calibration error."""
    table = rows(evaluation)
    return {
        "table": [{key: _plain(value) for key, value in asdict(row).items()} for row in table],
        "num_word_pairs": evaluation.num_word_pairs,
        "num_word_pairs_right": evaluation.num_word_pairs_right,
        "expected_calibration_error": round(expected_calibration_error(reliability(evaluation)), 4),
    }


def _plain(value: object) -> object:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value
