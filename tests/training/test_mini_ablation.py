"""The ablation leaves out what it says, in training and in measuring."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from converseg_training.mini.ablation import VARIANTS, Withheld, table, train_commands
from converseg_training.mini.network import ImageInputs, PromptInputs


def test_every_variant_trains_as_long_and_differs_by_its_flags() -> None:
    places = {"bundle": Path("m"), "cache": Path("c"), "folder": Path("w"), "num_steps": 7}
    plain = train_commands((), **places)  # type: ignore[arg-type]
    for flags in VARIANTS.values():
        for line, full in zip(train_commands(flags, **places), plain, strict=True):  # type: ignore[arg-type]
            assert line == [*full, *flags]
            assert line[line.index("--num-steps") + 1] == "7"
    assert plain[1][plain[1].index("--start") + 1] == plain[0][plain[0].index("--out") + 1]


class _Sum(nn.Module):
    def forward(self, image: ImageInputs, prompt: PromptInputs, *_: object) -> dict[str, Tensor]:
        parts = (image.pixels_bchw, image.semantic_bchw, image.middle_bchw, image.painted_bkhw)
        return {"sums": torch.stack([part.sum() for part in parts])}


def test_the_withheld_network_gets_pixels_alone() -> None:
    ones = torch.ones(1, 2, 3, 4)
    image = ImageInputs(ones, ones, ones, ones)
    prompt = PromptInputs(*(torch.zeros(1, 1) for _ in range(4)))
    assert Withheld(_Sum())(image, prompt, ones, [1])["sums"].tolist() == [24.0, 0.0, 0.0, 0.0]


def test_the_table_has_a_dash_for_what_was_not_measured() -> None:
    text = table({"everything": {"sim all": 0.5, "sim no-target": 0.25, "photo all": 0.125}}, 300)
    assert "| everything | 0.500 | 0.250 | 0.125 | - |" in text
    assert "300 steps" in text
