"""The shipped `sim-tiny` on fresh scenes of the test split: it reads the words, and its card holds."""

from __future__ import annotations

from pathlib import Path

import pytest

import converseg_core
from converseg_core import Status, load_model
from converseg_core.bags import read_messages
from converseg_core.embedded.tokenizer import split_words
from converseg_core.evaluation.dataset import read_dataset
from converseg_core.evaluation.run import Evaluation, evaluate
from converseg_core.evaluation.table import Row, expected_calibration_error, reliability, rows
from converseg_engine.export import ExportConfig, export_split
from converseg_engine.sim.generate import GenerateConfig, generate
from converseg_engine.sim.questions.wording import vocabulary

pytestmark = pytest.mark.egl


@pytest.fixture(scope="module")
def evaluation(renderer: object, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    del renderer  # only so that a machine without EGL skips with the reason
    folder = tmp_path_factory.mktemp("scenes")
    generate(GenerateConfig(out=folder, split="test", num_scenes=40, seed=920_000))
    export_split(ExportConfig(data=folder, out=folder / "set", split="test"))
    return evaluate(load_model("sim-tiny"), read_dataset(folder / "set"))


@pytest.fixture(scope="module")
def overall(evaluation: Evaluation) -> Row:
    return rows(evaluation)[-1]


def test_every_question_of_its_own_vocabulary_is_answered(evaluation: Evaluation) -> None:
    assert len(evaluation.results) > 600
    assert {result.status for result in evaluation.results} == {Status.OK, Status.NO_TARGET}


def test_it_is_right_far_more_often_than_without_reading(overall: Row) -> None:
    assert overall.giou >= 0.60
    assert overall.giou - overall.best_blind[1] >= 0.35


def test_two_prompts_on_one_image_get_two_different_right_answers(evaluation: Evaluation) -> None:
    assert evaluation.num_word_pairs >= 200
    assert evaluation.num_word_pairs_right >= 200
    assert evaluation.num_word_pairs_right / evaluation.num_word_pairs > 0.4


def test_its_confidence_means_what_it_says(evaluation: Evaluation) -> None:
    assert expected_calibration_error(reliability(evaluation)) < 0.08


def test_the_card_agrees_with_a_fresh_measurement(overall: Row) -> None:
    table = load_model("sim-tiny").info["measured"]["table"]  # type: ignore[index]
    assert table[-1]["num_samples"] > 3000
    assert overall.giou == pytest.approx(table[-1]["giou"], abs=0.06)


def test_its_vocabulary_is_the_engines() -> None:
    assert set(load_model("sim-tiny").info["vocabulary"]) == set(vocabulary())  # type: ignore[call-overload]
    assert all(split_words(word) == [word] for word in vocabulary())


def test_the_sample_bag_asks_in_its_words() -> None:
    bag = Path(converseg_core.__file__).parent / "samples" / "cluttered_table"
    instructions = [message.message.data for message in read_messages(bag, ["/instruction"])]
    assert len(instructions) == 6
    known = set(vocabulary())
    assert not [word for text in instructions for word in split_words(text) if word not in known]
