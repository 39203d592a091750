"""Imports: every tensor accounted for, LoRA merged or kept, hostile files refused and nothing executed."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from converseg_core import load_model
from converseg_core.net.importing.checkpoint import Sources
from converseg_core.net.importing.tensors import CheckpointError
from tests.core.net import authors_checkpoint as authors
from tests.core.net import tiny


@pytest.fixture
def files(sources, tmp_path) -> Sources:
    """A copy that a test may spoil."""
    folder = Path(shutil.copytree(sources.sam_path.parent, tmp_path / "spoilt"))
    return Sources(
        sam_path=folder / sources.sam_path.name,
        language_path=folder / sources.language_path.name,
        lora_path=folder / sources.lora_path.name,
        tokenizer_path=folder / "tokenizer.json",
    )


def refused(files: Sources, tmp_path: Path, *, names: Path, reason: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        authors.run_import(files, tmp_path / "out")
    assert str(names) in str(caught.value)
    assert reason in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def respell(path: Path, key: str, change) -> None:
    content = torch.load(path, weights_only=True)
    change(content[key])
    torch.save(content, path)


def test_every_tensor_is_in_the_bundle_once(sources, tmp_path):
    done = authors.run_import(sources, tmp_path / "bundle")
    stored = load_file(tmp_path / "bundle" / "weights.safetensors")
    assert done.num_tensors == len(stored)
    assert done.num_lora_modules == len(authors.golden()["lora"]) // 2
    assert any("memory_attention" in name for name in done.left_out)
    assert "backbone.base_model.model.lm_head.weight" in done.left_out
    assert not any("lora" in name for name in stored)


def test_merged_and_kept_lora_answer_alike(sources, tmp_path):
    image = tiny.picture()
    authors.run_import(sources, tmp_path / "merged")
    authors.run_import(sources, tmp_path / "kept", keep_lora=True)
    logits = []
    for name in ("merged", "kept"):
        model = load_model(tmp_path / name, runtime="torch-fp32", device="cpu")
        frame = model.encode(image)
        logits.append(
            model.backend.decode(frame.encoded()[0], [model.tokenizer.suffix("the mug")]).logits_nkhw
        )
    assert np.array_equal(logits[0], logits[1])
    kept, merged = (load_file(tmp_path / name / "weights.safetensors") for name in ("kept", "merged"))
    name = "vlm.backbone.language_model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(kept[name], merged[name])
    assert (tmp_path / "kept" / "lora.safetensors").stat().st_size < 200_000


def test_a_pickle_with_code_is_not_opened(files, tmp_path):
    marker = tmp_path / "executed"

    class Hostile:
        def __reduce__(self):
            return (Path.touch, (marker,))

    files.language_path.write_bytes(pickle.dumps({"plm": Hostile()}))
    refused(files, tmp_path, names=files.language_path, reason="other than tensors")
    torch.save({"model": {"x": Hostile()}}, files.sam_path)
    refused(files, tmp_path, names=files.sam_path, reason="other than tensors")
    assert not marker.exists()


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_truncated_torch_file(files, tmp_path, keep):
    content = files.sam_path.read_bytes()
    files.sam_path.write_bytes(content[: int(keep * len(content)) if keep < 1 else keep])
    refused(files, tmp_path, names=files.sam_path, reason="")


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_truncated_safetensors_file(files, tmp_path, keep):
    path = files.lora_path / "adapter_model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep < 1 else keep])
    refused(files, tmp_path, names=path, reason="cut off or damaged")


def test_nan_weights(files, tmp_path):
    respell(files.sam_path, "model", lambda table: table["no_mem_embed"].fill_(float("nan")))
    refused(files, tmp_path, names=files.sam_path, reason="no_mem_embed holds NaN")


def test_swapped_shapes(files, tmp_path):
    def swap(table):
        table["to_sparse.weight"] = table["to_sparse.weight"].T.contiguous()

    respell(files.language_path, "plm", swap)
    refused(
        files,
        tmp_path,
        names=files.language_path,
        reason="adapter.sparse.weight has shape (64, 32), not (32, 64)",
    )


def test_an_unknown_tensor(files, tmp_path):
    respell(files.language_path, "plm", lambda table: table.update(surprise=torch.ones(1)))
    refused(files, tmp_path, names=files.language_path, reason="unknown tensor surprise")
    shutil.copy(files.sam_path, tmp_path / "sam")


def test_an_unknown_tensor_inside_the_backbone(files, tmp_path):
    respell(
        files.language_path, "plm",
        lambda table: table.update({"backbone.base_model.model.model.visual.extra": torch.ones(1)}),
    )  # fmt: skip
    refused(files, tmp_path, names=files.language_path, reason="unknown tensor vlm.backbone.visual.extra")


def test_a_missing_tensor(files, tmp_path):
    respell(files.sam_path, "model", lambda table: table.pop("sam_mask_decoder.iou_token.weight"))
    refused(
        files,
        tmp_path,
        names=files.sam_path,
        reason="missing tensor sam.backbone.mask_decoder.iou_token.weight",
    )


def test_lora_of_another_rank(files, tmp_path):
    path = files.lora_path / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"r": 8}))
    refused(files, tmp_path, names=files.lora_path, reason="rank 4, not 8")


def test_lora_with_an_option_that_changes_the_arithmetic(files, tmp_path):
    path = files.lora_path / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"use_dora": True}))
    refused(files, tmp_path, names=path, reason="use_dora")


def test_lora_without_a_partner(files, tmp_path):
    path = files.lora_path / "adapter_model.safetensors"
    table = load_file(path)
    table.pop(sorted(table)[0])
    save_file(table, path)
    refused(files, tmp_path, names=path, reason="without its partner")


def test_a_missing_lora_folder_is_not_silently_skipped(files, tmp_path):
    without = Sources(
        sam_path=files.sam_path,
        language_path=files.language_path,
        lora_path=None,
        tokenizer_path=files.tokenizer_path,
    )
    refused(without, tmp_path, names=files.language_path, reason="give the PEFT folder too")


def test_a_tokenizer_without_the_template(files, tmp_path):
    files.tokenizer_path.write_text('{"nonsense": true}')
    with pytest.raises(ValueError, match="not a tokenizer"):
        authors.run_import(files, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_existing_folder_is_left_alone(sources, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(FileExistsError, match="exists already"):
        authors.run_import(sources, tmp_path / "out")
