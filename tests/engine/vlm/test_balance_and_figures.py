"""Which rows are kept, and what a person's verdicts say about the verifier; with hand-computed cases."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_engine.vlm.balance import balance
from converseg_engine.vlm.reviewing.figures import Stratum, figures_of, precision_recall, wilson
from converseg_engine.vlm.reviewing.sample import draw_sample
from converseg_engine.vlm.reviewing.verdicts import Verdict, add_verdict, read_verdicts
from converseg_engine.vlm.rows import Outcome, PromptRow
from tests.engine.vlm.samples import prompt_row


def _rows(counts: dict[str, tuple[int, int]]) -> list[PromptRow]:
    number = iter(range(100_000))
    return [
        prompt_row(next(number), concept, no_target=nothing)
        for concept, pair in counts.items()
        for nothing, num in enumerate(pair)
        for _ in range(num)
        for nothing in (bool(nothing),)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), min_size=5, max_size=5))
def test_the_choice_keeps_every_share_or_keeps_everything(counts: list[tuple[int, int]]) -> None:
    rows = _rows(dict(zip(CONCEPTS, counts, strict=True)))
    kept = balance(rows, CONCEPTS)
    if kept.note:
        assert list(kept.rows) == rows
        return
    num = len(kept.rows)
    by = Counter(row.concept for row in kept.rows)
    if num:
        assert all(0.15 <= by[concept] / num <= 0.25 for concept in CONCEPTS)
        assert 0.10 <= sum(row.no_target for row in kept.rows) / num <= 0.20
        nothing = Counter(row.concept for row in kept.rows if row.no_target)
        assert all(num_nothing <= 0.4 * by[concept] for concept, num_nothing in nothing.items())
    assert set(kept.rows) <= set(rows)


def test_as_many_rows_as_can_be_are_kept_whatever_their_order() -> None:
    rows = _rows(dict.fromkeys(CONCEPTS, (80, 20)))
    assert len(balance(rows, CONCEPTS).rows) == 500
    uneven = _rows({**dict.fromkeys(CONCEPTS, (80, 20)), "physics": (30, 5)})
    kept = balance(uneven, CONCEPTS)
    assert Counter(row.concept for row in kept.rows)["physics"] == 35
    assert len(kept.rows) == 233  # 35 are 15 % of at most 233
    assert {row.id for row in balance(uneven[::-1], CONCEPTS).rows} == {row.id for row in kept.rows}
    assert {row.id for row in balance(uneven, CONCEPTS, seed=1).rows} != {row.id for row in kept.rows}


def test_a_family_without_rows_is_said_and_nothing_is_thrown_away() -> None:
    rows = _rows({**dict.fromkeys(CONCEPTS, (9, 1)), "spatial": (0, 0)})
    kept = balance(rows, CONCEPTS)
    assert len(kept.rows) == 40
    assert "spatial 0 with" in kept.note


def test_wilsons_interval_is_the_one_of_the_book() -> None:
    share = wilson(81, 263)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (round(share.low, 4), round(share.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20).low == 0
    assert wilson(20, 20).high == 1
    assert math.isnan(wilson(0, 0).value)
    assert str(wilson(0, 0)) == "unknown"


def test_recall_counts_each_row_for_those_it_stands_for() -> None:
    """900 rows accepted, 90 % good; 100 rejected, 20 % good: recall 810 / (810 + 20)."""
    precision, recall = precision_recall([(Stratum(900, 90, 100), Stratum(100, 20, 100))])
    assert precision.value == 0.9
    assert recall.value == pytest.approx(810 / 830)
    assert recall.low < recall.value < recall.high
    assert recall.high - recall.low < 0.02


def test_what_nobody_looked_at_is_unknown() -> None:
    precision, recall = precision_recall([(Stratum(10, 5, 5), Stratum(10, 0, 0))])
    assert precision.value == 1.0
    assert math.isnan(recall.value)
    precision, recall = precision_recall([(Stratum(10, 0, 0), Stratum(0, 0, 0))])
    assert math.isnan(precision.value)
    assert math.isnan(recall.value)


def test_the_sample_holds_accepted_and_rejected_rows_of_each_family() -> None:
    rows = [
        prompt_row(k, concept, outcome=outcome)
        for j, concept in enumerate(CONCEPTS)
        for outcome, num in ((Outcome.ACCEPT, 90), (Outcome.REJECT, 20), (Outcome.ERROR, 5))
        for k in range(1000 * j + 200 * len(outcome), 1000 * j + 200 * len(outcome) + num)
    ]
    sample = draw_sample(rows, num_per_concept=60)
    counts = Counter((row.concept, row.outcome) for row in sample)
    assert all(counts[concept, Outcome.REJECT] == 20 for concept in CONCEPTS)
    assert all(counts[concept, Outcome.ACCEPT] == 40 for concept in CONCEPTS)
    assert not any(row.outcome is Outcome.ERROR for row in sample)
    first = [row.outcome for row in sample[:150]]
    assert 20 < first.count(Outcome.REJECT) < 80, "the order says nothing"
    assert draw_sample(rows[::-1], num_per_concept=60) == sample
    with pytest.raises(ValueError, match="num"):
        draw_sample(rows, num_per_concept=0)
    with pytest.raises(ValueError, match="nothing to judge"):
        draw_sample([], num_per_concept=5)


def test_verdicts_become_figures_and_the_last_word_counts(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    rows = [prompt_row(k, "physics", outcome=Outcome.ACCEPT if k < 8 else Outcome.REJECT) for k in range(16)]
    assert figures_of(rows, read_verdicts(path)) is None
    for k, row in enumerate(rows):
        add_verdict(path, Verdict(row.id, "bad" if k in (0, 8, 9, 10, 11, 12, 13) else "good"))
    add_verdict(path, Verdict(rows[0].id, "good"))
    add_verdict(path, Verdict(rows[1].id, "unsure"))
    add_verdict(path, Verdict(rows[2].id, ""))  # taken back
    with path.open("a") as file:
        file.write('{"id": "cut o')  # a crash
    found = figures_of(rows, read_verdicts(path))
    assert found is not None
    assert (found.num_judged, found.num_unsure) == (15, 1)
    assert [line.concept for line in found.lines] == ["physics", "all"]
    assert found.lines[0].precision.value == 1.0  # 6 of 6
    assert found.lines[0].recall.value == pytest.approx(8 / (8 + 8 * 2 / 8))
    path.write_text('{"id": "a", "verdict": "perhaps"}\n')
    with pytest.raises(ValueError, match=r"verdicts\.jsonl:1: verdict"):
        read_verdicts(path)
