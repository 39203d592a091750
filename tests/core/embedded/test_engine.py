"""The shipped model answers through the public interface: by words, alone, without surprises."""

import math
import subprocess
import sys

import numpy as np
import pytest

from converseg_core import Status, load_model
from converseg_core.model import EncodedFrame, SegmentationModel

PROMPTS = ["the red mug", "the leftmost object", "the ball", "what is sharp"]


@pytest.fixture(scope="module")
def model():
    return load_model("sim-tiny")


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(3).integers(0, 256, (240, 320, 3), np.uint8)


def test_it_keeps_the_protocols(model, image):
    assert isinstance(model, SegmentationModel)
    assert isinstance(model.encode(image), EncodedFrame)


def test_answers_come_in_order_and_name_question_and_model(model, image):
    answers = model.encode(image).segment(PROMPTS)
    assert [answer.prompt for answer in answers] == PROMPTS
    for answer in answers:
        assert answer.status.is_answer
        assert answer.mask.shape == (240, 320)
        assert answer.model_id == model.model_id
        assert list(answer.timings_s) == ["preprocess", "encode", "decode", "postprocess"]
        assert not math.isnan(answer.confidence)


def test_an_answer_depends_neither_on_its_neighbours_nor_on_their_order(model, image):
    together = model.encode(image).segment(PROMPTS)
    backwards = model.encode(image).segment(PROMPTS[::-1])[::-1]
    for one, other, prompt in zip(together, backwards, PROMPTS, strict=True):
        (alone,) = model.encode(image).segment([prompt])
        for again in (other, alone):
            assert (one.mask == again.mask).all()
            assert one.confidence == again.confidence
            assert one.no_target_score == again.no_target_score


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("", "no words"),
        (" \n ", "no words"),
        ("?!", "no words"),
        ("the purple unicorn", "'unicorn'"),
        ("x" * 10_000, "10000 characters"),
        ("the " * 100, "100 words"),
        ("\ud800 \x00", "no words"),
    ],
)
def test_what_it_cannot_read_is_rejected_with_the_reason(model, image, prompt, reason):
    (answer,) = model.encode(image).segment([prompt])
    assert answer.status is Status.REJECTED
    assert answer.mask is None
    assert reason in answer.status_text


def test_a_rejected_prompt_leaves_its_neighbours_alone(model, image):
    answers = model.encode(image).segment(["", "the ball"])
    assert [answer.status.is_answer for answer in answers] == [False, True]


def test_one_string_is_not_a_list_of_prompts(model, image):
    with pytest.raises(ValueError, match="prompts"):
        model.encode(image).segment("the mug")


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (33, 47), (1080, 1920)])
def test_any_size_gets_a_mask_of_its_own_size(model, size):
    (answer,) = model.encode(np.zeros((*size, 3), np.uint8)).segment(["the ball"])
    assert answer.mask.shape == size


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((1, 16385, 3), np.uint8),
        [[0]],
        None,
    ],
)
def test_a_wrong_image_is_refused_by_name(model, image):
    with pytest.raises(ValueError, match="image"):
        model.encode(image)


def test_a_view_is_as_good_as_a_copy(model, image):
    flipped = image[:, ::-1]
    view, copy = model.encode(flipped), model.encode(np.ascontiguousarray(flipped))
    (a,), (b,) = view.segment(["the ball"]), copy.segment(["the ball"])
    assert (a.mask == b.mask).all()


def test_the_embedded_path_needs_neither_torch_nor_ros():
    code = (
        "import sys, numpy as np, converseg_core as c; "
        "c.load_model('sim-tiny').encode(np.zeros((9, 9, 3), np.uint8)).segment(['the ball']); "
        "print([n for n in ('torch', 'rclpy', 'mujoco', 'transformers') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
