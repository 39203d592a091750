"""From a run to a bundle: export, calibrate on one split, measure on another, write the card."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from converseg_core import load_model
from converseg_core.answer import Status
from converseg_core.bundle import Manifest, write_manifest
from converseg_core.calibration import fit_platt
from converseg_core.embedded import WordTokenizer
from converseg_core.evaluation.dataset import Sample
from converseg_core.evaluation.run import RIGHT_IOU, Evaluation, evaluate
from converseg_core.evaluation.table import expected_calibration_error, reliability, rows
from converseg_training.embedded.export import export_network
from converseg_training.embedded.model_card import render_card
from converseg_training.embedded.network import EmbeddedNetwork, NetworkConfig
from converseg_training.embedded.run import CHECKPOINT_NAME

Report = Callable[[str], None]


def load_trained(run_folder: Path) -> tuple[EmbeddedNetwork, WordTokenizer, int]:
    """The averaged network of a run, its tokenizer and the step that it stands at."""
    config = json.loads((run_folder / "config.json").read_text())["network"]
    for name in ("channels", "num_blocks", "mean", "std"):
        config[name] = tuple(config[name])
    tokenizer = WordTokenizer.from_file(run_folder / "tokenizer.json")
    network = EmbeddedNetwork(NetworkConfig(**config), num_ids=tokenizer.num_ids)
    state = torch.load(run_folder / CHECKPOINT_NAME, weights_only=True)
    network.load_state_dict(state["average"])
    return network, tokenizer, int(state["step"])


def build_bundle(
    network: EmbeddedNetwork,
    tokenizer: WordTokenizer,
    out: Path,
    *,
    name: str,
    weights: str,
    training_data: str,
    val: list[Sample],
    test: list[Sample],
    report: Report,
) -> Manifest:
    """Write a whole bundle to ``out``, replacing what is there only when it is complete.

    Args:
        network: the network to export.
        tokenizer: its vocabulary.
        out: the bundle folder.
        name: the model's name.
        weights: ``trained`` or ``random``.
        training_data: one sentence on what the network has seen.
        val: samples to calibrate on; empty leaves the heads uncalibrated.
        test: samples to measure on; empty leaves the bundle unmeasured.
        report: called with a line of progress.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
        folder = Path(temporary) / "bundle"
        folder.mkdir()
        files = export_network(network, folder)
        (folder / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
        config = network.config
        fields: dict[str, Any] = {
            "files": {**files, "tokenizer": "tokenizer.json"},
            "name": name,
            "architecture": "embedded-v1",
            "weights": weights,
            "licence": "Apache-2.0",
            "training_data": training_data,
            "preprocessing": {
                "height": config.height,
                "width": config.width,
                "mean": config.mean,
                "std": config.std,
            },
        }
        manifest = write_manifest(folder, **fields)
        if val:
            fields["calibrations"] = _calibrate(folder, fields, val, report)
        if test:
            report(f"measuring on {len(test)} questions")
            evaluation = evaluate(load_model(folder), test)
            fields["measured"] = measured(evaluation)
            card = render_card(evaluation, network=network, tokenizer=tokenizer, manifest_fields=fields)
            (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        manifest = write_manifest(folder, **fields)
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)
    return manifest


def _calibrate(folder: Path, fields: dict[str, Any], val: list[Sample], report: Report) -> dict[str, Any]:
    """Presence first, on every question; then quality, on what is then answered with a mask."""
    calibrations: dict[str, Any] = {}
    report(f"calibrating on {len(val)} questions")
    results = evaluate(load_model(folder), val).results
    presence = np.array([-_logit(r.no_target_score) for r in results])
    truth = np.array([not r.sample.no_target for r in results])
    calibrations["presence"] = fit_platt(presence, truth).model_dump()
    write_manifest(folder, **fields, calibrations=calibrations)
    found = [r for r in evaluate(load_model(folder), val).results if r.status is Status.OK]
    quality = np.array([_logit(r.confidence) for r in found])
    right = np.array([r.iou >= RIGHT_IOU for r in found])
    calibrations["quality"] = fit_platt(quality, right).model_dump()
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
