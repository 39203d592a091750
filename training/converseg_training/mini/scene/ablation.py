"""What a part of the scene reader's training is worth: go on from given weights without it, and measure.

    python -m converseg_training.mini.scene.ablation --cache CACHE --bundle MINI --work DIR --out OUT

Every row goes on from the same weights (those that ship) for the same number of steps on the same pictures,
so rows differ by what was left out alone. A row without the detector's features must learn to do without
them in these steps; a network that never had them might do better after a longer training. Figures are of the
test split, IoU at the network's own size, before calibration. Run it again to go on.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.scene.evaluate import evaluate
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.run import SceneConfig, SceneRun
from converseg_training.mini.scene.start import load_start, read_tables, settle
from converseg_training.mini.scene.train import scene_set, train

ROWS: dict[str, dict[str, Any]] = {
    "all": {},
    "without the detector's features": {"pretrained": False},
    "without negatives": {"negatives": False},
    "without mirrored pictures": {"mirror": False},
    "without practice for the reader alone": {"num_told": 0},
}
"""What is left out -> changed settings."""

_COLUMNS = ("entities", "spatial", "relations", "affordances", "physics")


def measure(args: argparse.Namespace, name: str, changed: dict[str, Any]) -> dict[str, float]:
    """Train one row as far as it is not trained yet, and measure it on the test split."""
    config = SceneConfig(
        num_steps=args.num_steps,
        learning_rate=args.learning_rate,
        warmup_steps=min(20, args.num_steps),
        evaluate_every=args.num_steps + 1,
    )
    config = replace(config, **changed)
    torch.manual_seed(config.seed)
    tables = read_tables()
    data = scene_set(args.cache, "train", tables, pretrained=config.pretrained)
    language = FrozenNetworks(args.bundle).language
    model = SceneModel(
        tables.names,
        torch.from_numpy(language.sentences(tables.names)),
        torch.from_numpy(language.sentences(tables.colors)),
    )
    load_start(model)
    settle(model, data)
    run = SceneRun(config, args.work / name.replace(" ", "-").replace("'", ""), model, tables)
    run.resume()
    train(run, data, None)
    return evaluate(run.average, scene_set(args.cache, "test", tables, pretrained=config.pretrained))


def table(rows: dict[str, dict[str, float]], num_steps: int) -> str:
    """The rows as Markdown."""
    lines = [
        "# What parts of the scene reader's training are worth",
        "",
        f"Simulated test split (unseen categories and wordings); each row went on for {num_steps} steps from"
        " the same weights.",
        "IoU at the network's own size, before calibration; in brackets with true things in place of found"
        " ones.",
        "",
        "| | " + " | ".join(_COLUMNS) + ' | right "nothing here" | all |',
        "| --- |" + " --- |" * (len(_COLUMNS) + 2),
    ]
    for name, figures in rows.items():
        cells = [
            f"{figures[f'val_{column}']:.3f} ({figures[f'true_{column}']:.3f})"
            for column in (*_COLUMNS, "no-target", "all")
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure every row that is not measured yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--work", type=Path, required=True, help="keeps runs")
    parser.add_argument("--out", type=Path, required=True, help="gets scenes.json and scenes.md")
    parser.add_argument("--num-steps", type=int, default=150)
    parser.add_argument("--rows", nargs="+", choices=tuple(ROWS), default=tuple(ROWS), help="only these")
    parser.add_argument("--learning-rate", type=float, default=7e-4)
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "scenes.json"
    rows: dict[str, dict[str, float]] = json.loads(path.read_text())["rows"] if path.exists() else {}
    for name, changed in ROWS.items():
        if name in args.rows and name not in rows:
            rows[name] = {key: round(value, 4) for key, value in measure(args, name, changed).items()}
            path.write_text(json.dumps({"num_steps": args.num_steps, "rows": rows}, indent=1) + "\n")
            print(name, rows[name], flush=True)
    (args.out / "scenes.md").write_text(table(rows, args.num_steps))


if __name__ == "__main__":
    main()
