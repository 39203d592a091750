"""``converseg segment`` through the real command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from converseg_core.cli.image_file import read_image
from converseg_core.cli.main import main
from tests.core.cli.conftest import RunCli

FIELDS = {
    "image", "height", "width", "prompt", "status", "status_text", "confidence", "no_target_score", "area_px",
    "box_xywh", "timings_s", "model_id", "mask", "overlay",
}  # fmt: skip


def _rows(text: str) -> list[dict[str, object]]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


def test_one_json_line_and_matching_files_for_each_answer(
    cli: RunCli, picture: Path, tmp_path: Path, model: str
) -> None:
    prompts = ["the red mug", "red", "the red mug"]
    done = cli(
        "segment", str(picture), "--prompt", *prompts[:2], "--prompt", prompts[2], "--json", "--model", model
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "no bar and no chatter where nobody watches"
    rows = _rows(done.stdout)
    assert [row["prompt"] for row in rows] == prompts
    assert rows == _rows((tmp_path / "converseg-out" / "answers.jsonl").read_text())
    assert len({str(row["mask"]) for row in rows}) == 3, "two answers share a file"
    for row in rows:
        assert set(row) == FIELDS
        with Image.open(tmp_path / str(row["mask"])) as mask_file:
            assert mask_file.mode == "L"
            mask = np.asarray(mask_file)
        assert mask.shape == (60, 80)
        assert set(np.unique(mask)) <= {0, 255}
        assert np.count_nonzero(mask) == row["area_px"]
        assert (row["area_px"] == 0) == (row["status"] == "NO_TARGET")
        with Image.open(tmp_path / str(row["overlay"])) as overlay:
            assert overlay.size == (80, 60)


def test_bad_images_are_named_and_the_others_go_on(
    cli: RunCli, picture: Path, tmp_path: Path, model: str
) -> None:
    (tmp_path / "text.jpg").write_text("no image")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), dtype=np.uint8)).save(
        tmp_path / "x.jpg"
    )
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "x.jpg").read_bytes()[:2000])
    (tmp_path / "empty.png").touch()
    bad = ["text.jpg", "cut.jpg", "empty.png", "missing.png", "."]
    done = cli("segment", *bad, str(picture), "--prompt", "red", "--json", "--model", model)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == bad
    assert "cut.jpg: damaged" in lines[1]
    assert [row["image"] for row in _rows(done.stdout)] == [str(picture)]


def test_a_question_without_answer_is_exit_1_and_leaves_no_mask(
    cli: RunCli, picture: Path, tmp_path: Path, model: str
) -> None:
    done = cli("segment", str(picture), "--prompt", "", "x" * 10_000, "--json", "--model", model)
    assert done.returncode == 1
    rows = _rows(done.stdout)
    assert [row["status"] for row in rows] == ["REJECTED", "REJECTED"]
    assert all(row["mask"] is None and row["confidence"] is None and row["status_text"] for row in rows)
    assert not list((tmp_path / "converseg-out").glob("*.mask.png"))


def test_lines_to_read_without_json(cli: RunCli, picture: Path, model: str) -> None:
    done = cli("segment", str(picture), "--prompt", "red", "--model", model)
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{picture}  'red'  ")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--prompt", "red"], "no image file"),
        (["a.png"], "no question"),
        (["a.png", "--prompt"], "no question"),
    ],
)
def test_wrong_use(args: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", *args]) == 2
    assert words in capsys.readouterr().err


def test_unknown_model_and_unwritable_folder_fail_with_the_remedy(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    out = str(tmp_path / "out")
    assert main(["segment", str(picture), "--prompt", "red", "--model", "nope", "--out", out]) == 1
    assert "converseg models list" in capsys.readouterr().err
    (tmp_path / "file").touch()
    inside = str(tmp_path / "file" / "out")
    assert main(["segment", str(picture), "--prompt", "red", "--model", model, "--out", inside]) == 1
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(orientation: int, tmp_path: Path) -> None:
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[:20, :30] = (255, 0, 0)
    upright[20:, 30:] = (0, 0, 255)
    # What a camera stores so that a viewer, turning it as the tag says, shows it upright.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    assert (read_image(path) == upright).all()


def test_odd_kinds_of_pictures_become_rgb(tmp_path: Path) -> None:
    grey16 = np.linspace(0, 65535, 12).astype(np.uint16).reshape(3, 4)
    Image.fromarray(grey16).save(tmp_path / "grey16.png")
    assert (read_image(tmp_path / "grey16.png")[:, :, 1] == grey16 // 257).all()

    clear = np.zeros((3, 4, 4), np.uint8)
    clear[0, 0] = (10, 20, 30, 255)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    rgb = read_image(tmp_path / "clear.png")
    assert rgb[0, 0].tolist() == [10, 20, 30]
    assert rgb[2, 2].tolist() == [255, 255, 255]

    Image.fromarray(np.eye(4, dtype=np.uint8) * 255).convert("1").save(tmp_path / "bits.png")
    assert read_image(tmp_path / "bits.png")[0, 0].tolist() == [255, 255, 255]
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg")
    assert read_image(tmp_path / "cmyk.jpg")[0, 0, 0] > 200
