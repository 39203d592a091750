"""Train ``mini``'s scene reader; a killed run goes on from its checkpoint when started again.

python -m converseg_training.mini.scene.train --cache CACHE --bundle MINI --out RUN --num-steps 5000
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from converseg_core.mini.scene.tiles import Tile
from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.crop_data import CROPS_NAME, NUM_CROPS, true_crops
from converseg_training.mini.scene.draws import draw, draw_tiles
from converseg_training.mini.scene.evaluate import evaluate
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.perception import GRIDS
from converseg_training.mini.scene.run import CHECKPOINT_NAME, SceneConfig, SceneRun
from converseg_training.mini.scene.seen_things import SeenThings, read_seen
from converseg_training.mini.scene.start import load_start, load_weights, read_tables, settle, tables_of
from converseg_training.mini.scene.symbols import Lesson, Symbols
from converseg_training.mini.scene.take_away import removable, take_away
from converseg_training.mini.scene.warm_start import warm_start


def train(run: SceneRun, data: SceneSet, val: SceneSet | None, seen_things: SeenThings | None = None) -> None:
    """To ``num_steps``; losses and held-out figures go to ``metrics.jsonl``."""
    run.folder.mkdir(parents=True, exist_ok=True)
    seen: dict[str, list[float]] = {}
    start, count = time.perf_counter(), 0
    config = run.config
    symbols, may_go = Symbols(data), removable(data)
    with (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as log:
        while run.step < config.num_steps:
            batch, crops = None, None
            if config.look_every and run.step % config.look_every == 0:
                drawn = draw(
                    data,
                    run.step // config.look_every,
                    seed=config.seed,
                    num_pictures=config.num_pictures,
                    num_prompts=config.num_prompts if config.reads else 1,
                    mirror=config.mirror,
                )
                tiles: tuple[Tile | None, ...] = ()
                if config.tiles:
                    tiles = draw_tiles(
                        run.step, seed=config.seed, num_pictures=config.num_pictures, share=config.tiles
                    )
                batch = data.batch(*drawn, tiles)
                if config.glances and config.reads:
                    rng = np.random.default_rng((config.seed, run.step, 8))
                    crops = true_crops(data, drawn[0].tolist(), rng, num_each=NUM_CROPS)
            lessons: dict[str, list[Lesson]] = {}
            if config.num_told:
                more = draw(
                    data,
                    run.step,
                    seed=config.seed + 1,
                    num_pictures=config.num_told,
                    num_prompts=config.num_prompts,
                    mirror=config.mirror,
                    evenness=config.evenness,
                )
                lessons["told"] = symbols.batches(*more)
            if config.num_seen and seen_things is not None:
                pictures, questions, turned = draw(
                    data,
                    run.step,
                    seed=config.seed + 2,
                    num_pictures=config.num_seen,
                    num_prompts=config.num_prompts,
                    mirror=config.mirror,
                    among=seen_things.numbers,
                    evenness=config.evenness,
                )
                rng = np.random.default_rng((config.seed, run.step, 9))
                lessons["seen"] = seen_things.batches(pictures, questions, rng, config.blind, turned)
            rng = np.random.default_rng((config.seed, run.step, 10))
            for kind, groups in lessons.items():
                lessons[kind] = [take_away(group, may_go, rng, config.taken) for group in groups]
            for name, value in run.train_step(batch, lessons, crops).items():
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


def scene_set(
    cache: Path,
    split: str,
    tables: Tables | None,
    *,
    pretrained: bool = True,
    reads: bool = True,
    sees: bool = True,
) -> SceneSet:
    """The prepared files of a split.

    With the detectors' features at zero unless ``pretrained``. Half of it are words, half are pictures:
    without what is not wanted, where prompts are not read (``reads``) or pictures not seen (``sees``).

    Raises:
        ValueError: nothing was prepared, or only a part of it.
    """
    files = read_files(sorted(cache.glob(f"{split}-*.npz")))
    if sees:
        files = (whole(columns) for columns in files)
    if not pretrained:
        files = (columns | {name: np.zeros_like(columns[name]) for name in GRIDS} for columns in files)
    if not reads:
        files = (_wordless(columns) for columns in files)
    if not sees:
        unwanted = {"small", "full", "owner_full", "part_full", *GRIDS}
        files = ({k: v for k, v in columns.items() if k not in unwanted} for columns in files)
    return SceneSet(files, tables)


def whole(columns: dict[str, Any]) -> dict[str, Any]:
    """The columns of a prepared file as they are, if all that is beside it is there.

    Raises:
        ValueError: what ``scene.further`` writes is not.
    """
    missing = [name for name in ("full", "owner_full", *GRIDS) if name not in columns]
    if missing:
        raise ValueError(
            f"--cache: {missing[0]!r} is not beside every prepared file; "
            "run `python -m converseg_training.mini.scene.further`"
        )
    return columns


def _wordless(columns: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in columns.items() if "reworded" not in name and name != "rewordings"}
    return kept | {"words": columns["words"][:, :1] * 0}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num-steps", type=int, required=True)
    parser.add_argument("--num-pictures", type=int, default=8)
    parser.add_argument("--num-told", type=int, default=8, help="further pictures a step, for reading alone")
    parser.add_argument("--seen", type=Path, help="of `scene.seen`: practise on what a run saw, too")
    parser.add_argument("--num-seen", type=int, default=16, help="pictures of it a step")
    parser.add_argument("--forget", type=float, default=0.5, help="share of them with names not known")
    parser.add_argument("--blind", type=float, default=0.4, help="share of pictures whose names are told")
    parser.add_argument("--evenness", type=float, default=0.0, help="above 0: rare meanings come more often")
    parser.add_argument("--taken", type=float, default=0.0, help="share of answers taken away in practice")
    parser.add_argument("--look-every", type=int, default=1, help="in other steps only reading is learnt")
    parser.add_argument("--crops", type=Path, help="a run of `scene.train_crops`, which stays as it is")
    parser.add_argument("--only-see", action="store_true", help="no prompt is read: seeing alone is learnt")
    parser.add_argument("--tiles", type=float, default=0.0, help="with --only-see: share of pictures cut")
    parser.add_argument("--only-read", action="store_true", help="nothing is seen: only the reader practises")
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shipped", action="store_true", help="start from the weights that ship")
    parser.add_argument("--start", type=Path, help="start from the weights of this run, nothing else")
    parser.add_argument(
        "--without",
        choices=("negatives", "pretrained", "mirror", "told"),
        action="append",
        default=[],
        help="leave something out, to learn what it is worth",
    )
    parser.add_argument("--evaluate-every", type=int, default=500)
    args = parser.parse_args()
    if args.only_see and (args.num_told or args.look_every > 1):
        parser.error("--only-see: nothing is read, so it needs --num-told 0 and no --look-every")
    if args.tiles and not args.only_see:
        parser.error("--tiles: questions are about whole pictures, so it needs --only-see")
    if args.only_read and (args.only_see or not args.num_told):
        parser.error("--only-read: needs --num-told, and goes without --only-see")
    if args.start and (args.shipped or not (args.start / CHECKPOINT_NAME).exists()):
        parser.error("--start: needs a run with a checkpoint, and goes without --shipped")
    if args.look_every < 1 or (args.look_every > 1 and not args.num_told):
        parser.error("--look-every: a step needs pictures, or something to read (--num-told)")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    config = SceneConfig(
        num_steps=args.num_steps,
        num_pictures=args.num_pictures,
        num_told=0 if "told" in args.without else args.num_told,
        look_every=0 if args.only_read else args.look_every,
        reads=not args.only_see,
        glances=args.crops is None,
        num_seen=args.num_seen if args.seen else 0,
        forget=args.forget,
        blind=args.blind,
        evenness=args.evenness,
        taken=args.taken,
        tiles=args.tiles,
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
    if checkpoint.exists() or args.start:
        tables = tables_of(args.out if checkpoint.exists() else args.start)
    elif args.shipped:
        tables = read_tables()
    sees = config.look_every > 0
    data = scene_set(args.cache, "train", tables, pretrained=config.pretrained, reads=config.reads, sees=sees)
    val = None
    if list(args.cache.glob("val-*.npz")) and config.reads and sees:
        val = scene_set(args.cache, "val", data.tables, pretrained=config.pretrained)
    networks = FrozenNetworks(args.bundle)
    names = torch.from_numpy(networks.language.sentences(data.tables.names))
    print(f"{len(data)} pictures, {len(data.prompts)} questions, {len(names)} names", flush=True)
    colors = torch.from_numpy(networks.language.sentences(data.tables.colors))
    model = SceneModel(data.tables.names, names, colors, num_meanings=len(data.tables.meanings))
    is_new = not checkpoint.exists()
    if is_new and args.start:
        load_weights(model, args.start)
    elif is_new and args.shipped:
        load_start(model)
    elif is_new and config.pretrained:
        batch = data.batch(*draw(data, 0, seed=1, num_pictures=24, num_prompts=1))
        print(f"{warm_start(model, batch)} parameters from sim-tiny", flush=True)
    if args.crops:
        model.crops.load_state_dict(torch.load(args.crops / CROPS_NAME, weights_only=True)["average"])
    if is_new and sees:
        settle(model, data)
    run = SceneRun(config, args.out, model, data.tables)
    if run.resume():
        print(f"going on at step {run.step}", flush=True)
    seen_things = None
    if args.seen:
        prepared = sorted(args.cache.glob("train-*.npz"))
        seen_things = SeenThings(data, read_seen(args.seen, data, prepared), forget=config.forget)
    train(run, data, val, seen_things)


if __name__ == "__main__":
    main()
