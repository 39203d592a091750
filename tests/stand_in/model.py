"""A stand-in for a large model: it takes as long as its bundle says, and finds plain colours.

For tests and measurements of the node only; nothing that is installed knows of it. Its architecture is
added to the loaders by ``python -m tests.stand_in.segmenter_node``.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core import loading
from converseg_core.answer import Answer, Status
from converseg_core.bundle import Manifest
from converseg_core.bundle.write import write_manifest
from converseg_core.model import ImageHWC, check_image

ARCHITECTURE = "stand-in-v1"
_SETTINGS = "settings.json"
_LOW, _HIGH = 40, 160
"""Its own channel above the second, the others below the first: that is a colour."""
_COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
_CHUNK = bytes(1 << 20)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the model does.

    Attributes:
        encode_s: seconds for a frame.
        segment_s: seconds for each question beside that.
        load_s: seconds to load.
        work: ``sleep`` waits as for a GPU; ``burn`` keeps one core busy as native code does. Neither holds
            Python's lock.
    """

    encode_s: float = 0.1
    segment_s: float = 0.0
    load_s: float = 0.0
    work: Literal["sleep", "burn"] = "sleep"


def write_bundle(folder: Path, settings: Settings) -> Path:
    """Make a bundle folder; returns it."""
    folder.mkdir(parents=True)
    (folder / _SETTINGS).write_text(json.dumps(asdict(settings)), encoding="utf-8")
    write_manifest(
        folder,
        files={"settings": _SETTINGS},
        name="stand-in",
        architecture=ARCHITECTURE,
        weights="random",
        licence="Apache-2.0",
        training_data="none: it compares colours",
        preprocessing={"height": 32, "width": 32, "mean": (0, 0, 0), "std": (1, 1, 1)},
    )
    return folder


def register() -> None:
    """Let :func:`converseg_core.load_model` read these bundles, in this process."""
    loading._LOADERS[ARCHITECTURE] = _load


def _load(folder: Path, manifest: Manifest, device: str, runtime: str) -> StandIn:
    content = json.loads((folder / manifest.files["settings"].path).read_text(encoding="utf-8"))
    settings = Settings(**content)
    _spend(settings.load_s, settings)
    return StandIn(manifest.model_id, settings)


def _spend(duration_s: float, settings: Settings) -> None:
    end_s = time.perf_counter() + duration_s
    if settings.work == "sleep":
        time.sleep(duration_s)
        return
    while time.perf_counter() < end_s:
        hashlib.sha256(_CHUNK)  # about a millisecond, without Python's lock


class StandInFrame:
    """A picture that has been paid for."""

    def __init__(self, model: StandIn, image: ImageHWC, encode_s: float) -> None:
        self._model, self._image, self._encode_s = model, image, encode_s

    @property
    def size_hw(self) -> tuple[int, int]:
        return self._image.shape[0], self._image.shape[1]

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt: str) -> Answer:
        if "crash" in prompt:
            raise RuntimeError("the model broke")
        start_s = time.perf_counter()
        _spend(self._model.settings.segment_s, self._model.settings)
        name = next((name for name in _COLOURS if name in prompt), "")
        mask = self._pixels(name)
        is_there = bool(mask.any())
        return Answer(
            prompt=prompt,
            status=Status.OK if is_there else Status.NO_TARGET,
            mask=mask,
            confidence=1.0,
            no_target_score=0.0 if is_there else 1.0,
            model_id=self._model.model_id,
            status_text="" if is_there else "no pixel has such a colour",
            timings_s={"encode": self._encode_s, "segment": time.perf_counter() - start_s},
        )

    def _pixels(self, name: str) -> NDArray[np.bool_]:
        if not name:
            return np.zeros(self.size_hw, np.bool_)
        # Large pictures coarsely: the search is to cost next to nothing beside the settable time.
        height, width = self.size_hw
        coarse = self._image[:: max(1, height // 240), :: max(1, width // 320)]
        found = np.ones(coarse.shape[:2], np.bool_)
        for channel, wanted in enumerate(_COLOURS[name]):
            values = coarse[..., channel]
            found &= values > _HIGH if wanted else values < _LOW
        return cv2.resize(found.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0


class StandIn:
    """Takes the time that it was told to take, then says where a colour is."""

    def __init__(self, model_id: str, settings: Settings) -> None:
        self.settings = settings
        self._model_id = model_id

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def info(self) -> Mapping[str, object]:
        return {"architecture": ARCHITECTURE, "device": "cpu"}

    def encode(self, image: ImageHWC) -> StandInFrame:
        check_image(image)
        start_s = time.perf_counter()
        _spend(self.settings.encode_s, self.settings)
        return StandInFrame(self, image, time.perf_counter() - start_s)
