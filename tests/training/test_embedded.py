"""Training of the embedded network: learns, resumes to the bit, exports what it computes, calibrates."""

import numpy as np
import pytest
import torch

from converseg_core import load_model
from converseg_core.bundle import write_manifest
from converseg_core.calibration import fit_platt
from converseg_core.embedded import WordTokenizer
from converseg_core.embedded.letterbox import Letterbox
from converseg_engine.shards import read_split
from converseg_engine.sim.questions.wording import vocabulary
from converseg_training.embedded.config import EmbeddedTaskConfig
from converseg_training.embedded.export import export_network
from converseg_training.embedded.losses import LossWeights, dice_loss, mask_iou, segmentation_loss
from converseg_training.embedded.network import EmbeddedNetwork, NetworkConfig
from converseg_training.embedded.rows import EmbeddedRow, chosen_questions
from converseg_training.embedded.task import EmbeddedTask
from converseg_training.loop.task import TrainRow
from tests.training import tiny_shards

TINY = NetworkConfig(
    height=64, width=80, channels=(8, 16, 24, 32), num_blocks=(1, 1, 1), decoder_width=32, num_layers=1
)
TOKENIZER = WordTokenizer(["left", "right", "nothing"], max_num_tokens=24)


CONFIG = EmbeddedTaskConfig(words=TOKENIZER.words, num_questions=4, network=TINY)


def halves(step):
    """A noisy picture with four questions: the left half, the right half or nothing; only words can tell."""
    rng = np.random.default_rng(step)
    words = rng.integers(1, 4, 4)
    target = np.zeros((4, TINY.height // 2, TINY.width // 2), np.uint8)
    target[words == 1, :, : TINY.width // 4] = 255
    target[words == 2, :, TINY.width // 4 :] = 255
    tokens = np.zeros((4, 24), np.int64)
    tokens[:, 0] = words
    return EmbeddedRow(
        image_chw=torch.from_numpy(rng.standard_normal((3, TINY.height, TINY.width), np.float32)),
        tokens_pl=torch.from_numpy(tokens),
        target_phw=torch.from_numpy(target),
        no_target_p=torch.from_numpy(words == 3),
        points_pq2=torch.zeros(4, 0, 2),
        is_inside_pq=torch.zeros(4, 0),
    )


def test_it_learns_to_read_the_word():
    module = EmbeddedTask(CONFIG).build()
    optimizer = torch.optim.AdamW(module.parameters(), lr=2e-3)
    before = float(module([halves(1000)])["hit"])
    for step in range(60):
        optimizer.zero_grad()
        module([halves(2 * step), halves(2 * step + 1)])["loss"].backward()
        optimizer.step()
    module.eval()
    with torch.no_grad():
        after = module([halves(1000 + number) for number in range(4)])
    assert after["hit"] > 0.7 > before
    assert after["presence"] < 0.2


def test_terms_of_parts_average_to_the_terms_of_the_batch():
    module = EmbeddedTask(CONFIG).build().eval()  # batch norm counts over what it is given
    rows = [halves(number) for number in range(4)]
    with torch.no_grad():
        whole, first, second = module(rows), module(rows[:2]), module(rows[2:])
    for name, value in whole.items():
        torch.testing.assert_close(value, (first[name] + second[name]) / 2, atol=1e-6, rtol=1e-5)


def test_a_row_holds_the_drawn_question_and_others_of_its_picture(tmp_path):
    folder = tiny_shards.write(tmp_path, "train", 1)
    config = EmbeddedTaskConfig(words=vocabulary(), num_questions=3, network=TINY)
    task = EmbeddedTask(config, recolor=False)
    (image,) = read_split(folder, "train")
    row = task.prepare(TrainRow(image=image, question=image.questions[1], rng=np.random.default_rng(0)))
    first = task.tokenizer.encode(image.questions[1].prompt).ids
    assert row.tokens_pl[0].tolist() == first.tolist()
    assert len({tuple(ids) for ids in row.tokens_pl.tolist()}) == 3
    # 96x72 fills 80x60 of the canvas, from row 2 on: the second question's box, in the masks' half size.
    mask = row.target_phw[0] > 127
    assert mask[9:25, 13:33].float().mean() > 0.9
    assert mask.sum() == pytest.approx(40 * 50 * (80 / 96) ** 2 / 4, rel=0.1)
    assert row.no_target_p.sum() == 1


def test_points_lie_in_the_mask_where_they_say_so(tmp_path):
    folder = tiny_shards.write(tmp_path, "train", 1)
    (image,) = read_split(folder, "train")
    losses = LossWeights(points=1.0)
    config = EmbeddedTaskConfig(
        words=vocabulary(), num_questions=1, num_points=200, network=TINY, losses=losses
    )
    task = EmbeddedTask(config)
    row = task.prepare(TrainRow(image=image, question=image.questions[1], rng=np.random.default_rng(0)))
    x, y = (row.points_pq2[0] * torch.tensor([TINY.width // 2, TINY.height // 2])).long().unbind(-1)
    agree = (row.target_phw[0, y, x] > 127) == (row.is_inside_pq[0] > 0.5)
    assert agree.float().mean() > 0.85  # three in four lie at the border, where a cell is coarse
    terms = task.build()([row])
    assert terms["points"] > 0
    parts = sum(getattr(losses, name) * terms[name] for name in terms if name not in ("loss", "hit"))
    torch.testing.assert_close(terms["loss"], parts)


def test_questions_without_a_target_come_as_often_as_wanted(tmp_path):
    folder = tiny_shards.write(tmp_path, "train", 1)
    (image,) = read_split(folder, "train")

    def share(negatives, lead):
        drawn = []
        for seed in range(400):
            row = TrainRow(image=image, question=image.questions[lead], rng=np.random.default_rng(seed))
            drawn += [found.no_target for found in chosen_questions(row, 2, negatives=negatives)[1:]]
        return np.mean(drawn)

    # Beside the first question there are one with and one without a target.
    assert share(1.0, 0) == pytest.approx(0.5, abs=0.08)
    assert share(3.0, 0) == pytest.approx(0.75, abs=0.07)
    assert share(0.0, 0) == 0.0
    row = TrainRow(image=image, question=image.questions[2], rng=np.random.default_rng(0))
    assert not any(found.no_target for found in chosen_questions(row, 2, negatives=0.0))


def test_a_word_that_it_can_not_learn_is_named(tmp_path):
    folder = tiny_shards.write(tmp_path, "train", 1)
    (image,) = read_split(folder, "train")
    row = TrainRow(image=image, question=image.questions[1], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"something to hold.*outside the vocabulary: something, to, hold"):
        EmbeddedTask(CONFIG).prepare(row)


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
    # First mask: probability 1/2 everywhere, truth 1: 1 - (2 * 8 + 1) / (4 + 16 + 1); the mean is over both.
    assert terms["dice"].item() == pytest.approx((1 - 17 / 21) / 2, abs=1e-6)
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
