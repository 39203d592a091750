"""Replies are checked at the door: what fits becomes a value, all else a fault, nothing an exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_engine.vlm.replies import (
    AbsentReply,
    AlignReply,
    PromptsReply,
    RegionReply,
    Reply,
    SceneReply,
    json_schema,
    parse_reply,
    prompts_check,
)

FORMS: tuple[type[Reply], ...] = (SceneReply, RegionReply, PromptsReply, AlignReply, AbsentReply)
REGION = {
    "label": "mug",
    "attributes": ["red"],
    "location": "left",
    "relation": "alone",
    "box": [1, 2, 30, 40],
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(FORMS), st.text() | VALUES.map(json.dumps))
def test_anything_at_all_is_a_value_or_a_fault(form: type[Reply], text: str) -> None:
    value, fault = parse_reply(text, form)
    assert (value is None) == bool(fault)
    assert "\n" not in fault


@given(st.sampled_from(("yes", "true", 1, 0, None, [True])))
def test_a_verdict_is_a_boolean_and_not_something_like_it(said: object) -> None:
    reply = {"absent": said, "reason": "r"}
    value, fault = parse_reply(json.dumps(reply), AbsentReply)
    assert value is None
    assert fault.startswith("absent")


def test_a_good_reply_is_read_with_and_without_a_fence() -> None:
    text = json.dumps({"regions": [REGION]})
    for one in (text, f"```json\n{text}\n```", f"\n{text} \n"):
        value, fault = parse_reply(one, SceneReply)
        assert fault == ""
        assert value is not None
        assert value.regions[0].label == "mug"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"box": [30, 2, 30, 40]}, "regions.0"),
        ({"box": [0, 0, 10]}, "regions.0.box"),
        ({"box": [0, 0, 10, 1001]}, "regions.0.box.3"),
        ({"box": [0, 0, 10.5, 100]}, "regions.0.box.2"),
        ({"label": "  "}, "regions.0.label"),
        ({"colour": "red"}, "regions.0.colour"),
    ],
)
def test_faults_name_the_field(change: dict[str, object], place: str) -> None:
    value, fault = parse_reply(json.dumps({"regions": [REGION | change]}), SceneReply)
    assert value is None
    assert fault.startswith(place + ":")


@pytest.mark.parametrize(
    ("positives", "word"),
    [
        ([{"prompt": "the mug", "regions": [4], "why": "w"}], "marks are 1 to 3"),
        ([{"prompt": "the mug", "regions": [1, 1], "why": "w"}], "twice"),
        ([{"prompt": "all of it", "regions": [1, 2, 3], "why": "w"}], "leave at least one"),
        ([{"prompt": "what is region 2", "regions": [2], "why": "w"}], "must not speak"),
        ([{"prompt": "the one at #2", "regions": [2], "why": "w"}], "must not speak"),
        ([{"prompt": "A mug", "regions": [k], "why": "w"} for k in (1, 2)], "given twice"),
    ],
)
def test_prompts_keep_to_the_marks_and_never_speak_of_them(positives: list[object], word: str) -> None:
    text = json.dumps({"positives": positives, "negatives": []})
    value, fault = parse_reply(text, PromptsReply, prompts_check(3))
    assert value is None
    assert word in fault


def test_numbers_in_plain_words_are_allowed() -> None:
    text = json.dumps(
        {"positives": [{"prompt": "seat 12 on the bus", "regions": [1], "why": "w"}], "negatives": []}
    )
    assert parse_reply(text, PromptsReply, prompts_check(3))[1] == ""


@pytest.mark.parametrize("form", FORMS)
def test_schemas_forbid_further_fields(form: type[Reply]) -> None:
    assert json_schema(form)["additionalProperties"] is False
