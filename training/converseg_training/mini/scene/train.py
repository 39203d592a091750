"""Train ``mini``'s scene reader; a killed run goes on from its checkpoint when started again.

python -m converseg_training.mini.scene.train --cache CACHE --bundle MINI --out RUN --num-steps 5000
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch

from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.evaluate import evaluate
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.run import CHECKPOINT_NAME, SceneConfig, SceneRun
from converseg_training.mini.scene.start import load_start, read_tables
from converseg_training.mini.scene.symbols import Symbols
from converseg_training.mini.scene.warm_start import warm_start


def train(run: SceneRun, data: SceneSet, val: SceneSet | None) -> None:
    """To ``num_steps``; losses and held-out figures go to ``metrics.jsonl``."""
    run.folder.mkdir(parents=True, exist_ok=True)
    seen: dict[str, list[float]] = {}
    start, count = time.perf_counter(), 0
    config = run.config
    symbols = Symbols(data)
    with (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as log:
        while run.step < config.num_steps:
            batch = None
            if run.step % config.look_every == 0:
                drawn = data.draw(
                    run.step // config.look_every,
                    seed=config.seed,
                    num_pictures=config.num_pictures,
                    num_prompts=config.num_prompts,
                    mirror=config.mirror,
                )
                batch = data.batch(*drawn)
            lesson = None
            if config.num_told:
                more = data.draw(
                    run.step,
                    seed=config.seed + 1,
                    num_pictures=config.num_told,
                    num_prompts=config.num_prompts,
                    mirror=config.mirror,
                )
                lesson = symbols.batch(*more)
            for name, value in run.train_step(batch, lesson).items():
                seen.setdefault(name, []).append(value)
            count += 1
            last = run.step == config.num_steps
            if run.step % 25 == 0 or last:
                record = {name: sum(values) / len(values) for name, values in seen.items()}
                record["step_s"] = (time.perf_counter() - start) / count
                if val is not None and (run.step % config.evaluate_every == 0 or last):
                    record |= evaluate(run.average, val, every=1 if last else 3)
                line = {name: round(value, 4) for name, value in record.items()}
                log.write(json.dumps({"step": run.step, **line}) + "\n")
                log.flush()
                print(f"step {run.step}/{config.num_steps} {line}", flush=True)
                seen, start, count = {}, time.perf_counter(), 0
            if run.step % config.checkpoint_every == 0 or last:
                run.save()


def scene_set(cache: Path, split: str, tables: Tables | None, *, pretrained: bool = True) -> SceneSet:
    """The prepared files of a split; with the detector's features at zero unless ``pretrained``."""
    files = read_files(sorted(cache.glob(f"{split}-*.npz")))
    if not pretrained:
        for columns in files:
            columns |= {name: np.zeros_like(columns[name]) for name in ("semantic", "middle")}
    return SceneSet(files, tables)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num-steps", type=int, required=True)
    parser.add_argument("--num-pictures", type=int, default=8)
    parser.add_argument("--num-told", type=int, default=8, help="further pictures a step, for reading alone")
    parser.add_argument("--look-every", type=int, default=1, help="in other steps only reading is learnt")
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shipped", action="store_true", help="start from the weights that ship")
    parser.add_argument(
        "--without",
        choices=("negatives", "pretrained", "mirror", "told"),
        action="append",
        default=[],
        help="leave something out, to learn what it is worth",
    )
    parser.add_argument("--evaluate-every", type=int, default=500)
    args = parser.parse_args()
    if args.look_every < 1 or (args.look_every > 1 and not args.num_told):
        parser.error("--look-every: a step needs pictures, or something to read (--num-told)")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    config = SceneConfig(
        num_steps=args.num_steps,
        num_pictures=args.num_pictures,
        num_told=0 if "told" in args.without else args.num_told,
        look_every=args.look_every,
        learning_rate=args.learning_rate,
        negatives="negatives" not in args.without,
        pretrained="pretrained" not in args.without,
        mirror="mirror" not in args.without,
        evaluate_every=args.evaluate_every,
        seed=args.seed,
    )
    torch.manual_seed(config.seed)
    checkpoint = args.out / CHECKPOINT_NAME
    tables = None
    if checkpoint.exists():
        tables = Tables(*map(tuple, torch.load(checkpoint, weights_only=True)["tables"].values()))
    elif args.shipped:
        tables = read_tables()
    data = scene_set(args.cache, "train", tables, pretrained=config.pretrained)
    held_out = sorted(args.cache.glob("val-*.npz"))
    val = scene_set(args.cache, "val", data.tables, pretrained=config.pretrained) if held_out else None
    networks = FrozenNetworks(args.bundle)
    names = torch.from_numpy(networks.language.sentences(data.tables.names))
    print(f"{len(data)} pictures, {len(data.prompts)} questions, {len(names)} names", flush=True)
    colors = torch.from_numpy(networks.language.sentences(data.tables.colors))
    model = SceneModel(names, colors)
    if args.shipped and not checkpoint.exists():
        load_start(model)
    elif not checkpoint.exists() and config.pretrained:
        batch = data.batch(*data.draw(0, seed=1, num_pictures=24, num_prompts=1))
        print(f"{warm_start(model, batch)} parameters from sim-tiny", flush=True)
    run = SceneRun(config, args.out, model, data.tables)
    if run.resume():
        print(f"going on at step {run.step}", flush=True)
    train(run, data, val)


if __name__ == "__main__":
    main()
