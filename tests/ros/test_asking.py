"""When an instruction is due, whose answer it is, what is compared with what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converseg_core.answer import Status
from converseg_ros.bag.asking import AskingPlan, json_line, mask_name, report_line
from converseg_ros.bag.truth import TimedInstruction, read_instructions, read_truth
from tests.ros.recorded import INSTRUCTIONS, PERIOD_NS, START_NS, scene, write_recorded


def plan(*texts: str) -> AskingPlan:
    return AskingPlan([TimedInstruction(text=text, time_ns=index) for index, text in enumerate(texts)], 2.0)


def test_due_in_order_of_time_and_once() -> None:
    made = plan("a", "b", "c")
    assert [each.instruction.text for each in made.due(1)] == ["a", "b"]
    for each in made.due(1):
        each.asked_s = 10.0
    assert [each.instruction.text for each in made.due(5)] == ["c"]


def test_the_same_words_twice_are_matched_in_order() -> None:
    made = plan("a", "a")
    for second, each in enumerate(made.entries):
        each.asked_s = float(second)
    first, second_entry = made.match("a", 5.0), made.match("a", 6.5)
    assert first is not None
    assert second_entry is not None
    assert (first.latency_s, second_entry.latency_s) == (5.0, 5.5)
    assert made.match("a", 7.0) is None
    assert made.open == []


def test_other_peoples_answers_are_left_alone() -> None:
    made = plan("a")
    assert made.match("a", 1.0) is None, "it was not asked yet"
    made.entries[0].asked_s = 1.0
    assert made.match("b", 2.0) is None


def test_expiry() -> None:
    made = plan("a", "b")
    made.entries[0].asked_s = 1.0
    assert made.expired(2.9) == []
    assert [each.instruction.text for each in made.expired(3.1)] == ["a"]
    with pytest.raises(ValueError, match="timeout_s"):
        AskingPlan([], 0.0)


def test_a_line_is_strict_json_and_unknown_is_null() -> None:
    made = plan("the müg")
    line = report_line(made.entries[0], concept="entities", status=None, status_text="no answer in time")
    read = json.loads(json_line(line))
    assert read["status"] == "NO_ANSWER"
    assert read["confidence"] is None
    assert read["prompt"] == "the müg"
    ok = report_line(made.entries[0], concept="", status=Status.OK, status_text="", confidence=0.5)
    assert json.loads(json_line(ok))["confidence"] == 0.5


def test_mask_names_are_safe() -> None:
    made = plan("../../etc/passwd", "☕")
    assert [mask_name(each) for each in made.entries] == ["01-etc-passwd.png", "02-mask.png"]


def test_truth_of_exactly_this_frame(tmp_path: Path) -> None:
    bag = write_recorded(tmp_path / "bag", num_frames=9)
    instructions = read_instructions(bag)
    assert [each.text for each in instructions] == [text for text, _ in INSTRUCTIONS]
    book = read_truth(bag)
    for index in (0, 7):
        truth = book.find(INSTRUCTIONS[0][0], START_NS + index * PERIOD_NS)
        assert truth is not None
        assert (truth.mask == scene(index)[1]).all()
        assert truth.status is Status.OK
    near = book.find(INSTRUCTIONS[0][0], START_NS + 3 * PERIOD_NS + 40)
    assert near is book.find(INSTRUCTIONS[0][0], START_NS + 3 * PERIOD_NS)
    nothing = book.find(INSTRUCTIONS[1][0], START_NS)
    assert nothing is not None
    assert nothing.status is Status.NO_TARGET
    assert book.find(INSTRUCTIONS[0][0], START_NS + PERIOD_NS // 2) is None
    assert book.find("other words", START_NS) is None
