"""Every smoke recipe through the real command line: trains, is killed, goes on, is exported, answers.

The phases of ConverSeg-Net follow each other: the first starts from untouched base weights, each other from
the bundle of the one before.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from converseg_core import Status, load_model
from converseg_core.bundle import verify
from converseg_core.net.importing.base import import_base
from converseg_engine.shards import read_split
from converseg_training.recipes import FROM_A_BUNDLE, RECIPES, SMOKE
from tests.core.mini.built import why_not
from tests.core.net import hub_files, tiny
from tests.ros.client import Client, segmenter
from tests.training import tiny_shards
from tests.training.commands import converseg, curve, environment, lines, run_and_kill

pytestmark = pytest.mark.long

PROMPT = "something to hold"
CALIBRATED = ("mini-smoke", "net-presence-smoke", "sim-tiny-smoke")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_shards.write(tmp_path_factory.mktemp("data"), "train", 10)
    for seed, split in enumerate(("val", "test"), start=1):
        tiny_shards.write(folder, split, 3, seed=seed)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def arguments(recipe: str, data: Path, out: Path, folder: Path) -> list[str]:
    """The command of a recipe."""
    words = ["train", recipe, "--data", str(data), "--out", str(out), "--num-threads", "1"]
    names = [f"{name}-smoke" for name in FROM_A_BUNDLE]
    if recipe == names[0]:
        words += ["--init", str(base(folder))]
    elif recipe in names:
        words += ["--init", str(bundle_of(names[names.index(recipe) - 1], data, folder))]
    return words


def base(folder: Path) -> Path:
    """Base weights in the hub's formats, imported once."""
    bundle = folder / "base"
    if not bundle.exists():
        sources = hub_files.write(folder / "hub")
        import_base(sources, tiny.config(), bundle, name="tiny-base", licence="none")
    return bundle


def bundle_of(recipe: str, data: Path, folder: Path) -> Path:
    """The recipe's bundle, made once: trained, killed in the middle, run again, exported."""
    out, bundle = folder / recipe, folder / f"{recipe}-bundle"
    if bundle.exists():
        return bundle
    words = arguments(recipe, data, out, folder)
    run_and_kill(words, folder / "log", out, at_step=2)
    said = converseg(words, folder / "log")
    assert "going on at step" in said
    converseg(
        [
            "train", "bundle", "--run", str(out), "--data", str(data), "--out", str(bundle),
            "--name", recipe, "--licence", "none", "--training-data", "noise",
        ],
        folder / "log",
    )  # fmt: skip
    return bundle


def test_there_is_a_smoke_recipe_for_every_recipe() -> None:
    assert set(SMOKE) == {f"{name}-smoke" for name in RECIPES if name not in SMOKE}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("recipe", SMOKE)
def test_a_recipe_from_the_first_step_to_an_answer_in_the_node(
    recipe: str, data: Path, folder: Path, tmp_path: Path
) -> None:
    if recipe == "mini-smoke" and why_not():
        pytest.skip(why_not())
    bundle = bundle_of(recipe, data, folder)
    whole = tmp_path / "whole"
    converseg(arguments(recipe, data, whole, folder), tmp_path / "log")
    assert curve(folder / recipe) == curve(whole)
    steps = [line for line in lines(whole) if line["kind"] == "train"]
    assert [line["step"] for line in steps] == [1, 2, 3, 4]
    assert len({line["loss"] for line in steps}) == 4
    assert any("giou_all" in line for line in curve(whole))
    check_bundle(recipe, bundle)
    check_node(bundle, next(iter(read_split(data, "test"))).image, tmp_path)


def check_bundle(recipe: str, bundle: Path) -> None:
    manifest = verify(bundle)
    assert manifest.measured["table"][-1]["num_samples"] == 9
    card = (bundle / "MODEL_CARD.md").read_text()
    assert f"| all | 9 | {manifest.measured['table'][-1]['giou']:.3f} " in card
    # Presence can be calibrated on these questions: some have a target, some have none.
    assert ("presence" in manifest.calibrations) == (recipe in CALIBRATED)


def check_node(bundle: Path, picture: bytes, tmp_path: Path) -> None:
    """The node answers with the bundle's name and mask, like the model without a node."""
    model = load_model(bundle)
    pixels = cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    expected = model.encode(pixels).segment([PROMPT])[0]
    assert expected.status in (Status.OK, Status.NO_TARGET)
    assert expected.mask is not None
    with segmenter(tmp_path, model=str(bundle), max_frame_age_s=30.0) as (_, client):
        assert isinstance(client, Client)
        client.wait_for_segmenter()
        message = client.show_compressed(picture)
        answer = client.ask_on(message.header, PROMPT)
    assert answer.model_id == model.model_id
    assert answer.status == expected.status.value
    assert bytes(answer.mask.data) == (expected.mask * 255).astype("uint8").tobytes()


def test_a_process_of_its_own_says_what_is_wrong(data: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "converseg_core.cli.main", "train", "net-phase1", "--data", str(data),
            "--out", str(tmp_path / "out"),
        ],
        env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "init: name the bundle to start from" in done.stderr
