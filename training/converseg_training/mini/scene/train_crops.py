"""Train the network that looks closely at things; a killed run goes on when started again.

    python -m converseg_training.mini.scene.train_crops --cache CACHE --run RUN --out OUT

RUN is a run of the scene reader: what it finds is learnt from too.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from converseg_training.mini.scene.averaging import follow
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.crop_data import CROPS_NAME, CropSet, joined
from converseg_training.mini.scene.crop_losses import CROP_WEIGHTS, crop_losses, feed, ious
from converseg_training.mini.scene.crop_network import CropNetwork
from converseg_training.mini.scene.crop_shards import ShardCrops
from converseg_training.mini.scene.export import load_model
from converseg_training.mini.scene.perception import GRIDS
from converseg_training.mini.scene.sights import held_back, load_or_find
from converseg_training.mini.scene.train import whole

DECAY = 0.998
WARMUP_STEPS = 200


@torch.no_grad()
def evaluate(model: CropNetwork, data: CropSet, *, every: int = 1) -> dict[str, float]:
    """Of things that were found: right names and colours, IoU before and after, right parts of cells."""
    model.eval()
    of: dict[str, list[float]] = {}
    for picture in range(0, len(data), every):
        crops = data.of(picture)
        if not crops.is_thing.any():
            continue
        with torch.autocast("cpu", torch.bfloat16):
            looks = model(*feed(crops))
            parts = model.part_logits(looks.part_features_kess.flatten(2).transpose(1, 2)).argmax(2).numpy()
        true = crops.masks >= 128
        before, after = ious(crops.pixels[:, 3] >= 128, true), ious((looks.mask_kss > 0).numpy(), true)
        names, colors = looks.names_km.argmax(1).numpy(), looks.colors_kc.argmax(1).numpy()
        for number in np.flatnonzero(crops.is_thing).tolist():
            own = crops.parts[number].ravel()
            of.setdefault("iou_before", []).append(float(before[number]))
            of.setdefault("iou", []).append(float(after[number]))
            if crops.names[number] >= 0:
                of.setdefault("names", []).append(float(names[number] == crops.names[number]))
            if crops.colors[number] >= 0:
                of.setdefault("colors", []).append(float(colors[number] == crops.colors[number]))
            if (own >= 0).any() and own.max() < model.names.out_features:
                of.setdefault("parts", []).append(float((parts[number] == own)[own >= 0].mean()))
    return {name: float(np.mean(values)) for name, values in of.items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--hold-back", type=int, default=4, help="every so many files are not learnt from; 0 for none"
    )
    parser.add_argument("--shards", type=Path, help="pictures beside: a folder of shards")
    parser.add_argument("--sights", type=Path, help="what `scene.shard_sights` found in those")
    parser.add_argument("--share", type=float, default=0.5, help="of a step's pictures, that of the shards")
    parser.add_argument("--from-run", action="store_true", help="start from the weights that RUN has")
    parser.add_argument("--num-steps", type=int, default=8000)
    parser.add_argument("--num-pictures", type=int, default=16, help="a step")
    parser.add_argument("--num-each", type=int, default=6, help="crops of each")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=7, help="what is drawn; another one for a run beside")
    parser.add_argument("--evaluate-every", type=int, default=500)
    args = parser.parse_args()
    if args.sights and not args.shards:
        parser.error("--sights: of which --shards?")
    own = args.num_pictures
    if args.shards:
        own = round(args.num_pictures * (1 - args.share))
        if not 0 < own < args.num_pictures:
            parser.error(f"--share: {args.share} of {args.num_pictures} pictures leaves none of one kind")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.set_flush_denormal(True)
    scene, state = load_model(args.run)
    tables = Tables(*map(tuple, state["tables"].values()))
    args.out.mkdir(parents=True, exist_ok=True)
    sets = {}
    for split in ("train", "val"):
        paths = sorted(args.cache.glob(f"{split}-*.npz"))
        if split == "train":
            kept_back = set(held_back(paths, args.hold_back))
            paths = [path for path in paths if path not in kept_back]
        sights = load_or_find(args.out, scene, paths, tables)
        files = map(whole, read_files(paths, reworded=False))
        kept = ({name: value for name, value in columns.items() if _wanted(name)} for columns in files)
        sets[split] = CropSet(SceneSet(kept, tables), sights)
    print({name: len(crops) for name, crops in sets.items()}, flush=True)
    further = None
    if args.shards:
        further = ShardCrops.read(sorted(args.shards.glob("train-*.parquet")), tables, args.sights)
        print(f"{len(further)} pictures of shards", flush=True)
    torch.manual_seed(0)
    model = CropNetwork(tables.names, len(tables.colors))
    if args.from_run:
        model.load_state_dict(scene.crops.state_dict())
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.learning_rate, weight_decay=0.05)
    step, path = 0, args.out / CROPS_NAME
    if path.exists():
        stored = torch.load(path, weights_only=True)
        model.load_state_dict(stored["model"])
        average.load_state_dict(stored["average"])
        optimizer.load_state_dict(stored["optimizer"])
        step = int(stored["step"])
    seen: dict[str, list[float]] = {}
    start, count = time.perf_counter(), 0
    while step < args.num_steps:
        rng = np.random.default_rng((args.seed, step))
        crops = sets["train"].draw(rng, num_pictures=own, num_each=args.num_each)
        if further is not None:
            beside = further.draw(rng, num_pictures=args.num_pictures - own, num_each=args.num_each)
            crops = joined([crops, beside])
        done = step / args.num_steps
        rate = args.learning_rate * min(1.0, (step + 1) / WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 0.01 * args.learning_rate)
        model.train()
        optimizer.zero_grad()
        terms = crop_losses(model, crops, torch.Generator().manual_seed(step))
        total = sum((CROP_WEIGHTS[name] * term for name, term in terms.items()), torch.zeros(()))
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        count += 1
        follow(average, model, step=step, decay=DECAY)
        for name, term in terms.items():
            seen.setdefault(name, []).append(term.item())
        last = step == args.num_steps
        if step % 100 == 0 or last:
            record = {"step": float(step), **{name: float(np.mean(values)) for name, values in seen.items()}}
            record["step_s"] = (time.perf_counter() - start) / count
            if step % args.evaluate_every == 0 or last:
                record |= evaluate(average, sets["val"])
            print(json.dumps({name: round(value, 4) for name, value in record.items()}), flush=True)
            seen, start, count = {}, time.perf_counter(), 0
        if step % 200 == 0 or last:
            kept_state: dict[str, Any] = {"model": model.state_dict(), "average": average.state_dict()}
            kept_state |= {"optimizer": optimizer.state_dict(), "step": step}
            torch.save(kept_state, path.with_suffix(".tmp"))
            path.with_suffix(".tmp").replace(path)


def _wanted(name: str) -> bool:
    """Not what only the scene reader sees."""
    return name not in {"small", "owner", "part", *GRIDS}


if __name__ == "__main__":
    main()
