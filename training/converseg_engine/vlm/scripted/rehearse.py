"""Everything once, with nothing but this machine: drawn scenes, a scripted server, a run, a judgement."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from converseg_engine.vlm.export import all_rows
from converseg_engine.vlm.job import Job, read_plan
from converseg_engine.vlm.judge import as_table, judge_rows
from converseg_engine.vlm.run import run
from converseg_engine.vlm.scripted.drawn import write_drawn
from converseg_engine.vlm.settings import settings_from

LICENCE = "CC0-1.0"


@contextmanager
def _server(folder: Path, truth: Path, script_path: Path | None) -> Iterator[str]:
    command = [sys.executable, "-m", "converseg_engine.vlm.scripted", "--truth", str(truth)]
    command += ["--log", str(folder / "server.jsonl"), "--parent", str(os.getpid())]
    if script_path is not None:
        command += ["--script", str(script_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the scripted server did not start; its message is above")
        yield url
    finally:
        process.kill()
        process.wait(10)


def rehearse(out: Path, *, num_photos: int, script_path: Path | None, half: float, num_workers: int) -> str:
    """Do it; returns what was made and the judgement as Markdown.

    Raises:
        ValueError: the folder holds something else.
    """
    if num_photos < 1:
        raise ValueError("num_photos: at least 1")
    truth = out / "truth"
    if not truth.is_dir():
        if out.is_dir() and any(out.iterdir()):
            raise ValueError(f"out: {out} is not empty; choose an empty folder")
        write_drawn(truth, num_photos)
    with _server(out, truth, script_path) as url:
        endpoint = {"url": url, "revision": "1", "timeout_s": 10.0, "first_wait_s": 0.05}
        shards = {"shards": str(truth)}
        settings = settings_from(
            {
                "generator": {**endpoint, "model": "scripted-generator", "temperature": 0.7},
                "verifier": {**endpoint, "model": "scripted-verifier"},
                "masks": {
                    "finder": "oracle",
                    "pool": "oracle",
                    "finder_options": {**shards, "half": half},
                    "pool_options": shards,
                },
            }
        )
        job = Job(photos=truth / "photos", out=out / "run", settings=settings)
        exported = run(job, licence=LICENCE, num_workers=num_workers)
    if exported is None:
        raise RuntimeError("the run did not end; run the same command again")
    planned = read_plan(job)
    found = judge_rows(job.photos, planned, list(all_rows(job, planned)), truth, "train")
    return (
        f"{sum(exported.num_rows.values())} rows in {exported.path}"
        f"{': ' + exported.note if exported.note else ''}\n\n{as_table(found)}"
    )
