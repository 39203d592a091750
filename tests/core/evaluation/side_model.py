"""A real, tiny model for these tests, and a data set of twelve questions whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from converseg_core.answer import Answer, Status, failed
from converseg_core.model import ImageHWC

LEFT = np.zeros((4, 8), np.bool_)
LEFT[:, :4] = True
RIGHT = ~LEFT
NOTHING = np.zeros((4, 8), np.bool_)
QUARTER = np.zeros((4, 8), np.bool_)
QUARTER[:2, :4] = True

MASKS = {"left": LEFT, "right": RIGHT, "quarter": QUARTER, "nothing": NOTHING}


class SideFrame:
    """It knows four words, and rejects all others."""

    def __init__(self, model_id: str, size_hw: tuple[int, int]) -> None:
        self.size_hw = size_hw
        self._model_id = model_id

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt: str) -> Answer:
        if prompt not in MASKS:
            return failed(prompt, Status.REJECTED, "unknown word", model_id=self._model_id)
        mask = MASKS[prompt].copy()
        return Answer(
            prompt=prompt,
            status=Status.OK if mask.any() else Status.NO_TARGET,
            mask=mask,
            confidence=0.75,
            no_target_score=0.25,
            model_id=self._model_id,
            status_text="" if mask.any() else "nothing",
            timings_s={"encode": 0.25, "decode": 0.5},
        )


class SideModel:
    """Answers pictures of 8x4 pixels."""

    model_id = "side@1"

    @property
    def info(self) -> Mapping[str, object]:
        return {}

    def encode(self, image: ImageHWC) -> SideFrame:
        assert image.shape == (4, 8, 3)
        return SideFrame(self.model_id, (4, 8))


QUESTIONS = [
    # id, image, prompt, truth, concept                IoU      I/U
    ("a", "i.png", "left", LEFT, "entities"),  #       1      16/16
    ("b", "i.png", "quarter", LEFT, "spatial"),  #     1/2     8/16
    ("c", "i.png", "left", RIGHT, "spatial"),  #       0       0/32
    ("d", "i.png", "nothing", NOTHING, "physics"),  #  1       0/0
    ("e", "i.png", "unheard", NOTHING, "physics"),  #  0       0/1: rejected, although nothing is there
    ("f", "j.png", "right", RIGHT, "entities"),  #     1      16/16
    ("g", "j.png", "nothing", LEFT, "entities"),  #    0       0/16: missed
    ("h", "j.png", "left", NOTHING, "relations"),  #   0       0/16: a false alarm
    ("k", "j.png", "quarter", QUARTER, "relations"),  # 1      8/8
    ("l", "j.png", "unheard", RIGHT, "affordances"),  # 0      0/16: rejected
    ("m", "j.png", "left", LEFT, "affordances"),  #    1      16/16
    ("n", "j.png", "nothing", NOTHING, "physics"),  #  1       0/0
]


def write_dataset(
    folder: Path, questions: Sequence[tuple[str, str, str, np.ndarray, str]] = QUESTIONS
) -> Path:
    """Write the questions in the ConverSeg layout, split ``test``; returns ``folder``."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    lines = []
    for index, name in enumerate(sorted({question[1] for question in questions})):
        Image.new("RGB", (8, 4), (40 * index, 80, 120)).save(folder / name)
    for number, image, prompt, truth, concept in questions:
        Image.fromarray(truth.astype(np.uint8) * 255).save(folder / f"{number}.png")
        row = {"id": number, "image": image, "mask": f"{number}.png", "prompt": prompt, "concept": concept}
        lines.append(json.dumps(row | {"no_target": not truth.any(), "anything": 1}))
    (folder / "data" / "test.jsonl").write_text("\n".join(lines) + "\n")
    return folder
