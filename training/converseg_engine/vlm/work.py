"""One task: its photos through the stages, many at once, and their rows on disk at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from converseg_engine.vlm.asker import Asker
from converseg_engine.vlm.cache import ReplyCache
from converseg_engine.vlm.client import Client
from converseg_engine.vlm.job import (
    Job,
    Planned,
    note_spending,
    photos_of_task,
    read_plan,
    read_record,
    read_spending,
    save_task,
)
from converseg_engine.vlm.limits import Ledger, RunStoppedError
from converseg_engine.vlm.masks.protocol import MaskPool, RegionFinder
from converseg_engine.vlm.masks.registry import build_masks
from converseg_engine.vlm.photos import Photo, PhotoError, read_photo
from converseg_engine.vlm.pipeline import Tools, process_photo
from converseg_engine.vlm.rows import Outcome, PhotoRow, Row
from converseg_engine.vlm.settings import MaskSettings
from converseg_engine.vlm.stages.source import Source

_NOTE_EVERY_S = 2.0
_DRAW_THREADS = 2


@dataclass(frozen=True)
class PhotoTask:
    """What a worker does: make the rows of task n, unless they are there.

    Attributes:
        job: the run.
        num_workers: processes that share the endpoints' calls a minute.
        start_s: ``time.time()`` when the run started; None where each task has its own time.
        parent_pid: process that this one must not outlive; None on other machines.
    """

    job: Job
    num_workers: int = 1
    start_s: float | None = None
    parent_pid: int | None = None

    def __call__(self, number: int) -> None:
        """Make the rows of one task; where a budget ends it, leave word of it."""
        job = self.job
        planned = photos_of_task(job, read_plan(job), number)
        if read_record(job, number, planned) is not None:
            return
        job.record_path(number).unlink(missing_ok=True)
        try:
            rows = asyncio.run(self._rows(number, planned))
        except RunStoppedError as stop:
            job.stop_path(number).parent.mkdir(parents=True, exist_ok=True)
            job.stop_path(number).write_text(str(stop), encoding="utf-8")
            return
        save_task(job, number, planned, rows)

    async def _rows(self, number: int, planned: Sequence[Planned]) -> list[Row]:
        job, settings = self.job, self.job.settings
        finder, pool = _masks(settings.masks)
        with (
            ReplyCache(job.cache_path(number)) as cache,
            ThreadPoolExecutor(1) as mask_thread,
            ThreadPoolExecutor(_DRAW_THREADS) as draw_threads,
        ):
            ledger = Ledger(
                settings.budgets,
                cache.spent(),
                lambda: read_spending(job, but=number),
                start_s=self.start_s,
            )
            async with (
                Client(settings.generator, num_workers=self.num_workers) as generator,
                Client(settings.verifier, num_workers=self.num_workers) as verifier,
            ):
                asker = Asker({"generator": generator, "verifier": verifier}, cache, ledger)
                tools = Tools(
                    asks=asker,
                    cache=cache,
                    finder=finder,
                    pool=pool,
                    mask_thread=mask_thread,
                    draw_threads=draw_threads,
                    max_side=settings.max_side,
                    concepts=settings.concepts,
                )
                notes = asyncio.create_task(self._notes(number, ledger))
                try:
                    return await _all_photos(job.photos, planned, tools, settings.photos_at_once)
                finally:
                    notes.cancel()
                    await asker.drain()
                    with contextlib.suppress(asyncio.CancelledError):
                        await notes
                    note_spending(job, number, ledger.spent)

    async def _notes(self, number: int, ledger: Ledger) -> None:
        while True:
            # Who started this worker was killed: stop, or two runs would work on the same files.
            if self.parent_pid is not None and os.getpid() != self.parent_pid != os.getppid():
                os._exit(1)
            note_spending(self.job, number, ledger.spent)
            await asyncio.sleep(_NOTE_EVERY_S)


async def _all_photos(
    folder: Path, planned: Sequence[Planned], tools: Tools, photos_at_once: int
) -> list[Row]:
    rows: list[list[Row]] = [[] for _ in planned]
    waiting: Iterator[tuple[int, Planned]] = iter(enumerate(planned))
    stops: list[BaseException] = []

    async def work() -> None:
        for k, one in waiting:
            if stops:
                return
            try:
                rows[k] = await _one_photo(folder, one.photo, tools)
            except RunStoppedError as stop:
                stops.append(stop)
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(min(photos_at_once, len(planned))):
            group.create_task(work())
    if stops:
        raise stops[0]
    return [row for mine in rows for row in mine]


async def _one_photo(folder: Path, photo: Photo, tools: Tools) -> list[Row]:
    source = Source(
        id=photo.id, sha256=photo.sha256, licence=photo.licence, height=photo.height, width=photo.width
    )
    try:
        return await process_photo(source, lambda: read_photo(folder, photo), tools)
    except PhotoError as error:
        return [
            PhotoRow(
                id=source.id,
                parents=(),
                photo=source.id,
                photo_sha256=source.sha256,
                licence=source.licence,
                outcome=Outcome.ERROR,
                reason=f"photo: {error}",
                calls=(),
                height=source.height,
                width=source.width,
                num_regions=0,
            )
        ]


_MASKS: dict[str, tuple[RegionFinder, MaskPool | None]] = {}
"""Models are loaded once in a worker process."""


def _masks(settings: MaskSettings) -> tuple[RegionFinder, MaskPool | None]:
    name = repr(settings)
    if name not in _MASKS:
        _MASKS[name] = build_masks(settings)
    return _MASKS[name]
