"""Prepared questions in further words, beside the prepared files; run it again to take in new ones.

    python -m converseg_training.mini.scene.reword --bundle MINI --sim SHARDS --cache CACHE

Each file of the training split gets one with up to ``--count`` rewordings a question. The split that is
measured keeps the words that the data engine gave it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from converseg_core.mini.evidence import read_words
from converseg_core.mini.language import LanguageEncoder
from converseg_training.mini.features import FrozenNetworks, one_thread
from converseg_training.mini.scene.columns import write_columns
from converseg_training.mini.scene.rewording import reword

PREFIX = "reworded-"


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--sim", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="that `scene.prepare` wrote")
    parser.add_argument("--count", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    one_thread()
    language = FrozenNetworks(args.bundle).language
    known: dict[str, NDArray[np.float16]] = {}
    for number, prepared in enumerate(sorted(args.cache.glob("train-*.npz"))):
        path = args.cache / (PREFIX + prepared.name)
        shard = args.sim / f"{prepared.stem}.parquet"
        if shard.exists() and not path.exists():
            rng = np.random.default_rng((args.seed, number))
            num_sentences = write_file(path, prepared, shard, language, known, args.count, rng)
            print(f"{path.name}: {num_sentences} rewordings, {len(known)} sentences so far", flush=True)


def write_file(
    path: Path,
    prepared: Path,
    shard: Path,
    language: LanguageEncoder,
    known: dict[str, NDArray[np.float16]],
    count: int,
    rng: np.random.Generator,
) -> int:
    """One file; it appears whole. ``known`` keeps the words of sentences already read."""
    with np.load(prepared) as stored:
        labels, part_labels = stored["object_labels"], stored["part_labels"]
        parents = np.repeat(stored["parents"], stored["question_counts"], axis=0)
    asked = [q for row in pq.read_table(shard, columns=["questions"])["questions"].to_pylist() for q in row]
    if len(asked) != len(labels):
        raise ValueError(f"--cache: {prepared} is not made from {shard}; prepare it again")
    lines, words = [], []
    for number, question in enumerate(asked):
        owners = set(np.flatnonzero(labels[number])) | set(parents[number][part_labels[number]])
        said = reword(
            question["meaning"],
            question["prompt"],
            len(owners),
            count,
            rng,
            negative=question["no_target"],
        )
        for text in said:
            if text not in known:
                known[text] = read_words(language, text).astype(np.float16)
        words += [known[text] for text in said]
        lines.append("\t".join(said))
    write_columns(
        path,
        {
            "rewordings": np.array("\n".join(lines)),
            "reworded": np.concatenate(words) if words else np.zeros((0, 768), np.float16),
            "reworded_counts": np.array([len(item) for item in words], np.int64),
        },
    )
    return len(words)


if __name__ == "__main__":
    main()
