"""Whole runs against the scripted server over HTTP: everything ends, counts add up, nothing is paid twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from converseg_core.evaluation.dataset import CONCEPTS, read_dataset
from converseg_core.evaluation.rle import iou
from converseg_core.evaluation.validate import find_faults
from converseg_engine.cli import main
from converseg_engine.shards import ImageRow, QuestionRow, read_split
from converseg_engine.vlm.export import all_rows, export
from converseg_engine.vlm.job import Job, read_plan
from converseg_engine.vlm.judge import judge_rows
from converseg_engine.vlm.photos import read_photo
from converseg_engine.vlm.rows import Outcome, PhotoRow, PromptRow, RegionRow, Row
from converseg_engine.vlm.run import run
from converseg_engine.vlm.scripted.drawn import write_drawn
from converseg_engine.vlm.scripted.settings import FaultRates, Script
from converseg_engine.vlm.scripted.truth import book_of_shards
from converseg_engine.vlm.stats import check_counts, stats
from tests.engine.vlm.rehearsal import Scripted, scripted_server, settings

NUM_PHOTOS = 12
FAULTS = FaultRates(
    time_out=0.004, too_many=0.03, server_error=0.03, cut=0.03, broken_envelope=0.02,
    half_json=0.05, wrong_schema=0.05, refusal=0.05, garbage=0.05,
)  # fmt: skip


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    write_drawn(folder, NUM_PHOTOS)
    return folder


@pytest.fixture(scope="module")
def faulty(truth: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    with scripted_server(tmp_path_factory.mktemp("faulty"), truth, Script(faults=FAULTS, seed=3)) as server:
        yield server


@pytest.fixture(scope="module")
def job(truth: Path, faulty: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A finished run with all faults."""
    model = {"timeout_s": 6.0, "max_in_flight": 16}
    job = Job(
        photos=truth / "photos",
        out=tmp_path_factory.mktemp("run"),
        settings=settings(faulty.url, truth, generator=model, verifier=model),
    )
    assert run(job, licence="CC0-1.0") is not None
    return job


@pytest.fixture(scope="module")
def rows(job: Job) -> list[Row]:
    return list(all_rows(job, read_plan(job)))


def test_every_row_ends_in_one_of_three_ways_with_a_reason(rows: list[Row]) -> None:
    assert check_counts(rows) == []
    assert {row.outcome for row in rows} <= set(Outcome)
    assert sum(isinstance(row, PhotoRow) for row in rows) == NUM_PHOTOS
    assert any(row.outcome is Outcome.ERROR for row in rows)
    assert stats(rows)["calls"]["region"]["num_unusable"] > 0


def test_the_faults_have_come_and_no_paid_reply_was_asked_twice(faulty: Scripted, rows: list[Row]) -> None:
    log = faulty.log()
    outcomes = Counter(line["outcome"] for line in log)
    assert set(outcomes) == {"paid", "time_out", "too_many", "server_error", "cut", "broken_envelope"}
    paid = Counter(line["request"] for line in log if line["outcome"] == "paid")
    assert max(paid.values()) == 1
    replies = {call.reply_key for row in rows for call in row.calls}
    assert replies == {line["key"] for line in log if line["outcome"] == "paid"}


def test_provenance_is_whole(rows: list[Row], job: Job) -> None:
    ids = {row.id for row in rows}
    for row in rows:
        assert set(row.parents) <= ids
        assert row.licence == "CC0-1.0"
        assert len(row.photo_sha256) == 64
        for call in row.calls:
            assert call.model == ("scripted-" + call.role)
            assert call.role == "generator" or call.temperature == 0
            assert len(call.prompt_sha256) == len(call.template_sha256) == len(call.reply_key) == 64
            assert call.cost_usd > 0
    judged = [row for row in rows if isinstance(row, PromptRow) and row.outcome is not Outcome.ERROR]
    assert all(row.calls and not row.calls[-1].fault for row in judged)


def test_masks_are_of_the_photos_size_and_refined_where_that_is_better(rows: list[Row]) -> None:
    regions = [row for row in rows if isinstance(row, RegionRow) and row.outcome is Outcome.ACCEPT]
    assert {row.chosen for row in regions} == {"initial", "refined"}
    assert all(row.mask().size_hw == (240, 320) for row in regions)


def test_the_export_is_a_data_set_that_both_readers_read(job: Job, rows: list[Row], truth: Path) -> None:
    assert list(find_faults(job.out / "dataset")) == []
    samples = read_dataset(job.out / "dataset")
    accepted = {row.id: row for row in rows if isinstance(row, PromptRow) and row.outcome is Outcome.ACCEPT}
    book = book_of_shards(truth, "train")
    in_shards: dict[str, tuple[ImageRow, QuestionRow]] = {}
    for split in ("train", "val"):
        for picture in read_split(job.out / "dataset" / "parquet", split):
            in_shards |= {question.id: (picture, question) for question in picture.questions}
    assert {sample.id for sample in samples} == set(in_shards)
    num_right = 0
    for sample in samples:
        image = sample.load_image()
        mask = sample.truth.load(image.shape[:2]).mask
        picture, question = in_shards[sample.id]
        assert (question.mask(*image.shape[:2]) == mask).all()
        assert (picture.pixels() == image).all()
        assert question.no_target == (not mask.any())
        known = book.of_pixels(image)
        assert known is not None
        row = accepted[sample.id]
        num_right += iou(row.mask(), known.by_prompt[sample.prompt].mask) > 0.7
    assert num_right == len(samples)
    table = pq.read_table(job.out / "dataset" / "rows.parquet")
    assert table.num_rows == len(rows)
    assert sum(table["in_dataset"].to_pylist()) == len(samples)


def test_families_are_in_balance_and_no_photo_is_in_two_splits(job: Job) -> None:
    samples = read_dataset(job.out / "dataset")
    lines = [json.loads(x) for p in (job.out / "dataset/data").glob("*") for x in p.read_text().splitlines()]
    shares = Counter(sample.concept for sample in samples)
    assert all(0.15 <= shares[concept] / len(samples) <= 0.25 for concept in CONCEPTS)
    assert 0.10 <= sum(line["no_target"] for line in lines) / len(lines) <= 0.20
    splits = {
        split: {s.image for s in read_dataset(job.out / "dataset", split)} for split in ("train", "val")
    }
    assert splits["train"]
    assert not {Path(x).stem for x in splits["train"]} & {Path(x).stem for x in splits["val"]}


def test_running_again_asks_nothing_and_gives_the_same_bytes(job: Job, faulty: Scripted) -> None:
    before = (job.out / "dataset" / "files.json").read_bytes()
    num_requests = len(faulty.log())
    exported = run(job, licence="CC0-1.0")
    assert exported is not None
    for path in (job.out / "records").glob("*"):
        path.unlink()  # the rows are made again, from the cache
    assert run(job, licence="CC0-1.0") == exported
    assert (job.out / "dataset" / "files.json").read_bytes() == before
    # What never got a reply may be asked again; every paid reply comes from the cache.
    again = [line for line in faulty.log()[num_requests:] if line["outcome"] == "paid"]
    assert not {line["request"] for line in again} & {
        line["request"] for line in faulty.log()[:num_requests] if line["outcome"] == "paid"
    }
    assert export(job, read_plan(job)) == exported


def test_a_spent_budget_ends_the_run_and_a_larger_one_goes_on(
    truth: Path, faulty: Scripted, tmp_path: Path
) -> None:
    def budget(tokens: int) -> Job:
        fields = settings(faulty.url, truth, budget={"max_tokens": tokens}, concepts=["physics"])
        return Job(photos=truth / "photos", out=tmp_path / "run", settings=fields)

    with pytest.raises(RuntimeError, match="max_tokens: the budget of total is spent"):
        run(budget(20_000), licence="CC0-1.0", limit=3)
    assert not (tmp_path / "run" / "dataset").exists()
    exported = run(budget(0), licence="CC0-1.0", limit=3)
    assert exported is not None
    assert exported.outcomes["photo"]["ACCEPT"] + exported.outcomes["photo"]["ERROR"] == 3
    assert "cannot be reached" not in exported.note


def test_a_photo_that_changed_is_an_error_and_not_a_rejection(
    truth: Path, faulty: Scripted, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in sorted((truth / "photos").glob("*.jpg"))[:2]:
        (photos / path.name).write_bytes(path.read_bytes())
    job = Job(photos=photos, out=tmp_path / "run", settings=settings(faulty.url, truth))
    run(job, licence="CC0-1.0")
    for path in (job.out / "records").glob("*"):
        path.unlink()
    name = sorted(photos.glob("*.jpg"))[0]
    name.write_bytes(name.read_bytes() + b"x")
    exported = run(job, licence="CC0-1.0")
    assert exported is not None
    assert exported.outcomes["photo"]["ERROR"] >= 1
    planned = read_plan(job)
    assert any("another file" in row.reason for row in all_rows(job, planned) if row.outcome is Outcome.ERROR)
    with pytest.raises(ValueError, match="another file"):
        read_photo(photos, planned[0].photo)


def test_other_tasks_in_the_same_folder_are_refused(job: Job, faulty: Scripted, truth: Path) -> None:
    other = Job(photos=job.photos, out=job.out, settings=settings(faulty.url, truth, photos_per_task=5))
    with pytest.raises(ValueError, match="photos_per_task"):
        run(other, licence="CC0-1.0")


def test_the_judge_finds_the_verdicts_right_where_the_model_never_errs(
    job: Job, rows: list[Row], truth: Path
) -> None:
    found = judge_rows(job.photos, read_plan(job), rows, truth, "train")
    for verifying in (found.regions, found.aligned, found.absent):
        assert verifying.accepted_good > 0
        assert verifying.accepted_bad == verifying.rejected_good == 0
    assert found.prompt_masks.value == 1.0
    assert found.num_unknown == 0


def test_the_dry_run_asks_nothing(
    truth: Path, faulty: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    num_requests = len(faulty.log())
    toml = tmp_path / "settings.toml"
    model = f'url = "{faulty.url}"\nmodel = "m"\nusd_per_million_prompt_tokens = 1.0\n'
    toml.write_text(f'[generator]\n{model}[verifier]\n{model}[masks]\nfinder = "owlv2+sam2"\n')
    args = ["vlm", "run", str(truth / "photos"), "--out", str(tmp_path / "run"), "--settings", str(toml)]
    assert main([*args, "--licence", "CC0-1.0", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "Computed for 12 photos" in said
    assert "| region | verifier | 116 |" in said  # 12 photos, 6 regions, 1.6 masks each
    assert len(faulty.log()) == num_requests
    assert main([*args, "--dry-run", "--limit", "0"]) == 2
