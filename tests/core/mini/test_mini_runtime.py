"""Words, boxes and masks of ``mini``, on networks small enough to compute by hand."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.bundle import BundleError
from converseg_core.mini.detector import COCO_NAMES, Detection, decode
from converseg_core.mini.engine import MiniFrame, MiniModel
from converseg_core.mini.masks import (
    CANVAS_SIDE,
    LONG_SIDE,
    EncodedImage,
    MaskNetwork,
    encoder_input,
    inner_size,
    on_canvas,
)
from converseg_core.mini.matching import MatchSettings, matching_detections
from converseg_core.mini.wordpiece import MAX_NUM_TOKENS, WordPieceTokenizer, split_text

Outputs = list[NDArray[np.float32]]


def _raw(class_number: int) -> Outputs:
    """Raw outputs with one sure thing: second anchor of the 10x10 grid, row 3, column 4, no offsets."""
    outputs: Outputs = []
    for side, anchors in ((19, 3), (10, 6), (5, 6), (3, 6), (2, 6), (1, 6)):
        outputs += [
            np.zeros((1, anchors * 4, side, side), np.float32),
            np.full((1, anchors * 91, side, side), -9.0, np.float32),
        ]
    outputs[3][0, 91 + class_number, 3, 4] = 3.0
    return outputs


def test_words_become_the_pieces_of_the_vocabulary() -> None:
    tokens = ["[CLS]", "[SEP]", "[UNK]", "cup", "un", "##break", "##able", "!"]
    tokenizer = WordPieceTokenizer({token: number for number, token in enumerate(tokens)})
    assert tokenizer.encode("Cup  UNBREAKABLE! dog").tolist() == [0, 3, 4, 5, 6, 7, 2, 1]
    assert len(tokenizer.encode("cup " * 500)) == MAX_NUM_TOKENS
    assert split_text("Caf\u00e9-cr\u00e8me\u200b 3.5kg") == ["cafe", "-", "creme", "3", ".", "5kg"]
    with pytest.raises(BundleError, match=r"\[UNK\]"):
        WordPieceTokenizer({"[CLS]": 0, "[SEP]": 1})


def test_a_box_code_of_zero_is_its_anchor() -> None:
    assert (COCO_NAMES[1], COCO_NAMES[18], COCO_NAMES[90]) == ("person", "dog", "toothbrush")
    (found,) = decode(_raw(18), min_score=0.5)
    assert found.name == "dog"
    assert found.score == pytest.approx(1 / (1 + np.exp(-3.0)), abs=1e-6)
    width, height = 0.35 * np.sqrt(2.0), 0.35 / np.sqrt(2.0)  # second anchor: scale 0.35, twice as wide
    expected = (0.45 - width / 2, 0.35 - height / 2, 0.45 + width / 2, 0.35 + height / 2)
    assert found.box == pytest.approx(expected, abs=1e-6)
    outputs = _raw(18)
    outputs[3][0, 91 + 18, 3, 5] = 2.0  # its neighbour overlaps it by more than half
    assert decode(outputs, min_score=0.5) == [found]


def test_a_nearer_class_that_is_absent_keeps_others_out() -> None:
    cat, dog = (Detection(name, 0.9, (0.0, 0.0, 1.0, 1.0)) for name in ("cat", "dog"))
    names = ("cat", "dog", "horse")
    settings = MatchSettings(min_similarity=0.5, max_behind=0.1, min_score=0.3)

    def match(*similarity: float) -> list[Detection]:
        return matching_detections(np.array(similarity, np.float32), names, [cat, dog], settings)

    assert match(0.9, 0.3, 0.2) == [cat]
    assert match(0.85, 0.8, 0.2) == [cat, dog]
    assert match(0.6, 0.6, 0.95) == []
    assert match(0.4, 0.4, 0.4) == []


class _Decoder:
    """A mask network that answers with the box that it was given, on its own 256x256 grid."""

    def __init__(self) -> None:
        self.num_runs = 0

    def run(self, names: list[str], inputs: dict[str, NDArray[np.float32]]) -> Outputs:
        assert names == ["iou_predictions", "low_res_masks"]
        self.num_runs += 1
        (x0, y0), (x1, y1) = np.rint(inputs["point_coords"][0] / 4.0).astype(int)
        logits = np.full((1, 1, 256, 256), -8.0, np.float32)
        logits[0, 0, y0:y1, x0:x1] = 8.0
        return [np.full((1, 1), 0.9, np.float32), logits]


@pytest.mark.parametrize(("height", "width"), [(480, 640), (512, 384)])
def test_a_mask_lies_on_its_box_in_the_images_own_pixels(height: int, width: int) -> None:
    encoded = EncodedImage(
        embedding=np.zeros((1, 256, 64, 64), np.float32),
        size_hw=(height, width),
        decoder=cast("Any", _Decoder()),
    )
    mask, quality = encoded.mask_of_box((0.25, 0.5, 0.75, 1.0))
    expected = np.zeros((height, width), np.bool_)
    expected[height // 2 :, width // 4 : 3 * width // 4] = True
    assert quality == pytest.approx(0.9)
    assert (mask & expected).sum() / (mask | expected).sum() > 0.98


@pytest.mark.parametrize(
    ("height", "width"), [(480, 640), (640, 480), (360, 640), (427, 640), (1, 900), (100, 100), (2000, 1504)]
)
def test_only_what_the_image_covers_is_encoded(height: int, width: int) -> None:
    inner_h, inner_w = inner_size(height, width)
    assert max(inner_h, inner_w) == LONG_SIDE
    pixels = encoder_input(np.full((height, width, 3), 255, np.uint8))
    rows, columns = pixels.shape[2:]
    assert pixels.shape[:2] == (1, 3)
    assert rows % 16 == columns % 16 == 0
    assert rows - inner_h < 16 and columns - inner_w < 16
    assert max(rows, columns) <= CANVAS_SIDE
    assert np.all(pixels[0, :, :inner_h, :inner_w] > 2.0)  # the picture lies top left, zeros beside it
    assert not pixels[0, :, inner_h:].any() and not pixels[0, :, :, inner_w:].any()


def test_beside_the_picture_lies_the_encoding_of_an_empty_canvas() -> None:
    rng = np.random.default_rng(0)
    embedding = rng.normal(size=(1, 3, 42, 56)).astype(np.float32)
    empty = rng.normal(size=(1, 3, 64, 64)).astype(np.float32)
    before = empty.copy()
    canvas = on_canvas(embedding, empty)
    np.testing.assert_array_equal(canvas[:, :, :42, :56], embedding)
    np.testing.assert_array_equal(canvas[:, :, 42:], empty[:, :, 42:])
    np.testing.assert_array_equal(canvas[:, :, :, 56:], empty[:, :, :, 56:])
    np.testing.assert_array_equal(empty, before)  # the next picture starts from it again


class _Encoder:
    """A mean of each cell's pixels, in one channel; counts its runs."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def run(self, names: list[str], inputs: dict[str, NDArray[np.float32]]) -> Outputs:
        assert names == ["output"]
        pixels = inputs["input"].mean(axis=1)
        self.sizes.append(pixels.shape[1:])
        rows, columns = (side // 16 for side in pixels.shape[1:])
        return [pixels.reshape(1, 1, rows, 16, columns, 16).mean(axis=(3, 5))]


def test_the_costly_encoding_waits_for_the_first_mask_and_is_made_once() -> None:
    encoder, decoder = _Encoder(), _Decoder()
    network = MaskNetwork(encoder=cast("Any", encoder), decoder=cast("Any", decoder))
    assert encoder.sizes == [(CANVAS_SIDE, CANVAS_SIDE)]  # the empty canvas, once a network
    encoder.sizes.clear()
    encoded = network.look_at(np.full((60, 80, 3), 200, np.uint8))
    assert encoder.sizes == []  # not for a question about stuff
    for _ in range(2):
        encoded.mask_of_box((0.2, 0.2, 0.8, 0.8))
    assert len(encoder.sizes) == 1 and decoder.num_runs == 2


class _Model:
    model_id = "mini@0"

    def match(self, prompt: str, detections: tuple[Detection, ...]) -> list[Detection]:
        return [item for item in detections if item.name in prompt]


def test_answers_say_what_was_found_and_what_could_not_be_read() -> None:
    decoder = _Decoder()
    encoded = EncodedImage(
        embedding=np.zeros((1, 256, 64, 64), np.float32), size_hw=(48, 64), decoder=cast("Any", decoder)
    )
    frame = MiniFrame(
        masks=encoded,
        detections=[Detection("dog", 0.9, (0.0, 0.0, 0.5, 0.5)), Detection("dog", 0.8, (0.5, 0.5, 1.0, 1.0))],
        size_hw=(48, 64),
        timings_s={"encode": 0.1},
        model=cast("MiniModel", _Model()),
    )
    prompts = ["the dogs", "a cat", " ?! ", "dog " * 400, "the dogs"]
    answers = frame.segment(prompts)
    assert [answer.prompt for answer in answers] == prompts
    assert [answer.status.name for answer in answers] == ["OK", "NO_TARGET", "REJECTED", "REJECTED", "OK"]
    assert answers[0].area_px == pytest.approx(48 * 64 / 2, rel=0.05)
    assert decoder.num_runs == 2  # the second question about the dogs used the masks of the first
    with pytest.raises(ValueError, match="list of strings"):
        frame.segment("the dogs")
