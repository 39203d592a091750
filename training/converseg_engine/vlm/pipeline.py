"""One photo through every stage: the order of things, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_engine.vlm.ask import Answered, Asks
from converseg_engine.vlm.cache import ReplyCache
from converseg_engine.vlm.masks.protocol import MaskPool, RegionFinder
from converseg_engine.vlm.masks.stage import make_proposals, pack, proposals_key, unpack
from converseg_engine.vlm.pictures import Picture, as_picture, draw_marks, draw_region, fit
from converseg_engine.vlm.replies import AbsentReply, AlignReply, RegionReply, SceneRegion
from converseg_engine.vlm.rows import Outcome, PromptRow, RegionRow, Row
from converseg_engine.vlm.stages.align import ask_absent, ask_align, read_verdict
from converseg_engine.vlm.stages.marks import marked_regions, number_regions
from converseg_engine.vlm.stages.prompts import MIN_MARKS, Draft, ask_prompts, read_prompts
from converseg_engine.vlm.stages.regions import Proposal, ask_region, read_candidate, region_row
from converseg_engine.vlm.stages.scene import ask_scene, read_scene
from converseg_engine.vlm.stages.source import Source

ImageHWC = NDArray[np.uint8]
T = TypeVar("T")


@dataclass(frozen=True)
class Tools:
    """What the stages are run with.

    Attributes:
        asks: gets replies.
        cache: keeps masks that took long to make.
        finder, pool: make masks; one thread at a time.
        mask_thread: the thread that they live in.
        draw_threads: for encoding and drawing.
        max_side: longest side of pictures that models are shown, pixels; masks stay at full size.
        concepts: families to ask about.
    """

    asks: Asks
    cache: ReplyCache
    finder: RegionFinder
    pool: MaskPool | None
    mask_thread: Executor
    draw_threads: Executor
    max_side: int = 1024
    concepts: tuple[str, ...] = CONCEPTS


async def process_photo(source: Source, load: Callable[[], ImageHWC], tools: Tools) -> list[Row]:
    """All rows of a photo, in a fixed order.

    Args:
        source: the photo.
        load: gives its pixels at full size; called again for the masks, so that a hundred photos that wait
            for replies do not fill the memory.
        tools: what the stages are run with.

    Raises:
        RunStoppedError: a budget is spent, or the server is unusable; the cache keeps what was paid.
    """
    photo = _Photo(source, load, tools)
    await photo.encode()
    photo_row, described = read_scene(source, await tools.asks.ask(ask_scene(photo.plain)))
    rows: list[Row] = [photo_row]
    if not described:
        return rows
    regions = number_regions(await photo.regions(described))
    rows += regions
    marked = marked_regions(regions)
    if len(marked) < MIN_MARKS:
        return rows
    families = await photo.families(marked)
    verdicts = await photo.verdicts([draft for _, drafts in families for draft in drafts])
    for family_row, drafts in families:
        rows.append(family_row)
        rows += [verdicts[draft.id] for draft in drafts]
    return rows


class _Photo:
    """A photo on its way."""

    def __init__(self, source: Source, load: Callable[[], ImageHWC], tools: Tools) -> None:
        self.source, self.load, self.tools = source, load, tools
        self.shown: ImageHWC
        self.plain: Picture

    async def _drawn(self, draw: Callable[[ImageHWC], ImageHWC]) -> Picture:
        def work() -> Picture:
            return as_picture(draw(self.shown))

        return await asyncio.get_running_loop().run_in_executor(self.tools.draw_threads, work)

    async def encode(self) -> None:
        """Make the picture that every stage shows."""

        def work() -> ImageHWC:
            return fit(self.load(), self.tools.max_side)

        self.shown = await asyncio.get_running_loop().run_in_executor(self.tools.draw_threads, work)
        self.plain = await self._drawn(lambda shown: shown)

    async def regions(self, described: Sequence[SceneRegion]) -> list[RegionRow]:
        """Masks for what was described, each verified; a region's row for each."""
        fault = ""
        try:
            proposals = await self._proposals(described)
        except Exception as error:  # noqa: BLE001 - whatever a model does to one photo, the others go on
            fault = f"{type(error).__name__}: {error}"
            proposals = [[] for _ in described]
        answered = await _all(
            [self._verify(region, p) for region, mine in zip(described, proposals, strict=True) for p in mine]
        )
        replies = iter(answered)
        rows = []
        for number, (region, mine) in enumerate(zip(described, proposals, strict=True), start=1):
            said = [next(replies) for _ in mine]
            candidates = [read_candidate(p, one) for p, one in zip(mine, said, strict=True)]
            rows.append(region_row(self.source, region, number, candidates, said, mask_fault=fault))
        return rows

    async def _proposals(self, described: Sequence[SceneRegion]) -> list[list[Proposal]]:
        tools = self.tools
        key = proposals_key(self.source.sha256, described, tools.finder, tools.pool)
        known = tools.cache.get_artifact(key)
        if known is not None:
            return unpack(known)

        def work() -> list[list[Proposal]]:
            return make_proposals(self.load(), described, tools.finder, tools.pool)

        made = await asyncio.get_running_loop().run_in_executor(tools.mask_thread, work)
        packed = pack(made)
        tools.cache.put_artifact(key, packed)
        return unpack(packed)

    async def _verify(self, region: SceneRegion, proposal: Proposal) -> Answered[RegionReply]:
        tinted = await self._drawn(lambda shown: draw_region(shown, proposal.mask.decode()))
        return await self.tools.asks.ask(ask_region(self.plain, tinted, region))

    async def families(self, marked: Sequence[RegionRow]) -> list[tuple[Row, tuple[Draft, ...]]]:
        """Prompts of every family."""
        picture = await self._drawn(lambda shown: draw_marks(shown, [row.mask().decode() for row in marked]))

        async def one(concept: str) -> tuple[Row, tuple[Draft, ...]]:
            answered = await self.tools.asks.ask(ask_prompts(self.plain, picture, marked, concept))
            return read_prompts(self.source, marked, concept, answered)

        return await _all([one(concept) for concept in self.tools.concepts])

    async def verdicts(self, drafts: Sequence[Draft]) -> dict[str, PromptRow]:
        """The finished row of every prompt, by id."""

        async def one(draft: Draft) -> PromptRow:
            answered: Answered[AlignReply] | Answered[AbsentReply]
            if draft.no_target:
                answered = await self.tools.asks.ask(ask_absent(self.plain, draft))
            else:
                tinted = await self._drawn(lambda shown: draw_region(shown, draft.mask.decode()))
                answered = await self.tools.asks.ask(ask_align(self.plain, tinted, draft))
            return read_verdict(self.source, draft, answered)

        return {row.id: row for row in await _all([one(draft) for draft in drafts])}


async def _all(jobs: Sequence[Coroutine[object, object, T]]) -> list[T]:
    """Results in order. The first exception stops the others, so that nothing goes on after a stop."""
    async with _FlatGroup() as group:
        tasks = [group.create_task(job) for job in jobs]
    return [task.result() for task in tasks]


class _FlatGroup(asyncio.TaskGroup):
    """A task group that raises its first exception itself, not a group of them."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await super().__aexit__(kind, error, trace)
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several


def num_accepted(rows: Sequence[Row]) -> int:
    """Prompts that were accepted."""
    return sum(row.kind == "prompt" and row.outcome is Outcome.ACCEPT for row in rows)
