"""The long run: 2,000 pictures end to end over HTTP, every fault injected, one reply in a hundred garbage."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_engine.vlm.export import all_rows
from converseg_engine.vlm.job import Job, read_plan
from converseg_engine.vlm.judge import as_table, judge_rows
from converseg_engine.vlm.rows import Outcome
from converseg_engine.vlm.run import run
from converseg_engine.vlm.scripted.drawn import write_drawn
from converseg_engine.vlm.scripted.settings import ErrorRates, FaultRates, Script
from converseg_engine.vlm.stats import check_counts, stats
from tests.engine.vlm.rehearsal import scripted_server, settings

NUM_PHOTOS = 2000
FAULTS = FaultRates(
    time_out=0.001, too_many=0.02, server_error=0.02, cut=0.02, broken_envelope=0.01,
    half_json=0.02, wrong_schema=0.02, refusal=0.01, garbage=0.01,
)  # fmt: skip
ERRORS = ErrorRates(
    omit=0.1, mislabel=0.08, wrong_regions=0.1, wrong_negative=0.1,
    region_false_accept=0.1, region_false_reject=0.05, align_false_accept=0.15, align_false_reject=0.05,
    absent_false_accept=0.15, absent_false_reject=0.05,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_thousand_pictures_end_to_end(tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    write_drawn(truth, NUM_PHOTOS)
    script = Script(faults=FAULTS, errors=ERRORS, seed=11)
    with scripted_server(tmp_path / "server", truth, script) as server:
        model = {"timeout_s": 5.0, "max_in_flight": 24}
        job = Job(
            photos=truth / "photos",
            out=tmp_path / "run",
            settings=settings(server.url, truth, generator=model, verifier=model, photos_per_task=250),
        )
        start_s, cpu_s = time.monotonic(), time.process_time()
        exported = run(job, licence="CC0-1.0")
        duration_s, cpu_s = time.monotonic() - start_s, time.process_time() - cpu_s
        log = server.log()
    assert exported is not None
    planned = read_plan(job)
    rows = list(all_rows(job, planned))

    assert check_counts(rows) == []
    assert len(planned) == NUM_PHOTOS
    assert sum(exported.outcomes["photo"].values()) == NUM_PHOTOS
    assert all(exported.outcomes[kind][outcome] > 0 for kind in ("region", "prompt") for outcome in Outcome)

    outcomes = Counter(line["outcome"] for line in log)
    assert all(outcomes[fault] > 10 for fault in ("time_out", "too_many", "server_error", "cut"))
    paid = [line["key"] for line in log if line["outcome"] == "paid"]
    assert len(paid) == len(set(paid)), "no paid reply is asked for twice"
    assert set(paid) == {call.reply_key for row in rows for call in row.calls}

    num_rows = sum(exported.num_rows.values())
    assert all(0.15 <= exported.num_by_concept[concept] / num_rows <= 0.25 for concept in CONCEPTS)
    assert 0.10 <= exported.num_no_target / num_rows <= 0.20

    found = judge_rows(job.photos, planned, rows, truth, "train")
    for verifying, stage in ((found.regions, "region"), (found.aligned, "align"), (found.absent, "absent")):
        for kind in ("false_accept", "false_reject"):
            rate, share = getattr(ERRORS, f"{stage}_{kind}"), getattr(verifying, kind)
            assert abs(share.value - rate) <= 1.7 * (share.high - share.low) / 2, (stage, kind)
    print(
        f"\n{NUM_PHOTOS} pictures, {len(rows)} rows, {num_rows} exported, {len(log)} requests,"
        f" {len(paid)} paid in {duration_s:.0f} s; engine CPU {cpu_s:.0f} s,"
        f" {1e3 * cpu_s / len(log):.1f} ms a request"
        f"\n{stats(rows)['outcomes']}\n{stats(rows)['errors']}\n{as_table(found)}"
    )
