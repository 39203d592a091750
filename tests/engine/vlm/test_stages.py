"""Stages as functions: from rows and replies to rows, with hand-made replies."""

from __future__ import annotations

from pathlib import Path

import pytest

from converseg_core.evaluation.rle import iou
from converseg_engine.vlm.ask import Answered
from converseg_engine.vlm.replies import (
    AbsentReply,
    AlignReply,
    NegativePrompt,
    PositivePrompt,
    PromptsReply,
    RegionReply,
    SceneReply,
)
from converseg_engine.vlm.rows import Candidate, Outcome, Row, count_outcomes, read_rows, to_line
from converseg_engine.vlm.stages.align import read_verdict
from converseg_engine.vlm.stages.marks import marked_regions, number_regions
from converseg_engine.vlm.stages.prompts import Draft, read_prompts
from converseg_engine.vlm.stages.regions import Proposal, choose, read_candidate, region_row
from converseg_engine.vlm.stages.scene import read_scene
from tests.engine.vlm.samples import NO, SOURCE, YES, accepted, described, square, three_marked

NOTHING: Answered[RegionReply] = Answered(None, (), "unusable reply, twice: reply: Invalid JSON")


def _candidate(source: str, answered: Answered[RegionReply]) -> Candidate:
    return read_candidate(Proposal(source, "hand", 0.5, square(0, 0)), answered)


def test_no_reply_is_an_error_and_nothing_to_see_a_rejection() -> None:
    row, regions = read_scene(SOURCE, Answered(None, (), "the model refused"))
    assert (row.outcome, regions) == (Outcome.ERROR, ())
    assert "refused" in row.reason
    row, _ = read_scene(SOURCE, Answered(SceneReply(regions=[]), ()))
    assert row.outcome is Outcome.REJECT


@pytest.mark.parametrize(
    ("initial", "refined", "outcome", "chosen"),
    [
        (YES, YES, Outcome.ACCEPT, "refined"),
        (YES, NO, Outcome.ACCEPT, "initial"),
        (NO, YES, Outcome.ACCEPT, "refined"),
        (NO, NO, Outcome.REJECT, ""),
        (None, YES, Outcome.ACCEPT, "refined"),
        (YES, None, Outcome.ACCEPT, "initial"),
        (None, NO, Outcome.ERROR, ""),
        (NO, None, Outcome.ERROR, ""),
        (None, None, Outcome.ERROR, ""),
    ],
)
def test_both_masks_are_judged_and_an_error_is_never_a_rejection(
    initial: RegionReply | None, refined: RegionReply | None, outcome: Outcome, chosen: str
) -> None:
    candidates = [
        _candidate(source, NOTHING if reply is None else Answered(reply, ()))
        for source, reply in (("initial", initial), ("refined", refined))
    ]
    assert choose(candidates, "")[::2] == (outcome, chosen)


def test_a_verdict_names_the_checks_that_failed() -> None:
    candidate = _candidate("initial", Answered(NO, ()))
    assert candidate.failed == ("mask",)
    outcome, reason, _ = choose([candidate], "")
    assert outcome is Outcome.REJECT
    assert reason == "initial (mask): The handle is missing."


def test_without_a_mask_a_region_is_rejected_and_with_a_broken_finder_it_is_an_error() -> None:
    region = described("mug", "red", 0, 0)
    assert region_row(SOURCE, region, 1, [], []).outcome is Outcome.REJECT
    row = region_row(SOURCE, region, 1, [], [], mask_fault="RuntimeError: out of memory")
    assert (row.outcome, row.reason) == (Outcome.ERROR, "masks: RuntimeError: out of memory")
    with pytest.raises(ValueError, match="chosen"):
        row.mask()


def test_a_thing_that_was_described_twice_gets_one_mark() -> None:
    rows = number_regions(
        [
            accepted("mug", "red", 0, 0, 1),
            accepted("cup", "red", 1, 0, 2),
            accepted("fork", "grey", 50, 30, 3),
        ]
    )
    assert [row.mark for row in rows] == [1, 0, 2]
    assert rows[1].outcome is Outcome.REJECT
    assert [row.label for row in marked_regions(rows)] == ["mug", "fork"]


def test_prompts_become_drafts_with_united_masks() -> None:
    reply = PromptsReply(
        positives=[PositivePrompt(prompt="the mugs", regions=[2, 1], why="w")],
        negatives=[NegativePrompt(prompt="the spoon", why="w")],
    )
    row, (positive, negative) = read_prompts(SOURCE, three_marked(), "entities", Answered(reply, ()))
    assert (row.outcome, row.num_prompts) == (Outcome.ACCEPT, 2)
    assert positive.regions == (1, 2)
    assert positive.mask.area_px == 800
    assert positive.parents[0] == row.id
    assert len(positive.parents) == 3
    assert negative.no_target
    assert negative.mask.area_px == 0


def test_a_family_without_prompts_is_a_rejection_and_without_a_reply_an_error() -> None:
    marked = three_marked()
    none = PromptsReply(positives=[], negatives=[])
    assert read_prompts(SOURCE, marked, "physics", Answered(none, ()))[0].outcome is Outcome.REJECT
    assert read_prompts(SOURCE, marked, "physics", Answered(None, (), "x"))[0].outcome is Outcome.ERROR


def test_mask_quality_and_exhaustivity_are_judged_apart() -> None:
    draft = Draft("i", "entities", "the mug", "w", (1,), ("f", "r"), square(0, 0))
    reply = AlignReply(matches=True, exhaustive=False, mask=True, reason="Another mug stands behind.")
    row = read_verdict(SOURCE, draft, Answered(reply, ()))
    assert (row.outcome, row.failed) == (Outcome.REJECT, ("exhaustive",))
    negative = Draft("i", "entities", "the spoon", "w", (), ("f",), square(0, 0))
    row = read_verdict(SOURCE, negative, Answered(AbsentReply(absent=True, reason="r"), ()))
    assert (row.outcome, row.no_target) == (Outcome.ACCEPT, True)
    row = read_verdict(SOURCE, negative, Answered(None, (), "time-out"))
    assert row.outcome is Outcome.ERROR


def test_rows_are_written_and_read_back(tmp_path: Path) -> None:
    rows: list[Row] = [*three_marked(), read_scene(SOURCE, Answered(SceneReply(regions=[]), ()))[0]]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{to_line(row)}\n" for row in rows))
    back = read_rows(path)
    assert back == rows
    assert count_outcomes(back)["region"] == {"ACCEPT": 3, "REJECT": 0, "ERROR": 0}
    first = back[0]
    assert first.kind == "region"
    assert iou(first.mask(), square(0, 0)) == 1.0
    path.write_text('{"kind": "region"}\n')
    with pytest.raises(ValueError, match=r"rows\.jsonl:1"):
        read_rows(path)
