"""``mini`` measured: photos five-fold, spoken prompts, simulated scenes. Figures only, no pixels.

    python -m converseg_training.mini.five_fold --panoptic FOLDER --models F0 F1 F2 F3 F4 --work DIR --out OUT
    python -m converseg_training.mini.five_fold --sim SHARDS --final BUNDLE --work DIR --out OUT

F0 to F4 are bundles; Fk never trained on the photos whose place in the order of file names is k modulo five.
One name in place of five is a model that saw none of the photos. DIR keeps what is finished: run again to go
on. OUT gets, for each set, the metrics.json of `converseg eval`, and tables.md over all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converseg_core.cli.eval.command import finish
from converseg_core.evaluation.dataset import Sample, parse_row, read_dataset
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import RunInfo, write_predictions
from converseg_engine.export import ExportConfig, export_split
from converseg_training.mini.answers import NUM_FOLDS, answers, folds_of
from converseg_training.mini.conversation import SpokenPrompt, conversation
from converseg_training.mini.photo_blind import blind_ious, blind_table, segment_masks
from converseg_training.mini.photo_prompts import read_photos, template_questions, write_questions
from converseg_training.mini.report import write_tables

_SETS = ("templates", "conversation")


def measure_photos(
    panoptic: Path,
    models: Sequence[str],
    work: Path,
    out: Path,
    label: str,
    *,
    spoken: Sequence[SpokenPrompt] | None = None,
) -> None:
    """Answer both sets of questions about the photos fold by fold, and write their figures.

    Args:
        panoptic: folder of the photos with their masks.
        models: five bundles, one a fold; or one that saw none of the photos.
        work: keeps data sets and answers.
        out: gets the figures.
        label: tells runs of other models apart in ``work``.
        spoken: the spoken prompts; those of the file where left out.

    Raises:
        ValueError: not one and not five models, or a photo of the prompts is missing.
    """
    if len(models) not in (1, NUM_FOLDS):
        raise ValueError(f"models: {len(models)} given; give one, or one a fold ({NUM_FOLDS})")
    data = work / "photos"
    if not all((data / "data" / f"{name}.jsonl").exists() for name in _SETS):
        write_questions(data, "templates", template_questions(panoptic))
        write_questions(data, "conversation", conversation(panoptic, spoken), prefix="spoken-")
    samples = {name: read_dataset(data, name) for name in _SETS}
    everything = [sample for name in _SETS for sample in samples[name]]
    folds = folds_of([sample.image for sample in everything])
    answered: list[Prediction] = []
    for fold in range(NUM_FOLDS):
        asked = [sample for sample in everything if folds[sample.image] == fold]
        answered += answers(models[fold % len(models)], asked, work / f"{label}-fold-{fold}")
    by_id = {item.id: item for item in answered}
    kinds = {name: _kinds(data / "data" / f"{name}.jsonl") for name in _SETS}
    masks = {f"images/{path.name}": segment_masks(segments) for path, segments, _ in read_photos(panoptic)}
    facts = {"folds": NUM_FOLDS if len(models) > 1 else "none: one model that saw no photo of these"}
    for name, by_kind in (("templates", True), ("conversation", False), ("conversation", True)):
        chosen = [by_id[sample.id] for sample in samples[name]]
        if by_kind:
            chosen = [replace(item, concept=kinds[name][item.id]) for item in chosen]
        blind = blind_table(chosen, blind_ious(chosen, masks, folds))
        title = f"{name}-by-kind" if by_kind and name == "conversation" else name
        _write(title, chosen, work, out, extra={**facts, "photo_blind_with_target": blind})


def measure_simulated(shards: Path, model: str, work: Path, out: Path, label: str) -> None:
    """Answer the test split of simulated scenes, and write its figures.

    Raises:
        ValueError: there are no shards.
    """
    data = work / "simulated"
    if not (data / "data" / "test.jsonl").exists():
        export_split(ExportConfig(data=shards, out=data, split="test"))
    samples: list[Sample] = read_dataset(data, "test")
    _write("simulated", answers(model, samples, work / f"{label}-simulated"), work, out, extra={})


def _kinds(path: Path) -> dict[str, str]:
    rows = [parse_row(line, str(path)) for line in path.read_text().splitlines() if line]
    return {row.id: str((row.model_extra or {})["subfamily"]) for row in rows}


def _write(
    title: str, predictions: Sequence[Prediction], work: Path, out: Path, *, extra: dict[str, Any]
) -> None:
    ids = sorted({item.model_id for item in predictions})
    info = RunInfo(model_id=", ".join(ids), source=title, software="converseg_training.mini.five_fold")
    path = work / "predictions" / f"{title}.parquet"
    write_predictions(path, predictions, info)
    finish(path, out / title, as_json=False, with_report=False, extra=extra)


def main() -> None:
    """Measure what the arguments give."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--panoptic", type=Path, help="photos with panoptic masks")
    parser.add_argument("--models", nargs="+", help="five bundles, or one that saw none of the photos")
    parser.add_argument("--sim", type=Path, help="shards of simulated scenes; their test split is measured")
    parser.add_argument("--final", help="the bundle that answers simulated scenes")
    parser.add_argument("--label", default="mini", help="name of the run in DIR")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if bool(args.panoptic) != bool(args.models) or bool(args.sim) != bool(args.final):
        parser.error("--panoptic goes with --models, and --sim with --final")
    if args.panoptic:
        measure_photos(args.panoptic, args.models, args.work, args.out, args.label)
    if args.sim:
        measure_simulated(args.sim, args.final, args.work, args.out, args.label)
    write_tables(args.out)


if __name__ == "__main__":
    main()
