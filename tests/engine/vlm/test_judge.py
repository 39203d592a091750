"""The measuring is measured: with a scripted model of known error rates, the judge finds those rates."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from converseg_engine.shards import ImageRow, shard_path, write_shard
from converseg_engine.sim.recipe import tabletop
from converseg_engine.sim.rows import full_row
from converseg_engine.sim.scene import Scene
from converseg_engine.vlm.ask import Answered, Ask, Sampling, request_of
from converseg_engine.vlm.cache import ReplyCache
from converseg_engine.vlm.job import Planned
from converseg_engine.vlm.judge import Judgement, as_table, judge_rows
from converseg_engine.vlm.photos import list_photos, read_photo
from converseg_engine.vlm.pipeline import Tools, process_photo
from converseg_engine.vlm.replies import Reply, parse_reply
from converseg_engine.vlm.reviewing.figures import Share
from converseg_engine.vlm.rows import PromptRow, Row
from converseg_engine.vlm.scripted.drawn import draw_scene
from converseg_engine.vlm.scripted.model import ScriptedModel
from converseg_engine.vlm.scripted.oracle import Oracle, OracleRates
from converseg_engine.vlm.scripted.settings import ErrorRates, Script
from converseg_engine.vlm.scripted.truth import TruthBook, true_picture
from converseg_engine.vlm.stages.source import Source

R = TypeVar("R", bound=Reply)


class Direct:
    """Asks the scripted model without a line between: the measuring is tested here, not the way."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model

    async def ask(self, ask: Ask[R]) -> Answered[R]:
        request = request_of(ask, model="m", revision="", sampling=Sampling(), extra={})
        value, fault = parse_reply(self._model(request.body()).content or "", ask.schema, ask.check)
        return Answered(value, (), fault)


def judged(
    pictures: Sequence[ImageRow], folder: Path, errors: ErrorRates, masks: OracleRates, *, pool: bool = True
) -> tuple[Judgement, list[Row]]:
    (folder / "photos").mkdir(parents=True)
    for picture in pictures:
        (folder / "photos" / f"{picture.image_id}.jpg").write_bytes(picture.image)
    write_shard(shard_path(folder, "train", 0), pictures, version=2)
    planned = [
        Planned(photo, "train")
        for photo in list_photos(folder / "photos", folder / "index.jsonl", licence="CC0-1.0")
    ]
    book = TruthBook(pictures, for_models=True)
    oracle = Oracle(book, masks)

    async def all_rows() -> list[Row]:
        with (
            ReplyCache(folder / "c.sqlite") as cache,
            ThreadPoolExecutor(1) as one,
            ThreadPoolExecutor(2) as two,
        ):
            model = ScriptedModel(book, Script(errors=errors, seed=1))
            tools = Tools(Direct(model), cache, oracle, oracle if pool else None, one, two)
            rows: list[Row] = []
            for planned_one in planned:
                photo = planned_one.photo
                source = Source(
                    id=photo.id, sha256=photo.sha256, licence="", height=photo.height, width=photo.width
                )

                def load(photo: object = photo) -> object:
                    return read_photo(folder / "photos", photo)  # type: ignore[arg-type]

                rows += await process_photo(source, load, tools)  # type: ignore[arg-type]
            return rows

    rows = asyncio.run(all_rows())
    return judge_rows(folder / "photos", planned, rows, folder, "train"), rows


def close(share: Share, rate: float) -> bool:
    """Within 99.9 % of what chance does: 1.7 times the 95 % interval. Everything here is seeded."""
    return abs(share.value - rate) <= 1.7 * (share.high - share.low) / 2


@pytest.fixture(scope="module")
def drawn() -> list[ImageRow]:
    return [draw_scene(k) for k in range(100, 160)]


def test_errors_of_the_generator_and_of_the_detector_are_found(drawn: list[ImageRow], tmp_path: Path) -> None:
    errors = ErrorRates(omit=0.15, mislabel=0.1)
    found, _ = judged(drawn, tmp_path, errors, OracleRates(miss=0.1), pool=False)
    assert close(found.described, 0.85)
    assert close(found.labelled, 0.9)
    assert close(found.masked, 0.85 * 0.9)
    assert found.good_masks["initial"].value == 1.0
    assert math.isnan(found.good_masks["refined"].value)
    assert found.regions.false_accept.value == found.regions.false_reject.value == 0
    assert "scene: things described" in as_table(found)


def test_refining_repairs_masks_and_is_measured_apart(drawn: list[ImageRow], tmp_path: Path) -> None:
    found, rows = judged(drawn[:8], tmp_path, ErrorRates(), OracleRates(half=0.5))
    assert close(found.good_masks["initial"], 0.5)
    assert found.mask_iou["initial"] < 0.85
    assert found.mask_iou["refined"] == 1.0
    assert found.accepted.value > 0.9
    assert {row.chosen for row in rows if row.kind == "region"} >= {"initial", "refined"}


def test_slips_of_the_verifier_are_found_by_kind(drawn: list[ImageRow], tmp_path: Path) -> None:
    errors = ErrorRates(
        mislabel=0.3, wrong_regions=0.3, wrong_negative=0.3,
        region_false_accept=0.25, region_false_reject=0.1,
        align_false_accept=0.3, align_false_reject=0.15,
        absent_false_accept=0.35, absent_false_reject=0.2,
    )  # fmt: skip
    found, rows = judged(drawn, tmp_path, errors, OracleRates(), pool=False)
    for verifying, stage in ((found.regions, "region"), (found.aligned, "align"), (found.absent, "absent")):
        assert close(verifying.false_accept, getattr(errors, f"{stage}_false_accept")), stage
        assert close(verifying.false_reject, getattr(errors, f"{stage}_false_reject")), stage
        num_accepted = verifying.accepted_good + verifying.accepted_bad
        assert verifying.precision.value == verifying.accepted_good / num_accepted
        assert 0 < verifying.precision.value < 1
        assert 0 < verifying.recall.value < 1
    assert 0.5 < found.prompt_masks.value < 1
    prompts = [row for row in rows if isinstance(row, PromptRow)]
    counted = [v for x in (found.aligned, found.absent) for v in vars(x).values()]
    assert sum(counted) + found.num_unknown == len(prompts)


@pytest.mark.egl
def test_simulated_tabletops_go_through_every_stage(scenes: tuple[Scene, ...], tmp_path: Path) -> None:
    pictures = [full_row(scene, tabletop(width=320, height=240)) for scene in scenes[:4]]
    found, rows = judged(pictures, tmp_path, ErrorRates(), OracleRates(half=0.2))
    assert found.described.value == 1.0
    assert found.accepted.value > 0.8
    for verifying in (found.regions, found.aligned, found.absent):
        assert verifying.accepted_bad == verifying.rejected_good == 0
    assert found.prompt_masks.value == 1.0
    assert sum(row.kind == "prompt" for row in rows) > 10


def test_shards_without_truth_are_refused() -> None:
    picture = draw_scene(1)
    bare = ImageRow(picture.image_id, picture.image, picture.height, picture.width, 1, picture.questions)
    with pytest.raises(ValueError, match="objects"):
        true_picture(bare)
