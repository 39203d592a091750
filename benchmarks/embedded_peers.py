"""What an answer of ``mini`` costs beside two open-vocabulary peers, on the same frames of 640x480.

    converseg models build mini
    python benchmarks/embedded_peers.py [--num-rounds 2]

CLIPSeg (ViT-B/16 at 352 pixels, the shape of clipseg-rd64-refined) and Grounding DINO tiny with SAM 2 tiny
(800x1066 and 1024x1024 pixels, boxes of the first to masks by the second) are built by transformers from
their configurations, with random weights: costs do not depend on their values. Each in float32 and bfloat16.
All models take turns, so a busy moment meets all of them; reported are medians.

A first answer is everything from RGB pixels to a mask of the frame's size. A further answer is another
prompt on the same frame: CLIPSeg keeps the image's hidden states, SAM 2 its image embedding; Grounding DINO
mixes words into the image early and, as transformers has it, runs whole. Its prompts are as long as mini's,
one box becomes a mask. The frames look rendered, so the row "mini" is of its scene reader. Photos it answers
without that; the row "mini as on photos" is of the costly path there: each answer needs the mask network,
which encodes the picture when it is first asked. About two minutes on two quiet cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from results import machine, write
from torch import Tensor

from converseg_core import load_model
from converseg_core.bags import read_messages
from converseg_core.bundle import read_manifest, resolve
from converseg_core.bundle.write import write_manifest
from converseg_core.images import to_rgb
from converseg_core.mini.scene.network import SCENE_ROLES
from converseg_core.net.presets import sam2_config

HEIGHT, WIDTH = 480, 640
PROMPTS = ("something to drink from", "the cup on the left", "what could roll off the table", "a dragon")
NUM_TOKENS = 8
"""Of a prompt of five words, start and end included."""
CLIP_MEAN, CLIP_STD = (0.481, 0.458, 0.408), (0.269, 0.261, 0.276)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

LONG_ROUNDS = {"Grounding DINO + SAM 2 fp32": (0,), "Grounding DINO + SAM 2 bf16": (0,)}
"""Rounds in which the slow peer is asked, once. It is not warmed up: its first answer was not its slowest."""

Frame = NDArray[np.uint8]


class Peer(Protocol):
    """A model as the benchmark sees it."""

    def encode(self, frame: Frame) -> Any:
        """What prompts of a frame share."""

    def answer(self, encoded: Any, prompt: str) -> NDArray[np.bool_]:
        """(480, 640) mask."""


class Ours:
    """A bundle of this project."""

    def __init__(self, name: str) -> None:
        self._model = load_model(name)
        self.model_id = self._model.model_id

    def encode(self, frame: Frame) -> Any:
        """The model's own."""
        return self._model.encode(frame)

    def answer(self, encoded: Any, prompt: str) -> NDArray[np.bool_]:
        """The model's own."""
        (answer,) = encoded.segment([prompt])
        assert answer.mask is not None, answer.status_text
        return np.asarray(answer.mask)


class OursOnPhotos(Ours):
    """``mini`` as it answers about photos: without the scene reader, and with the mask network each time."""

    def __init__(self, name: str) -> None:
        folder = resolve(name)
        manifest = read_manifest(folder)
        files = {role: item.path for role, item in manifest.files.items() if role not in SCENE_ROLES}
        with tempfile.TemporaryDirectory() as scratch:
            for path in files.values():
                shutil.copyfile(folder / path, Path(scratch) / path)
            fields = manifest.model_dump(exclude={"files", "schema_version"})
            write_manifest(Path(scratch), files=files, **fields)
            super().__init__(scratch)

    def answer(self, encoded: Any, prompt: str) -> NDArray[np.bool_]:
        """The answer, and a mask of a box."""
        encoded.masks.mask_of_box((0.2, 0.2, 0.7, 0.7))
        return super().answer(encoded, prompt)


class ClipSeg:
    """CLIPSeg ViT-B/16, 64 channels in the decoder, 352x352."""

    def __init__(self, dtype: torch.dtype) -> None:
        config = transformers.CLIPSegConfig(
            vision_config={"patch_size": 16},
            reduce_dim=64,
            extract_layers=[3, 6, 9],
            use_complex_transposed_convolution=True,
        )
        self._model = transformers.CLIPSegForImageSegmentation(config).eval().to(dtype)
        self._dtype = dtype
        self._layers = [layer + 1 for layer in config.extract_layers]
        self._ids = torch.tensor([[49406, *range(300, 300 + NUM_TOKENS - 2), 49407]])
        self.num_weights = sum(p.numel() for p in self._model.parameters())

    def encode(self, frame: Frame) -> Any:
        """Hidden states that the decoder reads."""
        pixels = _pixels(frame, (352, 352), CLIP_MEAN, CLIP_STD).to(self._dtype)
        output = self._model.clip.vision_model(
            pixels, interpolate_pos_encoding=True, output_hidden_states=True
        )
        return [output.hidden_states[layer] for layer in self._layers]

    def answer(self, encoded: Any, prompt: str) -> NDArray[np.bool_]:
        """Words, decoder, resizing."""
        del prompt  # its words have no meaning for random weights; its length is NUM_TOKENS
        words = self._model.get_conditional_embeddings(batch_size=1, input_ids=self._ids)
        return _mask(self._model.decoder(encoded, words).logits[0])


class GroundedSam:
    """Grounding DINO tiny (Swin-T, BERT base, 900 queries) and SAM 2 tiny."""

    def __init__(self, dtype: torch.dtype) -> None:
        self._dino = (
            transformers.GroundingDinoForObjectDetection(transformers.GroundingDinoConfig()).eval().to(dtype)
        )
        self._sam = transformers.Sam2Model(transformers.Sam2Config(**sam2_config("tiny"))).eval().to(dtype)
        self._dtype = dtype
        # [CLS], words, a full stop (it ends a phrase), [SEP]
        self._ids = torch.tensor([[101, *range(2000, 2000 + NUM_TOKENS - 3), 1012, 102]])
        self.num_weights = sum(p.numel() for model in (self._dino, self._sam) for p in model.parameters())

    def encode(self, frame: Frame) -> Any:
        """SAM 2's embedding, and the detector's pixels."""
        canvas = _pixels(frame, (1024, 1024), IMAGENET_MEAN, IMAGENET_STD).to(self._dtype)
        pixels = _pixels(frame, (800, 1066), IMAGENET_MEAN, IMAGENET_STD).to(self._dtype)
        return self._sam.get_image_embeddings(canvas), pixels

    def answer(self, encoded: Any, prompt: str) -> NDArray[np.bool_]:
        """Detector on the words, then the best box to a mask."""
        del prompt
        embeddings, pixels = encoded
        found = self._dino(pixel_values=pixels, input_ids=self._ids)
        best = int(found.logits[0, :, :NUM_TOKENS].sigmoid().amax(1).argmax())
        center_x, center_y, width, height = (found.pred_boxes[0, best].float() * 1024).tolist()
        box = [center_x - width / 2, center_y - height / 2, center_x + width / 2, center_y + height / 2]
        output = self._sam(
            image_embeddings=embeddings,
            input_boxes=torch.tensor([[box]], dtype=self._dtype),
            multimask_output=False,
        )
        return _mask(output.pred_masks[0, 0, 0])


def _pixels(
    frame: Frame, size_hw: tuple[int, int], mean: tuple[float, ...], std: tuple[float, ...]
) -> Tensor:
    """(1, 3, h, w) float32, normalised."""
    resized = cv2.resize(frame, size_hw[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
    scaled = (resized / 255 - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)[None]))


def _mask(logits_hw: Tensor) -> NDArray[np.bool_]:
    logits = logits_hw.float().numpy()
    return np.asarray(cv2.resize(logits, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR) > 0)


def sample_frames(count: int) -> list[Frame]:
    """Pictures of the sample bag at 640x480, spread over it."""
    bag = Path(str(resources.files("converseg_core") / "samples" / "cluttered_table"))
    pictures = [to_rgb(found.message) for found in read_messages(bag, ["/camera/image/compressed"])]
    chosen = pictures[:: max(1, len(pictures) // count)][:count]
    return [cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for picture in chosen]


def seconds(peer: Peer, frame: Frame, num_further: int) -> tuple[float, list[float]]:
    """First answer, and each further one on the same frame."""
    further = []
    start = time.perf_counter()
    encoded = peer.encode(frame)
    peer.answer(encoded, PROMPTS[0])
    first = time.perf_counter() - start
    for prompt in PROMPTS[1 : 1 + num_further]:
        start = time.perf_counter()
        assert peer.answer(encoded, prompt).shape == (HEIGHT, WIDTH)
        further.append(time.perf_counter() - start)
    return first, further


def main() -> None:
    """Warm up, take turns, write medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--num-rounds", type=int, default=2)
    parser.add_argument("--mini", default="mini", help="name or folder of the bundle")
    options = parser.parse_args()
    makers: Mapping[str, Callable[[], Any]] = {
        "mini": lambda: Ours(options.mini),
        "mini as on photos": lambda: OursOnPhotos(options.mini),
        "CLIPSeg fp32": lambda: ClipSeg(torch.float32),
        "CLIPSeg bf16": lambda: ClipSeg(torch.bfloat16),
        "Grounding DINO + SAM 2 fp32": lambda: GroundedSam(torch.float32),
        "Grounding DINO + SAM 2 bf16": lambda: GroundedSam(torch.bfloat16),
    }
    torch.manual_seed(0)
    peers = {name: make() for name, make in makers.items()}
    frames = sample_frames(options.num_rounds)
    first: dict[str, list[float]] = {name: [] for name in peers}
    further: dict[str, list[float]] = {name: [] for name in peers}
    with torch.inference_mode():
        for number in range(-1, options.num_rounds):
            for name, peer in peers.items():
                is_long = "DINO" in name
                if is_long and number not in LONG_ROUNDS[name]:
                    continue
                for _ in range(1 if is_long or number < 0 else 3):
                    num_further = int(name.endswith("fp32")) if is_long else 3
                    one, others = seconds(peer, frames[number % len(frames)], num_further)
                    print(f"{name}: first {one:.2f} s", file=sys.stderr, flush=True)
                    if number >= 0:  # the first round warms up: memory, caches, kernels
                        first[name].append(one)
                        further[name] += others
    ours = statistics.median(first["mini"])
    rows = [
        {
            "model": name,
            "million_weights": round(peer.num_weights / 1e6) if hasattr(peer, "num_weights") else "-",
            "num_first": len(first[name]),
            "first_s": statistics.median(first[name]),
            "further_s": statistics.median(further[name]) if further[name] else "-",
            "fastest_first_s": min(first[name]),
            "slowest_first_s": max(first[name]),
            "first_over_mini": statistics.median(first[name]) / ours,
        }
        for name, peer in peers.items()
    ]
    facts = machine() | {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "mini": peers["mini"].model_id,
        "torch_threads": torch.get_num_threads(),
        "nice": os.nice(0),
        "frames": f"{len(frames)} of the sample bag, {WIDTH}x{HEIGHT}",
    }
    write("embedded_peers", facts, list(rows[0]), rows)


if __name__ == "__main__":
    main()
