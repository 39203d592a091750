"""The authors' files, imported, give the authors' numbers."""

import numpy as np
import pytest

from converseg_core.answer import Status
from converseg_core.model import MAX_PROMPT_CHARS
from tests.core.net.authors_checkpoint import arrays, golden

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def stored():
    return arrays()


def test_the_golden_file_says_how_it_was_made():
    assert "9eacdd12beed33ce50473bbd5db31140a532ab25" in golden()["how"]


@pytest.mark.parametrize("case", golden()["cases"], ids=lambda case: case["key"])
def test_reference_mode_repeats_the_authors_inference(reference, stored, case):
    key, prompt = case["key"], case["prompt"]
    frame = reference.encode(stored[case["image"]])
    encoded, _ = frame.encoded()
    suffix = reference.tokenizer.suffix(prompt)
    vectors = reference.backend.vectors(encoded, [suffix])
    assert vectors.sparse_ntc.shape[1] == case["num_sparse"]
    sparse = vectors.sparse_ntc[0].numpy()[: len(stored[f"sparse_{key}"])]
    assert np.abs(sparse - stored[f"sparse_{key}"]).max() <= TOLERANCE
    assert np.abs(vectors.dense_nc[0].numpy() - stored[f"dense_{key}"]).max() <= TOLERANCE
    decoded = reference.backend.decode(encoded, [suffix])
    assert np.abs(decoded.logits_nkhw[0, 1:] - stored[f"low_{key}"]).max() <= TOLERANCE
    assert np.abs(decoded.iou_nk[0, 1:] - stored[f"iou_{key}"]).max() <= TOLERANCE


@pytest.mark.parametrize("case", golden()["cases"], ids=lambda case: case["key"])
def test_reference_masks_are_the_authors_masks(reference, stored, case):
    image = stored[case["image"]]
    (answer,) = reference.encode(image).segment([case["prompt"]])
    if len(case["prompt"]) > MAX_PROMPT_CHARS:
        # Longer than the Answer contract reads; the network's own numbers are compared above.
        assert answer.status is Status.REJECTED
        return
    theirs = np.unpackbits(stored[f"mask_{case['key']}"], count=image[..., 0].size).astype(bool)
    theirs = theirs.reshape(image.shape[:2])
    # A pixel whose logit is within rounding of zero may fall to either side.
    assert np.count_nonzero(answer.mask != theirs) <= 2
    assert np.count_nonzero(theirs) == case["area"]


def test_the_golden_numbers_can_tell_prompts_and_images_apart(stored):
    far = 20 * TOLERANCE
    assert np.abs(stored["low_0_0"] - stored["low_0_1"]).max() > far
    assert np.abs(stored["dense_0_0"] - stored["dense_2_0"]).max() > far
    assert np.abs(stored["sparse_0_0"] - stored["sparse_2_0"]).max() > far
