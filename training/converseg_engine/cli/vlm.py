"""``converseg engine vlm run | export | stats | audit | judge | rehearse``: photos to verified pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from converseg_engine.cli.entry import Entry

DESCRIPTION = "Photos in, verified training pairs out: generate, verify, audit."


@dataclass(frozen=True, kw_only=True)
class Vlm:
    """Turn photos into verified training pairs: vlm run, export, stats, audit, judge, rehearse."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Generate and verify prompts with masks for a folder of photos, then export them.

    Attributes:
        photos: folder of photos; photos.csv in it may give licence, source and group of each.
        out: folder of the run: replies, rows, the data set.
        settings: TOML file of models, masks and budgets.
        licence: of photos that photos.csv says nothing about.
        limit: use the first so many photos only.
        workers: processes on this machine.
        executor: TOML file of a Slurm or Ray executor; default: this machine.
        dry_run: list the photos, print what the run would cost, and ask nothing.
        retry_errors: ask again where a row ended in ERROR because no reply came.
    """

    photos: tyro.conf.Positional[Path]
    out: Path
    settings: Path
    licence: str = ""
    limit: int | None = None
    workers: int = 1
    executor: Path | None = None
    dry_run: bool = False
    retry_errors: bool = False


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What works on a run that is done.

    Attributes:
        photos: folder of the photos.
        out: folder of the run.
        settings: the run's TOML file.
    """

    photos: tyro.conf.Positional[Path]
    out: Path
    settings: Path


@dataclass(frozen=True, kw_only=True)
class Export(Finished):
    """Write the data set anew: after an audit, or with other splits or balance."""


@dataclass(frozen=True, kw_only=True)
class Stats(Finished):
    """Count rows by kind and outcome, calls, tokens and money, and what a photo gave."""


@dataclass(frozen=True, kw_only=True)
class Audit(Finished):
    """Open a local page on which a person judges rows; every judgement is stored at once.

    Attributes:
        num: rows of each family.
        seed: of the draw.
        judge: name of who judges.
        port: of the page; 0 for any that is free.
    """

    num: int = 200
    seed: int = 0
    judge: str = ""
    port: int = 8777


@dataclass(frozen=True, kw_only=True)
class Judge(Finished):
    """Hold a run on pictures of simulated scenes against their truth, stage by stage.

    Attributes:
        truth: folder of the shards that the pictures come from.
        split: of the shards.
    """

    truth: Path
    split: str = "train"


@dataclass(frozen=True, kw_only=True)
class Rehearse:
    """Draw scenes, serve a scripted model, run every stage on them, and hold the result against the truth.

    Needs no model, no network and no GPU: for a first contact, and to test a set-up.

    Attributes:
        out: an empty folder.
        num_photos: scenes to draw.
        script: JSON file of error and fault rates; default: no errors.
        half: share of masks that lack their lower half before refining.
        workers: processes.
    """

    out: Path
    num_photos: int = 24
    script: Path | None = None
    half: float = 0.2
    workers: int = 1


def _run(command: Run) -> object:
    from converseg_core.executors import read_settings as read_executor
    from converseg_engine.vlm.estimate import as_table, estimate
    from converseg_engine.vlm.job import Job
    from converseg_engine.vlm.run import plan, run
    from converseg_engine.vlm.settings import read_settings

    job = Job(photos=command.photos, out=command.out, settings=read_settings(command.settings))
    if command.dry_run:
        planning = plan(job, licence=command.licence, limit=command.limit)
        costs = estimate(job, planning.planned, num_workers=command.workers)
        return (
            f"{planning.num_found} pictures found, {planning.num_unusable} unusable, "
            f"{planning.num_duplicates} near duplicates.\n{as_table(costs, len(planning.planned))}"
        )
    exported = run(
        job,
        licence=command.licence,
        limit=command.limit,
        num_workers=command.workers,
        executor=None if command.executor is None else read_executor(command.executor),
        retry_errors=command.retry_errors,
    )
    if exported is None:
        return {"out": str(command.out), "state": "submitted; run the same command again when it is done"}
    return {**asdict(exported), "path": str(exported.path)}


def _export(command: Export) -> object:
    from converseg_engine.vlm.export import export
    from converseg_engine.vlm.job import Job, read_plan
    from converseg_engine.vlm.settings import read_settings

    job = Job(photos=command.photos, out=command.out, settings=read_settings(command.settings))
    exported = export(job, read_plan(job))
    return {**asdict(exported), "path": str(exported.path)}


def _stats(command: Stats) -> object:
    from converseg_engine.vlm.export import all_rows
    from converseg_engine.vlm.job import Job, read_plan
    from converseg_engine.vlm.settings import read_settings
    from converseg_engine.vlm.stats import stats

    job = Job(photos=command.photos, out=command.out, settings=read_settings(command.settings))
    return stats(all_rows(job, read_plan(job)))


def _audit(command: Audit) -> object:
    from converseg_engine.vlm.export import all_rows
    from converseg_engine.vlm.job import Job, read_plan
    from converseg_engine.vlm.reviewing.sample import draw_sample
    from converseg_engine.vlm.reviewing.server import serve
    from converseg_engine.vlm.settings import read_settings

    job = Job(photos=command.photos, out=command.out, settings=read_settings(command.settings))
    planned = read_plan(job)
    rows = draw_sample(list(all_rows(job, planned)), num_per_concept=command.num, seed=command.seed)
    serve(job, planned, rows, judge=command.judge, port=command.port)
    return None


def _judge(command: Judge) -> object:
    from converseg_engine.vlm.export import all_rows
    from converseg_engine.vlm.job import Job, read_plan
    from converseg_engine.vlm.judge import as_table, judge_rows
    from converseg_engine.vlm.settings import read_settings

    job = Job(photos=command.photos, out=command.out, settings=read_settings(command.settings))
    planned = read_plan(job)
    return as_table(
        judge_rows(job.photos, planned, list(all_rows(job, planned)), command.truth, command.split)
    )


def _rehearse(command: Rehearse) -> object:
    from converseg_engine.vlm.scripted.rehearse import rehearse

    return rehearse(
        command.out,
        num_photos=command.num_photos,
        script_path=command.script,
        half=command.half,
        num_workers=command.workers,
    )


def _help(_: Vlm) -> object:
    raise ValueError(f"vlm: give one of {', '.join(ENTRIES)}; `converseg engine vlm --help` says more")


ENTRY = Entry(Vlm, _help)
ENTRIES: Mapping[str, Entry] = {
    "run": Entry(Run, _run),
    "export": Entry(Export, _export),
    "stats": Entry(Stats, _stats),
    "audit": Entry(Audit, _audit),
    "judge": Entry(Judge, _judge),
    "rehearse": Entry(Rehearse, _rehearse),
}
