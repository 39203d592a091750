"""The mask stage: models of transformers on tiny random weights, this project's own, and its logic alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from converseg_core.evaluation.rle import encode
from converseg_engine.vlm.masks import registry
from converseg_engine.vlm.masks.boxes import BoxThenMask
from converseg_engine.vlm.masks.protocol import Box, Found, ImageHWC, MaskHW, Wanted
from converseg_engine.vlm.masks.stage import make_proposals, pack, proposals_key, unpack
from converseg_engine.vlm.replies import SceneRegion
from converseg_engine.vlm.settings import MaskSettings
from tests.engine.vlm.samples import described

IMAGE = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
LARGE = Box(5.0, 5.0, 110.0, 85.0)
REGIONS = [
    SceneRegion(label=label, attributes=["red"], location="left", relation="none", box=[0, 0, 500, 500])
    for label in ("mug", "fork")
]


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engine.vlm.tiny_models import write_grounding_dino, write_owlv2, write_sam2, write_sam3

    folder = tmp_path_factory.mktemp("snapshots")
    write_sam2(folder / "sam2")
    write_grounding_dino(folder / "dino")
    write_owlv2(folder / "owl")
    write_sam3(folder / "sam3")
    return folder


@pytest.mark.parametrize("detector", ["grounding-dino", "owlv2"])
def test_transformers_models_go_through_the_mask_stage(detector: str, snapshots: Path) -> None:
    sam2 = {"segmenter_path": str(snapshots / "sam2")}
    folder = snapshots / {"grounding-dino": "dino", "owlv2": "owl"}[detector]
    settings = MaskSettings(
        finder=f"{detector}+sam2",
        pool="sam2",
        finder_options={**sam2, "detector_path": str(folder), "min_score": 0.0},
        pool_options={**sam2, "points_per_side": 4, "min_score": 0.0, "min_stability": 0.0},
    )
    finder, pool = registry.build_masks(settings)
    assert pool is not None
    assert folder.name in finder.id
    assert "points_per_side=4" in pool.id
    found = finder.find(IMAGE, [Wanted("red mug", LARGE), Wanted("fork", LARGE)])
    assert len(found) == 2
    for one in found:
        assert one is None or (one.mask.shape == (90, 120) and one.mask.dtype == np.bool_)
    assert all(mask.shape == (90, 120) for mask in pool.pool(IMAGE))
    proposals = make_proposals(IMAGE, REGIONS, finder, pool)
    assert [len(mine) for mine in proposals] == [len(m) for m in make_proposals(IMAGE, REGIONS, finder, pool)]
    assert unpack(pack(proposals)) == proposals


def test_sam2_follows_its_boxes_and_shares_the_image(snapshots: Path) -> None:
    from converseg_engine.vlm.networks.sam2 import Sam2

    sam = Sam2(snapshots / "sam2")
    alone = [next(sam.of_boxes(IMAGE, [box])) for box in (LARGE, Box(0, 0, 20, 20))]
    together = list(sam.of_boxes(IMAGE.copy(), [LARGE, Box(0, 0, 20, 20)]))
    assert all(a.shape == (90, 120) for a in alone)
    for a, b in zip(alone, together, strict=True):
        assert np.mean(a != b) < 0.01, "the answer to a box does not depend on the other boxes"


def test_sam3_finds_and_segments_by_words_alone(snapshots: Path) -> None:
    finder, _ = registry.build_masks(
        MaskSettings(finder="sam3", finder_options={"model_path": str(snapshots / "sam3"), "min_score": 0.0})
    )
    assert "sam3@" in finder.id
    wanted = [Wanted("fork", LARGE), Wanted("red mug", LARGE), Wanted("fork", LARGE)]
    found = finder.find(IMAGE, wanted)
    assert [one is None for one in found] == [False, False, False]
    assert all(one.mask.shape == (90, 120) and one.mask.dtype == np.bool_ for one in found if one)
    proposals = make_proposals(IMAGE, REGIONS, finder, None)
    assert unpack(pack(proposals)) == proposals
    assert finder.find(IMAGE, []) == []
    strict, _ = registry.build_masks(
        MaskSettings(finder="sam3", finder_options={"model_path": str(snapshots / "sam3"), "min_score": 1.0})
    )
    assert strict.find(IMAGE, wanted) == [None, None, None]


def test_sam3_gives_what_its_network_gives(snapshots: Path) -> None:
    """The same by hand: a picture of the network's own size, one phrase, its surest instance."""
    import torch
    from transformers import AutoTokenizer, Sam3Model

    from converseg_engine.vlm.networks.sam3 import Sam3

    image = np.random.default_rng(1).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    model = Sam3Model.from_pretrained(snapshots / "sam3").eval()
    words = AutoTokenizer.from_pretrained(snapshots / "sam3")(
        "red mug", padding="max_length", max_length=32, return_tensors="pt"
    )
    pixels = torch.from_numpy((image.astype(np.float32) / 255 - 0.5) / 0.5).permute(2, 0, 1)[None]
    with torch.inference_mode():
        out = model(pixel_values=pixels, **words)
    scores = (out.pred_logits.sigmoid() * out.presence_logits.sigmoid())[0]
    k = int(scores.argmax())
    shares = torch.nn.functional.interpolate(
        out.pred_masks[:, k : k + 1].sigmoid(), (112, 112), mode="bilinear", align_corners=False
    )[0, 0]
    nowhere = Box(0.0, 0.0, 0.0, 0.0)
    (one,) = Sam3(snapshots / "sam3", min_score=0.0).find(image, [Wanted("red mug", nowhere)])
    assert one is not None
    assert one.score == pytest.approx(float(scores[k]), abs=1e-5)
    assert 0.01 < one.mask.mean() < 0.99, "a mask that is neither empty nor everything can be wrong"
    assert np.mean(one.mask != (shares > 0.5).numpy()) < 0.001


def test_many_phrases_take_several_captions_and_keep_their_order(snapshots: Path) -> None:
    from converseg_engine.vlm.networks.grounding_dino import GroundingDino

    detector = GroundingDino(snapshots / "dino", min_score=0.0, max_boxes=3)
    phrases = ["a red mug", "fork.", "??", "blue cup on top", "x" * 100]
    boxes = detector.detect(IMAGE, phrases)
    assert len(boxes) == len(phrases)
    alone = detector.detect(IMAGE, ["fork."])[0]
    assert len(boxes[1]) == len(alone) == 3
    for mine in boxes:
        assert [box.score for box in mine] == sorted((box.score for box in mine), reverse=True)
        assert all(0 <= box.left < box.right <= 120 and 0 <= box.top < box.bottom <= 90 for box in mine)


def test_weights_are_named_by_content_and_never_fetched(snapshots: Path, tmp_path: Path) -> None:
    from converseg_engine.vlm.networks.sam2 import Sam2
    from converseg_engine.vlm.networks.weights import weights_id
    from tests.engine.vlm.tiny_models import write_sam2

    assert weights_id(snapshots / "sam2") == weights_id(write_sam2(tmp_path / "a" / "sam2"))
    with pytest.raises(ValueError, match="download the model's snapshot first"):
        Sam2(tmp_path)
    with pytest.raises(ValueError, match="dtype"):
        Sam2(snapshots / "sam2", dtype="int3")


def test_a_model_of_this_project_is_a_finder() -> None:
    finder, pool = registry.build_masks(MaskSettings(finder="model", finder_options={"name": "sim-tiny"}))
    assert pool is None
    assert "sim-tiny@" in finder.id
    found = finder.find(IMAGE, [Wanted("red mug", LARGE)])
    assert found[0] is None or found[0].mask.shape == (90, 120)


class Boxes:
    """Two boxes for every phrase."""

    id = "boxes"

    def detect(self, image: ImageHWC, phrases: Sequence[str]) -> list[list[Box]]:
        return [[Box(0, 0, 40, 40, 0.9), Box(60, 40, 110, 80, 0.6)] for _ in phrases]


class Fill:
    """The box itself as a mask."""

    id = "fill"

    def segment(self, image: ImageHWC, boxes: Sequence[Box]) -> list[MaskHW]:
        masks = []
        for box in boxes:
            mask = np.zeros(image.shape[:2], np.bool_)
            mask[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = True
            masks.append(mask)
        return masks


class Pool:
    """Given masks."""

    id = "pool"

    def __init__(self, *masks: MaskHW) -> None:
        self.masks = list(masks)

    def pool(self, image: ImageHWC) -> list[MaskHW]:
        return self.masks


def test_two_mugs_get_two_boxes_each_the_one_near_its_hint() -> None:
    finder = BoxThenMask(detector=Boxes(), segmenter=Fill())
    found = finder.find(IMAGE, [Wanted("mug", Box(62, 42, 108, 78)), Wanted("mug", Box(0, 0, 40, 40))])
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].mask[60, 80]
    assert found[1].mask[20, 20]
    third = finder.find(IMAGE, [Wanted("mug", LARGE)] * 3)
    assert [one is None for one in third] == [False, False, True], "no box is given twice"


def _mask(left: int, top: int, right: int, bottom: int) -> MaskHW:
    mask = np.zeros((90, 120), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


class One:
    """One given mask for every region."""

    id = "one"

    def __init__(self, mask: MaskHW | None) -> None:
        self.mask = mask

    def find(self, image: ImageHWC, wanted: Sequence[Wanted]) -> list[Found | None]:
        return [None if self.mask is None else Found(self.mask, 0.5) for _ in wanted]


@pytest.mark.parametrize(
    ("found", "pool", "sources"),
    [
        (None, [_mask(0, 0, 40, 40)], []),
        (_mask(0, 0, 40, 40), [], ["initial"]),
        (_mask(0, 0, 40, 40), [_mask(0, 0, 44, 40), _mask(0, 0, 60, 40)], ["initial", "refined"]),
        (_mask(0, 0, 40, 40), [_mask(0, 0, 40, 40)], ["initial"]),  # the same: not asked about twice
        (_mask(0, 0, 40, 40), [_mask(0, 0, 90, 40)], ["initial"]),  # IoU below 0.5
        (_mask(0, 0, 2, 2), [_mask(0, 0, 2, 3)], []),  # too small, both
    ],
)
def test_refining_takes_the_best_match_of_the_pool(
    found: MaskHW | None, pool: list[MaskHW], sources: list[str]
) -> None:
    (mine,) = make_proposals(IMAGE, [described("mug", "red", 0, 0)], One(found), Pool(*pool))
    assert [proposal.source for proposal in mine] == sources
    if sources == ["initial", "refined"]:
        assert mine[1].mask == encode(pool[0])


def test_the_key_of_masks_knows_what_made_them() -> None:
    regions = [described("mug", "red", 0, 0)]
    keys = {
        proposals_key("a", regions, Pool(), None),  # type: ignore[arg-type]
        proposals_key("b", regions, Pool(), None),  # type: ignore[arg-type]
        proposals_key("a", REGIONS, Pool(), None),  # type: ignore[arg-type]
        proposals_key("a", regions, One(None), None),
        proposals_key("a", regions, Pool(), Pool()),  # type: ignore[arg-type]
    }
    assert len(keys) == 5


def test_unknown_finders_and_options_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"masks\.finder: 'yolo' is none of .*region_finders"):
        registry.build_masks(MaskSettings(finder="yolo"))
    with pytest.raises(ValueError, match=r"masks\.finder_options: .*colour"):
        registry.build_masks(MaskSettings(finder="model", finder_options={"colour": 1}))

    class Entry:
        name = "mine"

        @staticmethod
        def load() -> type[One]:
            return One

    monkeypatch.setattr(registry, "entry_points", lambda group: [Entry] if "finders" in group else [])
    finder, _ = registry.build_masks(MaskSettings(finder="mine", finder_options={"mask": None}))
    assert finder.id == "one"
