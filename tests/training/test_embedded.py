"""Training of the embedded network: learns, resumes to the bit, exports what it computes, calibrates."""

import json

import numpy as np
import pytest
import torch

from converseg_core import load_model
from converseg_core.bundle import write_manifest
from converseg_core.calibration import fit_platt
from converseg_core.embedded import WordTokenizer
from converseg_core.embedded.letterbox import Letterbox
from converseg_training.embedded.data import Batch
from converseg_training.embedded.export import export_network
from converseg_training.embedded.losses import LossWeights, dice_loss, mask_iou, segmentation_loss
from converseg_training.embedded.network import EmbeddedNetwork, NetworkConfig
from converseg_training.embedded.run import Run, TrainConfig, learning_rate_at, train

TINY = NetworkConfig(
    height=64, width=80, channels=(8, 16, 24, 32), num_blocks=(1, 1, 1), decoder_width=32, num_layers=1
)
TOKENIZER = WordTokenizer(["left", "right", "nothing"], max_num_tokens=24)


class Halves:
    """Scenes whose answer is the left half, the right half or nothing: only the words can tell."""

    num_images = 4

    def training_batch(self, step, *, seed, num_images, num_prompts):
        rng = np.random.default_rng((seed, step))
        image = rng.integers(0, 256, (num_images, TINY.height, TINY.width, 3), np.uint8)
        words = rng.integers(1, 4, num_images * num_prompts)
        tokens = np.zeros((len(words), 24), np.int64)
        tokens[:, 0] = words
        target = np.zeros((len(words), TINY.height // 2, TINY.width // 2), np.float32)
        target[words == 1, :, : TINY.width // 4] = 1
        target[words == 2, :, TINY.width // 4 :] = 1
        return Batch(
            torch.from_numpy(image),
            torch.from_numpy(tokens),
            torch.from_numpy(target),
            torch.from_numpy(words == 3),
        )

    def every_question(self, num_images):
        for number in range(num_images):
            yield self.training_batch(1000 + number, seed=9, num_images=1, num_prompts=4), number


def config(num_steps, **changes):
    fields = {
        "num_images": 2,
        "num_prompts": 4,
        "learning_rate": 2e-3,
        "network": TINY,
        "warmup_steps": 5,
        "checkpoint_every": 3,
        "evaluate_every": 1000,
        "num_val_images": 4,
        "average_decay": 0.9,
    }
    return TrainConfig(num_steps=num_steps, **(fields | changes))


def quiet(line):
    del line


def test_it_learns_to_read_the_word(tmp_path):
    run = Run(config(60), TOKENIZER, tmp_path)
    before = run.evaluate(Halves())["val_giou"]
    train(run, Halves(), None, quiet)
    after = run.evaluate(Halves())
    assert after["val_giou"] > 0.9 > before
    assert after["val_presence"] == 1.0


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path):
    whole = Run(config(8), TOKENIZER, tmp_path / "whole")
    train(whole, Halves(), None, quiet)

    class KilledError(RuntimeError):
        pass

    class DiesAtStepFive(Halves):
        def training_batch(self, step, **sizes):
            if step == 5:
                raise KilledError
            return super().training_batch(step, **sizes)

    killed = Run(config(8), TOKENIZER, tmp_path / "killed")
    with pytest.raises(KilledError):
        train(killed, DiesAtStepFive(), None, quiet)
    lines = []
    resumed = Run(config(8), TOKENIZER, tmp_path / "killed")
    train(resumed, Halves(), None, lines.append)
    assert lines[0] == "resuming at step 3"
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name
    for name, value in whole.average.state_dict().items():
        assert torch.equal(value, resumed.average.state_dict()[name]), name


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    run = Run(config(2), TOKENIZER, tmp_path)
    with torch.no_grad():
        run.network.image_encoder.stem[0].weight.fill_(float("nan"))
    with pytest.raises(RuntimeError, match="learning_rate"):
        run.train_step(Halves())


def test_learning_rate_warms_up_and_falls():
    rates = [learning_rate_at(step, config(100)) for step in range(100)]
    assert rates[0] == pytest.approx(2e-3 / 5)
    assert max(rates) == pytest.approx(2e-3)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] < 0.02 * 2e-3


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    network = EmbeddedNetwork(TINY, num_ids=TOKENIZER.num_ids).eval()
    with torch.no_grad():
        # Random weights must answer with a mask, and with one that has an edge, to be compared by.
        network.prompt_decoder.presence[-1].bias.fill_(5.0)
    folder = tmp_path_factory.mktemp("bundle")
    files = export_network(network, folder)
    (folder / "tokenizer.json").write_text(TOKENIZER.to_json())
    write_manifest(
        folder,
        files={**files, "tokenizer": "tokenizer.json"},
        name="halves",
        architecture="embedded-v1",
        weights="random",
        licence="Apache-2.0",
        training_data="none",
        preprocessing={"height": 64, "width": 80, "mean": TINY.mean, "std": TINY.std},
    )
    return network, folder


def test_the_runtime_computes_what_the_network_computes(exported):
    network, folder = exported
    image = np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)
    pixels = ((image.astype(np.float32) / 255 - TINY.mean) / TINY.std).astype(np.float32).transpose(2, 0, 1)
    with torch.no_grad():
        logits = network(
            torch.from_numpy(pixels)[None], torch.from_numpy(TOKENIZER.encode("left right").ids)[None]
        )
    (answer,) = load_model(folder).encode(image).segment(["left right"])
    assert answer.no_target_score == pytest.approx(1 - logits["presence_logit"].sigmoid().item(), abs=2e-3)
    mask = Letterbox(64, 80, 64, 80).restore(logits["mask_logits"][0].numpy()) > 0
    assert 0.05 < mask.mean() < 0.95
    assert (mask != answer.mask).mean() < 0.01


def test_the_files_name_no_path_of_the_exporting_machine(exported):
    _, folder = exported
    for path in folder.glob("*.onnx"):
        content = path.read_bytes()
        assert b"site-packages" not in content
        assert b"/home" not in content
        assert __file__.encode() not in content


def test_the_answer_to_a_prompt_ignores_padding(exported):
    network, _ = exported
    image = torch.randn(1, 3, 64, 80)
    short = torch.tensor([[1, 2]])
    padded = torch.tensor([[1, 2, 0, 0, 0]])
    with torch.no_grad():
        a, b = network(image, short), network(image, padded)
    torch.testing.assert_close(a["mask_logits"], b["mask_logits"], atol=1e-5, rtol=1e-5)


def test_prompts_of_an_image_do_not_see_each_other(exported):
    network, _ = exported
    images = torch.randn(2, 3, 64, 80)
    tokens = torch.tensor([[1], [2], [3], [1]])
    with torch.no_grad():
        together = network(images, tokens)["mask_logits"]
        alone = network(images[1:], tokens[2:3])["mask_logits"]
    torch.testing.assert_close(together[2], alone[0], atol=1e-5, rtol=1e-5)


def test_loss_terms_by_hand():
    logits = torch.tensor([[[10.0, -10.0], [-10.0, -10.0]]])
    target = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    assert dice_loss(logits, target).item() == pytest.approx(0.0, abs=1e-3)
    # Nothing shared: 1 - (0 + 1) / (1 + 3 + 1).
    assert dice_loss(-logits, target).item() == pytest.approx(1 - 1 / 5, abs=1e-3)
    assert mask_iou(logits, target).item() == 1.0
    assert mask_iou(torch.full((1, 2, 2), -1.0), torch.zeros(1, 2, 2)).item() == 1.0


def test_a_question_without_target_is_left_out_of_dice():
    heads = {
        "mask_logits": torch.zeros(2, 4, 4),
        "coarse_logits": torch.zeros(2, 2, 2),
        "presence_logit": torch.zeros(2),
        "quality_logit": torch.zeros(2),
    }
    target = torch.zeros(2, 4, 4)
    target[0] = 1.0
    _, terms = segmentation_loss(heads, target, torch.tensor([False, True]), LossWeights())
    # First mask: probability 1/2 everywhere, truth 1: 1 - (2 * 8 + 1) / (4 + 16 + 1).
    assert terms["dice"].item() == pytest.approx(1 - 17 / 21, abs=1e-6)
    assert terms["presence"].item() == pytest.approx(np.log(2), abs=1e-6)


def test_platt_scaling_recovers_a_known_distortion():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 20_000)
    labels = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1.0)))
    fitted = fit_platt(logits, labels)
    assert fitted.slope == pytest.approx(0.5, abs=0.03)
    assert fitted.offset == pytest.approx(-1.0, abs=0.05)


def test_platt_scaling_of_separable_data_stays_finite():
    logits = np.linspace(-3, 3, 40)
    fitted = fit_platt(logits, logits > 0)
    assert np.isfinite([fitted.slope, fitted.offset]).all()


@pytest.mark.parametrize("labels", [np.ones(50, bool), np.zeros(50, bool)])
def test_platt_scaling_refuses_answers_of_one_kind(labels):
    with pytest.raises(ValueError, match="both true and false"):
        fit_platt(np.zeros(len(labels)), labels)


def test_the_run_is_written_down(tmp_path):
    run = Run(config(3), TOKENIZER, tmp_path)
    train(run, Halves(), Halves(), quiet)
    assert json.loads((tmp_path / "config.json").read_text())["num_steps"] == 3
    last = json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["step"] == 3
    assert {"loss", "iou", "val_giou", "step_s"} <= set(last)
