"""Exported graphs answer like torch, without torch."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from converseg_core import load_model
from converseg_core.bundle import BundleError
from converseg_core.net.export import run
from converseg_core.net.export.parity import mask_iou
from converseg_core.net.export.run import export_bundle
from converseg_core.net.providers import providers_for
from tests.core.net import tiny
from tests.core.net.tiny_words import PROMPTS

pytestmark = pytest.mark.long

SIZES = [(96, 128), (112, 84)]


@pytest.fixture(scope="module")
def exported(bundles, tmp_path_factory):
    out = tmp_path_factory.mktemp("onnx") / "bundle"
    return out, export_bundle(bundles["corrected"], out, sizes_hw=SIZES)


def test_every_part_comes_close_to_torch(exported):
    _, report = exported
    names = {part.name for part in report.parts}
    assert {"sam_encoder", "decoder", "adapter", "language"} < names
    assert len(names) == 6
    for part in report.parts:
        assert part.relative_error < 1e-4, part


def test_masks_agree_end_to_end(exported, bundles):
    out, report = exported
    assert report.mask_iou["worst"] >= 0.99
    torch_model = load_model(bundles["corrected"], runtime="torch-fp32", device="cpu")
    onnx_model = load_model(out, runtime="onnxruntime", device="cpu")
    images = [tiny.picture(*size, seed=seed) for seed, size in enumerate(SIZES)]
    assert mask_iou(torch_model, onnx_model, images, PROMPTS)["worst"] >= 0.99


def test_a_size_that_was_not_exported_takes_the_nearest_grid(exported):
    model = load_model(exported[0], device="cpu")
    (answer,) = model.encode(tiny.picture(200, 180)).segment(["the red mug"])
    assert answer.status.is_answer
    assert answer.mask.shape == (200, 180)


def test_batches_and_order_make_no_difference(exported):
    model = load_model(exported[0], device="cpu")
    frame = model.encode(tiny.picture(96, 128))
    together = frame.segment(PROMPTS)
    for prompt, answer in zip(PROMPTS, together, strict=True):
        (alone,) = frame.segment([prompt])
        assert np.count_nonzero(alone.mask != answer.mask) <= 2


def test_the_bundle_runs_without_torch(exported):
    code = (
        "import sys, numpy as np, converseg_core as c; "
        f"m = c.load_model({str(exported[0])!r}, runtime='onnxruntime'); "
        "m.encode(np.zeros((96, 128, 3), np.uint8)).segment(['the mug']); "
        "print([n for n in ('torch', 'transformers', 'rclpy') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(("precision", "bound"), [("fp16", 2e-2), ("int8", 0.3)])
def test_smaller_numbers_stay_near(bundles, exported, tmp_path, monkeypatch, precision, bound):
    def as_traced_before(part, path):  # which takes most of an export's time, and is the same for all types
        for file in exported[0].glob(f"{part.name}.onnx*"):
            shutil.copyfile(file, path.with_name(file.name))

    monkeypatch.setattr(run, "trace", as_traced_before)
    report = export_bundle(bundles["corrected"], tmp_path / "small", sizes_hw=SIZES[:1], precision=precision)
    for part in report.parts:
        assert part.relative_error < bound, part
    model = load_model(tmp_path / "small", device="cpu")
    (answer,) = model.encode(tiny.picture(96, 128)).segment(["the red mug"])
    assert answer.status.is_answer


def test_what_cannot_be_exported_is_refused(bundles, exported, tmp_path):
    with pytest.raises(ValueError, match="precision"):
        export_bundle(bundles["corrected"], tmp_path / "out", sizes_hw=SIZES, precision="fp8")
    with pytest.raises(ValueError, match="sizes_hw"):
        export_bundle(bundles["corrected"], tmp_path / "out", sizes_hw=[])
    with pytest.raises(BundleError, match="torch weights"):
        export_bundle(exported[0], tmp_path / "out", sizes_hw=SIZES)


def test_tensorrt_keeps_its_engines_and_has_a_way_back():
    (name, options), (fallback, _), last = providers_for("tensorrt", is_half=True)
    assert name == "TensorrtExecutionProvider"
    assert options["trt_engine_cache_enable"]
    assert options["trt_fp16_enable"]
    assert fallback == "CUDAExecutionProvider"
    assert last == "CPUExecutionProvider"
