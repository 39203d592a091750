"""``converseg engine sim rephrase``: the prompts of a data set in other words, the answers as they are."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from converseg_engine.cli.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Rephrase:
    """Let a language model say the prompts of simulated shards in other words, with its meaning checked.

    Attributes:
        data: folder of the shards.
        out: folder of the new shards.
        rephrase: address of an OpenAI-compatible server, such as http://localhost:8000/v1.
        model: name that the server knows.
        split: train, val or test.
        key_variable: environment variable with the server's key, where it wants one.
    """

    data: Path
    out: Path
    rephrase: str
    model: str
    split: str = "train"
    key_variable: str = "OPENAI_API_KEY"


def _run(command: Rephrase) -> object:
    import pyarrow.parquet as pq

    from converseg_engine.progress import new_progress
    from converseg_engine.shard_schema import version_of
    from converseg_engine.shards import read_shard, split_paths, write_shard
    from converseg_engine.sim.questions.rephrase import Endpoint, rephrase

    if command.out.resolve() == command.data.resolve():
        raise ValueError("out: another folder than data, so that the shards as they are stay")
    endpoint = Endpoint(
        url=command.rephrase, model=command.model, api_key=os.environ.get(command.key_variable, "")
    )
    counts: Counter[str] = Counter()
    paths = [p for p in split_paths(command.data, command.split) if not (command.out / p.name).exists()]
    with new_progress() as progress:
        task = progress.add_task("shards", total=len(paths))
        for path in paths:
            rows = []
            for row in read_shard(path):
                results = [rephrase(q.prompt, endpoint) for q in row.questions]
                counts.update(r.outcome.value for r in results)
                questions = tuple(
                    dataclasses.replace(q, prompt=r.prompt)
                    for q, r in zip(row.questions, results, strict=True)
                )
                rows.append(dataclasses.replace(row, questions=questions))
            if counts["failed"] and counts["failed"] == sum(counts.values()):
                raise RuntimeError(f"every call to {command.rephrase} failed: {results[-1].reason}")
            write_shard(command.out / path.name, rows, version=version_of(pq.read_schema(path)) or 2)
            progress.advance(task)
    return {"out": str(command.out), "num_shards": len(paths), **dict(counts)}


ENTRY = Entry(Rephrase, _run)
