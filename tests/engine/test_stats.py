from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from converseg_core.evaluation.metrics import iou
from converseg_engine.cli import main
from converseg_engine.duplicates import near_pairs, perceptual_hash
from converseg_engine.prompt_only import LEVELS, fit, ious_by_cut, score
from converseg_engine.shards import shard_path, write_shard
from converseg_engine.stats import as_markdown, blind_gious, data_stats, split_stats
from tests.engine.shard_rows import LEFT, NOTHING, RIGHT, TOP, picture, question


def test_balance_by_hand() -> None:
    rows = [
        picture("a", question("a0", LEFT, prompt="the red mug"), question("a1", NOTHING, concept="physics")),
        picture("b", question("b0", TOP, meaning="part", subfamily="parts", evidence=""), seed=8),
    ]
    stats = split_stats(rows)
    assert stats["num_by_family"] == {"entities": 2, "physics": 1}
    assert stats["num_by_subfamily"] == {"entities / kinds": 1, "entities / parts": 1, "physics / kinds": 1}
    assert stats["num_by_meaning"] == {"kind": 2, "part": 1}
    assert stats["no_target_share"] == pytest.approx(1 / 3)
    assert stats["no_target_share_by_family"] == {"entities": 0.0, "physics": 1.0}
    assert stats["num_by_no_target_reason"] == {"absent object": 1}
    assert stats["evidence_share"] == pytest.approx(2 / 3)
    assert stats["mask_share_quantiles"]["0.95"] == pytest.approx(
        np.quantile([LEFT.mean(), TOP.mean()], 0.95)
    )
    assert "| no_target_share | 0.3333 |" in as_markdown({"train": stats})


def test_blind_baselines_by_hand() -> None:
    found = blind_gious([picture("a", question("a0", LEFT), question("a1", RIGHT), question("a2", NOTHING))])
    assert found["nothing"] == pytest.approx(1 / 3)
    assert found["whole image"] == pytest.approx((LEFT.mean() + RIGHT.mean()) / 3)
    assert found["union of answers"] == pytest.approx((0.5 + 0.5) / 3)


@pytest.mark.parametrize("mask", [LEFT, TOP, NOTHING, ~NOTHING])
def test_the_cuts_of_a_mean_mask_agree_with_plain_comparisons(mask: np.ndarray) -> None:
    mean = np.random.default_rng(0).random((60, 80)) ** 2
    large = cv2.resize(mean, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR)
    expected = [iou(large >= level - 1e-9, mask) for level in LEVELS] + [iou(NOTHING, mask)]
    np.testing.assert_allclose(ious_by_cut(mean, mask), expected, atol=1e-12)


def test_words_alone_do_well_where_the_place_follows_from_them_and_badly_where_not() -> None:
    def row(k: int, mask: np.ndarray) -> object:
        return picture(
            f"p{k}", question(f"p{k}-0", LEFT, meaning="left"), question(f"p{k}-1", mask, meaning="x"), seed=k
        )

    same = [row(k, RIGHT) for k in range(6)]
    either = [row(k, RIGHT if k % 2 else LEFT) for k in range(6)]
    easy, hard = score(fit(same), same), score(fit(either), either)  # type: ignore[arg-type]
    assert easy.giou_one_cut > 0.95
    # Half of them are at the other side: no cut gets both.
    assert 0.45 < hard.giou_cut_by_meaning < 0.8
    assert hard.giou_one_cut <= hard.giou_cut_by_meaning
    none = [row(k, NOTHING) for k in range(6)]
    assert score(fit(none), none).giou_cut_by_meaning > 0.95  # type: ignore[arg-type]


def test_near_duplicates_are_found_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (30, 6, 8, 3), dtype=np.uint8)
    scenes = [cv2.resize(c, (320, 240), interpolation=cv2.INTER_CUBIC) for c in coarse]
    noisy = np.clip(scenes[3] + rng.normal(0, 4, scenes[3].shape), 0, 255).astype(np.uint8)
    hashes = np.array([perceptual_hash(s) for s in [*scenes, noisy]], dtype=np.uint64)
    assert [tuple(pair) for pair in near_pairs(hashes)] == [(3, 30)]
    assert len(near_pairs(np.array([], dtype=np.uint64))) == 0
    bits = np.array([0b0, 0b1111, 0b11111, 1 << 63], dtype=np.uint64)
    assert {tuple(pair) for pair in near_pairs(bits)} == {(0, 1), (0, 3), (1, 2)}


def test_a_folder_of_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split, seed in (("train", 1), ("test", 2)):
        row = picture(f"{split}-0", question(f"{split}-0-0", LEFT), seed=seed)
        write_shard(shard_path(tmp_path, split, 0), [row], version=2)
    stats = data_stats(tmp_path)
    assert stats["test"]["prompt_only_giou"]["one cut"] > 0.9
    assert stats["duplicates"] == {"num_near_within_splits": 0, "num_near_between_splits": 0}
    assert main(["stats", str(tmp_path), "--markdown"]) == 0
    assert "## train" in capsys.readouterr().out
    assert main(["stats", str(tmp_path / "none")]) == 2


def test_an_export_carries_what_is_known_of_each_row(tmp_path: Path) -> None:
    row = picture("t", question("t0", LEFT, subfamily="parts"), question("t1", NOTHING, held_out=True))
    write_shard(shard_path(tmp_path / "shards", "test", 0), [row], version=2)
    out = tmp_path / "out"
    command = ["sim", "export", "--data", str(tmp_path / "shards"), "--out", str(out), "--split", "test"]
    assert main(command) == 0
    first, second = map(json.loads, (out / "data" / "test.jsonl").read_text().splitlines())
    assert (first["subfamily"], first["place"]) == ("parts", "desk")
    assert first["evidence"] == "the only one in view"
    assert "held_out" not in first
    assert "no_target_reason" not in first
    assert (second["held_out"], second["no_target_reason"]) == (True, "absent object")
