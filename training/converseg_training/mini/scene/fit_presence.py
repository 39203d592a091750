"""How likely it is that something fits, learnt once more on pictures that the reader has not practised on.

    python -m converseg_training.mini.scene.fit_presence --cache CACHE --seen SEEN --run RUN --out NEW

Practice is harder than what comes: names are forgotten, answers are taken away, rare questions come often,
and the same pictures come again. What says that something fits is a small network behind all others. Here
it learns once more, from questions as the data engine asks them; all other weights stay.

Legend of shape suffixes: n questions, f facts.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.join import open_run
from converseg_training.mini.scene.reader import SceneReader
from converseg_training.mini.scene.run import CHECKPOINT_NAME
from converseg_training.mini.scene.seen_things import SeenThings, read_seen
from converseg_training.mini.scene.train import scene_set

_DROPOUT, _DECAY, _BATCH = 0.1, 0.05, 512


@torch.no_grad()
def facts_of(reader: SceneReader, data: SceneSet, seen: SeenThings) -> tuple[Tensor, Tensor]:
    """(N, F) what the last network is told of each question of what was seen, and (N,) 1 where it fits."""
    reader.eval()
    facts: list[Tensor] = []

    def keep(layer: nn.Module, given: tuple[Tensor, ...], logits: Tensor) -> None:
        facts.append(given[0])

    fits = []
    with reader.presence.register_forward_hook(keep):
        for picture in seen.numbers.tolist():
            own = np.array(data.questions_of(picture))
            if not len(own):
                continue
            lesson = seen.batch(np.array([picture]), own[None], np.random.default_rng(0), 0.0)
            known = reader.know(lesson.things, lesson.told)
            words, is_word = lesson.questions.words_nle, lesson.questions.is_word_nl
            reader.decide(known, lesson.things.there_bk, words, is_word, len(own))
            fits.append(~data.column("no_target")[own])
    if not fits:
        raise ValueError("--seen: nothing is asked of these pictures")
    return torch.cat(facts), torch.from_numpy(np.concatenate(fits)).float()


def fit(
    presence: nn.Module,
    facts_nf: Tensor,
    fits_n: Tensor,
    *,
    num_steps: int,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> list[float]:
    """Train the last network; its losses, step by step."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(presence.parameters(), lr=learning_rate, weight_decay=_DECAY)
    losses = []
    for step in range(num_steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * 0.5 * (1 + math.cos(math.pi * step / num_steps))
        drawn = torch.randint(len(facts_nf), (_BATCH,), generator=generator)
        kept = torch.rand(_BATCH, facts_nf.shape[1], generator=generator) >= _DROPOUT
        logits = presence(facts_nf[drawn] * kept / (1 - _DROPOUT)).squeeze(1)
        loss = F.binary_cross_entropy_with_logits(logits, fits_n[drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--seen", type=Path, required=True, help="of `scene.seen`")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num-steps", type=int, default=1500)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    if (args.out / CHECKPOINT_NAME).exists():
        parser.error(f"--out: {args.out} holds a run already")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    run = open_run(args.run)
    data = scene_set(args.cache, "train", run.tables, sees=False)
    seen = SeenThings(data, read_seen(args.seen, data, sorted(args.cache.glob("train-*.npz"))))
    facts, fits = facts_of(run.average.reader, data, seen)
    print(f"{len(fits)} questions, {1 - float(fits.mean()):.3f} of which nothing fits", flush=True)
    presence = copy.deepcopy(run.average.reader.presence).requires_grad_(True)
    steps, rate = args.num_steps, args.learning_rate
    losses = fit(presence, facts, fits, num_steps=steps, learning_rate=rate, seed=args.seed)
    few = max(1, len(losses) // 20)
    print(f"loss {np.mean(losses[:few]):.4f} -> {np.mean(losses[-few:]):.4f}", flush=True)
    for model in (run.model, run.average):
        model.reader.presence.load_state_dict(presence.state_dict())
    run.folder = args.out
    run.save()


if __name__ == "__main__":
    main()
