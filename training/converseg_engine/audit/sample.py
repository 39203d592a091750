"""Which rows are looked at: drawn at random, as many from each family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from converseg_engine.shards import ImageRow, QuestionRow, read_shard, split_paths

MIN_EXAMPLE_SHARE, MAX_EXAMPLE_SHARE = 0.006, 0.15


@dataclass(frozen=True)
class AuditRow:
    """One question with its picture; ``number`` counts through the sample from 1."""

    number: int
    picture: ImageRow
    question: QuestionRow


def draw_ids(questions: Iterable[tuple[str, str]], num: int, seed: int) -> list[str]:
    """``num`` ids, spread evenly over the families, in a random order within each; fewer where there are.

    Args:
        questions: (id, concept) of every row.
        num: how many.
        seed: the same seed and rows give the same ids.
    """
    by_concept: dict[str, list[str]] = {}
    for row_id, concept in questions:
        by_concept.setdefault(concept, []).append(row_id)
    rng = np.random.default_rng(seed)
    pools = {
        concept: [ids[int(k)] for k in rng.permutation(len(ids))]
        for concept, ids in sorted(by_concept.items())
    }
    chosen: dict[str, list[str]] = {concept: [] for concept in pools}
    while sum(map(len, chosen.values())) < num and any(pools.values()):
        for concept, pool in pools.items():
            if pool and sum(map(len, chosen.values())) < num:
                chosen[concept].append(pool.pop())
    return [row_id for ids in chosen.values() for row_id in ids]


def draw_rows(folder: Path, split: str, *, num: int, seed: int) -> list[AuditRow]:
    """The rows to look at, family by family.

    Raises:
        ValueError: there are no shards, or one is of another kind.
    """
    if num < 1:
        raise ValueError("num: at least 1")
    paths = split_paths(folder, split)
    known: list[tuple[str, str]] = []
    for path in paths:
        for questions in pq.read_table(path, columns=["questions"])["questions"].to_pylist():
            known += [(question["id"], question["concept"]) for question in questions]
    ids = draw_ids(known, num, seed)
    wanted = set(ids)
    found: dict[str, tuple[ImageRow, QuestionRow]] = {}
    for path in paths:
        for picture in read_shard(path):
            found.update({q.id: (picture, q) for q in picture.questions if q.id in wanted})
    return [AuditRow(k + 1, *found[row_id]) for k, row_id in enumerate(ids)]


def draw_examples(folder: Path, split: str, *, seed: int) -> dict[str, list[AuditRow]]:
    """One row of each sub-family, by family: a target that is neither tiny nor most of the picture.

    Pictures are not used twice where that can be helped.

    Raises:
        ValueError: there are no shards, or one is of another kind.
    """
    pictures = [picture for path in split_paths(folder, split) for picture in read_shard(path)]
    order = np.random.default_rng(seed).permutation(len(pictures))
    chosen: dict[tuple[str, str], tuple[ImageRow, QuestionRow]] = {}
    for picture in (pictures[int(k)] for k in (*order, *order)):
        is_taken = any(picture is other for other, _ in chosen.values())
        for question in picture.questions:
            key = (question.concept, question.subfamily or "")
            if question.no_target or key in chosen or (is_taken and len(chosen) < len(pictures)):
                continue
            share = float(question.mask(picture.height, picture.width).mean())
            if MIN_EXAMPLE_SHARE <= share <= MAX_EXAMPLE_SHARE:
                chosen[key] = (picture, question)
                break
    by_family: dict[str, list[AuditRow]] = {}
    for (concept, _), (picture, question) in sorted(chosen.items(), key=lambda item: item[0]):
        rows = by_family.setdefault(concept, [])
        rows.append(AuditRow(len(rows) + 1, picture, question))
    return by_family
