"""The ONNX Runtime runtime: the same interface as torch's, without torch.

Legend of shape suffixes: n prompts, t tokens, p prefix tokens, l layers, d width.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.bundle import BundleError, Manifest
from converseg_core.net.backend import Decoded, EncodedImage, ImageInputs, pad_suffixes
from converseg_core.net.config import Grid, NetConfig
from converseg_core.net.preprocessing.positions import suffix_positions
from converseg_core.net.preprocessing.prompt import Tokens
from converseg_core.net.providers import engine_cache_path, providers_for

GRAPHS = ("sam_encoder", "language", "adapter", "decoder")
_VISION_ROLE = re.compile(r"^onnx_vision_(\d+)x(\d+)$")
_BLOCKED = -1e4
"""Added where a token may not look; representable in fp16."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OrtEncoded:
    """Features and language prefix of one image."""

    features: tuple[NDArray[np.float32], ...]
    past_l21hpe: NDArray[np.float32]
    words_td: NDArray[np.float32]
    next_position: int
    timings_s: Mapping[str, float]

    @property
    def num_bytes(self) -> int:
        """Memory held."""
        return sum(array.nbytes for array in (*self.features, self.past_l21hpe, self.words_td))


class OrtBackend:
    """Runs exported graphs."""

    def __init__(
        self,
        *,
        graphs: Mapping[str, ort.InferenceSession],
        vision: Mapping[tuple[int, int], ort.InferenceSession],
        embeddings: NDArray[Any],
        config: NetConfig,
        device: str,
    ) -> None:
        self._graphs = graphs
        self._vision = vision
        self._embeddings = embeddings
        self._config = config
        self._device = device
        past = next(item for item in graphs["language"].get_inputs() if item.name == "past")
        self._past_shape = (past.shape[0], 2, 1, past.shape[3], 0, past.shape[5])

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, config: NetConfig, *, device: str) -> OrtBackend:
        """Open the graphs of a verified bundle.

        Raises:
            BundleError: a role is missing, or a file is not a graph.
        """
        roles = {name: f"onnx_{name}" for name in GRAPHS} | {"embeddings": "onnx_embeddings"}
        for role in roles.values():
            if role not in manifest.files:
                raise BundleError(f"{folder}: files: no {role!r} in the manifest; export the model again")
        is_half = bool(manifest.measured.get("export", {}).get("precision") == "fp16")
        vision = {}
        for role, file in manifest.files.items():
            if found := _VISION_ROLE.match(role):
                grid = int(found.group(1)), int(found.group(2))
                vision[grid] = _open(folder / file.path, device, is_half)
        if not vision:
            raise BundleError(f"{folder}: files: no onnx_vision_... in the manifest; export the model again")
        return cls(
            graphs={
                name: _open(folder / manifest.files[roles[name]].path, device, is_half) for name in GRAPHS
            },
            vision=vision,
            embeddings=np.load(folder / manifest.files["onnx_embeddings"].path, mmap_mode="r"),
            config=config,
            device=device,
        )

    @property
    def name(self) -> str:
        """Library and version."""
        return f"onnxruntime {ort.__version__}"

    @property
    def device(self) -> str:
        """``cpu``, ``cuda`` or ``tensorrt``."""
        return self._device

    def fit_grid(self, height: int, width: int, grid: Grid) -> Grid:
        """The exported grid that is nearest to the image's shape, then to the wanted number of tokens."""
        wanted = height / width

        def badness(size: tuple[int, int]) -> tuple[float, float]:
            rows, cols = size
            return abs(np.log(rows / cols / wanted)), abs(np.log(rows * cols / grid.num_tokens))

        if (grid.num_rows, grid.num_cols) in self._vision:
            return grid
        rows, cols = min(self._vision, key=badness)
        return Grid(num_rows=rows, num_cols=cols, merge_size=grid.merge_size)

    def encode(self, inputs: ImageInputs) -> OrtEncoded:
        """The image pass."""
        timings: dict[str, float] = {}
        start = time.perf_counter()
        features = self._graphs["sam_encoder"].run(None, {"pixels": inputs.pixels_13hw})
        timings["sam_encoder"] = time.perf_counter() - start
        start = time.perf_counter()
        session = self._vision[inputs.grid.num_rows, inputs.grid.num_cols]
        (image_td,) = session.run(None, {"patches": inputs.patches})
        timings["vision"] = time.perf_counter() - start
        start = time.perf_counter()
        embeds_ntd = self._embed(inputs.prefix.ids[np.newaxis])
        embeds_ntd[0, inputs.is_image_p] = image_td
        empty = np.zeros(self._past_shape, np.float32)
        states_ntd, past = self._language(embeds_ntd, inputs.positions_3p[:, np.newaxis], empty)
        timings["prefill"] = time.perf_counter() - start
        return OrtEncoded(
            features=tuple(features),
            past_l21hpe=past,
            words_td=states_ntd[0, inputs.prefix.is_word],
            next_position=inputs.next_position,
            timings_s=timings,
        )

    def decode(self, encoded: EncodedImage, suffixes: Sequence[Tokens]) -> Decoded:
        """The prompts' pass."""
        if not isinstance(encoded, OrtEncoded):
            raise TypeError(f"encoded: comes from another runtime ({type(encoded).__name__})")
        start = time.perf_counter()
        ids, is_word, ends = pad_suffixes(suffixes)
        steps = suffix_positions(encoded.next_position, ids.shape[1])
        positions = np.repeat(steps[:, np.newaxis], len(suffixes), axis=1)
        states_ntd, _ = self._language(self._embed(ids), positions, encoded.past_l21hpe)
        words_ntd, is_real = self._gather(states_ntd, is_word, encoded.words_td)
        end_nd = states_ntd[np.arange(len(suffixes)), ends]
        sparse, dense = self._graphs["adapter"].run(None, {"words": words_ntd, "end": end_nd})
        words_s = time.perf_counter() - start
        start = time.perf_counter()
        image, fine, finest = encoded.features
        outputs = self._graphs["decoder"].run(
            None,
            {
                "image": image,
                "fine": fine,
                "finest": finest,
                "sparse": sparse,
                "is_real": is_real,
                "dense": dense,
            },
        )
        confidence = outputs[2] if len(outputs) > 2 else None
        return Decoded(
            logits_nkhw=outputs[0],
            iou_nk=outputs[1],
            presence_n=None if confidence is None else confidence[:, 0],
            quality_n=None if confidence is None else confidence[:, 1],
            timings_s={"words": words_s, "decode": time.perf_counter() - start},
        )

    def decode_boxes(self, encoded: EncodedImage, boxes_n4: NDArray[np.float32]) -> Decoded:
        """Not exported."""
        raise NotImplementedError("boxes: the ONNX bundle has no box prompt; use the torch runtime")

    def _embed(self, ids_nt: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.asarray(self._embeddings[ids_nt], np.float32)

    def _language(
        self, embeds_ntd: NDArray[np.float32], positions: NDArray[np.int64], past: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        num_tokens, num_past = embeds_ntd.shape[1], past.shape[4]
        mask = np.zeros((num_tokens, num_past + num_tokens), np.float32)
        mask[:, num_past:][np.triu_indices(num_tokens, k=1)] = _BLOCKED
        inputs = {"embeds": embeds_ntd, "positions": positions, "mask": mask, "past": past}
        states, present = self._graphs["language"].run(None, inputs)
        return states, present

    def _gather(
        self, states_ntd: NDArray[np.float32], is_word: NDArray[np.bool_], template_td: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        template = template_td if self._config.template_words else template_td[:0]
        rows = [
            np.concatenate([template, states[mask]]) for states, mask in zip(states_ntd, is_word, strict=True)
        ]
        longest = max(1, *(len(row) for row in rows))
        words = np.zeros((len(rows), longest, states_ntd.shape[-1]), np.float32)
        is_real = np.zeros((len(rows), longest), np.bool_)
        for index, row in enumerate(rows):
            words[index, : len(row)] = row
            is_real[index, : len(row)] = True
        return words, is_real


def _open(path: Path, device: str, is_half: bool) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as in the embedded engine
    if device == "tensorrt":
        engine_cache_path().mkdir(parents=True, exist_ok=True)
    try:
        return ort.InferenceSession(path, options, providers=providers_for(device, is_half=is_half))
    except Exception as error:  # onnxruntime raises its own undocumented classes, all derived from Exception
        raise BundleError(f"{path}: not a network that onnxruntime can open ({error})") from error
