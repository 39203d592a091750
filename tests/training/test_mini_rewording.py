"""Simulated questions in further words: they fit the answer, and none is a held-out wording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from converseg_engine.held_out import held_out_wording
from converseg_engine.sim.questions.meanings.meaning import fits_number, plain
from converseg_engine.sim.questions.meanings.table import BY_KEY
from converseg_engine.sim.questions.meanings.wording import fill
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.draws import draw
from converseg_training.mini.scene.reword import PREFIX
from converseg_training.mini.scene.rewording import check, paraphrases, reword, slots_of
from tests.training import scene_rows

SLOTS = {
    "cat": "mug", "cats": "mugs", "ref": "red box", "other": "blue bowl", "color": "green",
    "part": "handle", "purpose": "to drink from", "width": "20 centimetres",
}  # fmt: skip


def test_every_meaning_has_further_wordings_and_none_is_held_out() -> None:
    assert paraphrases().keys() == BY_KEY.keys()  # reading them checks slots and held-out wordings
    for key, phrasings in paraphrases().items():
        assert len({plain(p) for p in phrasings}) == len(phrasings) >= 8, key
        assert not {plain(p) for p in phrasings} & {plain(p) for p in BY_KEY[key].held_out_phrasings}
        for several in (1, 2):
            assert any(fits_number(p, several) for p in phrasings), key
        for phrasing in phrasings:
            assert not held_out_wording(key, fill(phrasing, dict(SLOTS), np.random.default_rng(0)))


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_the_slots_of_what_the_data_engine_says_are_found_again(key: str) -> None:
    rng = np.random.default_rng(1)
    for phrasing in BY_KEY[key].phrasings:
        for _ in range(6):
            slots = slots_of(key, fill(phrasing, dict(SLOTS), rng))
            assert slots is not None, phrasing
            assert all(SLOTS[name] == value for name, value in slots.items()), phrasing


def test_rewordings_keep_number_and_slots() -> None:
    rng = np.random.default_rng(2)
    said = reword("left_of_one", "the mug to the left of the red box", 1, 5, rng)
    assert len(set(said)) == 5
    assert all("mug" in text and "red box" in text for text in said)
    assert reword("left_of_one", "no such thing", 1, 5, rng) == []
    assert reword("of tabletop scenes", "the mug", 1, 5, rng) == []
    key = next(k for k, v in paraphrases().items() if not BY_KEY[k].slots and any(p[:2] == "2:" for p in v))
    prompt = next(plain(p) for p in BY_KEY[key].phrasings)
    several = {plain(p) for p in paraphrases()[key] if p.startswith("2:")}
    for _ in range(20):
        assert not any(text.endswith(tuple(several)) for text in reword(key, prompt, 1, 3, rng))


def test_what_does_not_belong_is_refused() -> None:
    with pytest.raises(ValueError, match="no meaning"):
        check("nonsense", ())
    with pytest.raises(ValueError, match="the slots"):
        check("rolls", ["what rolls to the {ref}?"])
    held_out = next(p for p in BY_KEY["rolls"].held_out_phrasings)
    with pytest.raises(ValueError, match="held-out"):
        check("rolls", [f"well, {plain(held_out)}"])


def test_a_question_is_asked_in_each_of_its_wordings(tmp_path: Path) -> None:
    row = scene_rows.row(0)
    num_questions = len(str(row["prompts"]).split("\n"))
    np.savez(tmp_path / "train-00000.npz", **row)
    others = [f"other {n}\tleft {n}" if n % 2 else "" for n in range(num_questions)]
    counts = np.array([2 if text else 0 for text in others]).sum()
    words = np.arange(counts)[:, None] * np.ones((1, 768)) + 100
    np.savez(
        tmp_path / f"{PREFIX}train-00000.npz",
        rewordings=np.array("\n".join(others)),
        reworded=words.astype(np.float16),
        reworded_counts=np.ones(counts, np.int64),
    )
    plainly = SceneSet([row], Tables(("box", "lid", "mug"), ("blue", "red")))
    data = SceneSet(read_files(sorted(tmp_path.glob("train-*.npz"))), plainly.tables)
    seen = set()
    for step in range(40):
        pictures, questions, _ = draw(data, step, seed=0, num_pictures=1, num_prompts=num_questions)
        seen.update(questions.ravel().tolist())
        asked = data.batch(pictures, questions).questions
        as_before = plainly.batch(pictures, questions % num_questions).questions
        for name in ("labels_nk", "target_nhw", "no_target_n"):
            assert np.array_equal(getattr(asked, name), getattr(as_before, name))
        for place, number in enumerate(questions.ravel().tolist()):
            way, question = divmod(number, num_questions)
            if way:
                assert asked.words_nle[place, 0, 0] == 100 + 2 * (question // 2) + way - 1
                assert asked.is_word_nl[place].sum() == 1
    assert seen == set(range(num_questions)) | {
        question + way * num_questions for way in (1, 2) for question in range(1, num_questions, 2)
    }
    # "left" in one wording keeps the question from mirrored pictures in all.
    mirrored = [draw(data, s, seed=0, num_pictures=1, num_prompts=4, mirror=True) for s in range(40)]
    assert all((q % num_questions % 2 == 0).all() for _, q, turned in mirrored if turned.all())
